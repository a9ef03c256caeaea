// RFC 3492 §5 and §6.2. Node's own decoder refuses what a URL may not hold, before one can say what it is.
const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;
const firstBias = 72;
const firstCode = 0x80;
const lastCode = 0x10ffff;

/** The code points that lower-case Punycode stands for, as a text; undefined where it is none. */
export function decodePunycode(encoded: string): string | undefined {
  const hyphen = encoded.lastIndexOf('-');
  const output = Array.from(hyphen === -1 ? '' : encoded.slice(0, hyphen), (character) => character.charCodeAt(0));
  let at = hyphen + 1;
  let code = firstCode;
  let bias = firstBias;
  for (let place = 0; at < encoded.length; place += 1) {
    const delta = readDelta(encoded, at, bias);
    if (delta === undefined) return undefined;
    const count = output.length + 1;
    code += Math.floor((place + delta.value) / count);
    if (code > lastCode) return undefined;
    bias = adapted(delta.value, { count, isFirst: at === hyphen + 1 });
    place = (place + delta.value) % count;
    output.splice(place, 0, code);
    at = delta.end;
  }
  return String.fromCodePoint(...output);
}

/** One number of variable length; its end is the first digit below the threshold of its place. */
function readDelta(encoded: string, start: number, bias: number): { value: number; end: number } | undefined {
  let value = 0;
  let weight = 1;
  for (let [at, k] = [start, base]; at < encoded.length; [at, k] = [at + 1, k + base]) {
    const digit = digitOf(encoded.charCodeAt(at));
    if (digit === undefined) return undefined;
    value += digit * weight;
    const threshold = Math.min(Math.max(k - bias, tMin), tMax);
    if (digit < threshold) return { value, end: at + 1 };
    weight *= base - threshold;
  }
  return undefined;
}

/** `a` to `z`, then `0` to `9`. */
function digitOf(code: number): number | undefined {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61;
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : undefined;
}

function adapted(delta: number, { count, isFirst }: { count: number; isFirst: boolean }): number {
  let rest = Math.floor(delta / (isFirst ? damp : 2));
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((base - tMin) * tMax) / 2; k += base) rest = Math.floor(rest / (base - tMin));
  return k + Math.floor((base * rest) / (rest + skew));
}

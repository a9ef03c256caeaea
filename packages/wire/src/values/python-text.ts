// `str.strip()` of Python: Unicode white space and the ASCII separators; unlike JavaScript's trim, not U+FEFF.
const space = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const leading = new RegExp(`^${space}+`);
const trailing = new RegExp(`${space}$`);

export function stripPythonSpace(text: string): string {
  let end = text.length;
  while (end > 0 && trailing.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end).replace(leading, '');
}

/** The characters (code points, not graphemes) of a text, as Python iterates over it. */
export function codePointsOf(text: string): string[] {
  return Array.from(text);
}

/** `repr()` of a text in Python: in single quotes where it can, what cannot be printed as an escape. */
export function reprOfText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replaceAll(/[\\'\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    if (character === "'") return quote === "'" ? "\\'" : character;
    return shortEscapes[character] ?? numericEscape(character.codePointAt(0) ?? 0);
  });
  return quote + body + quote;
}

const shortEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function numericEscape(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

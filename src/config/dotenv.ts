/** One assignment of a .env file. `line` counts from 1 and is where the name stands. */
export interface DotenvEntry {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

export interface DotenvProblem {
  readonly line: number;
  readonly problem: string;
}

export interface DotenvFile {
  readonly entries: readonly DotenvEntry[];
  readonly problems: readonly DotenvProblem[];
}

/**
 * Reads the text of a .env file: `NAME=value`, optional `export`, `#` comments, single quotes (literal), double quotes
 * (with \n \r \t \" \\ \$, over several lines), CRLF and a byte order mark. Nothing is expanded: a `$` is a `$`, because
 * passwords hold them. Lines that are none of this are problems and never ignored; they are not quoted back, since a
 * broken line may be the rest of a secret.
 */
export function parseDotenv(text: string): DotenvFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const entries: DotenvEntry[] = [];
  const problems: DotenvProblem[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (/^\s*(?:#|$)/.test(line)) continue;
    const assignment = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=(.*)$/.exec(line);
    const [, name, rest] = assignment ?? [];
    if (name === undefined || rest === undefined) {
      problems.push({ line: index + 1, problem: 'the line is neither NAME=value nor a comment' });
      continue;
    }
    const value = readValue(rest, lines, index);
    if ('problem' in value) problems.push({ line: index + 1, problem: `${name}: ${value.problem}` });
    else entries.push({ name, value: value.text, line: index + 1 });
    index += value.extraLines;
  }
  return { entries, problems };
}

type Value = { extraLines: number } & ({ text: string } | { problem: string });

function readValue(rest: string, lines: readonly string[], index: number): Value {
  const trimmed = rest.trimStart();
  const quote = trimmed[0];
  // A comment needs a space before it: many passwords hold a #.
  if (quote !== '"' && quote !== "'") return { text: rest.replace(/\s+#.*$/, '').trim(), extraLines: 0 };

  let body = trimmed.slice(1);
  for (let extraLines = 0; ; extraLines += 1) {
    const end = findClosingQuote(body, quote);
    if (end !== -1) return { ...finishQuoted(body, quote, end), extraLines };
    const next = lines[index + extraLines + 1];
    // Only the line itself is blamed: the rest of the file is read on, so that its own faults are reported too.
    if (quote === "'" || next === undefined)
      return { problem: `the ${quoteName(quote)} quote is not closed`, extraLines: 0 };
    body += `\n${next}`;
  }
}

function finishQuoted(body: string, quote: string, end: number): { text: string } | { problem: string } {
  if (!/^\s*(?:#.*)?$/.test(body.slice(end + 1))) {
    return { problem: `text follows the closing ${quoteName(quote)} quote` };
  }
  const quoted = body.slice(0, end);
  return { text: quote === '"' ? unescapeDoubleQuoted(quoted) : quoted };
}

function findClosingQuote(body: string, quote: string): number {
  for (let at = 0; at < body.length; at += 1) {
    if (quote === '"' && body[at] === '\\') at += 1;
    else if (body[at] === quote) return at;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

function unescapeDoubleQuoted(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, letter: string) => escapes[letter] ?? whole);
}

function quoteName(quote: string): string {
  return quote === '"' ? 'double' : 'single';
}

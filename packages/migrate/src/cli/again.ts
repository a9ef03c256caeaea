/** The command line to be run again: without `--json`, and without a URL, which may hold a password. */
export function againOf(program: string, args: readonly string[]): string {
  return [program, ...withoutUrl(args).filter((word) => word !== '--json')].map(quote).join(' ');
}

/** The words of a command line that no verb was found for. */
export function wordsOf(args: readonly string[]): string {
  return withoutUrl(args)
    .filter((word) => !word.startsWith('-'))
    .join(' ');
}

function withoutUrl(args: readonly string[]): string[] {
  return args.filter((word, at) => word !== '--url' && args[at - 1] !== '--url' && !word.startsWith('--url='));
}

/** As a POSIX shell reads it back. */
function quote(word: string, at: number): string {
  if (at === 0 || /^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * The options of a script, whose first comment is its help. Ends the process: with 0 when `--help` was asked for, with 2 and the help
 * for an option that there is not.
 */
export function readOptions<const Config extends ParseArgsConfig>(
  script: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  if (process.argv.slice(2).includes('--help')) {
    console.log(helpOf(script));
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
    if (!isUsage) throw error;
    return refuse(script, error.message.replace(/\. .*/s, '.'));
  }
}

/** Ends the process with 2 for anything else. */
export function wholeNumber(script: string, name: string, { text, least }: { text: string; least: number }): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value <= 0xffff_ffff) return value;
  return refuse(script, `--${name} takes a whole number from ${least}.`);
}

function refuse(script: string, problem: string): never {
  console.error(`${problem}\n\n${helpOf(script)}`);
  process.exit(2);
}

function helpOf(script: string): string {
  const [, comment = ''] = /^\/\*\*\n(.*?)\n \*\//s.exec(readFileSync(script, 'utf8')) ?? [];
  return comment.replaceAll(/^ \* ?/gm, '');
}

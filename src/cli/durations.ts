import { CliError } from './verb.ts';

const secondsByUnit: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/** Throws CliError `usage`. */
export function parseSeconds(option: string, text: string): number {
  const [, digits, unit = ''] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  const scale = secondsByUnit[unit];
  if (digits === undefined || scale === undefined) {
    throw new CliError(
      'usage',
      `${option} ${text} is no length of time`,
      'give seconds, or a number with s, m, h or d: 10m',
    );
  }
  return Number(digits) * scale;
}

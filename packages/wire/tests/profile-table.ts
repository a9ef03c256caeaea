import { presets } from '../src/profile/presets.ts';
import { describeChange, switches } from '../src/profile/switches.ts';

/** The tables of presets and of members, as the README has them. */
export function renderProfileTables(): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [
    row(['preset', 'measured with (Python 3.11)']),
    row(['---', '---']),
    ...Object.entries(presets).map(([name, { packages }]) => row([`\`${name}\``, packages])),
    '',
    row(['member', 'what a client sees', 'changed by', 'source']),
    row(['---', '---', '---', '---']),
    ...Object.entries(switches).map(([member, entry]) => {
      return row([`\`${member}\``, entry.sees, describeChange(entry), entry.source]);
    }),
  ].join('\n');
}

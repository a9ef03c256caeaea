import type { RunOptions } from '../options.ts';
import { CliError } from './verb.ts';

export interface LossOptions {
  /** `table.column=expression`, each. */
  readonly fill?: readonly string[];
  readonly acceptLoss?: boolean;
}

/** What a person says about rows that could not stay. Throws CliError `usage`. */
export function parseLossOptions({
  fill = [],
  acceptLoss = false,
}: LossOptions): Pick<RunOptions, 'fill' | 'acceptLoss'> {
  const fills = fill.map((text): [string, string] => {
    const [, column, expression] = /^([^=\s.]+(?:\.[^=\s.]+){1,2})=(.+)$/s.exec(text) ?? [];
    if (column !== undefined && expression !== undefined) return [column, expression];
    throw new CliError('usage', `--fill "${text}" is not table.column=expression`, `--fill "orders.ref='none'"`);
  });
  return { fill: Object.fromEntries(fills), acceptLoss };
}

export const lossOptions = [
  ['--fill <assignment...>', 'table.column=<SQL expression>, for rows without a value where one is needed'],
  ['--accept-loss', 'archive rows and values that cannot stay, and go on'],
] as const;

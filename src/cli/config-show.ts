import type { Setting } from '../config/settings.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** Every effective value with its origin; of a secret its length. Throws ConfigError. Writes nothing. */
export function configShow(_options: object, context: CliContext): VerbResult {
  const { config, settings, files } = context.loadConfig({ generated: 'discard' });
  return { data: { environment: config.environment, files, settings }, text: renderTable(settings) };
}

function renderTable(settings: readonly Setting[]): string {
  const rows = settings.map(({ variable, value, origin, withoutValue }) => [
    variable,
    value === '' ? '(empty)' : (value ?? `(${withoutValue})`),
    origin,
  ]);
  const widths = [0, 1].map((column) => Math.min(60, Math.max(...rows.map((row) => row[column]?.length ?? 0))));
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

import type { Variable } from './variable.ts';
import { variableGroups } from './variables.ts';

/** One effective value, printable: a secret shows its length. */
export interface Setting {
  readonly variable: string;
  /** As one would write it; null: it has no value. */
  readonly value: string | null;
  readonly origin: string;
  readonly secret: boolean;
  /** What null means. */
  readonly withoutValue: string;
}

export function describeSettings(
  values: Readonly<Record<string, unknown>>,
  origins: Readonly<Record<string, string>>,
): readonly Setting[] {
  const entries = variableGroups.flatMap((group) => Object.entries(group.variables));
  return entries.map(([name, entry]) => ({
    variable: name,
    value: formatValue(entry, values[name]),
    origin: origins[name] ?? 'default',
    secret: entry.secret === true,
    withoutValue: entry.withoutDefault ?? 'none',
  }));
}

function formatValue(entry: Variable, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value) && entry.secret === true) return `(secret, ${value.length} entries)`;
  if (typeof value === 'string') return entry.secret === true ? `(secret, ${value.length} characters)` : value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'boolean') {
    const [yes, no] = entry.field.startsWith('quirks.') ? ['legacy', 'hardened'] : ['on', 'off'];
    return value ? yes : no;
  }
  if (typeof value === 'object' && 'limit' in value && 'windowSeconds' in value) {
    return `${String(value.limit)}/${String(value.windowSeconds)}s`;
  }
  throw new TypeError(`${entry.field} has a value of an unknown kind`);
}

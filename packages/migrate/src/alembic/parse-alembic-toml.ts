import { MigrationError } from '../errors.ts';
import type { AlembicIni } from './parse-alembic-ini.ts';

/** `[tool.alembic]` of a pyproject.toml; what it does not say is left out. `here` is its folder. Throws `bad_alembic_ini`. */
export async function parseAlembicToml(file: string, text: string, here: string): Promise<AlembicIni> {
  // Only projects that have such a file need the parser.
  const { parse, TomlError } = await import('smol-toml');
  const fault = (message: string, place: { line?: number; column?: number } = {}): MigrationError =>
    new MigrationError({ code: 'bad_alembic_ini', message, file, ...place });
  let values: Record<string, unknown> | undefined;
  try {
    values = tableIn(tableIn(parse(text), 'tool'), 'alembic');
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n');
    throw fault(reason, { line: error.line, column: error.column });
  }
  const {
    script_location: script,
    version_locations: locations,
    recursive_version_locations: recursive,
  } = values ?? {};
  if (script !== undefined && typeof script !== 'string') throw fault('script_location is a text');
  if (locations !== undefined && !isTexts(locations)) throw fault('version_locations is a list of texts');
  if (recursive !== undefined && typeof recursive !== 'boolean') {
    throw fault('recursive_version_locations is true or false');
  }
  return {
    ...(script === undefined ? {} : { scriptLocation: interpolate(script, here) }),
    ...(locations === undefined ? {} : { versionLocations: locations.map((one) => interpolate(one, here)) }),
    ...(recursive === undefined ? {} : { isRecursive: recursive }),
  };
}

function tableIn(value: unknown, name: string): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = new Map(Object.entries(value)).get(name);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : undefined;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** Python's % formatting, of the one name that a command line sets. */
function interpolate(text: string, here: string): string {
  return text.replaceAll(/%\(here\)s|%%/g, (found) => (found === '%%' ? '%' : here));
}

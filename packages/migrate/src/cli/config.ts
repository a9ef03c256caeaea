import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CliError, type MigrateSettings } from './verb.ts';

/** The file that `init` writes and every other verb reads, when it is there. */
export const configFileName = 'stanchion-migrate.json';

export interface MigrateConfig {
  /** Of the revisions; absolute. */
  readonly folder: string;
  /** A file of SQL that builds what the models want from an empty database; absolute. */
  readonly models: string | undefined;
  readonly settings: MigrateSettings;
}

/** Options of the command line that say the same as the file, and win. */
export interface ConfigFlags {
  readonly config?: string;
  readonly folder?: string;
  readonly models?: string;
  readonly schema?: string;
  readonly searchPath?: string;
  readonly actor?: string;
}

/** Reads the file if there is one. Throws CliError `config_invalid` with every fault. */
export function loadMigrateConfig(cwd: string, flags: ConfigFlags): MigrateConfig {
  const file = resolve(cwd, flags.config ?? configFileName);
  const text = readText(file, flags.config !== undefined);
  const values = text === undefined ? {} : parseConfig(file, text);
  const folder =
    flags.folder === undefined ? resolve(dirname(file), values.folder ?? 'migrations') : resolve(cwd, flags.folder);
  const { folder: _, models, ...settings } = values;
  return {
    folder,
    models: flags.models === undefined ? models && resolve(dirname(file), models) : resolve(cwd, flags.models),
    settings: {
      ...settings,
      ...(flags.schema === undefined ? {} : { journalSchema: flags.schema }),
      ...(flags.searchPath === undefined ? {} : { searchPath: flags.searchPath.split(',').map((one) => one.trim()) }),
      ...(flags.actor === undefined ? {} : { actor: flags.actor }),
    },
  };
}

type ConfigValues = { folder?: string; models?: string } & MigrateSettings;

function readText(file: string, mustExist: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' && !mustExist) return undefined;
    throw new CliError('config_invalid', `${file} cannot be read (${String(code)})`, 'check --config');
  }
}

/** Each key with what it takes. */
const keys: Readonly<Record<keyof ConfigValues, (value: unknown) => string | undefined>> = {
  folder: isText,
  models: isText,
  journalSchema: isText,
  searchPath: (value) => (isTexts(value) && value.length > 0 ? undefined : 'is a list of schemas'),
  acceptVersions: (value) => (isTexts(value) ? undefined : 'is a list of revisions'),
  versionTable: isVersionTable,
  runAlembic: (value) => (typeof value === 'boolean' ? undefined : 'is true or false'),
  actor: isText,
  lockWaitMs: isMilliseconds,
  objectLockTimeoutMs: isMilliseconds,
  objectLockWaitMs: isMilliseconds,
  concurrentLockTimeoutMs: isMilliseconds,
  progressMs: isMilliseconds,
};

function parseConfig(file: string, text: string): ConfigValues {
  const values = parseObject(file, text);
  const checks = new Map(Object.entries(keys));
  const faults = Object.entries(values).flatMap(([key, value]) => {
    const check = checks.get(key);
    if (key === '$schema') return [];
    if (!check) return [`"${key}" is unknown; known are ${Object.keys(keys).join(', ')}`];
    const problem = check(value);
    return problem === undefined ? [] : [`"${key}" ${problem}`];
  });
  if (faults.length > 0) {
    throw new CliError('config_invalid', faults.map((fault) => `${file}: ${fault}`).join('\n'), `mend ${file}`);
  }
  const { $schema: _, ...known } = values;
  return known;
}

function parseObject(file: string, text: string): Record<string, unknown> {
  const fail = (problem: string): never => {
    throw new CliError('config_invalid', `${file} ${problem}`, `mend ${file}, or remove it and run init`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return fail(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('holds no JSON object');
  return Object.fromEntries(Object.entries(value));
}

function isText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'is a text that is not empty';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => isText(one) === undefined);
}

function isVersionTable(value: unknown): string | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isObject ? Object.entries(value) : [];
  const isKnown = entries.every(([key, one]) => ['schema', 'name'].includes(key) && isText(one) === undefined);
  return isObject && isKnown ? undefined : 'is an object with "schema" and "name", both texts';
}

function isMilliseconds(value: unknown): string | undefined {
  return Number.isInteger(value) && Number(value) >= 0 ? undefined : 'is a whole number of milliseconds';
}

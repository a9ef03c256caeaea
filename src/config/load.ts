import { accessSync, constants } from 'node:fs';
import { join, relative } from 'node:path';
import { absolutePath, assembleConfig, assembleSecrets } from './assemble.ts';
import { checkValues, listWarnings } from './checks.ts';
import {
  developmentSecretsFile,
  findDevelopmentSecret,
  generateSecret,
  keepDevelopmentSecret,
} from './development-secrets.ts';
import { ConfigError, type ConfigFault } from './faults.ts';
import { type Resolved, resolveVariable } from './resolve.ts';
import { describeSettings, type Setting } from './settings.ts';
import { readSources, type Sources, type SourcesInput } from './sources.ts';
import type { Config, Environment, Secrets } from './types.ts';
import { reportUnknownNames } from './unknown-names.ts';
import { defaultFor, type Variable } from './variable.ts';
import { type Values, type VariableName, variables } from './variables.ts';
import { checkWireProfile } from './wire-profile.ts';

export interface ConfigInput extends SourcesInput {
  /** `keep`: what development generates is written to DATA_DIR for the next start; `discard`: nothing is written. */
  readonly generated?: 'keep' | 'discard';
}

export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
  /** For each variable, by its name in the table, where its value came from. */
  readonly origins: Readonly<Record<string, string>>;
  /** The same with the values, in the table's order, for people to read. */
  readonly settings: readonly Setting[];
  /** What does not stop a start but should be read. Without secrets, like everything but `secrets`. */
  readonly warnings: readonly string[];
  /** The .env files that were read, strongest first. */
  readonly files: readonly string[];
}

/**
 * Reads, checks and freezes the configuration, and takes the secrets out of `env`, so that no child process and no crash
 * report has them. Throws ConfigError with every fault at once.
 */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const sources = readSources(input);
  const notes = { cwd: input.cwd, faults: [...sources.faults], warnings: [...sources.warnings] };
  const reading = readValues(sources, notes);
  removeSecrets(input.env);

  const { environment } = sources;
  const checked = { environment, values: reading.values, originOf: (name: VariableName) => reading.originOf(name) };
  notes.faults.push(...checkValues(checked), ...checkCaFile(reading, input.cwd), ...checkProfile(reading, input.cwd));
  notes.warnings.push(...listWarnings(checked));
  const unknown = reportUnknownNames(sources.layers, notes.faults);
  notes.warnings.push(...unknown.warnings);
  const { values } = reading;
  if (unknown.faults.length > 0 || !isComplete(values)) throw new ConfigError(unknown.faults, notes.warnings);

  const jwt = findJwtSecret(values, environment, input);
  const origins = { ...reading.origins, ...(jwt.origin === undefined ? {} : { JWT_SECRET: jwt.origin }) };
  const config = deepFreeze(assembleConfig(values, environment, input.cwd));
  const secrets = Object.freeze(assembleSecrets(values, jwt.secret));
  const settings = describeSettings({ ...values, JWT_SECRET: jwt.secret }, origins);
  return Object.freeze({ config, secrets, origins, settings, warnings: notes.warnings, files: sources.files });
}

/** Every variable that has no value was a fault. */
function isComplete(values: Partial<Values>): values is Values {
  return Object.keys(variables).every((name) => name in values);
}

interface Reading {
  readonly values: Partial<Values>;
  readonly origins: Readonly<Record<string, string>>;
  readonly originOf: (name: VariableName) => string;
}

function readValues(sources: Sources, notes: { cwd: string; faults: ConfigFault[]; warnings: string[] }): Reading {
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const [name, entry] of Object.entries<Variable>(variables)) {
    const before = notes.faults.length;
    const resolved = resolveVariable(name, entry, sources.layers, notes);
    origins[name] = resolved.emptyAt === undefined ? resolved.origin : `default (empty at ${resolved.emptyAt})`;
    // A mounted file that can't be read is reported already; its variable is not "missing" on top of that.
    if (resolved.text === undefined && notes.faults.length > before) continue;
    readValue({ name, entry, resolved, environment: sources.environment }, values, notes.faults);
  }
  const originOf = (name: VariableName) => origins[name] ?? 'default';
  return { values, origins, originOf };
}

interface ToRead {
  readonly name: string;
  readonly entry: Variable;
  readonly resolved: Resolved;
  readonly environment: Environment;
}

function readValue(
  { name, entry, resolved, environment }: ToRead,
  values: Record<string, unknown>,
  faults: ConfigFault[],
): void {
  const text = resolved.text ?? defaultFor(entry, environment);
  if (text === null) {
    values[name] = null;
    return;
  }
  const parsed = entry.kind.parse(entry.secret === true ? text : text.trim());
  if ('value' in parsed) {
    values[name] = parsed.value;
    return;
  }
  const shown = entry.secret === true ? `(${text.length} characters)` : JSON.stringify(text.slice(0, 100));
  const problem = parsed.problem ?? `must be ${entry.kind.accepts}`;
  const fix = parsed.fix ?? entry.fix ?? `set it to ${entry.kind.accepts}, or remove it`;
  faults.push({ variable: name, problem: `${problem}; it is ${shown}`, origin: resolved.origin, fix });
}

function checkCaFile({ values, originOf }: Reading, cwd: string): ConfigFault[] {
  const path = values.DATABASE_CA_FILE;
  if (typeof path !== 'string') return [];
  try {
    accessSync(absolutePath(path, cwd), constants.R_OK);
    return [];
  } catch {
    const problem = `names a file that cannot be read: ${path}`;
    const fix = 'name a PEM file that the user of this process can read';
    return [{ variable: 'DATABASE_CA_FILE', problem, origin: originOf('DATABASE_CA_FILE'), fix }];
  }
}

function checkProfile({ values, originOf }: Reading, cwd: string): ConfigFault[] {
  const name = values.WIRE_PROFILE;
  return name === undefined ? [] : checkWireProfile(name, { cwd, origin: originOf('WIRE_PROFILE') });
}

function findJwtSecret(
  values: Values,
  environment: Environment,
  input: ConfigInput,
): { secret: string; origin?: string } {
  if (values.JWT_SECRET !== null) return { secret: values.JWT_SECRET };
  if (environment !== 'development') return { secret: generateSecret(), origin: 'generated for this process' };
  const dataDir = absolutePath(values.DATA_DIR, input.cwd);
  const file = shownPath(input.cwd, join(dataDir, developmentSecretsFile));
  try {
    const kept = findDevelopmentSecret(dataDir);
    if (kept !== undefined) return { secret: kept, origin: file };
    const secret = generateSecret();
    if (input.generated !== 'keep') return { secret, origin: 'generated at the first start' };
    return { secret: keepDevelopmentSecret(dataDir, secret), origin: file };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'broken file';
    const fix = `let this user read and write ${dataDir}, or set JWT_SECRET`;
    const problem = `cannot keep the secret that development generates in ${file} (${code})`;
    throw new ConfigError([{ variable: 'DATA_DIR', problem, origin: file, fix }]);
  }
}

/** From the project's folder, but not out of it. */
function shownPath(cwd: string, path: string): string {
  const within = relative(cwd, path);
  return within.startsWith('..') ? path : within;
}

function removeSecrets(env: SourcesInput['env']): void {
  for (const [name, entry] of Object.entries<Variable>(variables)) {
    if (entry.secret !== true) continue;
    for (const known of [name, ...(entry.aliases ?? [])]) delete env[known];
  }
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}

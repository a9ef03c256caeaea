import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DotenvFile, parseDotenv } from './dotenv.ts';
import type { ConfigFault } from './faults.ts';
import type { Environment } from './types.ts';
import { environmentKind, serverVariables } from './variables-server.ts';

/** The names that one source sets. `origin` says where, for a person. */
export interface Layer {
  readonly entries: ReadonlyMap<string, { readonly text: string; readonly origin: string }>;
}

export interface SourcesInput {
  /** The process environment. Names of secrets are deleted from it once they are read. */
  readonly env: Record<string, string | undefined>;
  /** The folder of the .env files; relative paths count from it. */
  readonly cwd: string;
  /** Values from the command line, by the variable's name. */
  readonly overrides?: Readonly<Record<string, { readonly text: string; readonly origin: string }>>;
}

export interface Sources {
  readonly environment: Environment;
  /** Strongest first. */
  readonly layers: readonly Layer[];
  /** The .env files that were found, strongest first. */
  readonly files: readonly string[];
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly string[];
}

/** Reads every source: command line, process environment, then the .env files of the environment that these name. */
export function readSources({ env, cwd, overrides = {} }: SourcesInput): Sources {
  const found: FoundFiles = { files: [], faults: [], warnings: [] };
  const given = [new Map(Object.entries(overrides)), readProcessEnvironment(env)];
  const base = ['.env.local', '.env'].map((name) => readEnvFile(cwd, name, { files: [], faults: [], warnings: [] }));
  const environment = chooseEnvironment([...given, ...base]);

  const names = [`.env.${environment}.local`, '.env.local', `.env.${environment}`, '.env'];
  // A developer's own settings must not decide whether the tests pass.
  const read = names.filter((name) => environment !== 'test' || name !== '.env.local');
  const fromFiles = read.map((name) => readEnvFile(cwd, name, found));
  return { environment, layers: [...given, ...fromFiles].map((entries) => ({ entries })), ...found };
}

/** Reads a mounted secret: one trailing line break is the editor's, everything else counts. */
export function readSecretFile(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    const text = decodeUtf8(readFileSync(path));
    return text === undefined ? { problem: 'is not UTF-8 text' } : { text: text.replace(/\r?\n$/, '') };
  } catch (error) {
    return { problem: `cannot be read (${errorCode(error)})` };
  }
}

type Entries = ReadonlyMap<string, { readonly text: string; readonly origin: string }>;

interface FoundFiles {
  readonly files: string[];
  readonly faults: ConfigFault[];
  readonly warnings: string[];
}

function readProcessEnvironment(env: SourcesInput['env']): Entries {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Map(set.map(([name, text]) => [name, { text, origin: 'process environment' }]));
}

/** An environment's own file can't choose the environment: it is only read once that is chosen. */
function chooseEnvironment(layers: readonly Entries[]): Environment {
  const names = ['ENVIRONMENT', ...(serverVariables.ENVIRONMENT.aliases ?? [])];
  for (const entries of layers) {
    const text = names
      .map((name) => entries.get(name)?.text.trim())
      .find((value) => value !== undefined && value !== '');
    if (text === undefined) continue;
    const parsed = environmentKind.parse(text);
    // A word that nobody knows is a fault of its own; the other checks are then the strict ones.
    return 'value' in parsed ? parsed.value : 'production';
  }
  return 'development';
}

function readEnvFile(cwd: string, name: string, found: FoundFiles): Entries {
  const entries = new Map<string, { text: string; origin: string }>();
  const file = openEnvFile(cwd, name, found);
  if (file === undefined) return entries;
  found.files.push(name);
  for (const { line, problem } of file.problems) {
    const fix = `mend the line; \`#\` begins a comment, and a value with quotes or line breaks stands in double quotes`;
    found.faults.push({ variable: name, problem, origin: `${name}:${line}`, fix });
  }
  for (const { name: variable, value, line } of file.entries) {
    const origin = `${name}:${line}`;
    const earlier = entries.get(variable);
    if (earlier !== undefined && earlier.text !== value) {
      found.warnings.push(
        `${variable} is set twice in one file, at ${earlier.origin} and ${origin}: the last one counts`,
      );
    }
    if (/\$\{\w+\}/.test(value)) {
      found.warnings.push(`${variable} (${origin}) names another variable in \${…}, which is taken as plain text`);
    }
    entries.set(variable, { text: value, origin });
  }
  return entries;
}

function openEnvFile(cwd: string, name: string, found: FoundFiles): DotenvFile | undefined {
  try {
    const text = decodeUtf8(readFileSync(join(cwd, name)));
    if (text !== undefined) return parseDotenv(text);
    const fix = 'save it as UTF-8';
    found.faults.push({ variable: name, problem: 'is not UTF-8 text', origin: name, fix });
  } catch (error) {
    const code = errorCode(error);
    // Python's virtual environments are often a folder of the name .env.
    if (code === 'ENOENT' || code === 'EISDIR') return undefined;
    const fix = 'let the user of this process read it, or remove it';
    found.faults.push({ variable: name, problem: `cannot be read (${code})`, origin: name, fix });
  }
  return undefined;
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

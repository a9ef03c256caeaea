import { MigrationError, type MigrationFault } from '../errors.ts';
import type { PythonRevision } from './parse-python-revision.ts';

/** What `alembic.json` may say. Paths are relative to it. */
export interface AlembicFile {
  ini: string | undefined;
  folders: string[];
  /** By file name: what a file computes, said literally. */
  revisions: Readonly<Record<string, Partial<PythonRevision>>>;
  /** Default `["alembic"]`, called in the folder of the ini file. */
  command: string[] | undefined;
}

const keys = ['ini', 'folders', 'revisions', 'command'];
const names = {
  revision: 'revision',
  down_revision: 'downRevision',
  branch_labels: 'branchLabels',
  depends_on: 'dependsOn',
} as const;

/** Throws `bad_alembic_ini` with every fault. */
export function parseAlembicFile(file: string, text: string): AlembicFile {
  const faults: string[] = [];
  const values = parseObject(text, faults);
  for (const key of Object.keys(values)) {
    if (!keys.includes(key)) faults.push(`"${key}" is unknown; known are ${keys.join(', ')}`);
  }
  const parsed: AlembicFile = {
    ini: values['ini'] === undefined ? undefined : parseText('ini', values['ini'], faults),
    folders: values['folders'] === undefined ? [] : parseTexts('folders', values['folders'], faults),
    revisions: parseRevisions(values['revisions'] ?? {}, faults),
    command: values['command'] === undefined ? undefined : parseTexts('command', values['command'], faults),
  };
  if (parsed.command?.length === 0) faults.push('"command" is empty');
  if (faults.length > 0) {
    throw new MigrationError(faults.map((message): MigrationFault => ({ code: 'bad_alembic_ini', message, file })));
  }
  return parsed;
}

function parseObject(text: string, faults: string[]): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (isObject(value)) return value;
    faults.push('it holds no JSON object');
  } catch (error) {
    faults.push(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {};
}

function parseRevisions(value: unknown, faults: string[]): Record<string, Partial<PythonRevision>> {
  if (!isObject(value)) {
    faults.push('"revisions" is an object: file name to what the file computes');
    return {};
  }
  const revisions: Record<string, Partial<PythonRevision>> = {};
  for (const [file, said] of Object.entries(value)) {
    if (isObject(said)) revisions[file] = parseRevision(file, said, faults);
    else faults.push(`"revisions": ${file} is no object`);
  }
  return revisions;
}

function parseRevision(file: string, said: Record<string, unknown>, faults: string[]): Partial<PythonRevision> {
  const known = new Map(Object.entries(names));
  const revision: Partial<PythonRevision> = {};
  for (const [key, value] of Object.entries(said)) {
    const name = known.get(key);
    const place = `${file}.${key}`;
    if (name === undefined) faults.push(`"${place}" is unknown; known are ${Object.keys(names).join(', ')}`);
    else if (name === 'revision') revision.revision = parseText(place, value, faults);
    else revision[name] = value === null ? [] : parseTexts(place, typeof value === 'string' ? [value] : value, faults);
  }
  return revision;
}

function parseText(place: string, value: unknown, faults: string[]): string {
  if (typeof value === 'string' && value !== '') return value;
  faults.push(`"${place}" is a text that is not empty`);
  return '';
}

function parseTexts(place: string, value: unknown, faults: string[]): string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')) return value;
  faults.push(`"${place}" is a list of texts`);
  return [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { alembicFileName } from './alembic/file-name.ts';
import type { PythonRevisions } from './alembic/load-python-revisions.ts';
import { checksumOf } from './checksum.ts';
import { MigrationError, type MigrationFault } from './errors.ts';
import { buildGraph, type RevisionGraph } from './graph.ts';
import { outlinedRevision, type ReadRevision, wholeRevision } from './outline.ts';
import { readRevision } from './parse-revision.ts';
import type { Revision } from './revision.ts';

/**
 * Reads every `.sql` file of a folder (not of its subfolders) and runs every `.ts` file that is named as a revision, parses and checks each, then all together; with an
 * `alembic.json` also the revisions of Python's Alembic, which become one graph with them.
 * Throws MigrationError with the faults of all files at once.
 */
export async function loadRevisions(folder: string): Promise<RevisionGraph> {
  return loadFolder(folder, wholeRevision);
}

/**
 * The same graph for who only looks at it or adds to it. A file whose sections are not finished has its place in it, says so in `unfinished`,
 * and throws its faults where a section is asked for, so that nothing can run it. What makes the graph unknowable is thrown:
 * a header, a name, code that cannot be loaded.
 */
export async function loadOutline(folder: string): Promise<RevisionGraph> {
  return loadFolder(folder, outlinedRevision);
}

type Finish = (read: ReadRevision) => Revision;

async function loadFolder(folder: string, finish: Finish): Promise<RevisionGraph> {
  const names = await listFiles(folder);
  const files = names.filter((file) => /(?<!\.d|\.test)\.(?:sql|ts)$/.test(file)).toSorted();
  const revisions: Revision[] = [];
  const faults: MigrationFault[] = [];
  for (const file of files) {
    try {
      const read = await loadFile(folder, file);
      if (read) revisions.push(finish(read));
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      faults.push(...error.faults);
    }
  }
  const python = names.includes(alembicFileName) ? await loadPython(folder, faults) : undefined;
  if (faults.length > 0) throw new MigrationError(faults);
  if (!python) return buildGraph(revisions);
  assertStubsHaveFiles(python.stubs, revisions);
  return { ...buildGraph([...revisions, ...python.revisions]), alembic: python.project };
}

/** What reads Python's files is loaded where there are some: every verb starts here. */
async function loadPython(folder: string, faults: MigrationFault[]): Promise<PythonRevisions | undefined> {
  const { loadPythonRevisions } = await import('./alembic/load-python-revisions.ts');
  try {
    return await loadPythonRevisions(folder);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}

/** Undefined: a TypeScript file that is no revision, which others may import. */
async function loadFile(folder: string, file: string): Promise<ReadRevision | undefined> {
  const path = join(folder, file);
  // Small files, one after the other, before anything serves: to wait for each costs more than to read it.
  const text = decode(file, readFileSync(path));
  return file.endsWith('.ts') ? loadCodeRevision(path, file, text) : readRevision({ file, text });
}

async function loadCodeRevision(path: string, file: string, source: string): Promise<ReadRevision | undefined> {
  const text = source.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  if (!/^[0-9a-f]{12}_[a-z0-9_]+\.ts$/.test(file)) {
    if (!/\bdefineRevision\(/.test(text)) return undefined;
    const message = 'the name is not <revision>_<slug>.ts with a slug of a-z, 0-9 and _';
    throw new MigrationError({ code: 'bad_file_name', message, file });
  }
  const [{ loadCode }, { readCodeRevision }] = await Promise.all([
    import('./load-code.ts'),
    import('./parse-code-revision.ts'),
  ]);
  return readCodeRevision({ file, text, definition: await loadCode(path, file, checksumOf(text)) });
}

/** A stub whose SQL file is gone would be a revision that only Python knows, and cannot run. */
function assertStubsHaveFiles(stubs: PythonRevisions['stubs'], revisions: readonly Revision[]): void {
  const faults = stubs
    .filter((stub) => revisions.every(({ id }) => id !== stub.revision))
    .map(({ revision, file }): MigrationFault => {
      const message = `it is the stub of ${revision}, which has no file here`;
      const hint = 'Remove the stub together with the revision, or bring the file back.';
      return { code: 'missing_parent', message, file, revision, hint };
    });
  if (faults.length > 0) throw new MigrationError(faults);
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  } catch (cause) {
    throw new MigrationError({ code: 'folder_unreadable', message: `cannot read the folder ${folder}` }, { cause });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(file: string, bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new MigrationError({ code: 'not_utf8', message: 'the file is not UTF-8', file }, { cause });
  }
}

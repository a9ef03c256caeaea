import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { MigrationError, type MigrationFault } from '../errors.ts';
import type { Revision } from '../revision.ts';
import { alembicFileName } from './file-name.ts';
import { type AlembicFile, parseAlembicFile } from './parse-alembic-file.ts';
import { type PythonRevision, parsePythonRevision } from './parse-python-revision.ts';
import { readAlembicConfig } from './read-alembic-config.ts';
import { readText } from './read-text.ts';

/** Python's Alembic beside our revisions. All paths are absolute. */
export interface AlembicProject {
  /** Where new stubs go: the first folder of revisions. */
  versionsFolder: string;
  /** Where env.py is; undefined where only folders of revisions are named. */
  scriptFolder: string | undefined;
  /** How Alembic is called, and from where. */
  command: readonly string[];
  commandFolder: string;
}

export interface PythonRevisions {
  project: AlembicProject;
  revisions: Revision[];
  /** Ids of the stubs, whose revisions are SQL files. */
  stubs: { revision: string; file: string }[];
}

/** Undefined when the folder has no alembic.json. Throws MigrationError with the faults of all files at once. */
export async function loadPythonRevisions(folder: string): Promise<PythonRevisions | undefined> {
  const text = await readText(join(folder, alembicFileName), true);
  if (text === undefined) return undefined;
  const file = parseAlembicFile(alembicFileName, text);
  const { project, folders, isRecursive } = await locate(folder, file);
  const revisions: Revision[] = [];
  const stubs: PythonRevisions['stubs'] = [];
  const faults: MigrationFault[] = [];
  const unused = new Set(Object.keys(file.revisions));
  for (const path of (await Promise.all(folders.map(async (one) => listPython(one, isRecursive)))).flat()) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    unused.delete(name);
    try {
      const shown = relative(folder, path);
      const parsed = parsePythonRevision({
        file: shown,
        text: (await readText(path)) ?? '',
        override: file.revisions[name],
      });
      if (parsed.isStub) stubs.push({ revision: parsed.revision, file: shown });
      else revisions.push(revisionOf(shown, parsed));
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      faults.push(...error.faults);
    }
  }
  for (const name of unused) {
    faults.push({
      code: 'bad_alembic_ini',
      message: `"revisions" names ${name}, which is in none of the folders`,
      file: alembicFileName,
    });
  }
  if (faults.length > 0) throw new MigrationError(faults);
  return { project, revisions, stubs };
}

/** It has no steps: only Alembic can run it. Its text may change as Alembic allows, so there is no checksum. */
function revisionOf(file: string, parsed: PythonRevision & { message: string }): Revision {
  return {
    executor: 'alembic',
    id: parsed.revision,
    parents: parsed.downRevision,
    labels: parsed.branchLabels,
    dependsOn: parsed.dependsOn,
    // Python's files do not say. Those who run Alembic deploy code that lives with its revisions.
    phase: 'expand',
    summary: parsed.message === '' ? parsed.revision : parsed.message,
    adoptTables: [],
    file,
    checksum: '',
    up: [],
    down: [],
  };
}

async function locate(
  folder: string,
  file: AlembicFile,
): Promise<{ project: AlembicProject; folders: string[]; isRecursive: boolean }> {
  const given = file.folders.map((one) => resolve(folder, one));
  const ini = file.ini === undefined ? undefined : resolve(folder, file.ini);
  const here = ini === undefined ? folder : dirname(ini);
  const parsed = ini === undefined ? undefined : await readAlembicConfig(ini, folder);
  const scriptFolder = parsed && resolve(here, parsed.scriptLocation);
  const named = parsed?.versionLocations.map((one) => resolve(here, one)) ?? [];
  const fallback = scriptFolder === undefined ? [] : [join(scriptFolder, 'versions')];
  const folders = [given, named, fallback].find((list) => list.length > 0) ?? [];
  const [versionsFolder] = folders;
  if (versionsFolder === undefined) {
    throw new MigrationError({
      code: 'bad_alembic_ini',
      message: 'neither "ini" nor "folders" says where the revisions are',
      file: alembicFileName,
    });
  }
  const command = file.command ?? ['alembic'];
  return {
    project: { versionsFolder, scriptFolder, command, commandFolder: here },
    folders,
    isRecursive: parsed?.isRecursive ?? false,
  };
}

/** As Alembic picks them: by suffix, without editors' locks and packages' own files. */
async function listPython(folder: string, isRecursive: boolean): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: isRecursive });
    return entries
      .filter((entry) => !entry.isDirectory() && /^(?!\.#|__init__).*\.py$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
  } catch (cause) {
    throw new MigrationError(
      {
        code: 'folder_unreadable',
        message: `cannot read the folder ${folder} of Python revisions`,
        hint: 'Mend "ini" or "folders" in alembic.json, or script_location in what it names.',
      },
      { cause },
    );
  }
}

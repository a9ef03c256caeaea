import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationError, type MigrationFault } from './errors.ts';
import { buildGraph, type RevisionGraph } from './graph.ts';
import { parseRevision } from './parse-revision.ts';
import type { Revision } from './revision.ts';

/**
 * Reads every `.sql` file of a folder (not of its subfolders), parses and checks each, then all together.
 * Throws MigrationError with the faults of all files at once.
 */
export async function loadRevisions(folder: string): Promise<RevisionGraph> {
  const files = (await listFiles(folder)).filter((file) => file.endsWith('.sql')).toSorted();
  const revisions: Revision[] = [];
  const faults: MigrationFault[] = [];
  for (const file of files) {
    try {
      revisions.push(parseRevision({ file, text: decode(file, await readFile(join(folder, file))) }));
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new MigrationError(faults);
  return buildGraph(revisions);
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  } catch (cause) {
    throw new MigrationError({ code: 'folder_unreadable', message: `cannot read the folder ${folder}` }, { cause });
  }
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MigrationError({ code: 'not_utf8', message: 'the file is not UTF-8', file }, { cause });
  }
}

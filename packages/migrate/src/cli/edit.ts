import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationError } from '../errors.ts';
import { loadOutline, loadRevisions } from '../folder.ts';
import { getRevision } from '../graph.ts';
import { CliError, type MigrateContext, type VerbResult } from './verb.ts';

export interface EditOptions {
  readonly revision: string;
}

export interface EditData {
  /** Absolute. */
  readonly path: string;
}

/** Opens a revision's file in the editor, waits for it, and checks all files then. Throws MigrationError and CliError. */
export async function editVerb({ revision }: EditOptions, context: MigrateContext): Promise<VerbResult<EditData>> {
  const path = join(context.folder, await findFile(context.folder, revision));
  if (!context.editor) throw new CliError('config_invalid', 'No editor is named.', 'set VISUAL or EDITOR');
  await openEditor(context.editor, path);
  await loadRevisions(context.folder);
  return { data: { path }, text: path };
}

/** A file whose header cannot be read is the one that is to be edited: its name will do. */
async function findFile(folder: string, name: string): Promise<string> {
  try {
    return getRevision(await loadOutline(folder), name).file;
  } catch (error) {
    if (!(error instanceof MigrationError) || error.code === 'folder_unreadable') throw error;
    const called = (await readdir(folder)).filter((file) => name.length > 3 && file.startsWith(name));
    // The one that is in the way of all others is meant by "head" as well: `revision` has just written it.
    const faulty = new Set(error.faults.flatMap(({ file }) => file ?? []));
    const [file, ...others] = name === 'head' ? [...faulty] : called;
    if (file === undefined || others.length > 0) throw error;
    return file;
  }
}

/** $VISUAL may hold options. The path is no part of what the shell reads. */
async function openEditor(editor: string, path: string): Promise<void> {
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: 'inherit' });
  const [code, signal]: unknown[] = await once(child, 'exit');
  if (code === 0) return;
  const end = typeof code === 'number' ? `exit code ${code}` : `signal ${String(signal)}`;
  throw new CliError('failed', `${editor} ended with ${end}; ${path} is as it left it.`, 'set VISUAL or EDITOR');
}

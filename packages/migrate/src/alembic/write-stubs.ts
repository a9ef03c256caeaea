import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { MigrationError } from '../errors.ts';
import type { RevisionGraph } from '../graph.ts';
import { defaultJournalSchema } from '../options.ts';
import { notWritable } from '../write-new-file.ts';
import { helperName, helperText, stubText } from './stub-text.ts';

export interface StubOptions {
  /** Where stubs go: Alembic's folder of revisions. Default: that of alembic.json. */
  out?: string;
  /** Where the module that they share goes, beside env.py. Default: that of alembic.json, else the folder above `out`. */
  scriptFolder?: string;
  /** Python revisions that our bases stand on in Alembic's graph, where the files do not say so. */
  after?: readonly string[];
  /** Compare, and write nothing. */
  check?: boolean;
  journalSchema?: string;
  searchPath?: readonly string[];
}

export interface StubReport {
  /** Whole paths of what was missing or differed, and is written unless `check`. */
  outdated: string[];
  unchanged: string[];
}

/**
 * Writes, for every SQL revision, the small Python file by which Alembic knows and runs it; leaves what is right, removes
 * nothing. Throws `bad_alembic_ini` when nothing says where, and `folder_not_writable`.
 */
export async function writeStubs(graph: RevisionGraph, folder: string, options: StubOptions = {}): Promise<StubReport> {
  const out = outOf(graph, options);
  const scripts =
    options.scriptFolder ?? (options.out === undefined ? graph.alembic?.scriptFolder : undefined) ?? resolve(out, '..');
  const settings = {
    journalSchema: options.journalSchema ?? defaultJournalSchema,
    searchPath: options.searchPath ?? ['public'],
  };
  const helper = join(scripts, helperName);
  const wanted = new Map([[helper, await helperText(settings)]]);
  for (const revision of graph.order) {
    if (revision.executor === 'alembic') continue;
    const path = join(out, revision.file.replace(/\.\w+$/, '.py'));
    const sql = join(folder, revision.file);
    const text = normalise(await readFile(sql, 'utf8'));
    const parents = revision.parents.length === 0 ? (options.after ?? []) : revision.parents;
    const from = (target: string): string => relative(out, target).split(sep).join('/');
    wanted.set(path, stubText({ revision, text, sqlPath: from(sql), helperPath: from(helper), parents }));
  }
  const report: StubReport = { outdated: [], unchanged: [] };
  for (const [path, text] of wanted) {
    const isRight = (await readOrNone(path)) === text;
    (isRight ? report.unchanged : report.outdated).push(path);
    if (!isRight && options.check !== true) await write(path, text);
  }
  return report;
}

function outOf(graph: RevisionGraph, options: StubOptions): string {
  const out = options.out ?? graph.alembic?.versionsFolder;
  if (out !== undefined) return resolve(out);
  const hint = 'Name it (--out), or put an alembic.json beside the revisions: {"ini": "…/alembic.ini"}.';
  throw new MigrationError({ code: 'bad_alembic_ini', message: "nothing says where Alembic's revisions are", hint });
}

function normalise(text: string): string {
  return text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}

async function readOrNone(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

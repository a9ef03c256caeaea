import { relative, resolve } from 'node:path';
import { type StubReport, writeStubs } from '../alembic/write-stubs.ts';
import { loadRevisions } from '../folder.ts';
import type { CliFinding, MigrateContext, VerbResult } from './verb.ts';

export interface AlembicStubsOptions {
  readonly out?: string;
  readonly after?: readonly string[];
  readonly check?: boolean;
}

/** Writes the Python files by which Alembic runs our revisions; with `check` only says which are not as they should be. */
export async function alembicStubsVerb(
  options: AlembicStubsOptions,
  context: MigrateContext,
): Promise<VerbResult<StubReport>> {
  const { out, after, check = false } = options;
  const { journalSchema, searchPath } = context.settings;
  const report = await writeStubs(await loadRevisions(context.folder), context.folder, {
    check,
    ...(out === undefined ? {} : { out: resolve(context.cwd, out) }),
    ...(after === undefined ? {} : { after }),
    ...(journalSchema === undefined ? {} : { journalSchema }),
    ...(searchPath === undefined ? {} : { searchPath }),
  });
  const shown = report.outdated.map((path) => relative(context.cwd, path));
  if (report.outdated.length === 0)
    return { data: report, text: `${report.unchanged.length} files are as they should be.` };
  if (!check) return { data: report, text: shown.join('\n') };
  const command = `${context.program} alembic-stubs`;
  const findings = shown.map((path): CliFinding => {
    const cause = 'it is missing, or not what its SQL file says';
    return {
      id: 'ST-MIGRATE-STUB',
      severity: 'error',
      evidence: path,
      cause,
      fix: command,
      verify: `${command} --check`,
    };
  });
  return { data: report, text: '', findings };
}

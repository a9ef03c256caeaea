import { loadRevisions } from '../folder.ts';
import { type MigrationScript, renderScript } from '../offline/script.ts';
import type { Direction } from '../revision.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

/** `--sql` of the verbs that run: the script that does the same. */
export async function scriptVerbOf(
  context: MigrateContext,
  direction: Direction,
  range: string,
): Promise<VerbResult<MigrationScript>> {
  const { journalSchema, searchPath, versionTable, actor, objectLockTimeoutMs, concurrentLockTimeoutMs } =
    context.settings;
  const script = renderScript(await loadRevisions(context.folder), {
    ...{ direction, range },
    ...(journalSchema === undefined ? {} : { journalSchema }),
    ...(searchPath === undefined ? {} : { searchPath }),
    ...(versionTable === undefined ? {} : { versionTable }),
    ...(actor === undefined ? {} : { actor }),
    ...(objectLockTimeoutMs === undefined ? {} : { objectLockTimeoutMs }),
    ...(concurrentLockTimeoutMs === undefined ? {} : { concurrentLockTimeoutMs }),
  });
  return { data: script, text: script.sql.trimEnd() };
}

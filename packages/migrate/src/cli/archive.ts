import { type ArchivedObject, listArchive, purgeArchive, restoreArchived } from '../archive/archive.ts';
import { withSession } from './session.ts';
import { CliError, type MigrateContext, type VerbResult } from './verb.ts';

/** What was set aside and is still kept; reads only. Throws MigrationError. */
export async function archiveListVerb(_: object, context: MigrateContext): Promise<VerbResult<ArchivedObject[]>> {
  const kept = await list(context);
  return { data: kept, text: kept.length === 0 ? 'Nothing is set aside.' : kept.map(render).join('\n') };
}

export interface ArchiveRestoreOptions {
  readonly id: string;
  readonly dryRun?: boolean;
}

/** Brings one thing back; with `dryRun` prints the SQL that would. Throws MigrationError and CliError. */
export async function archiveRestoreVerb(
  options: ArchiveRestoreOptions,
  context: MigrateContext,
): Promise<VerbResult<ArchivedObject>> {
  const id = parseId(options.id, context);
  if (options.dryRun === true) {
    const one = (await list(context)).find((kept) => kept.id === id);
    if (!one) throw new CliError('usage', `${id} is nothing that the archive holds`, `${context.program} archive list`);
    return { data: one, text: one.restore.map((sql) => `${sql};`).join('\n') };
  }
  const restored = await context.withConnection(async (connection) =>
    restoreArchived({ ...context.settings, connection, id }),
  );
  return { data: restored, text: `${restored.object} is back.` };
}

export interface ArchivePurgeOptions {
  readonly ids?: readonly string[];
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Drops for good what is named, or all whose time is over. Without `yes` refuses and says what that is. Throws MigrationError and CliError. */
export async function archivePurgeVerb(
  options: ArchivePurgeOptions,
  context: MigrateContext,
): Promise<VerbResult<ArchivedObject[]>> {
  const ids = (options.ids ?? []).map((id) => parseId(id, context));
  if (options.yes !== true || options.dryRun === true) {
    const kept = await list(context);
    const chosen = ids.length > 0 ? kept.filter((one) => ids.includes(one.id)) : kept.filter((one) => one.expired);
    const text =
      chosen.length === 0
        ? 'There is nothing to purge.'
        : `This would be gone for good:\n${chosen.map(render).join('\n')}`;
    if (chosen.length === 0 || options.dryRun === true) return { data: chosen, text };
    throw new CliError('refused', text, `${context.program} archive purge ${ids.join(' ')} --yes`.replace('  ', ' '));
  }
  const purged = await context.withConnection(async (connection) =>
    purgeArchive({ ...context.settings, connection, ...(ids.length > 0 ? { ids } : {}) }),
  );
  const text =
    purged.length === 0 ? 'There is nothing to purge.' : purged.map((one) => `${one.object} is gone.`).join('\n');
  return { data: purged, text };
}

async function list(context: MigrateContext): Promise<ArchivedObject[]> {
  return context.withConnection(async (connection) =>
    withSession(connection, async (database) => listArchive(database, context.settings)),
  );
}

function parseId(text: string, context: MigrateContext): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CliError('usage', `"${text}" is no number of the archive`, `${context.program} archive list`);
}

function render({
  id,
  kind,
  object,
  keptAs,
  rows,
  rowsExact,
  revision,
  archivedAt,
  purgeAfter,
  expired,
}: ArchivedObject): string {
  const until = expired ? `may be purged since ${purgeAfter}` : `kept until ${purgeAfter}`;
  return `${id}  ${kind} ${object}  ${rowsExact ? '' : 'about '}${rows} rows  set aside by ${revision} at ${archivedAt}, ${until}\n   as ${keptAs}`;
}

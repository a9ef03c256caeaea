import { assertReplayable } from '../alembic/needs-alembic.ts';
import { archiveSchemaOf } from '../archive/install.ts';
import { type ConnectionSource, openSession, type Session } from '../connection.ts';
import { planUpgrade, type RevisionGraph } from '../graph.ts';
import { defaultJournalSchema, type RunOptions } from '../options.ts';
import { compareSchemas, type SchemaDifference } from '../schema/compare.ts';
import type { Schema } from '../schema/objects.ts';
import { type ReadOptions, readSchema } from '../schema/read-schema.ts';
import { type ShadowOptions, withShadow } from '../shadow/shadow.ts';
import { upgrade } from '../upgrade.ts';
import { buildWanted, type WantedSchema } from './wanted-schema.ts';

export interface ModelsOptions extends ShadowOptions {
  models: WantedSchema;
  journalSchema?: string;
  searchPath?: readonly string[];
  /** Tables that are nobody's model; `alembic_version` is always among them. */
  ignoreTables?: readonly string[];
}

/** What the models want and the revisions do not make, and the other way round. Needs a shadow, not the database's rows. */
export async function check(graph: RevisionGraph, options: ModelsOptions): Promise<SchemaDifference[]> {
  assertReplayable(graph.order, 'a comparison with the models');
  return withShadow(options, async (shadow) => {
    const [wanted, made] = [await shadow.createDatabase(), await shadow.createDatabase()];
    const expected = await inSession(wanted.connection, async (session) => {
      await buildWanted(session, options.models, searchPathOf(options));
      return readSchema(session, readOptionsOf(options));
    });
    return compareSchemas(expected, await replay(graph, made.connection, options));
  });
}

export type DriftOptions = Omit<ModelsOptions, 'models' | 'connection'> & { connection: ConnectionSource };

/**
 * In what a live database differs from what the revisions that it has made of it. Reads the database's catalog only.
 */
export async function drift(
  graph: RevisionGraph,
  applied: readonly string[],
  options: DriftOptions,
): Promise<SchemaDifference[]> {
  const made = new Set(applied.flatMap((target) => planUpgrade(graph, new Set(), target)));
  assertReplayable([...made], 'a search for drift');
  const live = await inSession(options.connection, async (session) => readSchema(session, readOptionsOf(options)));
  return withShadow(options, async (shadow) => {
    const made = await shadow.createDatabase();
    return compareSchemas(await replay(graph, made.connection, options, applied), live);
  });
}

/** Applies the revisions to an empty database, and reads it. */
export async function replay(
  graph: RevisionGraph,
  connection: ConnectionSource,
  options: Pick<ModelsOptions, 'journalSchema' | 'searchPath' | 'ignoreTables'>,
  targets: readonly string[] = ['heads'],
): Promise<Schema> {
  if (graph.order.length > 0)
    for (const target of targets) await upgrade(graph, { ...runOptionsOf(options), connection, target });
  return inSession(connection, async (session) => readSchema(session, readOptionsOf(options)));
}

export function runOptionsOf(
  options: Pick<ModelsOptions, 'journalSchema' | 'searchPath'>,
): Omit<RunOptions, 'connection'> {
  const { journalSchema, searchPath } = options;
  return {
    ...(journalSchema === undefined ? {} : { journalSchema }),
    ...(searchPath === undefined ? {} : { searchPath }),
    // A database of its own: nobody is waited for, and nobody waits.
    objectLockTimeoutMs: 0,
  };
}

export function searchPathOf({ searchPath }: Pick<ModelsOptions, 'searchPath'>): readonly string[] {
  return searchPath ?? ['public'];
}

export function readOptionsOf(
  options: Pick<ModelsOptions, 'journalSchema' | 'searchPath' | 'ignoreTables'>,
): ReadOptions {
  const journal = options.journalSchema ?? defaultJournalSchema;
  return {
    searchPath: searchPathOf(options),
    ignoreSchemas: [journal, archiveSchemaOf(journal)],
    ignoreTables: ['alembic_version', ...(options.ignoreTables ?? [])],
  };
}

export async function inSession<Answer>(
  connection: ConnectionSource,
  work: (session: Session) => Promise<Answer>,
): Promise<Answer> {
  const session = await openSession(connection);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

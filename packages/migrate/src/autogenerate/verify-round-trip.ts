import { downgrade } from '../downgrade.ts';
import { MigrationError, type MigrationFault } from '../errors.ts';
import { findSingleHead, type RevisionGraph } from '../graph.ts';
import { compareSchemas, describeDifference } from '../schema/compare.ts';
import type { Schema } from '../schema/objects.ts';
import { readSchema } from '../schema/read-schema.ts';
import type { Shadow } from '../shadow/shadow.ts';
import { upgrade } from '../upgrade.ts';
import { inSession, type ModelsOptions, readOptionsOf, replay, runOptionsOf } from './compare-models.ts';

interface RoundTrip {
  graph: RevisionGraph;
  /** With the generated revisions. */
  grown: RevisionGraph;
  wanted: Schema;
  options: ModelsOptions;
}

/** Up, down and up again, and the catalog compared each time. Throws `unverified` with what differs or fails. */
export async function verifyRoundTrip(shadow: Shadow, { graph, grown, wanted, options }: RoundTrip): Promise<void> {
  const database = await shadow.createDatabase();
  const { connection } = database;
  const read = async (): Promise<Schema> =>
    inSession(connection, async (session) => readSchema(session, readOptionsOf(options)));
  const run = { ...runOptionsOf(options), connection };
  const before = await replay(graph, connection, options);
  const target = findSingleHead(graph)?.id ?? 'base';
  try {
    await upgrade(grown, { ...run, target: 'heads' });
    assertSame(wanted, await read(), 'after the upgrade');
    await downgrade(grown, { ...run, target });
    assertSame(before, await read(), 'after the downgrade');
    await upgrade(grown, { ...run, target: 'heads' });
    assertSame(wanted, await read(), 'after the second upgrade');
  } catch (error) {
    if (!(error instanceof MigrationError) || error.code === 'unverified') throw error;
    throw new MigrationError([{ ...unverified, message: 'a generated revision fails in a shadow' }, ...error.faults], {
      cause: error,
    });
  }
  await database.drop();
}

const unverified = {
  code: 'unverified',
  message: '',
  hint: 'Nothing was written. Make the change in smaller parts, or write this one by hand.',
} as const satisfies MigrationFault;

function assertSame(expected: Schema, found: Schema, when: string): void {
  const differences = compareSchemas(expected, found).map(describeDifference);
  if (differences.length === 0) return;
  throw new MigrationError(differences.map((text): MigrationFault => ({ ...unverified, message: `${when}, ${text}` })));
}

import type { Session } from '../connection.ts';
import type { ColumnFacts } from '../schema/objects.ts';
import { type ReadOptions, readSchema } from '../schema/read-schema.ts';
import { quoteName } from '../sql-names.ts';
import { parseServerError } from '../sqlstate.ts';
import type { Probes } from './operations/operation.ts';

/** Asks PostgreSQL itself, in transactions that are rolled back: no table of what rewrites can be as right as trying. */
export function createProbes(wanted: Session, reading: ReadOptions): Probes {
  return {
    async rewrites(from, to, indexed) {
      const alter = `ALTER TABLE pg_temp.probe ALTER COLUMN c TYPE ${typed(to)} USING c::${to.type}`;
      const changed = await filesChanged(wanted, `c ${typed(from)}`, { alter, indexed });
      // No index can be made of it, or the old type is gone from the models.
      return (
        changed ??
        (indexed ? ((await filesChanged(wanted, `c ${typed(from)}`, { alter, indexed: false })) ?? true) : true)
      );
    },
    async isVolatile(column) {
      const alter = `ALTER TABLE pg_temp.probe ADD COLUMN c ${typed(column)} DEFAULT ${column.default}`;
      return (await filesChanged(wanted, 'x integer', { alter, indexed: false })) ?? true;
    },
    async hasCast(from, to) {
      if (from.endsWith('[]') !== to.endsWith('[]')) return false;
      try {
        await wanted.execute(`SELECT NULL::${from}::${to}`);
        return true;
      } catch (error) {
        const sqlstate = parseServerError(error)?.sqlstate;
        if (sqlstate === undefined) throw error;
        // The old type is no longer in the models: an enum, which is text to everybody else.
        return (
          sqlstate === '42704' && [from, to].some((type) => type === 'text' || type.startsWith('character varying'))
        );
      }
    },
    async readRenamed(renames) {
      return inRollback(wanted, async () => {
        for (const { column, name } of renames)
          await wanted.execute(`ALTER TABLE ${column.tableSql} RENAME COLUMN ${column.sql} TO ${quoteName(name)}`);
        return readSchema(wanted, reading);
      });
    },
  };
}

/** Runs `work` in a transaction that is rolled back. */
export async function inRollback<Answer>(session: Session, work: () => Promise<Answer>): Promise<Answer> {
  await session.execute('BEGIN');
  try {
    return await work();
  } finally {
    await session.execute('ROLLBACK');
  }
}

function typed(column: ColumnFacts): string {
  return column.collation === null ? column.type : `${column.type} COLLATE ${column.collation}`;
}

/** Whether the table or its index got another file. Undefined when PostgreSQL refuses to try. */
async function filesChanged(
  session: Session,
  column: string,
  { alter, indexed }: { alter: string; indexed: boolean },
): Promise<boolean | undefined> {
  const files = `SELECT string_agg(relfilenode::text, ',' ORDER BY relname) AS files FROM pg_class
    WHERE relnamespace = pg_my_temp_schema() AND relname IN ('probe', 'probe_index')`;
  try {
    return await inRollback(session, async () => {
      await session.execute(`CREATE TEMP TABLE probe (${column})`);
      if (indexed) await session.execute('CREATE INDEX probe_index ON pg_temp.probe (c)');
      const [before] = await session.query<{ files: string }>(files);
      await session.execute(alter);
      const [after] = await session.query<{ files: string }>(files);
      return before?.files !== after?.files;
    });
  } catch (error) {
    if (!parseServerError(error)) throw error;
    return undefined;
  }
}

import type { Session } from '../../connection.ts';
import { MigrationError } from '../../errors.ts';
import type { ProbedStatement } from '../../probed-statements.ts';
import { parseServerError } from '../../sqlstate.ts';
import { qualified, type Settler } from './settler.ts';

type Kind<Name> = Extract<ProbedStatement, { kind: Name }>;

export function validateSettler({ table, constraint }: Kind<'validate_constraint'>): Settler {
  return {
    async probe(session) {
      const [row] = await session.query<{ validated: boolean }>(
        'SELECT convalidated AS validated FROM pg_constraint WHERE conrelid = to_regclass($1) AND conname = $2',
        [qualified(table), constraint],
      );
      return { state: row?.validated === true ? 'done' : 'absent' };
    },
    // A validated constraint refuses no row that the unvalidated one let through.
    undo: async () => undefined,
  };
}

/** Its first transaction marks the partition as pending, the second one detaches it; between them it can only be finalized. */
export function detachSettler({ table, partition }: Kind<'detach_partition'>): Settler {
  const finalize = async (session: Session): Promise<'done'> => {
    await session.execute(`ALTER TABLE ${qualified(table)} DETACH PARTITION ${qualified(partition)} FINALIZE`);
    return 'done';
  };
  return {
    async probe(session) {
      const [row] = await session.query<{ pending: boolean }>(
        'SELECT inhdetachpending AS pending FROM pg_inherits WHERE inhrelid = to_regclass($1) AND inhparent = to_regclass($2)',
        [qualified(partition), qualified(table)],
      );
      if (!row) return { state: 'done' };
      return row.pending ? { state: 'half', object: qualified(partition) } : { state: 'absent' };
    },
    repair: finalize,
    undo: 'a partition whose detaching was begun can only be detached to the end, and attached again by a statement with its bounds',
  };
}

export function addValueSettler({ type, value }: Kind<'add_enum_value'>): Settler {
  return {
    async probe(session) {
      const rows = await session.query('SELECT 1 FROM pg_enum WHERE enumtypid = to_regtype($1) AND enumlabel = $2', [
        qualified(type),
        value,
      ]);
      return { state: rows.length > 0 ? 'done' : 'absent' };
    },
    undo: 'PostgreSQL cannot remove a value from an enum; one that nothing uses does no harm',
  };
}

export function rerunSettler(): Settler {
  return {
    probe: async () => ({ state: 'absent' }),
    undo: 'the engine does not know what the statement did',
  };
}

/** The author's word. An answer that is neither true nor false, or none, leaves it to a person. */
export function querySettler({ probe }: Kind<'query'>): Settler {
  return {
    async probe(session) {
      try {
        const results = await session.execute(probe);
        // oxlint-disable-next-line typescript/no-unsafe-assignment -- pg types a row as any; what it holds is compared
        const [value, ...more]: unknown[] = Object.values(results[0]?.rows[0] ?? {});
        if (results[0]?.rows.length === 1 && more.length === 0 && typeof value === 'boolean')
          return { state: value ? 'done' : 'absent' };
        return { state: 'unclear', reason: 'its probe answers neither true nor false' };
      } catch (error) {
        const server = parseServerError(error);
        if (!server || error instanceof MigrationError) throw error;
        return { state: 'unclear', reason: `its probe fails: ${server.message}` };
      }
    },
    undo: 'the engine does not know what the statement did',
  };
}

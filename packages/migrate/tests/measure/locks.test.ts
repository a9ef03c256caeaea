import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ClientConfig } from 'pg';
import { openSession, type Session } from '../../src/connection.ts';
import { openShadow, type Shadow } from '../../src/index.ts';
import { applyOperation } from '../../src/lint/apply-operation.ts';
import { type Effect, isAtLeast, predictEffects } from '../../src/lint/effects.ts';
import type { LockMode } from '../../src/lint/operation.ts';
import { readStep } from '../../src/lint/read-step.ts';
import { emptyState } from '../../src/lint/schema-state.ts';
import { loadSqlParser } from '../../src/lint/syntax.ts';
import { withOutsideSessions } from '../../src/measure/outside.ts';
import { type Relations, readRelations } from '../../src/measure/snapshot.ts';
import { measureOutside, measureStatement, type StatementFacts } from '../../src/measure/statement.ts';
import { schema } from '../lint/dangerous.ts';
import { majors, preparePostgres } from '../postgres/environment.ts';
import { type LockCase, lockCases, outsideCases } from './locks.ts';

const setUp = `${schema}
  ALTER TABLE orders ADD COLUMN later bigint;
  ALTER TABLE orders ADD CONSTRAINT orders_later FOREIGN KEY (later) REFERENCES shops NOT VALID;
  CREATE TABLE leaf (id bigint, shop bigint REFERENCES shops);
  INSERT INTO shops SELECT g, 'shop' FROM generate_series(1, 50) g;
  INSERT INTO orders (id, shop_id, ref, total, net, note, state, mail, at)
    SELECT g, g, 'r' || g, g % 9, g, 'n', 'new', 'a@b', now() FROM generate_series(1, 50) g;
  INSERT INTO plain SELECT g, g, 'b' FROM generate_series(1, 50) g;
  INSERT INTO events_2026 SELECT g, '2026-02-03' FROM generate_series(1, 50) g;`;

for (const major of majors) {
  describe(`PostgreSQL ${major}`, () => {
    let shadow: Shadow;
    let worker: Session;
    let source: ClientConfig;
    let known: Relations;
    before(async () => {
      shadow = await openShadow({ majorVersion: major, binaryFolders: [await preparePostgres(major)] });
      source = (await shadow.createDatabase()).connection;
      worker = await openSession(source);
      await worker.execute(`SET TimeZone = 'UTC'; ${setUp}`);
      known = await readRelations(worker);
    });
    after(async () => {
      await worker.close();
      await shadow.close();
    });

    for (const one of lockCases.filter((entry) => fits(entry, major))) {
      test(`measures the locks and the cost of ${one.before ?? ''} ${one.sql}`, async () => {
        await worker.execute(`BEGIN; ${one.before ?? ''}`);
        try {
          assertFacts(await measureStatement(worker, one.sql, known), one);
        } finally {
          await worker.execute('ROLLBACK');
        }
      });
    }

    for (const one of lockCases.filter((entry) => fits(entry, major) && entry.isUnpredictable !== true)) {
      test(`is predicted without a server: ${one.before ?? ''} ${one.sql}`, async () => {
        assertPrediction(await predict(one, major), one);
      });
    }

    test('measures what runs outside of transactions', async () => {
      await withOutsideSessions(source, async (sessions) => {
        for (const one of outsideCases)
          assertFacts(await measureOutside(sessions, one.sql, await readRelations(worker)), one);
      });
    });
  });
}

/** What the lint makes of the same statement, knowing the same schema. */
async function predict(one: LockCase, serverMajor: number): Promise<Effect[]> {
  const parser = await loadSqlParser();
  const state = emptyState('public');
  const read = (sql: string) => readStep(parser, { sql }).operations.map(({ operation }) => operation);
  for (const operation of read(`${setUp}; ${one.before ?? ''}`)) applyOperation(state, operation, 'before');
  return read(one.sql).flatMap((operation) => predictEffects(operation, { state, serverMajor }));
}

function assertPrediction(effects: readonly Effect[], wanted: LockCase): void {
  const known = effects.filter(({ table }) => !table.name.startsWith('pg_'));
  const locks = new Map<string, LockMode>();
  for (const { table, lock } of known) {
    const other = locks.get(table.name);
    if (other === undefined || isAtLeast(lock, other)) locks.set(table.name, lock);
  }
  const of = (cost: string) => known.filter((one) => one.cost === cost).map(({ table }) => table.name);
  const scanned = of('scan');
  // Whether a foreign key reads the other table or its index is the planner's choice.
  const wantedScans = (wanted.scanned ?? []).filter((name) => scanned.includes(name) || locks.size < 2);
  assert.deepEqual(
    { locks: Object.fromEntries(locks), rewritten: of('rewrite'), scanned, indexed: of('index') },
    { locks: withHeld(wanted), rewritten: wanted.rewritten ?? [], scanned: wantedScans, indexed: wanted.indexed ?? [] },
  );
}

/** A lock that an earlier statement took is not taken again, but the prediction names it. */
function withHeld({ locks, before, sql }: LockCase): Readonly<Record<string, LockMode>> {
  const table = /^ALTER TABLE (\w+)/.exec(before ?? '')?.[1];
  return table === undefined || !sql.includes(table) ? locks : { ...locks, [table]: 'ACCESS EXCLUSIVE' };
}

function fits({ since = 0, until = 99 }: LockCase, major: number): boolean {
  return major >= since && major <= until;
}

function assertFacts(facts: StatementFacts, wanted: LockCase): void {
  const bare = (name: string): string => name.replace('public.', '');
  const locks = facts.locks
    .filter(({ table }) => !table.startsWith('pg_'))
    .map(({ table, lock }) => [bare(table), lock]);
  assert.deepEqual(
    {
      sql: wanted.sql,
      locks: Object.fromEntries(locks),
      rewritten: facts.rewritten.map(bare),
      ...scansOf(facts, bare),
    },
    { sql: wanted.sql, locks: wanted.locks, rewritten: wanted.rewritten ?? [], ...wantedScans(wanted) },
  );
}

/** A rewrite or an index build reads the table as well. */
function scansOf(facts: StatementFacts, bare: (name: string) => string): { scanned: string[]; indexed: string[] } {
  const covered = new Set([...facts.rewritten, ...facts.indexed]);
  const indexed = facts.indexed.filter((name) => !facts.rewritten.includes(name));
  return { scanned: facts.scanned.filter((name) => !covered.has(name)).map(bare), indexed: indexed.map(bare) };
}

function wantedScans({ scanned = [], indexed = [], rewritten = [] }: LockCase): {
  scanned: readonly string[];
  indexed: readonly string[];
} {
  return { scanned, indexed: indexed.filter((name) => !rewritten.includes(name)) };
}

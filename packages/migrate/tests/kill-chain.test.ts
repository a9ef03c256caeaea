import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ClientConfig } from 'pg';
import { downgrade, loadRevisions, MigrationError, type RevisionGraph, upgrade } from '../src/index.ts';
import type { Step } from '../src/revision.ts';
import { isOneDefinition } from '../src/steps/one-definition.ts';
import { chain, codeRevision } from './support/chain.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { catalogOf, rowsOf } from './support/fingerprint.ts';
import type { KillInput } from './support/kill-child.ts';
import { clientWithPoints } from './support/points.ts';
import { fileName, revisionText, writeFolder } from './support/revisions.ts';

const childFile = fileURLToPath(new URL('support/kill-child.ts', import.meta.url));
const directions = [
  ['up', 'head', upgrade],
  ['down', 'base', downgrade],
] as const;

let graph: RevisionGraph;
let folder = '';
let removeFolder: () => Promise<void>;
/** By direction, what a run leaves that nobody disturbs. */
const wanted = new Map<string, unknown>();

before(async () => {
  const files = Object.fromEntries(chain.map((parts) => [fileName(parts.id), revisionText(parts)]));
  ({ folder, remove: removeFolder } = await writeFolder({ ...files, [codeRevision.file]: codeRevision.text }));
  graph = await loadRevisions(folder);
  const database = await createDatabase();
  try {
    for (const [direction, target] of directions) {
      assert.equal(await runChild({ folder, connection: database.config, target, direction, passed: [] }), undefined);
      wanted.set(direction, await everythingOf(database));
    }
  } finally {
    await database.drop();
  }
});

after(async () => removeFolder());

/** Schema, rows, what is kept of what was set aside, and what the journal says. */
async function everythingOf(database: TestDatabase): Promise<unknown> {
  const { client } = database;
  const kept = await client.query(
    'SELECT kind, relation_name, column_name, kept_as, row_count, restored_at IS NULL AS kept FROM stanchion.archive ORDER BY 1, 2, 3',
  );
  const log = await client.query(
    'SELECT revision, outcome, count(*)::int FROM stanchion.revision_log GROUP BY 1, 2 ORDER BY 1, 2',
  );
  const steps = await client.query("SELECT count(*)::int FROM stanchion.step_log WHERE state <> 'done'");
  return {
    catalog: await catalogOf(client),
    rows: await rowsOf(client),
    kept: kept.rows,
    log: log.rows,
    steps: steps.rows,
  };
}

async function open(t: TestContext, direction: 'up' | 'down'): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(async () => database.drop());
  if (direction === 'down') await upgrade(graph, { connection: database.config });
  return database;
}

/** The point at which the child died; undefined: it finished. */
async function runChild(input: KillInput): Promise<string | undefined> {
  const child = spawn(process.execPath, [childFile, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: childEnvironment(),
  });
  let output = '';
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString();
  });
  await once(child, 'close');
  if (child.exitCode === 0) return undefined;
  assert.equal(child.signalCode, 'SIGKILL', 'the child failed');
  return output.trim();
}

/** What the undisturbed child compiled, the many others need not compile again. */
function childEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
}

/**
 * Where a process dies. What a transaction did not commit is one state, however far it came, and a process costs half a second; the
 * sessions that the server ends die at those points too.
 */
const killPoints = '(?:statement run|commit sent|marked as running|recorded)(?: 2)?$';

const boundaries: Readonly<Record<Step['mode'], readonly string[]>> = {
  tx: ['statement run', 'commit sent'],
  notx: ['marked as running', 'statement run', 'recorded'],
  batch: ['marked as running', 'statement run', 'commit sent', 'commit sent 2', 'recorded'],
};
const boundariesOfSessions: typeof boundaries = {
  ...boundaries,
  tx: ['statement run', 'commit sent', 'commit'],
  batch: ['marked as running', 'begin', 'keys read', 'statement run', 'commit sent', 'commit', 'recorded'],
};

/** What must have been passed: else the points are named wrongly and the test proves nothing. */
function assertCoverage(
  points: readonly string[],
  { direction, wanted: expected }: { direction: 'up' | 'down'; wanted: typeof boundaries },
): void {
  for (const revision of graph.order) {
    const steps = direction === 'up' ? revision.up : (revision.down ?? []);
    for (const { name, mode, sql } of steps) {
      for (const what of expected[mode]) {
        // A definition goes in one message with its COMMIT.
        if (mode === 'tx' && what === 'statement run' && isOneDefinition(sql)) continue;
        assert.ok(points.includes(`${revision.id}:${name} ${what}`), `${revision.id}:${name} ${what}`);
      }
    }
    // A transaction that is the last step records the end, too; after any other it is a transaction of its own.
    if (steps.at(-1)?.mode === 'tx') continue;
    assert.ok(points.includes(`${revision.id} commit sent`), `the end of ${revision.id}`);
  }
}

for (const [direction, target, run] of directions) {
  describe(`a chain of ${chain.length + 1} revisions that goes ${direction}`, { concurrency: 2 }, () => {
    test('ends as if undisturbed when its process is killed at every boundary of every step', async (t) => {
      const database = await open(t, direction);
      const passed: string[] = [];

      for (;;) {
        const point = await runChild({
          folder,
          connection: database.config,
          target,
          direction,
          passed,
          killAt: killPoints,
        });
        if (point === undefined) break;
        passed.push(point);
      }

      assertCoverage(passed, { direction, wanted: boundaries });
      assert.deepEqual(await everythingOf(database), wanted.get(direction));
    });

    test('ends as if undisturbed when its session is ended by the server at every boundary', async (t) => {
      const database = await open(t, direction);
      const passed = new Set<string>();
      const connection = () =>
        clientWithPoints(database.config, async (point, client) => {
          if (passed.has(point)) return;
          passed.add(point);
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- pg keeps the pid and has no type for it
          const { processID } = client as unknown as { processID: number };
          await database.client.query('SELECT pg_terminate_backend($1, 10000)', [processID]);
        });

      for (let done = false; !done; ) {
        try {
          await run(graph, { connection, target });
          done = true;
        } catch (error) {
          if (!(error instanceof MigrationError) || error.code !== 'connection_lost') throw error;
        }
      }

      assertCoverage([...passed], { direction, wanted: boundariesOfSessions });
      assert.deepEqual(await everythingOf(database), wanted.get(direction));
    });
  });
}

/** Holds what each statement waits for: a row, a snapshot, a lock that conflicts with everything but reading. */
async function block(database: TestDatabase): Promise<{ release: () => Promise<void> }> {
  const client = await database.connect();
  await client.query('BEGIN; UPDATE hot SET n = n WHERE id = 3; SELECT * FROM p; LOCK TABLE hot IN ROW EXCLUSIVE MODE');
  return { release: async () => void (await client.query('ROLLBACK')) };
}

describe('a statement in the middle of which the process is killed', () => {
  const [, , indexes, , , reindex, , detach, , , , , dropped, fill] = chain.map((parts) => parts.id);
  for (const [what, revision = '', name] of [
    ['a concurrent index build', indexes, 'index'],
    ['a concurrent rebuild', reindex, 'index'],
    ['a detaching partition', detach, 'detach'],
    ['a concurrent drop', dropped, 'drop'],
    ['a batch', fill, 'fill'],
  ] as const) {
    test(`is settled by the next run: ${what}`, async (t) => {
      const database = await open(t, 'up');
      const earlier = graph.order[graph.order.findIndex((one) => one.id === revision) - 1];
      const target = earlier?.id ?? '';
      await upgrade(graph, { connection: database.config, target });
      // The branch that is the other side of a merge.
      await upgrade(graph, { connection: database.config, target: graph.byId.get(revision)?.parents[0] ?? '' });
      const blocker = await block(database);

      await killWhileWaiting(t, { database, place: `${revision}:${name}`, connection: database.config });
      await blocker.release();
      await upgrade(graph, { connection: database.config });

      assert.deepEqual(await everythingOf(database), wanted.get('up'));
    });
  }
});

async function killWhileWaiting(
  t: TestContext,
  { database, place, connection }: { database: TestDatabase; place: string; connection: ClientConfig },
): Promise<void> {
  const argument: KillInput = { folder, connection, target: 'head', direction: 'up', passed: [] };
  const child = spawn(process.execPath, [childFile, JSON.stringify(argument)], {
    stdio: 'ignore',
    env: childEnvironment(),
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const waiting =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock'";
  while ((await database.client.query(waiting, [`stanchion:${place}`])).rows.length === 0) {
    assert.equal(child.exitCode, null, 'the child ended before it was killed');
  }
  child.kill('SIGKILL');
  await exited;
}

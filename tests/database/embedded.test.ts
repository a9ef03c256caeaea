import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  findEmbeddedDatabase,
  resetEmbeddedDatabase,
  startDetachedDatabase,
  startEmbeddedDatabase,
  stopDetachedDatabase,
} from '../../src/database/embedded.ts';
import { removeDataFolders } from '../support/data-folder.ts';
import { runSql } from '../support/postgres.ts';

const log = { info: () => undefined };

/** A folder that is removed, with what still runs in it, when the test ends. */
function makeDataDir(t: TestContext, { mode = 0o755, name = 'data' } = {}): string {
  const parent = mkdtempSync(join(tmpdir(), 'stanchion-test-embedded-'));
  chmodSync(parent, mode);
  const dataDir = join(parent, name);
  t.after(async () => {
    await Promise.all((children.get(dataDir) ?? []).map((child) => kill(child, 'SIGKILL')));
    await resetEmbeddedDatabase({ dataDir });
    removeDataFolders(parent);
  });
  return dataDir;
}

const children = new Map<string, ChildProcess[]>();

interface ChildAnswer {
  pid?: number;
  url?: string;
  takenOver?: boolean;
  failed?: string;
}

async function startChild(dataDir: string): Promise<{ child: ChildProcess; answer: ChildAnswer }> {
  const script = join(import.meta.dirname, '../support/embedded-child.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.set(dataDir, [...(children.get(dataDir) ?? []), child]);
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, answer: JSON.parse(String(line)) };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

function postmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

/** Files of its own in shared memory; where there is no such thing, none. */
function sharedMemoryOf(pid: number): string[] {
  if (process.platform !== 'linux') return [];
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  return [...new Set(maps.match(/\/dev\/shm\/PostgreSQL\.\d+/g))];
}

/** Its children end when they notice that it is gone; until then they hold what they share. */
async function waitUntilDead(dataDir: string): Promise<void> {
  const cluster = realpathSync(join(dataDir, 'postgres'));
  const isAlive = (): boolean =>
    globSync('/proc/[0-9]*/cwd').some((link) => {
      try {
        return readlinkSync(link) === cluster;
      } catch {
        return false; // It ended meanwhile.
      }
    });
  const deadline = Date.now() + 20_000;
  while (isAlive() && Date.now() < deadline) await sleep(20);
}

describe('the embedded database', () => {
  test('is made on first use, keeps its rows, and stops with its owner', async (t) => {
    const dataDir = makeDataDir(t);
    const steps: string[] = [];
    const first = await startEmbeddedDatabase({ dataDir, log, onProgress: (step) => steps.push(step) });
    assert.deepEqual(steps, ['Making the database …', 'Starting the database …']);
    await runSql(first.url, 'create table kept as select 42 as n');
    await first.stop();
    assert.equal(existsSync(join(dataDir, 'postgres/postmaster.pid')), false);

    const second = await startEmbeddedDatabase({ dataDir, log });
    assert.deepEqual(await runSql(second.url, 'select n from kept'), [{ n: 42 }]);
    assert.equal(second.takenOver, false);
    await second.stop();
  });

  test('writes durably, in UTC, sorted as Neon sorts, and listens on no port', async (t) => {
    const { url, stop } = await startEmbeddedDatabase({ dataDir: makeDataDir(t), log });
    const [row] = await runSql(
      url,
      `select current_setting('fsync') as fsync, current_setting('TimeZone') as zone,
        current_setting('listen_addresses') as addresses, datlocale from pg_database where datname = current_database()`,
    );
    assert.deepEqual({ ...row }, { fsync: 'on', zone: 'UTC', addresses: '', datlocale: 'C.UTF-8' });
    await stop();
  });

  test('refuses a second owner and names the first', async (t) => {
    const dataDir = makeDataDir(t);
    const { answer } = await startChild(dataDir);
    await assert.rejects(startEmbeddedDatabase({ dataDir, log }), { code: 'data_folder_locked', pid: answer.pid });
    await assert.rejects(stopDetachedDatabase({ dataDir }), { code: 'data_folder_locked', pid: answer.pid });
    await assert.rejects(resetEmbeddedDatabase({ dataDir }), { code: 'data_folder_locked' });
  });

  test('lets exactly one of several win that start at once on an empty folder', async (t) => {
    const dataDir = makeDataDir(t);
    const all = await Promise.all([1, 2, 3].map(() => startChild(dataDir)));
    const failures = all.map(({ answer }) => answer.failed).filter((failed) => failed !== undefined);
    assert.deepEqual(failures, ['data_folder_locked', 'data_folder_locked']);
  });

  test('starts while the one before it is still stopping', async (t) => {
    const dataDir = makeDataDir(t);
    for (let round = 0; round < 3; round += 1) {
      const before = await startEmbeddedDatabase({ dataDir, log });
      const [, { url }] = await Promise.all([before.stop(), startDetachedDatabase({ dataDir, log })]);
      assert.deepEqual(await runSql(url, 'SELECT 1 AS one'), [{ one: 1 }]);
      await stopDetachedDatabase({ dataDir });
    }
  });

  test('starts although a process was killed while it was starting or stopping', async (t) => {
    const dataDir = makeDataDir(t);
    mkdirSync(dataDir);
    const { pid } = spawnSync(process.execPath, ['--eval', '']);
    writeFileSync(join(dataDir, 'turn'), String(pid));
    const database = await startEmbeddedDatabase({ dataDir, log });
    await database.stop();
    assert.equal(existsSync(join(dataDir, 'turn')), false);
  });

  test('takes over the server that a killed owner left running, with every row', async (t) => {
    const dataDir = makeDataDir(t);
    const { child, answer } = await startChild(dataDir);
    await runSql(answer.url ?? '', 'create table kept as select 1 as n');
    await kill(child, 'SIGKILL');

    const next = await startEmbeddedDatabase({ dataDir, log });
    assert.equal(next.takenOver, true);
    assert.deepEqual(await runSql(next.url, 'select n from kept'), [{ n: 1 }]);
    await next.stop();
    assert.equal((await findEmbeddedDatabase({ dataDir }))?.running, false);
  });

  test('recovers when the server was killed as well, with every committed row', async (t) => {
    const dataDir = makeDataDir(t);
    const { child, answer } = await startChild(dataDir);
    await runSql(answer.url ?? '', 'create table kept as select 1 as n');
    process.kill(postmasterPid(dataDir), 'SIGKILL');
    await kill(child, 'SIGKILL');

    const next = await startEmbeddedDatabase({ dataDir, log });
    assert.deepEqual(await runSql(next.url, 'select n from kept'), [{ n: 1 }]);
    await next.stop();
  });

  test('waits for a server that is dying and answers nobody any more', async (t) => {
    const dataDir = makeDataDir(t);
    const { child } = await startChild(dataDir);
    const dying = postmasterPid(dataDir);
    process.kill(dying, 'SIGSTOP');
    rmSync(join(dataDir, 'socket/.s.PGSQL.5432'));
    await kill(child, 'SIGKILL');

    const starting = startEmbeddedDatabase({ dataDir, log });
    setTimeout(() => process.kill(dying, 'SIGKILL'), 300);
    const next = await starting;
    assert.notEqual(postmasterPid(dataDir), dying);
    await next.stop();
  });

  test('whose server was killed leaves no shared memory behind when its folder is removed', async (t) => {
    const dataDir = makeDataDir(t);
    const { child } = await startChild(dataDir);
    const server = postmasterPid(dataDir);
    const segments = sharedMemoryOf(server);
    assert.ok(segments.length > 0 || process.platform !== 'linux');
    process.kill(server, 'SIGKILL');
    await kill(child, 'SIGKILL');
    await waitUntilDead(dataDir);
    assert.deepEqual(segments.filter(existsSync), segments);

    removeDataFolders(dataDir);

    assert.deepEqual(segments.filter(existsSync), []);
    assert.equal(existsSync(dataDir), false);
  });

  test('starts although the pid of a dead server belongs to a stranger now', async (t) => {
    const dataDir = makeDataDir(t);
    const first = await startEmbeddedDatabase({ dataDir, log });
    const pidFile = join(dataDir, 'postgres/postmaster.pid');
    const lines = readFileSync(pidFile, 'utf8').split('\n');
    await first.stop();
    writeFileSync(pidFile, [String(process.pid), ...lines.slice(1)].join('\n'));
    const next = await startEmbeddedDatabase({ dataDir, log });
    assert.notEqual(postmasterPid(dataDir), process.pid);
    await next.stop();
  });

  test('works where only its owner may look, and finds its rows again', async (t) => {
    const dataDir = makeDataDir(t, { mode: 0o700 });
    const first = await startEmbeddedDatabase({ dataDir, log });
    await runSql(first.url, 'create table kept as select 1 as n');
    await first.stop();
    const again = await startEmbeddedDatabase({ dataDir, log });
    assert.equal(again.location, first.location);
    const isOurs = first.location === dataDir;
    assert.equal(isOurs, process.getuid?.() !== 0); // Root's server runs as another account.
    assert.deepEqual(await runSql(again.url, 'select n from kept'), [{ n: 1 }]);
    await again.stop();
  });

  test('copes with a path that is too long for a socket, and with blanks and quotes in it', async (t) => {
    const dataDir = makeDataDir(t, { name: `it's a "folder" ${'x'.repeat(80)}` });
    const { url, stop } = await startEmbeddedDatabase({ dataDir, log });
    assert.deepEqual(await runSql(url, 'select 1 as n'), [{ n: 1 }]);
    await stop();
  });

  test('refuses a folder of another major version, and one that is no database', async (t) => {
    const old = makeDataDir(t);
    mkdirSync(join(old, 'postgres'), { recursive: true });
    writeFileSync(join(old, 'postgres/PG_VERSION'), '9\n');
    await assert.rejects(startEmbeddedDatabase({ dataDir: old, log }), { code: 'data_folder_version' });
    rmSync(join(old, 'postgres/PG_VERSION'));
    await assert.rejects(startEmbeddedDatabase({ dataDir: old, log }), { code: 'data_folder_version' });
  });

  test('says that the folder cannot be written', async (t) => {
    const dataDir = makeDataDir(t);
    writeFileSync(dataDir, 'a file stands where the folder should be');
    await assert.rejects(startEmbeddedDatabase({ dataDir, log }), { code: 'data_folder_read_only' });
    rmSync(dataDir);
    symlinkSync('/proc', dataDir); // Nobody can write there, not even root.
    await assert.rejects(startEmbeddedDatabase({ dataDir, log }), { code: 'data_folder_read_only' });
    rmSync(dataDir);
  });

  test('says what the server said when it does not start', async (t) => {
    const dataDir = makeDataDir(t);
    await (await startEmbeddedDatabase({ dataDir, log })).stop();
    writeFileSync(join(dataDir, 'postgres/postgresql.conf'), 'shared_buffers = nonsense\n');
    await assert.rejects(startEmbeddedDatabase({ dataDir, log }), (error: Error & { code?: string }) => {
      return error.code === 'start_failed' && /shared_buffers/.test(error.message);
    });
  });
});

describe('the detached embedded database', () => {
  test('outlives the process that uses it, and stops on demand', async (t) => {
    const dataDir = makeDataDir(t);
    const { url } = await startDetachedDatabase({ dataDir, log });
    const user = await startEmbeddedDatabase({ dataDir, log });
    assert.equal(user.takenOver, true);
    await user.stop();
    assert.deepEqual(await findEmbeddedDatabase({ dataDir }), { url, running: true, location: dataDir });
    assert.deepEqual(await stopDetachedDatabase({ dataDir }), { stopped: true });
    assert.deepEqual(await stopDetachedDatabase({ dataDir }), { stopped: false });
  });

  test('is gone after a reset', async (t) => {
    const dataDir = makeDataDir(t);
    const { url } = await startDetachedDatabase({ dataDir, log });
    await runSql(url, 'create table gone ()');
    assert.deepEqual(await resetEmbeddedDatabase({ dataDir }), { removed: true });
    assert.equal(await findEmbeddedDatabase({ dataDir }), undefined);
    assert.deepEqual(await resetEmbeddedDatabase({ dataDir }), { removed: false });
  });
});

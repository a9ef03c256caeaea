import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { hasEnded, makeFolder, repository, startServerProcess, testSecret } from './support.ts';

const run = promisify(execFile);
const embedded = { DATABASE_URL: '', ENVIRONMENT: 'development', JWT_SECRET: testSecret };

test('the first start on an empty data folder', async (t) => {
  const dataDir = makeFolder(t);
  const env = { ...embedded, DATA_DIR: dataDir, JWT_SECRET: '' };
  t.after(() =>
    run(join(repository, 'stanchion'), ['db', 'reset', '--yes'], {
      env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir },
    }),
  );
  const server = await startServerProcess(t, env);
  await server.untilListening();

  await t.test('shows where everything is and how to log in', () => {
    for (const line of [
      `API     ${server.url}`,
      `Docs    ${server.url}/docs`,
      `Health  ${server.url}/ready`,
      'Login   demo@',
    ]) {
      assert.ok(server.stderr().includes(line), line);
    }
    for (const path of ['/docs', '/ready']) assert.match(server.stderr(), new RegExp(`${server.url}${path}`));
  });

  await t.test('prints three commands that work when they are pasted', async () => {
    const [login = '', ...others] = commandsIn(server.stderr());
    assert.equal(others.length, 2);
    const [me, created] = await answersOf(login, others);
    assert.equal(me?.status, '200');
    assert.match(me?.body ?? '', /demo@example\.com/);
    assert.equal(created?.status, '201');
  });

  await t.test('keeps its rows and its accounts when it is killed and started again', async (t) => {
    server.child.kill('SIGKILL');
    await server.end;
    const again = await startServerProcess(t, { ...env, PORT: String(server.port) });
    await again.untilListening();
    const [login = ''] = commandsIn(server.stderr());
    const [tasks] = await answersOf(login, [`curl -s ${again.url}/api/tasks -H "authorization: Bearer $TOKEN"; echo`]);
    assert.equal(tasks?.status, '200');
    assert.match(tasks?.body ?? '', /Read the README/);
    again.child.kill('SIGINT');
    assert.deepEqual(await again.end, { code: 0, signal: null });
    assert.ok(hasEnded(postmasterOf(dataDir)), 'the database still runs');
  });
});

test('a start that cannot work', async (t) => {
  const dataDir = makeFolder(t);
  t.after(() =>
    run(join(repository, 'stanchion'), ['db', 'reset', '--yes'], {
      env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir },
    }),
  );
  const env = { ...embedded, DATA_DIR: dataDir };
  const first = await startServerProcess(t, env);
  await first.untilListening();

  const refused = async (given: Record<string, string>) => {
    const server = await startServerProcess(t, { ...env, ...given });
    const { code } = await server.end;
    const printed = server.stdout() + server.stderr();
    assert.doesNotMatch(printed, /\n\s+at /, printed);
    return { code, printed };
  };

  await t.test('says that another process has the data folder, and which', async () => {
    const { code, printed } = await refused({});
    assert.equal(code, exitCodes.locked.code);
    assert.ok(printed.includes(String(first.child.pid)), printed);
  });

  await t.test('says that the folder cannot be written, and what to do', async (t) => {
    const file = join(makeFolder(t), 'a-file');
    writeFileSync(file, '');
    const started = [file, '/proc/stanchion/below'].map((folder) => refused({ DATA_DIR: folder }));
    for (const { code, printed } of await Promise.all(started)) {
      assert.equal(code, exitCodes.folder_not_writable.code, printed);
      assert.match(printed, /cannot be written.*DATA_DIR/);
    }
    const { code, printed } = await refused({ DATA_DIR: '/proc/stanchion', JWT_SECRET: '' });
    assert.equal(code, exitCodes.config_invalid.code, printed);
    assert.match(printed, /DATA_DIR[\s\S]*fix:/);
  });

  await t.test('says that the port is taken, and leaves no database running', async (t) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    t.after(() => holder.close());
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const other = makeFolder(t);
    const { code, printed } = await refused({ DATA_DIR: other, PORT: port });
    assert.equal(code, exitCodes.port_taken.code);
    assert.match(printed, new RegExp(`Port ${port} is taken[\\s\\S]*fix: .*PORT=`));
    assert.ok(hasEnded(postmasterOf(other)), 'the database still runs');
    await run(join(repository, 'stanchion'), ['db', 'reset', '--yes'], {
      env: { PATH: process.env.PATH ?? '', DATA_DIR: other },
    });
  });

  await t.test('says that the database cannot be reached when it is to be upgraded', async () => {
    const { code, printed } = await refused({ DATABASE_URL: 'postgresql://test:test-password@127.0.0.1:1/none' });
    assert.equal(code, exitCodes.unreachable.code, printed);
    assert.doesNotMatch(printed, /test-password/);
  });

  await t.test('lists every fault of a production without any settings', async () => {
    const { code, printed } = await refused({ ENVIRONMENT: 'production', JWT_SECRET: '', DATABASE_URL: '' });
    assert.equal(code, exitCodes.config_invalid.code);
    for (const name of ['JWT_SECRET', 'DATABASE_URL']) assert.match(printed, new RegExp(`^ +${name} `, 'm'));
  });

  await t.test('does not disturb the server that runs', async () => {
    assert.equal((await fetch(`${first.url}/ready`)).status, 200);
    first.child.kill('SIGTERM');
    assert.deepEqual(await first.end, { code: 0, signal: null });
    assert.ok(hasEnded(postmasterOf(dataDir)), 'the database still runs');
  });
});

/** The three commands of the banner. */
function commandsIn(banner: string): string[] {
  return banner.split('\n').filter((line) => line.startsWith('TOKEN=') || line.startsWith('curl '));
}

/** Runs the first command and then the others in one bash, as a person does, and adds only the status to each answer. */
async function answersOf(login: string, commands: readonly string[]): Promise<{ body: string; status: string }[]> {
  const script = [login, ...commands.map((command) => command.replace('curl -s', "curl -s -w ' %{http_code}'"))].join(
    '\n',
  );
  const { stdout } = await run('bash', ['-c', script]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => ({ body: line.slice(0, -4), status: line.slice(-3) }));
}

/** The process id that PostgreSQL has written down; one that certainly does not run when it has taken it away again. */
function postmasterOf(dataDir: string): number {
  const moved = join(dataDir, 'moved-to');
  try {
    const home = readText(moved)?.trim() ?? dataDir;
    return Number(readText(join(home, 'postgres/postmaster.pid'))?.split('\n')[0] ?? neverRuns);
  } catch {
    return neverRuns;
  }
}

/** Above Linux' and macOS' largest process id. */
const neverRuns = 2 ** 30;

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

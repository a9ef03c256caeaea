import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type ServerProgram, type ServerSurroundings, startServer } from '../../bench/servers/server.ts';

describe('a measured server', () => {
  test('is ready when its path answers 200', async (t) => {
    const server = await startServer(program(answering), await surroundings(t));
    t.after(() => server.stop());
    const response = await fetch(`http://127.0.0.1:${server.port}/ready`);
    assert.equal(await response.text(), 'test environment');
  });

  test('fails the start with what it printed, when it ends', async (t) => {
    const around = await surroundings(t);
    await assert.rejects(
      startServer(program('console.log("planted fault"); process.exit(3)'), around),
      /3.*planted fault/s,
    );
  });

  test('fails the start when there is no such program', async (t) => {
    const around = await surroundings(t);
    await assert.rejects(startServer({ ...program(''), command: '/no/such/program' }, around), /ENOENT/);
  });

  test('fails the run when it dies in the middle', async (t) => {
    const server = await startServer(program(answering), await surroundings(t));
    t.after(() => server.stop());
    const asked = fetch(`http://127.0.0.1:${server.port}/die`).catch(() => undefined);
    await assert.rejects(server.ended, /a server ended \(7\)/);
    await asked;
  });

  test('fails the run when it is broken off, and can be stopped then', async (t) => {
    const controller = new AbortController();
    const server = await startServer(program(answering), await surroundings(t, controller.signal));
    controller.abort(new Error('planted interruption'));
    await assert.rejects(server.ended, /planted interruption/);
    await server.stop();
  });

  test('tells how much it has logged since it was last asked', async (t) => {
    const server = await startServer(program(answering), await surroundings(t));
    t.after(() => server.stop());
    assert.ok(server.takeLogSize() > 0);
    assert.equal(server.takeLogSize(), 0);
  });

  test('has its CPU time counted where the system tells it', async (t) => {
    const server = await startServer(program(answering), await surroundings(t));
    t.after(() => server.stop());
    const before = server.cpuTime();
    await fetch(`http://127.0.0.1:${server.port}/burn`);
    const after = server.cpuTime();
    if (process.platform !== 'linux') return assert.equal(after, undefined);
    assert.ok(after !== undefined && before !== undefined && after - before >= 80_000);
  });

  test('is gone after it was stopped', async (t) => {
    const server = await startServer(program(answering), await surroundings(t));
    await server.stop();
    await assert.rejects(fetch(`http://127.0.0.1:${server.port}/ready`));
  });
});

const answering = `
const server = require('node:http').createServer((request, response) => {
  console.log(request.url);
  if (request.url === '/die') process.exit(7);
  const end = process.cpuUsage().user + (request.url === '/burn' ? 150_000 : 0);
  while (process.cpuUsage().user < end);
  response.end(process.env.PURPOSE);
});
server.listen(process.env.PORT, '127.0.0.1');
`;

function program(source: string): ServerProgram {
  return {
    name: 'planted',
    command: process.execPath,
    args: ['--eval', source],
    cwd: tmpdir(),
    env: { PURPOSE: 'test environment' },
    withPort: (port) => ({ env: { PORT: String(port) } }),
    readyPath: '/ready',
  };
}

async function surroundings(t: TestContext, signal = new AbortController().signal): Promise<ServerSurroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'stanchion-bench-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return { logFolder: folder, signal };
}

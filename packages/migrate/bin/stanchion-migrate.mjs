#!/usr/bin/env node
// Plain JavaScript, so that an old Node says what is wrong and a new one has its cache before the first source is loaded.
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const oldest = [24, 12];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(
    `stanchion-migrate needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}.\n`,
  );
  process.exit(72);
}
// A folder of the user's own: whoever can write into the cache decides what runs. Without one everything is slower, no more.
const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(caches, 'stanchion-migrate'));

// By its name: the TypeScript in its repository, the JavaScript where the package is installed.
const { main } = await import('@stanchion/migrate/cli/main');
// A reader that has seen enough, such as head, is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 70));
}
const code = await main({
  args: process.argv.slice(2),
  cwd: process.cwd(),
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  // A terminal that does not know its width says 0.
  errColumns: process.stderr.isTTY ? process.stderr.columns || 80 : undefined,
  withStop,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
});
for (const stream of [process.stdout, process.stderr]) await new Promise((flushed) => stream.write('', flushed));
// Everything is done and told: to take the heap down piece by piece is for a process that goes on.
process.exit(code);

async function ask(question) {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

async function withStop(work) {
  const stop = new AbortController();
  const abort = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, abort);
  try {
    return await work(stop.signal);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, abort);
  }
}

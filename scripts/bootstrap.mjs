// Starts everything: `npm start`, `npm test` and `./stanchion` come through here. Plain JavaScript without packages,
// because it runs before anything is installed, on any Node that npm 10 supports. It installs what is missing, then
// runs `src/cli/main.ts <args>`, or with `--script <file> [args]` that file, under the Node that package-lock.json pins.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import Module from 'node:module';
import { constants, hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const OLDEST_FOR_INSTALL = [20, 19];
/** The first Node whose type stripping is stable: older ones cannot run the sources. */
const OLDEST_FOR_SOURCES = [24, 12];
/** The same number as `dependencies_missing` in src/cli/exit-codes.ts, which cannot be loaded yet. */
const EXIT_DEPENDENCIES_MISSING = 72;
const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LOCK_STALE_MS = 30_000;

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const lockfile = join(root, 'package-lock.json');
const installed = join(root, 'node_modules');
const stamp = join(installed, '.stanchion-lockfile-hash');
const installLock = join(root, '.data', 'install.lock');

await main(process.argv.slice(2));

async function main(args) {
  if (!isAtLeast(OLDEST_FOR_INSTALL)) {
    fail(`Node ${process.versions.node} is too old: ${OLDEST_FOR_INSTALL.join('.')} or newer is needed to install.`);
  }
  stopWithParent();
  const isSecond = args[0] === '--second';
  if (isSecond) args.shift();
  const isScript = args[0] === '--script';
  if (isScript && args[1] === undefined) fail('--script needs a file.', 2);

  const needsDev = isScript;
  if (!isSecond && !isInstalled(needsDev)) await installOnce(needsDev);

  const file = isScript ? resolve(root, args[1]) : join(root, 'src', 'cli', 'main.ts');
  const rest = isScript ? args.slice(2) : args;
  if (isSecond) runHere(file, rest);
  else await run(file, rest);
}

/** Runs the file in this process when it may be run here: one process less to start, to signal and to lose. */
async function run(file, args) {
  const pinned = findPinnedNode();
  const isPinned = pinned !== undefined && pinned === realpathSync(process.execPath);
  if (isPinned || (pinned === undefined && isAtLeast(OLDEST_FOR_SOURCES))) return runHere(file, args);
  if (pinned === undefined) failWithoutNode();

  // The pinned Node runs this file again, which then runs the sources in its own process.
  const child = spawn(pinned, [fileURLToPath(import.meta.url), '--second', ...process.argv.slice(2)], {
    // The channel carries nothing: it closes when this process dies, however it dies.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const end = await endOf(child);
  if (end.error === undefined) return endLike(end);
  // The pinned Node is built for glibc: a machine with another C library cannot start it.
  if (isAtLeast(OLDEST_FOR_SOURCES)) return runHere(file, args);
  failWithoutNode();
}

function runHere(file, args) {
  // Types are stripped once: without this, that is most of the time that a verb takes. Older Nodes have no such cache.
  Module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? join(root, '.data', 'compile-cache'));
  process.argv.splice(1, process.argv.length - 1, file, ...args);
  Module.runMain();
}

function findPinnedNode() {
  try {
    return realpathSync(join(installed, '.bin', 'node'));
  } catch {
    return undefined; // No package for this platform, or its optional install was left out.
  }
}

function failWithoutNode() {
  fail(
    `npm has no Node for ${process.platform}-${process.arch} that runs here, and this Node ${process.versions.node} cannot run TypeScript.\n` +
      `  Fix: install Node ${OLDEST_FOR_SOURCES.join('.')} or newer and run this again.`,
  );
}

/**
 * Nobody is left to stop this process once the terminal's npm was killed with -9: it then stops itself, as on SIGTERM.
 * Its starter is either npm (the parent's id changes when it dies) or this file under an older Node (the channel closes).
 */
function stopWithParent() {
  const stop = () => process.kill(process.pid, 'SIGTERM');
  if (process.channel !== undefined && process.channel !== null) {
    process.once('disconnect', stop);
    process.channel.unref();
  } else if (process.env.npm_lifecycle_event !== undefined && process.ppid !== 1) {
    const ancestors = readAncestors();
    const timer = setInterval(() => {
      if (readAncestors() === ancestors) return;
      clearInterval(timer);
      stop();
    }, 500);
    timer.unref();
  }
}

/** npm runs a script through a shell, which some shells replace by the script and others keep beside it, alive. */
function readAncestors() {
  const parent = process.ppid;
  const status = readText(`/proc/${parent}/status`); // proc(5). Without it, the shell is one that steps aside.
  const isShell = status !== undefined && /^Name:\t(?:ba|da|a|z)?sh$/m.test(status);
  return isShell ? `${parent} ${/^PPid:\t(\d+)$/m.exec(status)?.[1]}` : `${parent}`;
}

/** The stamp is the fast answer; without one, npm's own record of what it installed is compared and then stamped. */
function isInstalled(needsDev) {
  const wanted = stampOf(needsDev);
  const found = readText(stamp);
  if (found !== undefined && (found === wanted || found === stampOf(true))) return true;
  if (!matchesLockfile(needsDev)) return false;
  try {
    writeFileSync(stamp, wanted);
  } catch {
    // A read-only checkout works without the stamp, only slower.
  }
  return true;
}

function stampOf(includesDev) {
  const hash = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  return `${hash} ${includesDev ? 'with' : 'without'} development dependencies\n`;
}

function matchesLockfile(needsDev) {
  const record = readText(join(installed, '.package-lock.json'));
  if (record === undefined) return false;
  const present = JSON.parse(record).packages ?? {};
  const wanted = JSON.parse(readFileSync(lockfile, 'utf8')).packages ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true; // The root and the workspaces' own folders.
    const found = present[path];
    if (found === undefined) return entry.optional === true || (!needsDev && (entry.dev || entry.devOptional) === true);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

async function installOnce(needsDev) {
  const release = await takeInstallLock();
  let problem;
  try {
    problem = isInstalled(needsDev) ? undefined : await install(needsDev);
  } finally {
    release(); // Before the process ends: ending skips everything else.
  }
  if (problem?.signal !== undefined) endLike(problem);
  if (problem !== undefined) fail(problem.message);
}

/** Returns undefined, or why it failed: the signal that npm died of, or a message. */
async function install(needsDev) {
  const started = Date.now();
  say('Installing the dependencies with npm ci (once; about a minute) …');
  const npm = npmCommand();
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--progress'];
  const args = [...npm.args, 'ci', ...quiet, ...(needsDev ? ['--include=dev'] : [])];
  const child = spawn(npm.file, args, {
    cwd: root,
    stdio: ['ignore', 2, 2], // What npm says is talk, never this command's output.
    env: { ...process.env, PATH: npm.path },
  });
  const progress = setInterval(() => say(`  still installing, ${elapsed(started)}`), 10_000);
  const end = await endOf(child);
  clearInterval(progress);

  if (typeof end.signal === 'string') return end;
  if (end.error !== undefined || end.code !== 0) {
    const cause =
      end.error === undefined ? `npm ci ended with code ${end.code}, its message is above` : end.error.message;
    return {
      message:
        `The dependencies could not be installed: ${cause}.\n` +
        `  Fix: check that this machine reaches the npm registry and that ${root} can be written, then run \`npm ci\` there.`,
    };
  }
  mkdirSync(installed, { recursive: true });
  writeFileSync(stamp, stampOf(needsDev || process.env.NODE_ENV !== 'production'));
  say(`Installed in ${elapsed(started)}.`);
  return undefined;
}

/** Started by npm, the same npm installs; its own folder of commands is no place to look: it is about to be replaced. */
function npmCommand() {
  const commands = join(installed, '.bin');
  const path = (process.env.PATH ?? '').split(':').filter((folder) => folder !== commands);
  const execPath = process.env.npm_execpath;
  return execPath?.endsWith('npm-cli.js') === true
    ? { file: process.execPath, args: [execPath], path: path.join(':') }
    : { file: 'npm', args: [], path: path.join(':') };
}

/** One install at a time: npm ci begins by deleting the folder that another one is filling. */
async function takeInstallLock() {
  let told = false;
  for (;;) {
    try {
      mkdirSync(dirname(installLock), { recursive: true });
      writeFileSync(installLock, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        fail(
          `The dependencies are missing and cannot be installed: ${error.message}.\n  Fix: make ${root} writable, or run \`npm ci\` there.`,
        );
      }
    }
    if (removeStaleLock()) continue;
    if (!told) say('Another process is installing the dependencies, waiting for it …');
    told = true;
    await delay(300);
  }
  const heartbeat = setInterval(() => utimesSync(installLock, new Date(), new Date()), 5_000);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    rmSync(installLock, { force: true });
  };
}

/** Renaming decides between two that both found the lock stale: it succeeds for one only. */
function removeStaleLock() {
  try {
    const ageMs = Date.now() - statSync(installLock).mtimeMs;
    const owner = JSON.parse(readText(installLock) || '{}');
    const isDead = owner.host === hostname() && owner.pid !== undefined && !isAlive(owner.pid);
    if (!isDead && ageMs < LOCK_STALE_MS) return false;
    const aside = `${installLock}.${process.pid}`;
    renameSync(installLock, aside);
    rmSync(aside, { force: true });
    return true;
  } catch {
    return false; // It is being written, or it is gone: look again.
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Waits for a child and passes on the signals that ask this process to stop; they end it through the child. */
function endOf(child) {
  const forward = (signal) => child.kill(signal);
  for (const signal of FORWARDED_SIGNALS) process.on(signal, forward);
  return new Promise((settle) => {
    const finish = (end) => {
      for (const signal of FORWARDED_SIGNALS) process.off(signal, forward);
      settle(end);
    };
    child.once('error', (error) => finish({ error }));
    child.once('exit', (code, signal) => finish({ code, signal }));
  });
}

function endLike({ code, signal }) {
  if (signal === null) process.exit(code);
  process.kill(process.pid, signal);
  // A signal that this Node ignores by default would leave the process running.
  setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
}

function isAtLeast([major, minor]) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function elapsed(since) {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(message, code = EXIT_DEPENDENCIES_MISSING) {
  say(message);
  process.exit(code);
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * The process goes before all others and takes its core as soon as it wakes: SCHED_FIFO (sched(7)). The highest nice level is
 * not enough: Linux lets whoever runs finish a slice. False where that is not permitted: only root may.
 *
 * Not for a process that waits by spinning for threads of its own: nobody else comes to run on its core.
 */
export function goFirst(pid: number): boolean {
  return run('chrt', ['-f', '-p', '1', String(pid)]);
}

export function canGoFirst(): boolean {
  return run('chrt', ['-f', '1', 'true']);
}

/** Linux, util-linux and two cores. */
export function canKeepApart(): boolean {
  return allowedCores().length > 1 && run('taskset', ['-c', listText(allowedCores()), 'true']);
}

export interface Apart {
  /** Its first thread, which is Node's event loop, gets a core to itself; its other threads go where everybody goes. */
  readonly server: number;
  /** Who shares the other cores; asked again at the end, because processes come and go. */
  readonly others: () => readonly number[];
}

/**
 * Until the function that it returns is called. Threads and processes that start meanwhile sit where the one sits that starts
 * them. Throws where {@link canKeepApart} is false, and when there is no such server.
 */
export function keepApart({ server, others }: Apart): () => void {
  const cores = allowedCores();
  const [own, ...rest] = cores;
  if (own === undefined || rest.length === 0) throw new Error('one core, or not Linux: nothing can be kept apart');
  const seat = (seats: readonly number[]) => {
    // Some have ended since they were listed.
    for (const pid of others()) tie(pid, seats, 'all threads');
    return tie(server, seats, 'all threads');
  };
  const release = () => void seat(cores);
  if (seat(rest) && tie(server, [own], 'its first thread')) return release;
  release();
  throw new Error(`taskset could not tie process ${server} to a core`);
}

function tie(pid: number, cores: readonly number[], threads: 'all threads' | 'its first thread'): boolean {
  return run('taskset', [...(threads === 'all threads' ? ['-a'] : []), '-c', '-p', listText(cores), String(pid)]);
}

function listText(cores: readonly number[]): string {
  return cores.join(',');
}

/** Those that this process may use; none without proc(5). */
function allowedCores(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '';
    return list.split(',').flatMap(readRange);
  } catch {
    return []; // Another system.
  }
}

/** `3` or `0-2`. */
function readRange(text: string): number[] {
  const [first = Number.NaN, last = first] = text.split('-').map(Number);
  return Number.isInteger(first) ? Array.from({ length: last - first + 1 }, (_, index) => first + index) : [];
}

function run(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 5000 }).status === 0;
}

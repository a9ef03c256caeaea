import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import type { BenchOptions } from './options.ts';
import { hasAutogroups } from './scheduling-group.ts';

export interface Circumstances {
  readonly options: BenchOptions;
  readonly postgres: string;
  /** Versions of the FastAPI program; undefined: it was left out. */
  readonly python: string | undefined;
  /** From {@link readLoad}, before the run. */
  readonly load: number;
  /** What timed the cheap requests went before everybody. */
  readonly timedFirst: boolean;
}

/** What else the machine was doing during the last minute, in processes that wanted a core. */
export function readLoad(): number {
  return loadavg()[0] ?? 0;
}

/** The machine, the day, and how busy it was. */
export function describeMachine(load: number): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const machine = `${availableParallelism()} × ${model}, ${memory} GiB, ${process.platform} ${release()}`;
  return `${new Date().toISOString().slice(0, 10)}; ${machine}; load before the run ${load.toFixed(1)}`;
}

/** Machine, versions and settings, one a line, for whoever reads the numbers later. */
export function describeCircumstances({ options, postgres, python, load, timedFirst }: Circumstances): string[] {
  const { processes, rounds, roundSeconds, stormSeconds, connections } = options;
  return [
    describeMachine(load),
    `Node ${process.versions.node}; ${postgres}, fsync on; load, servers and database share the machine`,
    ...(python === undefined ? [] : [`FastAPI: ${python}; one uvicorn worker`]),
    `${processes} ${processes === 1 ? 'process' : 'processes'} of each server × ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${roundSeconds} s (logins ${stormSeconds} s); ` +
      `${connections} keep-alive connections`,
    ...(options.suites.includes('logins') ? describeScheduling(options, timedFirst) : []),
    ...(options.profile ? ['**Under a profiler: not comparable**'] : []),
  ];
}

function describeScheduling({ apart }: BenchOptions, timedFirst: boolean): string[] {
  const seats = apart
    ? "the server's event loop has a core to itself, its other threads, the database and the load share the rest"
    : 'the kernel decides who runs on which core';
  const first = timedFirst
    ? 'goes before everybody'
    : 'waits for a core as everybody does (only root may put it first)';
  return [`Logins: ${seats}; what times the cheap requests ${first}`, ...(hasAutogroups() ? [autogroups] : [])];
}

const autogroups =
  "Linux schedules each session here as a group of its own: a thread's priority counts among the server's threads and the load's, " +
  'and not against PostgreSQL';

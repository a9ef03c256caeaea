import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import type { BenchOptions } from './options.ts';

export interface Circumstances {
  readonly options: BenchOptions;
  readonly postgres: string;
  /** Versions of the FastAPI program; undefined: it was left out. */
  readonly python: string | undefined;
  /** From {@link readLoad}, before the run. */
  readonly load: number;
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
export function describeCircumstances({ options, postgres, python, load }: Circumstances): string[] {
  const { processes, rounds, roundSeconds, connections } = options;
  return [
    describeMachine(load),
    `Node ${process.versions.node}; ${postgres}, fsync on; load, servers and database share the machine`,
    ...(python === undefined ? [] : [`FastAPI: ${python}; one uvicorn worker`]),
    `${processes} ${processes === 1 ? 'process' : 'processes'} of each server × ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${roundSeconds} s; ` +
      `${connections} keep-alive connections`,
    ...(options.profile ? ['**Under a profiler: not comparable**'] : []),
  ];
}

import { availableParallelism, cpus, release, totalmem } from 'node:os';
import type { BenchOptions } from './options.ts';

/** Machine, versions and settings, one a line, for whoever reads the numbers later. */
export function describeCircumstances(options: BenchOptions, postgres: string, python: string | undefined): string[] {
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const { processes, rounds, roundSeconds, connections } = options;
  return [
    `${new Date().toISOString().slice(0, 10)}; ${availableParallelism()} × ${model}, ${memory} GiB, ${process.platform} ${release()}`,
    `Node ${process.versions.node}; ${postgres}, fsync on; load, servers and database share the machine`,
    ...(python === undefined ? [] : [`FastAPI: ${python}; one uvicorn worker`]),
    `${processes} ${processes === 1 ? 'process' : 'processes'} of each server × ${rounds} rounds of ${roundSeconds} s; ` +
      `${connections} keep-alive connections`,
    ...(options.profile ? ['**Under a profiler: not comparable**'] : []),
  ];
}

import type { RunOptions } from '../options.ts';

export interface AlembicOptions {
  readonly runAlembic?: boolean;
  readonly acceptAlembic?: readonly string[];
}

/** What a run is told about Python's Alembic, where the command line says more than the configuration. */
export function alembicRunOptions(options: AlembicOptions): Pick<RunOptions, 'runAlembic' | 'acceptVersions'> {
  return {
    ...(options.runAlembic === true ? { runAlembic: true } : {}),
    ...(options.acceptAlembic === undefined ? {} : { acceptVersions: options.acceptAlembic }),
  };
}

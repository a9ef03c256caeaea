import type { VersionTable } from './alembic/version-table.ts';
import type { ConnectionSource } from './connection.ts';
import type { MigrationEvent } from './events.ts';

export interface RunOptions {
  connection: ConnectionSource;
  /** Where the journal lives. Default `stanchion`. */
  journalSchema?: string;
  /** Alembic's `version_table_schema` and `version_table`. Default: the first schema of `searchPath`, `alembic_version`. */
  versionTable?: Partial<VersionTable>;
  /** Rows of the version table that are another history's, and may stay: see the README. */
  acceptVersions?: readonly string[];
  /** Call Python's Alembic for the Python revisions of a plan, instead of refusing it. */
  runAlembic?: boolean;
  /** The search_path of every step; unqualified tables are created in its first schema. Default `['public']`. */
  searchPath?: readonly string[];
  /** Recorded with each revision: a build, a person, a host. Default: the database role. */
  actor?: string;
  /** How long another runner is waited for. Default 10 minutes. */
  lockWaitMs?: number;
  /**
   * How long one attempt of a step waits for a table's lock. Default 200; 0 is no limit. Short, because everybody who comes later waits
   * behind the attempt.
   */
  objectLockTimeoutMs?: number;
  /** How long attempts are repeated, with jittered pauses, before `object_locked`. Default 60 s. */
  objectLockWaitMs?: number;
  /**
   * How long a concurrent index build waits for older transactions. Default 30 minutes. Nobody waits behind it, and
   * giving up throws the whole build away.
   */
  concurrentLockTimeoutMs?: number;
  /** `schema.table.column` → an SQL expression, for rows that have no value where a downgrade needs one. */
  fill?: Readonly<Record<string, string>>;
  /** Drops what a step would lose, after the rows and values were copied into the archive. */
  acceptLoss?: boolean;
  /** How often a long index build tells how far it is, which takes a second connection. Default 1000. */
  progressMs?: number;
  onEvent?: (event: MigrationEvent) => void;
  /** Stops the run between steps, between batches and while it waits for another runner. */
  signal?: AbortSignal;
}

export interface Settings {
  journalSchema: string;
  versionTable: VersionTable;
  acceptVersions: readonly string[];
  runAlembic: boolean;
  searchPath: readonly string[];
  /** False: nobody said so, it is the default. */
  isSearchPathGiven: boolean;
  actor: string | null;
  lockWaitMs: number;
  objectLockTimeoutMs: number;
  objectLockWaitMs: number;
  concurrentLockTimeoutMs: number;
  fill: Readonly<Record<string, string>>;
  acceptLoss: boolean;
  connection: ConnectionSource;
  progressMs: number;
  onEvent: (event: MigrationEvent) => void;
  signal: AbortSignal | undefined;
}

export const defaultJournalSchema = 'stanchion';

export function settingsOf(options: RunOptions): Settings {
  const searchPath = options.searchPath ?? ['public'];
  if (searchPath.length === 0) throw new TypeError('searchPath needs a schema');
  return {
    journalSchema: options.journalSchema ?? defaultJournalSchema,
    versionTable: versionTableOf(options.versionTable, searchPath),
    acceptVersions: options.acceptVersions ?? [],
    runAlembic: options.runAlembic ?? false,
    searchPath,
    isSearchPathGiven: options.searchPath !== undefined,
    actor: options.actor ?? null,
    lockWaitMs: milliseconds('lockWaitMs', options.lockWaitMs ?? 600_000),
    objectLockTimeoutMs: milliseconds('objectLockTimeoutMs', options.objectLockTimeoutMs ?? 200),
    objectLockWaitMs: milliseconds('objectLockWaitMs', options.objectLockWaitMs ?? 60_000),
    concurrentLockTimeoutMs: milliseconds('concurrentLockTimeoutMs', options.concurrentLockTimeoutMs ?? 1_800_000),
    fill: options.fill ?? {},
    acceptLoss: options.acceptLoss ?? false,
    connection: options.connection,
    progressMs: milliseconds('progressMs', options.progressMs ?? 1_000),
    onEvent: options.onEvent ?? (() => {}),
    signal: options.signal,
  };
}

export function versionTableOf(
  { schema, name = 'alembic_version' }: Partial<VersionTable> = {},
  searchPath: readonly string[] = ['public'],
): VersionTable {
  return { schema: schema ?? searchPath[0] ?? 'public', name };
}

function milliseconds(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0) throw new TypeError(`${name} is a whole number of milliseconds`);
  return value;
}

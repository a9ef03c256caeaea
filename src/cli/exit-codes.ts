import { exitOfFault, migrateExitCodes } from '@stanchion/migrate/cli';

/** Every way a command can end. Numbers never change their meaning; 64 to 78 are those of sysexits(3) where it has one. */
export const exitCodes = {
  ...migrateExitCodes,
  port_taken: { code: 69, meaning: 'the port or address cannot be listened on' },
  dependencies_missing: {
    code: 72,
    meaning: 'the npm packages are missing and could not be installed, or no Node is new enough',
  },
  locked: { code: 75, meaning: 'the data folder, or the lock of the migrations, is held by another process' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitName = keyof typeof exitCodes;

/** The exit of an error that reached the top, by the error's own `code`; undefined: nobody expected it. */
export function findExitName(error: unknown): ExitName | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const syscall = error instanceof Error && 'syscall' in error ? error.syscall : undefined;
  // A HOST that may not be listened on, or that no name server knows.
  if (syscall === 'getaddrinfo' || (code === 'EACCES' && syscall === 'listen')) return 'port_taken';
  return typeof code === 'string' ? exitByErrorCode[code] : undefined;
}

const exitByErrorCode: Readonly<Record<string, ExitName>> = {
  config_invalid: 'config_invalid',
  // Node's, for a socket that cannot listen and a file that cannot be written.
  ...{ EADDRINUSE: 'port_taken', EADDRNOTAVAIL: 'port_taken' },
  ...{
    EROFS: 'folder_not_writable',
    EACCES: 'folder_not_writable',
    EPERM: 'folder_not_writable',
    ENOSPC: 'folder_not_writable',
  },
  // The embedded database's.
  ...{
    data_folder_locked: 'locked',
    data_folder_read_only: 'folder_not_writable',
    data_folder_full: 'folder_not_writable',
  },
  ...{ data_folder_version: 'failed', binaries_missing: 'dependencies_missing', start_failed: 'failed' },
  // The migrations'.
  ...exitOfFault,
  // The application's.
  ...{ database_unavailable: 'unreachable', overloaded: 'unreachable', read_only: 'unreachable' },
  ...{ conflict: 'failed', not_found: 'failed', invalid_value: 'failed', invalid_argument: 'failed' },
};

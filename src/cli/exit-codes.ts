/** Every way a command can end. Numbers never change their meaning; 64 to 78 are those of sysexits(3) where it has one. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done, and nothing was found' },
  findings: { code: 1, meaning: 'a check found something' },
  usage: { code: 2, meaning: 'unknown command or option, or a missing argument' },
  failed: { code: 3, meaning: 'the command was understood and failed; the message says why' },
  unreachable: { code: 4, meaning: 'the database cannot be reached' },
  refused: { code: 5, meaning: 'refused for safety; the message says what would be lost, and how to insist' },
  port_taken: { code: 69, meaning: 'the port or address cannot be listened on' },
  internal: { code: 70, meaning: 'a fault of this program' },
  dependencies_missing: {
    code: 72,
    meaning: 'the npm packages are missing and could not be installed, or no Node is new enough',
  },
  folder_not_writable: { code: 73, meaning: 'a folder or file cannot be written' },
  folder_locked: { code: 75, meaning: 'the data folder, or the lock of the migrations, is held by another process' },
  config_invalid: { code: 78, meaning: 'the configuration is invalid; every fault is listed' },
  interrupted: { code: 130, meaning: 'interrupted with Ctrl-C' },
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
    data_folder_locked: 'folder_locked',
    data_folder_read_only: 'folder_not_writable',
    data_folder_full: 'folder_not_writable',
  },
  ...{ data_folder_version: 'failed', binaries_missing: 'dependencies_missing', start_failed: 'failed' },
  // The migrations'.
  ...{
    connection_failed: 'unreachable',
    connection_lost: 'unreachable',
    locked: 'folder_locked',
    object_locked: 'folder_locked',
  },
  ...{ pooled_connection: 'refused', revision_edited: 'refused', step_edited: 'refused', database_ahead: 'refused' },
  ...{ adoption_mismatch: 'refused', irreversible: 'refused', half_applied: 'refused', aborted: 'interrupted' },
  ...{ unknown_revision: 'usage', multiple_heads: 'failed', sql_failed: 'failed', lock_lost: 'failed' },
  ...{
    folder_unreadable: 'failed',
    not_utf8: 'failed',
    bad_file_name: 'failed',
    bad_header: 'failed',
    bad_step: 'failed',
  },
  ...{
    unterminated_sql: 'failed',
    transaction_control: 'failed',
    concurrent_in_transaction: 'failed',
    unsafe_notx: 'failed',
  },
  ...{ duplicate_revision: 'failed', missing_parent: 'failed', cycle: 'failed', not_applied: 'failed' },
  ...{ batch_key_unsuitable: 'failed', journal_unreadable: 'failed' },
  // The application's.
  ...{ database_unavailable: 'unreachable', overloaded: 'unreachable', read_only: 'unreachable' },
  ...{ conflict: 'failed', not_found: 'failed', invalid_value: 'failed', invalid_argument: 'failed' },
};

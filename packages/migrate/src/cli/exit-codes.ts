import type { MigrationErrorCode } from '../errors.ts';

/**
 * Every way a command can end. Numbers never change their meaning, and one number means the same for every verb: what a check
 * found is 1, whatever it looked for. 64 to 78 are those of sysexits(3) where it has one.
 */
export const migrateExitCodes = {
  ok: { code: 0, meaning: 'done, and nothing was found' },
  findings: {
    code: 1,
    meaning: 'a check found something: revisions that are pending, drift, a lint rule, a round trip that differs',
  },
  usage: { code: 2, meaning: 'unknown command, option or revision, or a missing argument' },
  failed: { code: 3, meaning: 'the command was understood and failed; the message says why' },
  unreachable: { code: 4, meaning: 'the database cannot be reached' },
  refused: { code: 5, meaning: 'refused for safety; the message says what would be lost, and how to insist' },
  needs_operator: {
    code: 6,
    meaning: 'something in the database is in doubt and a person must decide; the message names the command',
  },
  internal: { code: 70, meaning: 'a fault of this program' },
  folder_not_writable: { code: 73, meaning: 'a folder or file cannot be written' },
  locked: { code: 75, meaning: 'another process holds the lock of the migrations, or a table; try again later' },
  config_invalid: { code: 78, meaning: 'the configuration is invalid; every fault is listed' },
  interrupted: { code: 130, meaning: 'interrupted with Ctrl-C' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type MigrateExit = keyof typeof migrateExitCodes;

/** How the verbs of each kind can end, for their help. */
export const exitsOf = {
  /** Reads the files alone. */
  files: ['ok', 'usage', 'failed', 'config_invalid'],
  /** Writes into the folder. */
  writing: ['ok', 'usage', 'failed', 'refused', 'folder_not_writable', 'config_invalid'],
  /** Looks at the database. */
  reading: ['ok', 'usage', 'failed', 'unreachable', 'refused', 'config_invalid'],
  /** The same, and says whether it found something. */
  checking: ['ok', 'findings', 'usage', 'failed', 'unreachable', 'refused', 'config_invalid'],
  /** Changes the database, under the lock. */
  running: [
    'ok',
    'usage',
    'failed',
    'unreachable',
    'refused',
    'needs_operator',
    'locked',
    'config_invalid',
    'interrupted',
  ],
} as const satisfies Record<string, readonly MigrateExit[]>;

/** How a command ends that fails with this code. A new code must choose. */
export const exitOfFault: Readonly<Record<MigrationErrorCode, MigrateExit>> = {
  folder_unreadable: 'failed',
  folder_not_writable: 'folder_not_writable',
  not_utf8: 'failed',
  bad_file_name: 'failed',
  bad_header: 'failed',
  name_too_long: 'failed',
  bad_step: 'failed',
  unterminated_sql: 'failed',
  transaction_control: 'failed',
  concurrent_in_transaction: 'failed',
  unsafe_notx: 'failed',
  server_statement: 'failed',
  bad_code: 'failed',
  code_failed: 'failed',
  not_offline: 'failed',
  check_failed: 'refused',
  probe_failed: 'failed',
  needs_operator: 'needs_operator',
  not_in_doubt: 'usage',
  cannot_undo: 'refused',
  not_archived: 'usage',
  not_restorable: 'usage',
  would_lose_data: 'refused',
  duplicate_revision: 'failed',
  missing_parent: 'failed',
  cycle: 'failed',
  multiple_heads: 'failed',
  not_applied: 'failed',
  batch_key_unsuitable: 'failed',
  sql_failed: 'failed',
  lock_lost: 'failed',
  shadow_unavailable: 'failed',
  journal_unreadable: 'failed',
  wanted_schema_invalid: 'failed',
  unverified: 'failed',
  unsupported_object: 'refused',
  no_online_form: 'refused',
  rename_unclear: 'refused',
  connection_failed: 'unreachable',
  connection_lost: 'unreachable',
  locked: 'locked',
  object_locked: 'locked',
  pooled_connection: 'refused',
  revision_edited: 'refused',
  step_edited: 'refused',
  database_ahead: 'refused',
  adoption_mismatch: 'refused',
  adoption_hindered: 'refused',
  name_taken: 'refused',
  irreversible: 'refused',
  half_applied: 'refused',
  unknown_version: 'needs_operator',
  version_conflict: 'needs_operator',
  version_moved: 'locked',
  needs_alembic: 'refused',
  alembic_failed: 'failed',
  bad_python_revision: 'failed',
  bad_alembic_ini: 'failed',
  aborted: 'interrupted',
  unknown_revision: 'usage',
  ambiguous_revision: 'usage',
  not_in_branch: 'usage',
  not_an_ancestor: 'usage',
  overlapping_revisions: 'usage',
  out_of_range: 'usage',
  ambiguous_walk: 'usage',
  not_a_head: 'usage',
  nothing_to_merge: 'usage',
};

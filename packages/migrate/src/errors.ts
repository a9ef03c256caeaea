/** Every expected failure: code → what it means. A code never changes its meaning. */
export const migrationErrorTable = {
  folder_unreadable: 'The folder of revisions cannot be read.',
  folder_not_writable: 'A revision file cannot be written.',
  not_utf8: 'A revision file is not UTF-8 text.',
  bad_file_name: 'A revision file is not named <revision>_<slug>.sql.',
  bad_header: 'A header line of a revision is missing, unknown or malformed.',
  name_too_long: 'A name has more bytes than PostgreSQL keeps, which would silently cut it.',
  bad_step: 'A step is missing, malformed or empty.',
  unterminated_sql: 'A string, quoted name or comment is never closed.',
  transaction_control: 'A step contains BEGIN, COMMIT or the like; the runner owns the transaction.',
  concurrent_in_transaction: 'A CONCURRENTLY statement stands in a transactional step.',
  unsafe_notx: 'A non-transactional step whose outcome could not be found out after a crash.',
  server_statement: 'A step would change the whole server instead of one database.',
  bad_code: 'A TypeScript revision cannot be loaded, or is not what defineRevision() takes.',
  code_failed: 'The code of a step threw an error.',
  not_offline: 'A revision can only be run by this engine itself: a step is code.',
  duplicate_revision: 'Two files carry the same revision or branch label.',
  missing_parent: 'A revision names a parent or dependency that does not exist.',
  cycle: 'Revisions are their own ancestors.',
  multiple_heads: 'There is more than one head, so "head" names no single revision.',
  unknown_revision: 'No revision or branch has this name.',
  not_applied: 'The target of a downgrade is not applied.',
  irreversible: 'A revision has no down section.',
  half_applied: 'A revision was begun and not finished; finish it in the same direction first.',
  revision_edited: 'The file of an applied revision was changed.',
  step_edited: 'A finished step of a half-applied revision was changed.',
  database_ahead: 'The database has revisions that this code does not know.',
  adoption_mismatch: 'Tables of the baseline exist, but not in the form that it would create.',
  adoption_hindered: 'Tables could be adopted, but what is around them would stop the upgrade, or be disturbed by it.',
  name_taken: 'An adopted database has something under a name that a revision gives to what it makes.',
  batch_key_unsuitable: 'The key of a batch step is not a unique, not null key of its table.',
  needs_operator: 'Nobody can tell whether a step was done; a person decides, with `resolve`.',
  not_in_doubt: 'There is nothing to resolve or to undo.',
  cannot_undo: 'What was begun cannot be undone step by step.',
  not_archived: 'The archive does not hold that.',
  not_restorable: 'Copies of rows are not put back by themselves.',
  would_lose_data: 'A step would lose rows or values, and nothing allows that.',
  check_failed: 'A check that a revision asks for found something.',
  probe_failed: 'A step ran, and its own probe says that it is not done.',
  pooled_connection: 'The connection goes through a transaction pooler.',
  connection_failed: 'The database cannot be reached.',
  connection_lost: 'The connection broke. What was committed is in the journal; the next run goes on from there.',
  locked: 'Another runner held the lock for longer than this one may wait.',
  lock_lost: 'The runner no longer holds its lock.',
  object_locked: 'A table stayed locked by other sessions through all attempts.',
  unknown_version: 'The version table holds a revision that neither this code nor the journal knows.',
  version_conflict: 'The version table lacks a revision that the journal has as applied.',
  version_moved: 'The version table was changed by another program in the middle of a run.',
  needs_alembic: "A revision can only be run by Python's Alembic.",
  alembic_failed: "Python's Alembic was called and failed.",
  bad_python_revision: 'A Python revision file cannot be understood, or computes what has to be literal.',
  bad_alembic_ini: "The configuration of Python's Alembic cannot be understood.",
  sql_failed: 'PostgreSQL refused a statement.',
  journal_unreadable: 'The journal exists, but this role may not read or write it.',
  no_online_form: 'A change of the models that cannot be made while the old version serves.',
  rename_unclear: 'Something went and something like it came: a rename must be told, it is never guessed.',
  unsupported_object: 'The models and the graph differ in an object that is only known to be there.',
  wanted_schema_invalid: "PostgreSQL refuses the models' own SQL.",
  unverified: 'A generated revision did not lead to the models, or not back.',
  shadow_unavailable: 'No throw-away database of the same major version can be had.',
  aborted: 'The caller asked to stop; what was done is in the journal.',
} as const satisfies Record<string, string>;

/** What the caller named is no revision, or not one alone: only functions that take a target throw these. */
export const targetErrorTable = {
  ambiguous_revision: 'More than one revision or branch begins like this.',
  not_in_branch: 'A revision is not on the branch that was named with it.',
  not_an_ancestor: 'The lower end of a range is not below its upper end.',
  overlapping_revisions: 'Of several revisions that were named together, one is an ancestor of another.',
  out_of_range: 'A relative target goes beyond the end of the graph.',
  ambiguous_walk: 'A relative target could mean several revisions.',
  not_a_head: 'The parent of a new revision has children, and no new branch was asked for.',
  nothing_to_merge: 'Fewer than two revisions were named for a merge.',
} as const satisfies Record<string, string>;

export type MigrationErrorCode = keyof typeof migrationErrorTable | keyof typeof targetErrorTable;

/** One thing that is wrong, and where. `line` and `column` count from 1; columns count characters. */
export interface MigrationFault {
  code: MigrationErrorCode;
  message: string;
  file?: string;
  line?: number;
  column?: number;
  revision?: string;
  step?: string;
  sqlstate?: string;
  /** Of `would_lose_data`: how many, and where. */
  rows?: number;
  table?: string;
  columnName?: string;
  /** What to do about it. */
  hint?: string;
}

/** A revision that this run finished. Times in milliseconds. */
export interface FinishedRevision {
  revision: string;
  outcome: 'applied' | 'recorded' | 'reverted' | 'unrecorded';
  durationMs: number;
}

/**
 * An expected failure. `faults` holds everything that was found at once, the first of them gives `code`; `finished` is
 * what the run completed before it failed. Anything else that is thrown is a programming mistake.
 */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code: MigrationErrorCode;
  readonly faults: readonly MigrationFault[];
  finished: readonly FinishedRevision[] = [];

  constructor(faults: MigrationFault | readonly MigrationFault[], options: { cause?: unknown } = {}) {
    const list: readonly MigrationFault[] = 'code' in faults ? [faults] : faults;
    const [first] = list;
    if (!first) throw new TypeError('a MigrationError needs a fault');
    super(list.map(describeFault).join('\n'), options);
    this.code = first.code;
    this.faults = list;
  }
}

/** `file:line:column: message (SQLSTATE)`, the hint behind it. */
export function describeFault(fault: MigrationFault): string {
  const place = [fault.file, fault.line, fault.column].filter((part) => part !== undefined).join(':');
  const sqlstate = fault.sqlstate === undefined ? '' : ` (SQLSTATE ${fault.sqlstate})`;
  const hint = fault.hint === undefined ? '' : ` Hint: ${fault.hint}`;
  return `${place === '' ? '' : `${place}: `}${fault.message}${sqlstate}${hint}`;
}

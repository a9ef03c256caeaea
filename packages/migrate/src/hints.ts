import type { MigrationErrorCode, MigrationFault } from './errors.ts';

/** How a fault is mended: what was said where it was found, else what always helps. `migrate <verb>` stands for a command line's verb. */
export function hintOf({ code, hint, sqlstate = '' }: Pick<MigrationFault, 'code' | 'hint' | 'sqlstate'>): string {
  if (hint !== undefined) return hint;
  const ofServer = code === 'sql_failed' ? (serverHints[sqlstate] ?? serverHints[sqlstate.slice(0, 2)]) : undefined;
  return ofServer ?? hints[code];
}

const again = 'run the same command again: what is done is not repeated.';

/** By SQLSTATE, or its class. */
const serverHints: Readonly<Record<string, string>> = {
  '23': `Mend the rows that it names, then ${again}`,
  '42501': 'Run migrations as the owner of what it names, or GRANT this role what it needs.',
  '53100': `Make room on the disk of the database, then ${again}`,
  '57014': `Somebody cancelled it, or a timeout did: to go on, ${again}`,
};

/** For faults that bring none of their own. */
const hints: Readonly<Record<MigrationErrorCode, string>> = {
  folder_unreadable:
    'Make the folder with `migrate init`, or name another one: --folder, or "folder" in the configuration.',
  folder_not_writable: 'Choose a folder that can be written.',
  not_utf8: 'Save the file as UTF-8.',
  bad_file_name:
    'Name the file <revision>_<slug>.sql (or .ts): 12 hexadecimal digits as in its header, and a slug of a-z, 0-9 and _.',
  bad_header: 'Mend the line; `migrate revision -m x --dry-run` prints a whole header.',
  name_too_long: 'Give it a name of at most 63 bytes.',
  bad_step:
    'Write at least one statement behind each "-- stanchion:step <name> mode=tx|notx|batch", or remove the step.',
  unterminated_sql: 'Close the string, quoted name or comment.',
  transaction_control: 'Remove it; put what must commit apart into a step of its own.',
  concurrent_in_transaction: 'Give the statement a step of its own with mode=notx.',
  unsafe_notx: 'Say probe=<query> or rerun=safe on the line of the step, or take mode=tx.',
  server_statement: 'Take it out of the revision, and do it once for the whole server.',
  bad_code: 'Mend the file; it ends in `export default defineRevision({ … })`.',
  code_failed: `Mend the code of the step, then ${again}`,
  not_offline: 'Run it with the migration program instead of a script.',
  duplicate_revision: 'Give one of the two another one: `migrate revision` chooses an id that is free.',
  missing_parent: 'Bring its file back, or name a revision that is there; `migrate history` lists them.',
  cycle: 'Take one of these revisions out of the down_revision or depends_on of another.',
  multiple_heads: 'Merge them: `migrate merge -m "…"`.',
  unknown_revision: 'See `migrate history` for all revisions and labels.',
  not_applied: 'See `migrate current` for what is applied.',
  irreversible: 'Write the section "-- stanchion:down" into the file, or stay above this revision.',
  half_applied: 'Finish it in the direction in which it was begun; `migrate status` shows where it stands.',
  revision_edited: 'Restore the file as it was applied, and put the change into a new revision.',
  step_edited: 'Restore the step as it ran; only steps that are not finished may be changed.',
  database_ahead: 'Use the code that brought the revision.',
  adoption_mismatch: 'Bring the tables into this form, or write a baseline that describes what is there.',
  adoption_hindered: 'Mend what it names, then run the same command again: nothing was changed.',
  name_taken:
    'Rename what is there, or move it into another schema, then run the same command again: nothing was changed.',
  batch_key_unsuitable: 'Name the columns of its primary key, spelled as in the catalog.',
  needs_operator: 'Look at the database, then decide with `migrate resolve`.',
  not_in_doubt: 'Nothing needs to be done; `migrate status` shows what was begun and not finished.',
  cannot_undo: 'Mend what stopped the upgrade, and finish it with `migrate upgrade`.',
  not_archived: 'See `migrate archive list`.',
  not_restorable: 'Read the rows where `migrate archive list` says that they are, and insert what is wanted.',
  would_lose_data:
    'Say what becomes of it: --fill <table.column=expression>, or --accept-loss, which archives it first.',
  check_failed: 'Mend the rows that it counts, then run the same command again.',
  probe_failed: 'Mend the probe in the file, or decide with `migrate resolve`.',
  pooled_connection: 'Use the direct (unpooled) URL.',
  connection_failed:
    'See that the server runs and takes connections, and mend the URL: --url, MIGRATION_DATABASE_URL or DATABASE_URL.',
  connection_lost: `When the server answers again, ${again}`,
  locked: 'Wait for the other one and run again; `migrate status` shows what it does.',
  lock_lost: 'Use a direct connection, and let no revision unlock all advisory locks.',
  object_locked: `When the sessions that hold the table have ended (pg_stat_activity), ${again}`,
  unknown_version: 'Load the revisions of the other history, or stamp what is true.',
  version_conflict: 'Look at the schema, then `migrate stamp` the revision that it is at.',
  version_moved: `Let one program run at a time, then ${again}`,
  needs_alembic: 'Let Alembic run it: `alembic upgrade <revision>`, or --run-alembic where the verb takes it.',
  alembic_failed: 'See what Alembic says; alembic.json says how it is called, and its env.py which database it takes.',
  bad_python_revision: 'Write the ids, labels and parents of the Python file as plain strings.',
  bad_alembic_ini:
    'Mend the file: {"ini": "…/alembic.ini"} or {"folders": ["…/versions"]} in alembic.json beside the revisions.',
  sql_failed: `Mend what it names, in the file or in the database, then ${again}`,
  journal_unreadable: 'GRANT the role what it needs, or run as the owner of the journal.',
  no_online_form: 'Write this part by hand, or say that the table may be locked: --plain <table>.',
  rename_unclear: 'Say --rename <old:new>, or --no-rename.',
  unsupported_object: 'Write this part by hand: `migrate revision -m "…"`.',
  wanted_schema_invalid: 'Mend the SQL of the models: it has to build the whole schema in an empty database.',
  unverified: 'Nothing was written. Write this part by hand: `migrate revision -m "…"`.',
  shadow_unavailable: 'Use a role with CREATEDB, or install PostgreSQL of the same major version.',
  aborted: `To go on, ${again}`,
  ambiguous_revision: 'Give more digits.',
  not_in_branch: 'See `migrate branches` and `migrate history` for what is on which branch.',
  not_an_ancestor: 'Name the lower end first; `migrate history` lists the revisions from the newest down.',
  overlapping_revisions: 'Name only one of them.',
  out_of_range: 'Take fewer steps, or name the revision; `migrate history` lists them.',
  ambiguous_walk: 'Name a branch (label@+1, label@-1), or the revision itself.',
  not_a_head: 'Take a head, which `migrate heads` lists, or begin a branch with --splice where the verb takes it.',
  nothing_to_merge: 'See `migrate heads`.',
};

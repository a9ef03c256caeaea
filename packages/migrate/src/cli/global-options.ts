import type { VerbEntry } from './verb.ts';

/** What every verb takes, before it or behind it. */
export const globalOptions: NonNullable<VerbEntry['options']> = [
  ['--json', 'print one JSON object: {schema_version, command, ok, data, findings}'],
  ['--url <url>', 'the database, directly; better set MIGRATION_DATABASE_URL or DATABASE_URL'],
  ['--folder <path>', 'of the revisions (default: migrations)'],
  ['--models <file>', 'SQL that builds what the models want from an empty database, for the verbs that compare'],
  ['--schema <name>', "the journal's schema (default: stanchion)"],
  ['--search-path <schemas>', 'where unqualified names are, comma-separated (default: public)'],
  ['--actor <name>', 'who is recorded in the journal (default: the role)'],
  ['--config <file>', 'instead of stanchion-migrate.json in the working directory'],
];

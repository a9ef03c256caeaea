import { archiveSql } from '../archive/install.ts';
import { MigrationError, type MigrationFault } from '../errors.ts';
import { ancestorsOf } from '../graph/lineage.ts';
import { refuse } from '../graph/refuse.ts';
import { findRevisions } from '../graph/resolve.ts';
import { planDowngrade, planUpgrade, type RevisionGraph } from '../graph.ts';
import { journalSql } from '../journal.ts';
import { type RunOptions, type Settings, settingsOf } from '../options.ts';
import { newerPins, pinList } from '../pin-session.ts';
import type { Direction, Revision, Step } from '../revision.ts';
import { scanSql } from '../sql-lexer.ts';
import { quoteText } from '../sql-names.ts';
import { batchText } from './batch-text.ts';
import { baselineText, lockText, stateText } from './guard-text.ts';
import { finishRevisionText, type JournalPlace, markDoneText, markRunningText } from './journal-text.ts';
import { checkText, lossText } from './loss-text.ts';
import { psqlText } from './psql-text.ts';
import { versionChangeText, versionLockText, versionStateText } from './version-text.ts';

export interface ScriptOptions extends Pick<RunOptions, 'journalSchema' | 'searchPath' | 'actor' | 'versionTable'> {
  direction: Direction;
  /**
   * `a:b`: from where the database is said to be (`a,c:b` when that is several heads), to the target. Without `a`, an upgrade begins at base; a downgrade must say
   * where it begins.
   */
  range: string;
  /** How long a step waits for a table. A script cannot try again, so longer than a run: default 2000. */
  objectLockTimeoutMs?: number;
  concurrentLockTimeoutMs?: number;
}

export interface MigrationScript {
  /** For `psql --no-psqlrc --file`. */
  sql: string;
  /** In the order in which the script runs them. */
  revisions: string[];
}

/**
 * What a run would do, as a script; no database is asked. It takes the lock, stops where the database is not in the state that it
 * is for, and writes the journal as a run does, so that a later run finds its revisions applied, or goes on where it stopped.
 * Throws `not_offline` for a step in code, and what targets are refused for.
 */
export function renderScript(graph: RevisionGraph, options: ScriptOptions): MigrationScript {
  const { direction, range, ...rest } = options;
  const settings = settingsOf({ objectLockTimeoutMs: 2_000, ...rest, connection: {} });
  const { from, to } = parseRange(direction, range);
  const { applied, revisions } = planRange(graph, { direction, from, to });
  const names = revisions.map(({ id }) => id);
  const run = { graph, direction, revisions, schema: settings.journalSchema };
  assertOffline(revisions, direction);
  const head = [
    '\\set ON_ERROR_STOP on',
    `-- ${direction === 'up' ? 'Upgrade' : 'Downgrade'} from ${from} to ${to}: ${names.join(', ') || 'nothing to do'}.`,
    '-- Run it with psql --no-psqlrc --file, without --single-transaction.',
  ];
  if (revisions.length === 0) return { sql: `${head.join('\n')}\n`, revisions: [] };
  const parts = [
    head.join('\n'),
    "SET client_encoding = 'UTF8';",
    pinned(settings, 'stanchion:script'),
    lockText(settings.journalSchema),
    `${unindent(journalSql(settings.journalSchema))};`,
    `SET client_min_messages = warning;\n${archiveSql(settings.journalSchema)}\nRESET client_min_messages;`,
    stateText(run),
    versionStateText(settings.versionTable, graph, settings.journalSchema),
    ...revisions.map((revision) => {
      const place = { graph, schema: settings.journalSchema, revision, direction, before: new Set(applied) };
      if (direction === 'up') applied.add(revision.id);
      else applied.delete(revision.id);
      return revisionText(place, settings);
    }),
  ];
  return { sql: `${parts.join('\n\n')}\n`, revisions: names };
}

function parseRange(direction: Direction, range: string): { from: string; to: string } {
  const at = range.indexOf(':');
  const [from, to] = at === -1 ? ['', range] : [range.slice(0, at), range.slice(at + 1)];
  if (direction === 'up') return { from: from || 'base', to: to || 'head' };
  if (from === '' || to === '') {
    refuse(
      'out_of_range',
      `a script cannot see where a downgrade to "${range}" begins`,
      `Say it: heads:${to || '-1'}.`,
    );
  }
  return { from, to };
}

function planRange(
  graph: RevisionGraph,
  { direction, from, to }: { direction: Direction; from: string; to: string },
): { applied: Set<string>; revisions: Revision[] } {
  const found = from.split(',').flatMap((name) => findRevisions(graph.map, name));
  const start = found.flatMap((one) => (one === null || one === 'base' ? [] : [one]));
  const applied = new Set([...ancestorsOf(graph.map, start, 'everything')].map(({ id }) => id));
  const revisions = direction === 'up' ? planUpgrade(graph, applied, to) : planDowngrade(graph, applied, to);
  return { applied, revisions };
}

/** `before`: what is applied when the revision begins, as far as the script says. */
type ScriptPlace = JournalPlace & { graph: RevisionGraph; before: ReadonlySet<string> };

/** Throws `not_offline` for every step in code, and `needs_alembic` for a revision that is Python's. */
function assertOffline(revisions: readonly Revision[], direction: Direction): void {
  const faults = revisions.flatMap((revision): MigrationFault[] => {
    const { id, file } = revision;
    if (revision.executor === 'alembic') {
      return [
        { code: 'needs_alembic', message: `revision ${id} is Python's: only Alembic can run it`, file, revision: id },
      ];
    }
    const steps = direction === 'up' ? revision.up : (revision.down ?? []);
    return steps.flatMap((step): MigrationFault[] => {
      if (!step.code) return [];
      const message = `step ${step.name} is code, which a script cannot hold`;
      const hint = 'Run it with the migration program; or write scripts for what comes before and after it: --sql a:b.';
      return [{ code: 'not_offline', message, file, line: step.line, revision: id, step: step.name, hint }];
    });
  });
  if (faults.length > 0) throw new MigrationError(faults);
}

function revisionText(place: ScriptPlace, settings: Settings): string {
  const { revision, direction } = place;
  const steps = direction === 'up' ? revision.up : (revision.down ?? []);
  const isBaseline = direction === 'up' && revision.adoptTables.length > 0;
  const outcome = direction === 'up' ? 'applied' : 'reverted';
  return [
    `-- ${revision.id} ${revision.summary} (${revision.file})`,
    ...(isBaseline ? [baselineText(revision, settings.searchPath)] : []),
    ...(revision.checks?.[direction] ?? []).map(checkText),
    ...steps.map((step) => stepText(place, step, settings)),
    ...[
      'BEGIN;',
      versionLockText(settings.versionTable),
      finishRevisionText(place, { outcome, actor: settings.actor }),
    ],
    ...[versionChangeText(settings.versionTable, place), 'COMMIT;'],
  ].join('\n');
}

function stepText(place: JournalPlace, step: Step, settings: Settings): string {
  const name = `stanchion:${place.revision.id}:${step.name}`;
  const lines = [`-- step ${step.name}`, `SET application_name = ${quoteText(name)};`];
  return [
    ...lines,
    ...lossText(place, step),
    ...bodyText(place, step, settings),
    ...(mayUnpin(step) ? [pinned(settings, name)] : []),
  ].join('\n');
}

function bodyText(place: JournalPlace, step: Step, settings: Settings): string[] {
  if (step.mode === 'tx') {
    const lock = versionLockText(settings.versionTable);
    return ['BEGIN;', lock, psqlText(step.sql), markDoneText(place, step), 'COMMIT;'];
  }
  const running = markRunningText(place, step);
  if (step.mode === 'batch') return [running, batchText(place, step), markDoneText(place, step)];
  return [
    ...[running, `SET lock_timeout = ${settings.concurrentLockTimeoutMs};`, psqlText(step.sql)],
    ...[markDoneText(place, step), `SET lock_timeout = ${settings.objectLockTimeoutMs};`],
  ];
}

/** A run pins its session before every step; a script where a step may have changed something. */
function mayUnpin({ sql }: Step): boolean {
  const words = new Set(['set', 'reset', 'discard', 'set_config']);
  return scanSql(sql).tokens.some(({ kind, text }) => kind === 'word' && words.has(text));
}

function pinned(settings: Settings, applicationName: string): string {
  const pins = pinList(settings, { applicationName, lockTimeoutMs: settings.objectLockTimeoutMs });
  const lines = pins.map(([name, value]) => `SET ${name} = ${name === 'search_path' ? value : quoteText(value)};`);
  // psql would print what a SELECT answers.
  return [...lines, `DO $stanchion$ BEGIN PERFORM ${newerPins().join(', ')}; END $stanchion$;`].join('\n');
}

function unindent(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^ {2,4}(?=\S)/, ''))
    .join('\n')
    .trim();
}

import { ancestorsOf, descendantsOf } from '../graph/lineage.ts';
import { get } from '../graph/revision-map.ts';
import type { RevisionGraph } from '../graph.ts';
import type { Direction, Revision } from '../revision.ts';
import { quoteName, quoteText } from '../sql-names.ts';
import { doBlock } from './dollar-quote.ts';

export interface GuardedRun {
  graph: RevisionGraph;
  direction: Direction;
  revisions: readonly Revision[];
  schema: string;
}

/** The lock of every runner, tried once; it goes with psql's session. */
export function lockText(schema: string): string {
  const source = `convert_to('stanchion.migrate:' || current_database() || ':' || ${quoteText(schema)}, 'UTF8')`;
  const key = `('x' || substr(encode(sha256(${source}), 'hex'), 1, 16))::bit(64)::bigint`;
  return doBlock(`BEGIN
  IF NOT pg_try_advisory_lock(${key}) THEN
    RAISE EXCEPTION 'another runner holds the migration lock' USING HINT = 'Wait for it and run the script again.';
  END IF;
END`);
}

/**
 * A script is written without the database: it stops at once where that is not in the state that the script is for. What it
 * does not mention may be applied or not, as for other branches.
 */
export function stateText(run: GuardedRun): string {
  const rows = expectations(run).map(
    ({ revision, applied }) => `(${quoteText(revision.id)}, ${quoteText(revision.checksum)}, ${String(applied)})`,
  );
  const schema = quoteName(run.schema);
  return doBlock(`DECLARE
  problem text;
BEGIN
  SELECT string_agg(CASE
      WHEN NOT wanted.applied THEN wanted.revision || ' is applied already'
      WHEN found.revision IS NULL THEN wanted.revision || ' is not applied'
      WHEN found.outcome = 'recorded' AND ${String(run.direction === 'down')} THEN wanted.revision || ' was recorded and never run'
      ELSE wanted.revision || ' was applied from another file'
    END, ', ') INTO problem
    FROM (VALUES
      ${rows.join(',\n      ')}
    ) AS wanted (revision, checksum, applied)
    LEFT JOIN (
      SELECT DISTINCT ON (revision) revision, direction, outcome, checksum FROM ${schema}.revision_log ORDER BY revision, seq DESC
    ) AS found ON found.revision = wanted.revision AND found.direction = 'up'
   WHERE wanted.applied <> (found.revision IS NOT NULL) OR found.checksum <> wanted.checksum
      OR found.outcome = 'recorded' AND ${recordedIsWrong(run)};
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'this script is for another state of the database: %', problem USING HINT = 'Write it again, from where the database is.';
  END IF;
  SELECT string_agg(DISTINCT step.revision, ', ') INTO problem FROM ${schema}.step_log AS step
   WHERE (step.state = 'done' OR step.mode <> 'tx') AND (step.direction = 'up') <> EXISTS (
     SELECT FROM (SELECT DISTINCT ON (revision) revision, direction FROM ${schema}.revision_log ORDER BY revision, seq DESC) AS last
      WHERE last.revision = step.revision AND last.direction = 'up');
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'begun and not finished: %', problem USING HINT = 'Finish it with the migration program, which knows what is done.';
  END IF;
END`);
}

/** Only a run that compares tables can tell whether a baseline is there; a script can only see that something is. */
export function baselineText(revision: Revision, searchPath: readonly string[]): string {
  const names = revision.adoptTables.map(quoteText).join(', ');
  return doBlock(`BEGIN
  IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = ${quoteText(searchPath[0] ?? 'public')} AND c.relname::text IN (${names})) THEN
    RAISE EXCEPTION 'tables of the baseline ${revision.id} are there' USING HINT = 'Upgrade with the migration program, which compares them.';
  END IF;
END`);
}

function expectations({ graph, direction, revisions }: GuardedRun): { revision: Revision; applied: boolean }[] {
  const planned = new Set(revisions.map(({ id }) => id));
  const nodes = revisions.map(({ id }) => get(graph.map.nodes, id));
  const around =
    direction === 'up' ? ancestorsOf(graph.map, nodes, 'everything') : descendantsOf(graph.map, nodes, 'everything');
  const others = [...around].filter(({ id }) => !planned.has(id)).map(({ id }) => get(graph.byId, id));
  // Up: what it stands on is applied, itself not. Down: itself is, and nothing that stands on it is left.
  return [
    ...others.map((revision) => ({ revision, applied: direction === 'up' })),
    ...revisions.map((revision) => ({ revision, applied: direction === 'down' })),
  ];
}

/** A recorded revision is as good as one that was run, unless it is to be reverted. */
function recordedIsWrong({ direction }: GuardedRun): string {
  return direction === 'down' ? 'wanted.applied' : 'false';
}

import {
  bindText,
  createVersionTableSql,
  quoteVersionTable,
  type VersionTable,
  versionChanges,
} from '../alembic/version-table.ts';
import { effectiveHeads } from '../graph/lineage.ts';
import type { RevisionGraph } from '../graph.ts';
import type { Direction, Revision } from '../revision.ts';
import { quoteName, quoteText } from '../sql-names.ts';
import { doBlock } from './dollar-quote.ts';

/** Keeps Python's Alembic out of a transaction, as a run does. */
export function versionLockText(table: VersionTable): string {
  return `LOCK TABLE ${quoteVersionTable(table)} IN ACCESS EXCLUSIVE MODE;`;
}

/**
 * Once: whether the version table is ours to write, or another history's alone. Stops where it holds what neither this code nor
 * the journal knows and nobody has accepted.
 */
export function versionStateText(table: VersionTable, graph: RevisionGraph, schema: string): string {
  const name = quoteVersionTable(table);
  const journal = quoteName(schema);
  const known = `version_num = ANY (ARRAY[${[...graph.byId.keys()].map(quoteText).join(', ')}]::text[])
      OR version_num IN (SELECT revision FROM ${journal}.revision_log)`;
  return `SET client_min_messages = warning;
${createVersionTableSql(table)};
RESET client_min_messages;
CREATE TEMP TABLE stanchion_script AS
  SELECT EXISTS (SELECT FROM ${name}) AND NOT EXISTS (SELECT FROM ${name} WHERE ${known}) AS beside;
${doBlock(`DECLARE
  unknown text;
BEGIN
  SELECT string_agg(version_num, ', ') INTO unknown FROM ${name}
   WHERE NOT (${known}) AND version_num NOT IN (SELECT version_num FROM ${journal}.foreign_versions);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION '% holds %, which this script does not know', ${quoteText(table.name)}, unknown
      USING HINT = 'Run the migration program once, which can accept it.';
  END IF;
END`)}`;
}

/** Together with the journal's row of a revision: the heads move. A row that is not where it should be stops the script. */
export function versionChangeText(
  table: VersionTable,
  move: { graph: RevisionGraph; before: ReadonlySet<string>; revision: Revision; direction: Direction },
): string {
  const { graph, before, revision, direction } = move;
  const after = new Set(before);
  if (direction === 'up') after.add(revision.id);
  else after.delete(revision.id);
  const changes = versionChanges(table, effectiveHeads(graph.map, before), effectiveHeads(graph.map, after));
  const statements = changes.map((change) => {
    return `  ${bindText(change)};
  GET DIAGNOSTICS changed = ROW_COUNT;
  IF changed <> 1 THEN
    RAISE EXCEPTION '% and the journal disagree', ${quoteText(table.name)} USING HINT = 'Run the migration program, which brings them together.';
  END IF;`;
  });
  return doBlock(`DECLARE
  changed bigint;
BEGIN
  IF (SELECT beside FROM pg_temp.stanchion_script) THEN RETURN; END IF;
${statements.join('\n')}
END`);
}

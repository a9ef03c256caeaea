import type { Session } from '../connection.ts';
import { MigrationError, type MigrationFault } from '../errors.ts';
import type { Settings } from '../options.ts';
import { countNewlines } from '../parse-directives.ts';
import type { Direction, Revision, Step } from '../revision.ts';
import { quoteName, quoteText } from '../sql-names.ts';
import { acceptedBy, type Concern, losing } from './concern.ts';
import type { Loss } from './measure.ts';

export interface PreflightWork {
  direction: Direction;
  /** In the order in which they run; without what an earlier run has done. */
  work: readonly { revision: Revision; steps: readonly Step[] }[];
}

interface Place {
  session: Session;
  settings: Settings;
}

/**
 * Counts what the steps would lose or could not represent, as far as it is there now, and refuses with all the numbers.
 * Only reads. Throws `would_lose_data`.
 */
export async function assertNothingLost(place: Place, planned: PreflightWork): Promise<void> {
  const faults = (await findLosses(place, await findConcerns(planned)))
    .filter((loss) => !isSettled(place.settings, loss))
    .map(faultOf);
  if (faults.length > 0) throw new MigrationError(faults);
}

/** In every statement of a concern that an upgrade has. */
const takesAway = /\b(?:drop|truncate)\b/i;

/** What has to be asked of the database; empty for most steps. */
export async function findConcerns({ direction, work }: PreflightWork): Promise<Concern[]> {
  // Most upgrades take nothing away, and their text need not be read again to know it.
  if (direction === 'up' && work.every(({ steps }) => steps.every((step) => !takesAway.test(step.sql)))) return [];
  const { readConcerns } = await import('./read-concerns.ts');
  return readConcerns(work).filter(
    (concern) => !concern.deferred && (direction === 'down' || losing.has(concern.kind)) && !isAccepted(concern),
  );
}

/**
 * The same for one step, right before it runs, and then what was told: rows are filled, or copied into the archive and taken out of
 * the way. In a transaction of its own, which several statements that are sent together are: the step may be none.
 */
export async function prepareStep(place: Place, concerns: readonly Concern[]): Promise<void> {
  const losses = await findLosses(place, concerns);
  const faults = losses.filter((loss) => !isSettled(place.settings, loss)).map(faultOf);
  if (faults.length > 0) throw new MigrationError(faults);
  const statements = losses.flatMap((loss) => settle(place.settings, loss));
  if (statements.length > 0) await place.session.execute(statements.join(';\n'));
}

async function findLosses({ session, settings }: Place, concerns: readonly Concern[]): Promise<Loss[]> {
  if (concerns.length === 0) return [];
  const [{ measure }, { createSources }] = await Promise.all([import('./measure.ts'), import('./sources.ts')]);
  const { journalSchema } = settings;
  const measuring = { session, journalSchema, sources: createSources(session, journalSchema) };
  const losses: Loss[] = [];
  for (const concern of concerns) losses.push(...(await measure(measuring, concern)));
  return losses;
}

function isAccepted({ kind, step }: Concern): boolean {
  const rules = acceptedBy[kind] ?? [];
  return (step.accepts ?? []).some((accepted) => rules.includes(accepted.rule));
}

function isSettled(settings: Settings, loss: Loss): boolean {
  if (loss.rowsOf === undefined) return false;
  return (!loss.lost && fillOf(settings, loss) !== undefined) || settings.acceptLoss;
}

function fillOf({ fill, searchPath }: Settings, { schema, table, column }: Loss): string | undefined {
  if (column === null) return undefined;
  return fill[`${schema}.${table}.${column}`] ?? (searchPath.includes(schema) ? fill[`${table}.${column}`] : undefined);
}

function settle(settings: Settings, loss: Loss): string[] {
  const { rowsOf, concern, lost, column, table } = loss;
  if (!rowsOf) return [];
  const { relation, condition } = rowsOf;
  const expression = lost ? undefined : fillOf(settings, loss);
  const alias = quoteName(table);
  if (expression !== undefined && loss.physicalColumn !== undefined) {
    return [
      `UPDATE ${relation} AS ${alias} SET ${quoteName(loss.physicalColumn)} = (${expression}) WHERE ${condition}`,
    ];
  }
  if (!settings.acceptLoss || (expression !== undefined && column !== null)) return [];
  const call = lost ? 'archive_rows' : 'take_out_rows';
  return [
    `SELECT ${quoteName(settings.journalSchema)}.${call}(${[relation, condition, concern.revision.id].map(quoteText).join(', ')})`,
  ];
}

function faultOf(loss: Loss): MigrationFault {
  const { concern, schema, table, column, rows, what, lost } = loss;
  const { revision, step } = concern;
  const name = column === null ? table : `${table}.${column}`;
  const rules = acceptedBy[concern.kind];
  const fill = column === null || lost ? '' : `Say how to fill them: --fill ${name}=<expression>. Or `;
  const aside =
    concern.kind === 'drop_column' || concern.kind === 'drop_table'
      ? `Set it aside instead: soft_drop_${concern.kind.slice(5)}(). Or `
      : '';
  const inFile = rules?.[0] === undefined ? '' : `, or accept="${rules[0]}: <reason>" on the step's line`;
  return {
    code: 'would_lose_data',
    message: `step ${step.name}: ${rows} ${rows === 1 ? 'row' : 'rows'} of ${name} ${what}`,
    file: revision.file,
    line: step.line + countNewlines(step.sql, 0, concern.at),
    revision: revision.id,
    step: step.name,
    rows,
    table: `${schema}.${table}`,
    ...(column === null ? {} : { columnName: column }),
    hint: `${fill}${aside}--accept-loss archives the rows first${lost ? '' : ', and takes them out'}${inFile}.`,
  };
}

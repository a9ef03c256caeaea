import { MigrationError, type MigrationFault } from '../errors.ts';
import { acceptedBy, type Concern, losing } from '../preflight/concern.ts';
import { readConcerns } from '../preflight/read-concerns.ts';
import type { Check, Direction, Revision, Step } from '../revision.ts';
import { quoteName, quoteText } from '../sql-names.ts';
import type { QualifiedName } from '../sql-statements.ts';
import { doBlock } from './dollar-quote.ts';

/** What a run would ask of the rows before a step; the script stops where there are some that would be lost. */
export function lossText(place: { revision: Revision; direction: Direction }, step: Step): string[] {
  const { revision, direction } = place;
  const concerns = readConcerns([{ revision, steps: [step] }]).filter(
    (concern) => (direction === 'down' || losing.has(concern.kind)) && !isAccepted(concern),
  );
  const faults = concerns.flatMap((concern) => (isUncounted(concern) ? [faultOf(concern)] : []));
  if (faults.length > 0) throw new MigrationError(faults);
  return concerns.flatMap((concern) => {
    const guard = guardOf(concern);
    return guard === undefined ? [] : [refuseRows(guard.from, guard.message)];
  });
}

/** What the file itself wants to have asked before the revision runs. */
export function checkText(check: Check): string {
  return doBlock(`DECLARE
  found numeric;
BEGIN
  EXECUTE ${quoteText(check.sql)} INTO found;
  IF found > 0 THEN RAISE EXCEPTION '% %', found, ${quoteText(check.message)}; END IF;
END`);
}

function refuseRows(from: string, message: string): string {
  return doBlock(`DECLARE
  found bigint;
BEGIN
  SELECT count(*) INTO found FROM ${from};
  IF found > 0 THEN
    RAISE EXCEPTION '% %', found, ${quoteText(message)} USING HINT = 'Set it aside instead, or accept the loss in the file.';
  END IF;
END`);
}

/** PostgreSQL itself refuses the others: a NULL under NOT NULL, a row that breaks a constraint. */
function guardOf(concern: Concern): { from: string; message: string } | undefined {
  if (concern.kind === 'drop_table' || concern.kind === 'truncate') {
    return { from: nameOf(concern.table), message: `rows of ${concern.table.name} would go` };
  }
  if (concern.kind !== 'drop_column') return undefined;
  const { table, column } = concern;
  const message = `rows of ${table.name}.${column} have a value that the drop takes away`;
  return { from: `${nameOf(table)} WHERE ${quoteName(column)} IS NOT NULL`, message };
}

/** Only a run reads from the catalog what these would take away. */
function isUncounted({ kind }: Concern): boolean {
  return kind === 'drop_schema' || kind === 'type';
}

function isAccepted({ kind, step }: Concern): boolean {
  const rules = acceptedBy[kind] ?? [];
  return (step.accepts ?? []).some((accepted) => rules.includes(accepted.rule));
}

function faultOf({ revision, step, kind }: Concern): MigrationFault {
  const rules = (acceptedBy[kind] ?? []).join(' or ');
  return {
    code: 'would_lose_data',
    message: `step ${step.name}: a script cannot count what ${kind === 'type' ? 'the new type' : 'the drop'} would take away`,
    ...{ file: revision.file, line: step.line - 1, revision: revision.id, step: step.name },
    hint: `Run it with the migration program, or accept="${rules}: <reason>" on the step's line.`,
  };
}

function nameOf({ schema, name }: QualifiedName): string {
  return schema === undefined ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}

import type { Session } from '../connection.ts';
import { MigrationError, type MigrationFault } from '../errors.ts';
import type { Check, Direction, Revision } from '../revision.ts';
import { parseServerError } from '../sqlstate.ts';

/** Asks what the files want to have asked. With `early`, what cannot be asked yet waits for its revision. Throws `check_failed`. */
export async function assertChecks(
  session: Session,
  { revisions, direction, early }: { revisions: readonly Revision[]; direction: Direction; early: boolean },
): Promise<void> {
  const faults: MigrationFault[] = [];
  for (const revision of revisions) {
    for (const check of revision.checks?.[direction] ?? []) {
      const count = await countOf(session, { revision, check, early });
      if (count > 0n) faults.push(faultOf(revision, check, `${count} ${check.message}`));
    }
  }
  if (faults.length > 0) throw new MigrationError(faults);
}

async function countOf(
  session: Session,
  { revision, check, early }: { revision: Revision; check: Check; early: boolean },
): Promise<bigint> {
  try {
    const results = await session.execute(check.sql);
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- pg types a row as any; what it holds is parsed
    const [value]: unknown[] = Object.values(results.at(-1)?.rows[0] ?? {});
    return BigInt(String(value));
  } catch (error) {
    const server = parseServerError(error);
    if (early && server && ['42P01', '42703', '42704', '3F000'].includes(server.sqlstate)) return 0n;
    if (!server && !(error instanceof SyntaxError)) throw error;
    const reason = server ? server.message : 'it answers no number';
    throw new MigrationError(
      { ...faultOf(revision, check, `cannot be counted: ${reason}`), ...(server ? { sqlstate: server.sqlstate } : {}) },
      { cause: error },
    );
  }
}

function faultOf(revision: Revision, check: Check, message: string): MigrationFault {
  return {
    code: 'check_failed',
    message: `check ${check.name}: ${message}`,
    ...{ file: revision.file, line: check.line, revision: revision.id },
  };
}

import type { CliFinding } from '@stanchion/migrate/cli';
import type { AuditVerdict } from '../services/audit-walk.ts';
import type { CliContext, VerbResult } from './verb.ts';
import { withServices } from './with-services.ts';

/** Whether the recorded security events are as they were written. Exit `findings` when they are not. */
export async function authAuditVerify(_options: object, context: CliContext): Promise<VerbResult> {
  return withServices(context, async ({ audit }) => {
    const verdict = await audit.verify();
    const { events, pruned, fault } = verdict;
    const before = pruned === 0 ? '' : ` The ${pruned} before them were removed by \`auth audit prune\`.`;
    if (fault === null) return { data: verdict, text: `${events} events, the chain holds.${before}` };
    return { data: verdict, text: '', findings: [chainFinding(verdict, fault)] };
  });
}

type Fault = NonNullable<AuditVerdict['fault']>;

const kinds: Record<Fault['kind'], string> = {
  changed: 'was changed after it was written',
  missing: 'is missing',
  cut_off: 'and what followed it were cut off',
  added:
    'stands behind the end of the chain: it was not written by this program, which can write no event until it is gone',
  address_changed: 'has another address than was written',
};

/** The triggers keep everybody from deleting, a forged event too. */
const removal =
  '; keep a copy of what stands behind the end, then: BEGIN; ALTER TABLE audit_events DISABLE TRIGGER USER; DELETE FROM audit_events WHERE seq > (SELECT seq FROM audit_head); ALTER TABLE audit_events ENABLE TRIGGER USER; COMMIT';

export function chainFinding({ events }: Pick<AuditVerdict, 'events'>, { seq, kind }: Fault): CliFinding {
  return {
    id: 'ST-AUDIT-CHAIN',
    severity: 'error',
    evidence: 'audit_events',
    cause: `Event ${seq} ${kinds[kind]}; the ${events} before it hold.`,
    fix: `somebody wrote to the table beside this program: find out who may, and compare with a backup and with the log, which has the same events${kind === 'added' ? removal : ''}`,
    verify: './stanchion auth audit verify',
  };
}

import type { AuditVerdict } from '../services/audit.ts';
import type { CliContext, VerbResult } from './verb.ts';
import { withServices } from './with-services.ts';

/** Whether the recorded security events are as they were written. Exit `findings` when they are not. */
export async function authAuditVerify(_options: object, context: CliContext): Promise<VerbResult> {
  return withServices(context, async ({ audit }) => {
    const verdict = await audit.verify();
    return { data: verdict, text: render(verdict), exit: verdict.fault === null ? 'ok' : 'findings' };
  });
}

const kinds: Record<NonNullable<AuditVerdict['fault']>['kind'], string> = {
  changed: 'was changed after it was written',
  missing: 'is missing',
  cut_off: 'and what followed it were cut off',
  address_changed: 'has another address than was written',
};

function render({ events, fault }: AuditVerdict): string {
  if (fault === null) return `${events} events, the chain holds.`;
  return `Event ${fault.seq} ${kinds[fault.kind]}; the ${events} before it hold.`;
}

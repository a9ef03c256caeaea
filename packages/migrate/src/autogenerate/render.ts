import type { Phase } from '../revision.ts';
import { type DraftStep, type Operation, revisionMark, shortRevisionMark } from './operations/operation.ts';

export interface RevisionDraft {
  id: string;
  parents: readonly string[];
  labels: readonly string[];
  dependsOn: readonly string[];
  phase: Phase;
  summary: string;
  operations: readonly Operation[];
}

/** The text of a revision file. The down section undoes the operations from the last to the first. */
export function renderDraft(draft: RevisionDraft): string {
  const { id, parents, labels, dependsOn, phase, operations } = draft;
  const up = operations.flatMap((one) => one.up);
  const down = operations.toReversed().flatMap((one) => one.down);
  const what = [...new Set(operations.map((one) => one.what))].map((one) => `--   ${one}`);
  const text = [
    `-- stanchion:revision ${id}`,
    `-- stanchion:down_revision [${parents.join(', ')}]`,
    ...(labels.length === 0 ? [] : [`-- stanchion:labels [${labels.join(', ')}]`]),
    ...(dependsOn.length === 0 ? [] : [`-- stanchion:depends_on [${dependsOn.join(', ')}]`]),
    `-- stanchion:phase ${phase}`,
    `-- stanchion:summary ${draft.summary}`,
    '',
    '-- Written by revision --autogenerate, for a person to read before it is applied:',
    ...what,
    '',
    '-- stanchion:up',
    ...renderSteps(up),
    '-- stanchion:down',
    ...renderSteps(down),
  ].join('\n');
  return text.replaceAll(revisionMark, id).replaceAll(shortRevisionMark, id.slice(0, 6));
}

function renderSteps(steps: readonly DraftStep[]): string[] {
  const names = new Set<string>();
  const list = steps.length > 0 ? steps : [{ name: 'nothing', sql: 'SELECT 1; -- Values stay where they are.' }];
  return list.flatMap((step) => {
    const name = stepName(step.name, names);
    const { mode = 'tx', batch, note, accept = [] } = step;
    const parameters = batch ? ` table=${batch.table} key=${batch.key.join(',')} size=1000 pause=20ms` : '';
    return [
      `-- stanchion:step ${name} mode=${mode}${parameters}${accept.map((rule) => ` accept="${rule}"`).join('')}`,
      ...(note === undefined ? [] : [`-- ${note}`]),
      step.sql.trim(),
      '',
    ];
  });
}

/** a-z, 0-9 and _, at most 40, told apart by a number. */
function stepName(wanted: string, taken: Set<string>): string {
  const clean = wanted
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  const base = (/^[a-z]/.test(clean) ? clean : `s_${clean}`).slice(0, 36).replace(/_$/, '');
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}_${number}`;
  taken.add(name);
  return name;
}

import { labelForm } from '../parse-header.ts';
import type { AutogenerateFlags } from './autogenerate.ts';
import { CliError } from './verb.ts';

export interface NewRevisionWords {
  readonly message: string;
  readonly revId?: string;
  readonly branchLabel?: readonly string[];
}

/** What would make a file that no verb can read. Throws CliError `usage`. */
export function assertWords({ message, revId, branchLabel = [] }: NewRevisionWords): void {
  if (message.trim() === '') throw new CliError('usage', '--message is empty', '-m "what it brings"');
  if (revId !== undefined && !/^[0-9a-f]{12}$/.test(revId)) {
    throw new CliError('usage', `--rev-id "${revId}" is no id`, 'give 12 hexadecimal digits a-f 0-9, or leave it out');
  }
  for (const label of branchLabel) {
    if (labelForm.test(label)) continue;
    throw new CliError(
      'usage',
      `--branch-label "${label}" is no label`,
      'give letters, digits, _ and -, a letter first; not head, heads or base',
    );
  }
}

export interface Language extends Omit<AutogenerateFlags, 'message'> {
  readonly autogenerate?: boolean;
  readonly phase?: string;
  readonly revId?: string;
  readonly typescript?: boolean;
}

/** An option that would be ignored is a misunderstanding. Throws CliError `usage`. */
export function assertTogether(options: Language): void {
  const { autogenerate = false, phase, revId, typescript, rename, fill, using, usingBack, plain, postgres } = options;
  const given = (list: Readonly<Record<string, unknown>>): string[] =>
    Object.entries(list).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  const [flag] = autogenerate
    ? given({ '--phase': phase, '--rev-id': revId, '--typescript': typescript })
    : given({
        ...{ '--rename': Array.isArray(rename) ? rename : undefined, '--no-rename': rename === false || undefined },
        ...{ '--fill': fill, '--using': using, '--using-back': usingBack, '--plain': plain, '--postgres': postgres },
      });
  if (flag === undefined) return;
  const message = autogenerate
    ? `${flag} says nothing about what --autogenerate writes`
    : `${flag} says something about what --autogenerate writes`;
  throw new CliError('usage', message, autogenerate ? `leave ${flag} out` : 'add --autogenerate');
}

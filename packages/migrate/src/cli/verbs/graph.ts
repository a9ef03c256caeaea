import { exitsOf } from '../exit-codes.ts';
import type { VerbEntry } from '../verb.ts';

/** What the files alone answer. */
export const graphVerbs: readonly VerbEntry[] = [
  {
    name: 'history',
    description: 'list the revisions of this code, newest first; needs no database',
    arguments: [['[range]', 'a:b, both included; either may be left out']],
    options: [
      ['-r, --rev-range <range>', 'the same'],
      ['-i, --indicate-current', 'mark what the database is at, which it is asked for'],
    ],
    examples: ['', '7f3a:head', '--indicate-current'],
    exits: exitsOf.files,
    load: async () => (await import('../history.ts')).historyVerb,
  },
  {
    name: 'heads',
    description: "list the revisions that are no other one's parent; needs no database",
    examples: [''],
    exits: exitsOf.files,
    load: async () => (await import('../heads.ts')).headsVerb,
  },
  {
    name: 'branches',
    description: 'list where the graph forks; needs no database',
    examples: [''],
    exits: exitsOf.files,
    load: async () => (await import('../branches.ts')).branchesVerb,
  },
  {
    name: 'show',
    description: 'print one revision; needs no database',
    arguments: [['<revision>', 'a revision or its beginning, a label, head']],
    examples: ['head'],
    exits: exitsOf.files,
    load: async () => (await import('../show.ts')).showVerb,
  },
];

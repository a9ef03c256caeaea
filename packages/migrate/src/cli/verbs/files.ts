import type { VerbEntry } from '../verb.ts';

/** What writes a file into the folder of the revisions. */
export const fileVerbs: readonly VerbEntry[] = [
  {
    name: 'revision',
    description: 'write the file of a new revision, to be filled in; prints its path',
    required: [['-m, --message <text>', 'its summary']],
    options: [
      ['--head <revision>', 'its parent, instead of the head: base, label@head'],
      ['--splice', 'let the parent have children already: a new branch begins'],
      ['--branch-label <label...>', 'names for its branch'],
      ['--depends-on <revision...>', 'what must be applied before, by id or label'],
      ['--phase <phase>', 'baseline, expand, backfill or contract (default: expand)'],
    ],
    load: async () => (await import('../revision.ts')).revisionVerb,
  },
  {
    name: 'merge',
    description: 'write a revision that joins heads and changes nothing; prints its path',
    arguments: [['[revisions...]', 'two heads or more, instead of all']],
    required: [['-m, --message <text>', 'its summary']],
    options: [['--branch-label <label...>', 'names for its branch']],
    load: async () => (await import('../merge.ts')).mergeVerb,
  },
];

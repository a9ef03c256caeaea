import { exitsOf } from '../exit-codes.ts';
import { lossOptions } from '../loss-options.ts';
import type { VerbEntry } from '../verb.ts';

const dryRun = ['--dry-run', 'print what would be done, and do nothing'] as const;

/** What helps when a run was stopped in the middle, and what keeps and gives back what was dropped. */
export const safetyVerbs: readonly VerbEntry[] = [
  {
    name: 'status',
    description: 'print who runs, which step and since when, and what an earlier run left in doubt',
    options: [['--watch', 'go on until nobody runs any more']],
    examples: ['', '--watch'],
    exits: exitsOf.checking,
    load: async () => (await import('../status.ts')).statusVerb,
  },
  {
    name: 'resolve',
    description: 'decide a step that was begun and not finished, where the engine cannot',
    arguments: [
      ['<revision>', 'a revision or its beginning'],
      ['<step>', 'the name of its step'],
    ],
    options: [
      ['--applied', 'it is done'],
      ['--retry', 'it never happened: the next run begins it anew'],
      ['--undo', 'take it back first; only where the engine knows how'],
      dryRun,
    ],
    examples: ['7f3a by_ref --retry', '7f3a by_ref --applied --dry-run'],
    exits: exitsOf.running,
    load: async () => (await import('../resolve.ts')).resolveVerb,
  },
  {
    name: 'undo',
    description: 'take back an upgrade that was begun and not finished, with the down steps that correspond',
    arguments: [['<revision>', 'a revision or its beginning']],
    options: [['--yes', 'really take it back'], ...lossOptions, dryRun],
    examples: ['7f3a --dry-run', '7f3a --yes'],
    exits: exitsOf.running,
    load: async () => (await import('../undo.ts')).undoVerb,
  },
  {
    name: 'archive list',
    description: 'list what was set aside instead of dropped, and until when it is kept',
    examples: [''],
    exits: exitsOf.reading,
    load: async () => (await import('../archive.ts')).archiveListVerb,
  },
  {
    name: 'archive restore',
    description: 'bring back one thing that was set aside, where no downgrade does',
    arguments: [['<id>', 'its number in the list']],
    options: [['--dry-run', 'print the SQL that brings it back, and do nothing']],
    examples: ['12 --dry-run'],
    exits: exitsOf.running,
    load: async () => (await import('../archive.ts')).archiveRestoreVerb,
  },
  {
    name: 'archive purge',
    description: 'drop for good what was set aside: what is named, or all whose time is over',
    arguments: [['[ids...]', 'numbers in the list, whether their time is over or not']],
    options: [['--yes', 'really drop it'], dryRun],
    examples: ['--dry-run', '12 13 --yes'],
    exits: exitsOf.running,
    load: async () => (await import('../archive.ts')).archivePurgeVerb,
  },
];

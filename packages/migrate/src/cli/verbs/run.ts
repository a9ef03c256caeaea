import type { VerbEntry } from '../verb.ts';

/** What looks at a database or changes it. */
export const runVerbs: readonly VerbEntry[] = [
  {
    name: 'upgrade',
    description: 'apply what is missing; safe to run twice, at once, and after a crash',
    arguments: [['[revision]', 'head (default), heads, a revision or its beginning, label@head, +1, <revision>+1']],
    load: async () => (await import('../upgrade.ts')).upgradeVerb,
  },
  {
    name: 'downgrade',
    description: 'print what would be reverted, and with --yes revert it',
    arguments: [['<revision>', 'the one that stays, base, -1, label@base']],
    options: [['--yes', 'really revert it']],
    load: async () => (await import('../downgrade.ts')).downgradeVerb,
  },
  {
    name: 'current',
    description: 'print where the database is; exit code 1 when this code wants it elsewhere',
    load: async () => (await import('../current.ts')).currentVerb,
  },
];

import { exitsOf } from '../exit-codes.ts';
import { lossOptions } from '../loss-options.ts';
import type { VerbEntry } from '../verb.ts';

/** Every verb that writes has it. */
const dryRun = ['--dry-run', 'print what would be done, and do nothing'] as const;

const sql = ['--sql', 'print a script for psql instead; needs no database (a:b: from a, or base, to b)'] as const;

/** For a graph that is shared with Python's Alembic. */
const alembicOptions = [
  ['--run-alembic', 'call Alembic for the Python revisions of the plan'],
  ['--accept-alembic <revision...>', "rows of alembic_version that are another history's"],
] as const;

/** What looks at a database or changes it. */
export const runVerbs: readonly VerbEntry[] = [
  {
    name: 'upgrade',
    description: 'apply what is missing; safe to run twice, at once, and after a crash',
    arguments: [
      [
        '[revision]',
        'head (default), heads, a revision or its beginning, label@head, +1, <revision>+1; with --sql also a:b',
      ],
    ],
    options: [lossOptions[1], sql, dryRun, ...alembicOptions],
    examples: ['', '+1', '--dry-run', '7f3a:head --sql > upgrade.sql'],
    exits: exitsOf.running,
    load: async () => (await import('../upgrade.ts')).upgradeVerb,
  },
  {
    name: 'downgrade',
    description: 'print what would be reverted, and with --yes revert it',
    arguments: [['<revision>', 'the one that stays, base, -1, label@base; with --sql a:b']],
    options: [['--yes', 'really revert it'], ...lossOptions, sql, dryRun, ...alembicOptions],
    examples: ['-1 --dry-run', '-1 --yes', '7f3a --yes --fill "orders.customer_ref=\'none\'"'],
    exits: exitsOf.running,
    load: async () => (await import('../downgrade.ts')).downgradeVerb,
  },
  {
    name: 'current',
    description: 'print where the database is; exit code 1 when this code wants it elsewhere',
    examples: [''],
    exits: exitsOf.checking,
    load: async () => (await import('../current.ts')).currentVerb,
  },
  {
    name: 'drift',
    description: 'compare the database with what its revisions make; reads its catalog; exit code 1 when they differ',
    examples: [''],
    exits: exitsOf.checking,
    load: async () => (await import('../drift.ts')).driftVerb,
  },
  {
    name: 'plan',
    description: 'print the revisions and steps that would run, with their SQL; writes nothing',
    arguments: [['[revision]', 'as upgrade takes it (default: head), or with --down as downgrade (default: -1)']],
    options: [['--down', 'of a downgrade'], ...lossOptions],
    examples: ['', '--down -1'],
    exits: exitsOf.reading,
    load: async () => (await import('../plan.ts')).planVerb,
  },
  {
    name: 'ensure-version',
    description: 'create the tables that remember what is applied, where they are missing',
    options: [['--sql', 'print the SQL instead'], dryRun],
    examples: ['--dry-run'],
    exits: exitsOf.running,
    load: async () => (await import('../ensure-version.ts')).ensureVersionVerb,
  },
];

import { exitsOf } from '../exit-codes.ts';
import type { VerbEntry } from '../verb.ts';

const dryRun = ['--dry-run', 'print what would be written, and write nothing'] as const;
/** Where throw-away databases are made. */
const shadow = [['--postgres <major>', 'compare on binaries of this version, instead of on the server']] as const;
const written = [['--rev-id <id>', 'its id: 12 hexadecimal digits (default: random)'], dryRun] as const;

/** What writes a file into the folder of the revisions. */
export const fileVerbs: readonly VerbEntry[] = [
  {
    name: 'revision',
    description: 'write the file of a new revision, to be filled in or from the models; prints its path',
    required: [['-m, --message <text>', 'its summary']],
    options: [
      ['--head <revision>', 'its parent, instead of the head: base, label@head'],
      ['--splice', 'let the parent have children already: a new branch begins'],
      ['--branch-label <label...>', 'names for its branch'],
      ['--depends-on <revision...>', 'what must be applied before, by id or label'],
      ['--phase <phase>', 'baseline, expand, backfill or contract (default: expand)'],
      [
        '--autogenerate',
        'write what leads from the revisions to the models, in up to three files; nothing when they agree',
      ],
      [
        '--rename <old:new...>',
        'what is the same under another name: table:table, table.column:table.column, type.label:type.label',
      ],
      ['--no-rename', 'whatever else looks renamed is not'],
      ['--fill <table.column=expression...>', 'what existing rows get in a column that becomes NOT NULL'],
      ['--using <table.column=expression...>', 'how old values become values of a new type'],
      ['--using-back <table.column=expression...>', 'and the way back'],
      ['--plain <table...>', 'so small that a scan or a rewrite under ACCESS EXCLUSIVE will do'],
      ...shadow,
      ['--typescript', 'in TypeScript, for steps in code, instead of SQL'],
      ...written,
    ],
    examples: [
      '-m "orders have a customer reference"',
      '--autogenerate -m "orders have a customer reference" --dry-run',
      '--autogenerate -m "tasks are ranked" --fill "task.rank=0"',
    ],
    exits: [...exitsOf.writing, 'unreachable'],
    load: async () => (await import('../revision.ts')).revisionVerb,
  },
  {
    name: 'check',
    description: 'compare the models with the revisions, in throw-away databases; exit code 1 when they differ',
    options: [...shadow],
    examples: [''],
    exits: exitsOf.checking,
    load: async () => (await import('../check.ts')).checkVerb,
  },
  {
    name: 'merge',
    description: 'write a revision that joins heads and changes nothing; prints its path',
    arguments: [['[revisions...]', 'two heads or more, instead of all']],
    required: [['-m, --message <text>', 'its summary']],
    options: [['--branch-label <label...>', 'names for its branch'], ...written],
    examples: ['-m "both branches"'],
    exits: exitsOf.writing,
    load: async () => (await import('../merge.ts')).mergeVerb,
  },
  {
    name: 'edit',
    description: "open a revision's file in $VISUAL or $EDITOR, and check all files afterwards",
    arguments: [['<revision>', 'a revision or its beginning, a label, head']],
    examples: ['head'],
    exits: exitsOf.files,
    load: async () => (await import('../edit.ts')).editVerb,
  },
  {
    name: 'init',
    description: 'write stanchion-migrate.json and a folder for revisions',
    arguments: [['[directory]', 'the folder (default: migrations)']],
    options: [dryRun],
    standalone: true,
    examples: ['', 'db/migrations'],
    exits: exitsOf.writing,
    load: async () => (await import('../init.ts')).initVerb,
  },
];

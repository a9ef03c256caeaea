import { exitsOf } from '../exit-codes.ts';
import type { VerbEntry } from '../verb.ts';

/** What is shared with Python's Alembic. */
export const alembicVerbs: readonly VerbEntry[] = [
  {
    name: 'stamp',
    description: 'say what is applied, in the version table and the journal; runs nothing',
    arguments: [['<revisions...>', 'head, heads, base, label@base, revisions, labels']],
    options: [
      ['--purge', 'forget everything first, also rows that nobody knows'],
      ['--dry-run', 'print what would be written, and write nothing'],
    ],
    examples: ['head --dry-run', 'head'],
    exits: exitsOf.running,
    load: async () => (await import('../stamp.ts')).stampVerb,
  },
  {
    name: 'alembic-stubs',
    description: "write the Python files by which Alembic runs this folder's revisions; removes nothing",
    options: [
      ['--out <folder>', "Alembic's folder of revisions (default: that of alembic.json)"],
      ['--after <revision...>', 'Python revisions that our bases stand on there'],
      ['--check', 'write nothing; exit code 1 when a file is not as it should be'],
    ],
    examples: ['--check', '--out backend/alembic/versions'],
    exits: [...exitsOf.writing, 'findings'],
    load: async () => (await import('../alembic-stubs.ts')).alembicStubsVerb,
  },
  {
    name: 'alembic-env',
    description: 'print what an env.py needs to take the lock of the migrations',
    examples: ['>> backend/alembic/env.py'],
    exits: exitsOf.files,
    load: async () => (await import('../alembic-env.ts')).alembicEnvVerb,
  },
];

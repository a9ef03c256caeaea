import { exitsOf } from '../exit-codes.ts';
import type { VerbEntry } from '../verb.ts';

/** What looks for harm before it is done. */
export const checkVerbs: readonly VerbEntry[] = [
  {
    name: 'lint',
    description: 'find what would stop others, break old code, lose rows or fail; needs no database',
    arguments: [['[range]', 'a:b, both included: only these are reported; either may be left out']],
    options: [
      ['--server-version <number>', 'the oldest PostgreSQL that this runs on, from 15 to 18 (default: 15)'],
      ['--database', 'version and table sizes as in the configured database'],
      ['--sizes <file>', 'table sizes from a JSON file: {"public.orders": 2000000}'],
      ['--small <rows>', 'up to so many rows a scan or rewrite is only a notice (default: 10000)'],
      ['--measure', 'run everything in a throw-away database and go by the locks and costs that it shows'],
      ['--fail-on <severity>', 'exit code 1 from here: error (default), warning, notice'],
    ],
    examples: ['', '7f3a:', '--database --fail-on warning'],
    exits: exitsOf.checking,
    load: async () => {
      const { loadSqlParser } = await import('../../lint/syntax.ts');
      // Compiled in other threads while the rest is loaded and the files are read. A fault is told by the verb, which waits for it.
      loadSqlParser().catch(() => undefined);
      return (await import('../lint.ts')).lintVerb;
    },
  },
  {
    name: 'verify',
    description: 'take every revision up, down and up again with generated rows, in a throw-away database',
    arguments: [['[range]', 'a:b, both included: only these are taken back; either may be left out']],
    options: [
      ['--rows <number>', 'rows in each table (default: 12)'],
      ['--server-version <number>', "PostgreSQL of this version, instead of the configured database's server"],
    ],
    examples: ['', '7f3a: --rows 50'],
    exits: exitsOf.checking,
    load: async () => (await import('../verify.ts')).verifyVerb,
  },
];

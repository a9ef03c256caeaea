import { createRequire } from 'node:module';
import type * as LibpgQuery from 'libpg-query';

/** The package is CommonJS. To `import` it, Node first compiles a lexer of its own for the exports: half of what loading takes. */
export function requireParser(): typeof LibpgQuery {
  const require = createRequire(import.meta.url);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the package's own declarations say of it
  return require('libpg-query') as typeof LibpgQuery;
}

import type { MatrixCase } from './case.ts';
import { codeCases } from './cases/code.ts';
import { columnCases } from './cases/columns.ts';
import { constraintCases } from './cases/constraints.ts';
import { tableCases } from './cases/tables.ts';
import { typeCases } from './cases/types.ts';

export const matrix: readonly MatrixCase[] = [
  ...tableCases,
  ...columnCases,
  ...typeCases,
  ...constraintCases,
  ...codeCases,
];

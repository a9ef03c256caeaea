import type { MatrixCase } from './case.ts';
import { columnCases } from './cases/columns.ts';
import { tableCases } from './cases/tables.ts';

export const matrix: readonly MatrixCase[] = [...tableCases, ...columnCases];

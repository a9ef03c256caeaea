import { MigrationError } from '../errors.ts';
import type { PlanContext } from './operations/operation.ts';
import { planChanges } from './plan.ts';
import type { SchemaDiffer } from './schema-differ.ts';

/** Compares what PostgreSQL's own catalogs say of two databases of one major version. */
export const catalogDiffer: SchemaDiffer = {
  async diff({ renames, ...input }) {
    const context: PlanContext = { ...input, handled: new Set(), faults: [] };
    const operations = await planChanges(context, renames);
    if (context.faults.length > 0) throw new MigrationError(context.faults);
    return operations;
  },
};

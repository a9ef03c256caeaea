import type { WantedSchema } from '@stanchion/migrate';
import { renderSchemaSql } from './database/schema-sql.ts';
import { models } from './models/schema.ts';

/** The schema that the models describe, as SQL: what the migration engine compares with the revisions. */
export function wantedSchema(): WantedSchema {
  return { sql: renderSchemaSql(models), origin: 'src/models' };
}

import {
  type ConnectionSource,
  checkSchema,
  loadRevisions,
  type MigrationEvent,
  type Queryable,
  type RevisionGraph,
  type RunResult,
  type SchemaCheck,
  upgrade,
} from '@stanchion/migrate';
import { migrationsFolder } from './migrations-folder.ts';
import type { NotReadyReason } from './services/readiness.ts';

/** This app's revisions. Throws MigrationError for a file or a graph with a fault. */
export async function loadMigrations(): Promise<RevisionGraph> {
  return loadRevisions(migrationsFolder());
}

/** Brings the database to what this code was written for. Safe to call from every instance at once. */
export async function upgradeSchema(
  graph: RevisionGraph,
  connection: ConnectionSource,
  onEvent?: (event: MigrationEvent) => void,
): Promise<RunResult> {
  return upgrade(graph, { connection, ...(onEvent ? { onEvent } : {}) });
}

/** Why this code must not serve on the database's schema, or undefined when it may. */
export async function findSchemaReason(graph: RevisionGraph, database: Queryable): Promise<NotReadyReason | undefined> {
  return explain(await checkSchema(database, graph));
}

function explain(check: SchemaCheck): NotReadyReason | undefined {
  const command = 'run `./stanchion migrate upgrade`';
  switch (check.state) {
    case 'unknown':
      return {
        code: 'schema_unknown',
        message: `The database's revisions and this code's do not fit together; ${command} says more.`,
      };
    case 'empty':
    case 'behind':
      return {
        code: 'schema_behind',
        message: `The database lacks ${check.pending.length} revisions (${check.pending.join(', ')}): ${command}.`,
      };
    case 'ahead': {
      // Old code works beside what newer code only added; anything else may have taken away what it needs.
      const harmful = check.unknown.filter(({ phase }) => phase !== 'expand');
      if (harmful.length === 0) return undefined;
      const names = harmful.map(({ revision, phase, summary }) => `${revision} (${phase}: ${summary})`).join(', ');
      return {
        code: 'schema_ahead',
        message: `The database is newer than this code: ${names}. Deploy the newer code.`,
      };
    }
    case 'current':
    default:
      return undefined;
  }
}

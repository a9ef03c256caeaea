import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { createTableRelationsHelpers, Many, One, type Relations } from 'drizzle-orm/relations';
import { accountTokenRelations, accountTokens } from '../../src/models/account-tokens.ts';
import { auditEvents, auditHead } from '../../src/models/audit-events.ts';
import { keyUses } from '../../src/models/key-uses.ts';
import { legacyTokenHolders } from '../../src/models/legacy-token-holders.ts';
import { mailJobRelations, mailJobs } from '../../src/models/mail-jobs.ts';
import { rateLimits } from '../../src/models/rate-limits.ts';
import { serviceTokens } from '../../src/models/service-tokens.ts';
import { sessionRelations, sessions } from '../../src/models/sessions.ts';
import { signingKeys } from '../../src/models/signing-keys.ts';
import { taskRelations, tasks } from '../../src/models/tasks.ts';
import { userRelations, users } from '../../src/models/users.ts';
import { createTestDatabase } from '../support/postgres.ts';

const tables: PgTable[] = [
  users,
  tasks,
  sessions,
  rateLimits,
  accountTokens,
  mailJobs,
  auditEvents,
  auditHead,
  serviceTokens,
  signingKeys,
  keyUses,
  legacyTokenHolders,
];

describe('models', () => {
  test('name exactly the columns, types and nulls that the migrations make', async (t) => {
    const { sql } = await createTestDatabase(t);
    const columns = await sql(
      `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as not_null
         from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped`,
    );

    const inDatabase = columns
      .map(({ table, name, type, not_null }) => [`${String(table)}.${String(name)}`, type, not_null].join(' '))
      .sort();

    const inModels = tables.flatMap((table) => {
      const { name, columns: own } = getTableConfig(table);
      return own.map((column) => `${name}.${column.name} ${typeOf(column.getSQLType())} ${column.notNull}`);
    });
    assert.deepEqual(inModels.sort(), inDatabase);
  });

  test('relate a user to many sessions and tasks, and each of these to one user', () => {
    const described = [userRelations, sessionRelations, taskRelations, accountTokenRelations, mailJobRelations].flatMap(
      (relations: Relations) =>
        Object.entries(relations.config(createTableRelationsHelpers(relations.table))).map(
          ([name, relation]) => `${name} ${relation instanceof Many ? 'many' : relation instanceof One ? 'one' : '?'}`,
        ),
    );

    assert.deepEqual(described, ['sessions many', 'tasks many', 'user one', 'owner one', 'user one', 'user one']);
  });
});

/** Drizzle's names for what PostgreSQL calls by its standard ones. */
function typeOf(drizzleType: string): string {
  return drizzleType
    .replace(/^varchar/, 'character varying')
    .replace(/^timestamp$/, 'timestamp without time zone')
    .replace(/^timestamp with time zone$/, 'timestamp with time zone');
}

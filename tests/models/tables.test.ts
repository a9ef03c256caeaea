import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTableRelationsHelpers, Many, One, type Relations } from 'drizzle-orm/relations';
import { accountTokenRelations } from '../../src/models/account-tokens.ts';
import { mailJobRelations } from '../../src/models/mail-jobs.ts';
import { sessionRelations } from '../../src/models/sessions.ts';
import { taskRelations } from '../../src/models/tasks.ts';
import { userRelations } from '../../src/models/users.ts';

// That the tables are what the migrations make: tests/migrations/models.test.ts.
describe('models', () => {
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

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check, describeDifference } from '@stanchion/migrate';
import { wantedSchema } from '../../src/wanted-schema.ts';
import { openDatabase } from './support.ts';

describe("this app's models", () => {
  test('are what the revisions lead to', async (t) => {
    const { graph, connection } = await openDatabase(t);

    const differences = await check(graph, { connection, models: wantedSchema() });

    assert.deepEqual(differences.map(describeDifference), []);
  });

  test('would be told from the revisions if they had a column, an index or a check more', async (t) => {
    const { graph, connection } = await openDatabase(t);
    const models = wantedSchema();
    const more = `ALTER TABLE task ADD COLUMN colour text; CREATE INDEX task_title ON task (title);
      ALTER TABLE task ADD CONSTRAINT task_title_check CHECK (title <> '');`;

    const differences = await check(graph, { connection, models: { ...models, sql: models.sql + more } });

    assert.deepEqual(differences.map(describeDifference), [
      'column task.colour is missing',
      'constraint task_title_check of task is missing',
      'index task_title is missing',
    ]);
  });
});

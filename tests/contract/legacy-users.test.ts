import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDirectClient } from '../../src/database/connection.ts';
import { loadMigrations, upgradeSchema } from '../../src/migrations.ts';
import { readDump } from '../migrations/support.ts';
import { createTestApp, json } from '../support/app.ts';
import { createTestDatabase, testDatabaseConfig } from '../support/postgres.ts';

/** The dump's passwords, by the user's place in the order of creation. */
function passwordOf(place: number): string {
  if (place === 17) return 'Passw0rd-17-пароль🔑';
  if (place === 18) return `Passw0rd-18${'é'.repeat(30)}x`;
  return `Passw0rd-${place}`;
}

const disabled = 19;
const withoutHash = 20;

describe('every user of the dump', () => {
  for (const dump of ['legacy-db.sql', 'legacy-db-alembic.sql'] as const) {
    test(`logs in on the old and on the new route after the upgrade of ${dump}`, async (t) => {
      const database = await createTestDatabase(t, { content: 'empty' });
      await database.sql(await readDump(dump));
      const connect = () => createDirectClient(database.connection, testDatabaseConfig());
      await upgradeSchema(await loadMigrations(), connect);
      const { app, services } = await createTestApp(t, { database });
      await services.maintenance.run();
      const users = await database.sql('select email from "user" order by created_at');
      assert.equal(users.length, 26);

      for (const [index, { email }] of users.entries()) {
        const place = index + 1;
        const body = JSON.stringify({ email, password: passwordOf(place) });
        // The old route first: its login replaces the hash, and the new one has to accept what it left.
        for (const url of ['/api/v1/auth/signin', '/auth/login']) {
          const answer = await app.inject({ method: 'POST', url, headers: json, body });
          const refused = place === disabled || place === withoutHash;
          assert.equal(answer.statusCode, refused ? 401 : 200, `user ${place} at ${url}: ${answer.body}`);
        }
      }

      const [tasks] = await database.sql('select count(*)::int as n from task');
      assert.equal(tasks?.n, 395);
    });
  }
});

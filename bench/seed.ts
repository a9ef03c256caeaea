import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { runSql } from './servers/sql.ts';

export interface SeededUser {
  readonly email: string;
  /** HS256 with the incumbent's claims: every program here accepts it. */
  readonly token: string;
  readonly taskId: string;
}

export const userCount = 200;
export const tasksPerUser = 100;
export const password = 'Bench-only password 1';
/** Production asks for 64 characters and some variety. */
export const jwtSecret = 'bench-only secret: 13 lazy dogs, 42 quick foxes and 7 black sphinxes judge this vow!';

/** Of our server's own tokens: the bench mints more of them than anybody could log in for. */
export const authSecret =
  'bench-only secret of our own tokens: 5 boxing wizards jump quickly over 21 sphinxes of quartz!';

/** `password` by bcrypt with cost 12, as the incumbent stores it; our server replaces it by argon2id at the first login. */
const passwordHash = '$2b$12$jmn9IBapNdXDp6BZK5emU.5WBttTLQdOfR0CzKHhLVyNliiq5tgkG';

/** The incumbent's tables as the baseline revision has them, and the same rows on every run. */
export async function seedIncumbent(url: string): Promise<SeededUser[]> {
  const revision = await readFile(
    new URL('../migrations/23d54ac3b8d7_incumbent_baseline.sql', import.meta.url),
    'utf8',
  );
  const tables = /-- stanchion:up\n(.*)-- stanchion:down\n/s.exec(revision)?.[1];
  if (tables === undefined)
    throw new Error('the baseline revision has no part between stanchion:up and stanchion:down');
  await runSql(url, tables);
  await runSql(url, insertUsers, [userCount, passwordHash]);
  await runSql(url, insertTasks, [tasksPerUser]);
  const rows = await runSql(url, selectUsers);
  return rows.map((row) => {
    const claims = { user_id: String(row['id']), email: String(row['email']), name: String(row['name']) };
    return { email: claims.email, token: mintToken(claims, jwtSecret), taskId: String(row['task_id']) };
  });
}

/** Once everything is in place: the planner knows the tables and no round is the one that vacuums. */
export async function settle(url: string): Promise<void> {
  await runSql(url, 'VACUUM (FREEZE, ANALYZE)');
}

/** HS256, valid for a day. */
export function mintToken(claims: { user_id: string; email: string; name: string }, secret: string): string {
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ ...claims, exp })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const insertUsers = `
  INSERT INTO "user" (email, name, is_active, id, hashed_password, created_at, updated_at)
  SELECT 'user' || n || '@bench.example', 'Bench user ' || n, true, md5('user' || n)::uuid, $2,
         timestamp '2026-01-01 00:00:00.123456' + n * interval '1 second', timestamp '2026-01-01 00:00:00.123456'
    FROM generate_series(1, $1::int) AS n`;

/** No two tasks of a user share created_at: the incumbent's order has no tie-break. */
const insertTasks = `
  INSERT INTO task (title, description, due_datetime, priority, is_completed, id, user_id, created_at, updated_at)
  SELECT 'Task ' || n || ' of ' || u.name,
         CASE WHEN n % 10 > 0 THEN 'A description of some seventy-five characters, as people write them: no. ' || n END,
         CASE WHEN n % 3 = 0 THEN timestamp '2027-03-01 09:30:00' + n * interval '1 day' END,
         (enum_range(NULL::priorityenum))[1 + n % 4], n % 4 = 0, md5(u.email || n)::uuid, u.id,
         timestamp '2026-02-01 08:00:00.000120' + n * interval '61.000357 minutes',
         timestamp '2026-02-01 08:00:00.000120' + n * interval '61.000357 minutes'
    FROM "user" AS u CROSS JOIN generate_series(1, $1::int) AS n`;

const selectUsers = `
  SELECT u.id, u.email, u.name, (SELECT t.id FROM task AS t WHERE t.user_id = u.id ORDER BY t.id LIMIT 1) AS task_id
    FROM "user" AS u ORDER BY u.email`;

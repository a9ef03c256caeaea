import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type DatabaseUrl,
  findDirectDatabaseUrl,
  findTlsWeakness,
  parseDatabaseUrl,
} from '../../src/config/database-url.ts';

function parse(text: string): DatabaseUrl {
  const parsed = parseDatabaseUrl(text);
  if ('faults' in parsed) throw new Error(parsed.faults.join('; '));
  return parsed.url;
}

function faultsOf(text: string): readonly string[] {
  const parsed = parseDatabaseUrl(text);
  return 'faults' in parsed ? parsed.faults : [];
}

describe('parseDatabaseUrl', () => {
  for (const scheme of [
    'postgres',
    'postgresql',
    'postgresql+asyncpg',
    'postgresql+psycopg2',
    'postgresql+psycopg',
    'POSTGRESQL',
  ]) {
    test(`understands ${scheme}://`, () => {
      const { host, port, user, password, database } = parse(`${scheme}://app:pw@db.example.com:6000/main`);
      assert.deepEqual(
        { host, port, user, password, database },
        { host: 'db.example.com', port: 6000, user: 'app', password: 'pw', database: 'main' },
      );
    });
  }

  test('decodes percent-encoded parts', () => {
    const { user, password, database } = parse('postgresql://a%40b:p%3A%2F%25@h/d%20b');
    assert.deepEqual({ user, password, database }, { user: 'a@b', password: 'p:/%', database: 'd b' });
  });

  test('takes the characters that SQLAlchemy allows in a password as they are', () => {
    assert.equal(parse('postgresql://u:a/b:c@d#e@h/d').password, 'a/b:c@d#e');
  });

  test('falls back to port 5432 and to the user for the database, as libpq does', () => {
    const { port, database } = parse('postgresql://app@h');
    assert.deepEqual({ port, database }, { port: 5432, database: 'app' });
  });

  test('reads an IPv6 address in brackets', () => {
    const { host, port, isLoopback } = parse('postgresql://u@[::1]:5433/d');
    assert.deepEqual({ host, port, isLoopback }, { host: '::1', port: 5433, isLoopback: true });
  });

  test('reads the folder of a Unix socket, in its own letter case', () => {
    const { unixSocketDir, isLoopback } = parse('postgresql://u@/d?host=%2Frun%2FPg');
    assert.deepEqual({ unixSocketDir, isLoopback }, { unixSocketDir: '/run/Pg', isLoopback: true });
  });

  test('gives known parameters their fields and keeps the others', () => {
    const url = parse('postgresql://u@h/d?sslmode=require&channel_binding=require&application_name=a@b&x=1');
    assert.equal(url.sslmode, 'require');
    assert.equal(url.channelBinding, 'require');
    assert.equal(url.applicationName, 'a@b');
    assert.deepEqual(url.params, { x: '1' });
  });

  test('reads ssl= of asyncpg and pg as sslmode', () => {
    assert.equal(parse('postgresql://u@h/d?ssl=true').sslmode, 'require');
    assert.equal(parse('postgresql://u@h/d?ssl=verify-full').sslmode, 'verify-full');
    assert.equal(parse('postgresql://u@h/d?ssl=false').sslmode, 'disable');
  });

  for (const host of ['localhost', 'db.localhost', '127.0.0.1', '127.8.8.8', '[::1]']) {
    test(`knows ${host} as this machine`, () => {
      assert.equal(parse(`postgresql://u@${host}/d`).isLoopback, true);
    });
  }

  for (const host of [
    'localhost.example.com',
    '127.0.0.1.example.com',
    '10.0.0.1',
    '0.0.0.0',
    '[::]',
    'xlocalhost',
    '127.1',
  ]) {
    test(`does not take ${host} for this machine`, () => {
      assert.equal(parse(`postgresql://u@${host}/d`).isLoopback, false);
    });
  }

  test('knows the poolers of Neon and Supabase and the flag of Prisma', () => {
    assert.equal(parse('postgresql://u@ep-a-b-pooler.eu-central-1.aws.neon.tech/d').isPooler, true);
    assert.equal(parse('postgresql://u@aws-0-eu.pooler.supabase.com/d').isPooler, true);
    assert.equal(parse('postgresql://u@h/d?pgbouncer=true').isPooler, true);
    assert.equal(parse('postgresql://u@ep-a-b.eu-central-1.aws.neon.tech/d').isPooler, false);
  });

  const refused: Readonly<Record<string, string>> = {
    'another scheme': 'mysql://u@h/d',
    'no scheme': 'u@h/d',
    'no user': 'postgresql://h/d',
    'no host': 'postgresql://u@/d',
    'several hosts': 'postgresql://u@a,b/d',
    'several hosts with ports': 'postgresql://u@a:1,b:2/d',
    'several hosts in a parameter': 'postgresql://u@/d?host=a,b',
    'two hosts': 'postgresql://u@a/d?host=b',
    'a port of 0': 'postgresql://u@h:0/d',
    'a port over 65535': 'postgresql://u@h:65536/d',
    'a port that is no number': 'postgresql://u@h:five/d',
    'IPv6 without brackets': 'postgresql://u@::1/d',
    'an invalid IPv6 address': 'postgresql://u@[::g]/d',
    'a host with a space': 'postgresql://u@a%20b/d',
    'a broken percent-encoding': 'postgresql://u:100%@h/d',
    'a NUL': 'postgresql://u:a%00@h/d',
    'an unknown sslmode': 'postgresql://u@h/d?sslmode=maybe',
    'an unknown channel_binding': 'postgresql://u@h/d?channel_binding=maybe',
    'two values of one parameter': 'postgresql://u@h/d?sslmode=verify-full&sslmode=disable',
    'ssl and sslmode that disagree': 'postgresql://u@h/d?sslmode=verify-full&ssl=false',
  };
  for (const [what, text] of Object.entries(refused)) {
    test(`refuses ${what}`, () => {
      assert.equal(faultsOf(text).length > 0, true);
    });
  }

  test('never repeats a part of the URL in a fault', () => {
    const faults = Object.values(refused).flatMap((text) => faultsOf(text.replaceAll('u@', 'u:hunter2-hunter2@')));
    assert.ok(!faults.join().includes('hunter2'));
  });
});

describe('findDirectDatabaseUrl', () => {
  test("removes -pooler from Neon's hosts and nothing else", () => {
    assert.equal(
      findDirectDatabaseUrl(
        'postgresql://u-pooler:p-pooler.x.neon.tech@ep-a-pooler.eu.aws.neon.tech:5432/d-pooler?sslmode=require',
      ),
      'postgresql://u-pooler:p-pooler.x.neon.tech@ep-a.eu.aws.neon.tech:5432/d-pooler?sslmode=require',
    );
  });

  test('knows no direct URL behind other poolers', () => {
    assert.equal(findDirectDatabaseUrl('postgresql://u@db-pooler.example.com/d'), undefined);
    assert.equal(findDirectDatabaseUrl('postgresql://u@ep-a-pooler.neon.tech.example.com/d'), undefined);
    assert.equal(findDirectDatabaseUrl('postgresql://u@ep-a-pooler.notneon.tech/d'), undefined);
  });
});

describe('findTlsWeakness', () => {
  for (const params of [
    'sslmode=disable',
    'sslmode=allow',
    'sslmode=prefer',
    'sslmode=no-verify',
    'ssl=false',
    'sslmode=require&uselibpqcompat=true',
  ]) {
    test(`finds ${params} on a remote host`, () => {
      assert.notEqual(findTlsWeakness(parse(`postgresql://u@db.example.com/d?${params}`)), undefined);
    });
  }

  test('finds none without sslmode, with require and with verify-full', () => {
    for (const params of ['', '?sslmode=require', '?sslmode=verify-full']) {
      assert.equal(findTlsWeakness(parse(`postgresql://u@db.example.com/d${params}`)), undefined);
    }
  });

  test('finds none on this machine', () => {
    assert.equal(findTlsWeakness(parse('postgresql://u@localhost/d?sslmode=disable')), undefined);
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ConfigError } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { load, production, testSecret, withFolder } from './support.ts';

describe('secrets', () => {
  const env = production({
    AUTH_SECRET: `${testSecret}-auth`,
    METRICS_TOKEN: 'metrics-token-of-a-test',
    DATABASE_URL: 'postgresql://app:hunter2-pooled@ep-x-pooler.eu.aws.neon.tech/app',
    MIGRATION_DATABASE_URL: 'postgresql://app:hunter2-direct@ep-x.eu.aws.neon.tech/app',
  });
  const parts = ['hunter2', testSecret, 'metrics-token'];

  test('stay out of everything that is loaded but `secrets`', () => {
    const { secrets, ...printable } = load({ env: { ...env } });
    assert.equal(secrets.jwtSecret, testSecret);
    for (const part of parts) assert.ok(!JSON.stringify(printable).includes(part));
  });

  test('show their length', () => {
    const setting = load({ env: { ...env } }).settings.find(({ variable }) => variable === 'JWT_SECRET');
    assert.equal(setting?.value, `(secret, ${testSecret.length} characters)`);
  });

  test('stay out of the report when everything is wrong with them', () => {
    const broken = {
      ENVIRONMENT: 'production',
      DATABASE_URL: 'postgresql://app:hunter2@a,b/%zz?sslmode=hunter2',
      MIGRATION_DATABASE_URL: 'hunter2',
      JWT_SECRET: 'hunter2',
      BETTER_AUTH_SECRET: 'hunter2-other',
      AUTH_SECRET: 'hunter2',
      AUTH_PRIVATE_KEYS: '{"hunter2"',
      METRICS_TOKEN: 'hunter2 ',
    };
    assert.throws(
      () => load({ env: broken }),
      (error) => {
        assert.ok(error instanceof ConfigError && error.faults.length >= 6);
        assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes('hunter2'));
        return true;
      },
    );
  });

  test('are taken out of the environment that they were read from, under all names', () => {
    const given: Record<string, string> = { ...env, POSTGRES_URL: 'postgresql://u:hunter2@h/d', PORT: '1' };
    load({ env: given });
    assert.deepEqual(Object.keys(given).toSorted(), ['ENVIRONMENT', 'PORT']);
  });

  test('are taken out of the environment also when the configuration is refused', () => {
    const given = { ENVIRONMENT: 'production', JWT_SECRET: 'hunter2' };
    assert.throws(() => load({ env: given }));
    assert.deepEqual(Object.keys(given), ['ENVIRONMENT']);
  });
});

describe('the secret of development', () => {
  const start = (cwd: string, generated: 'keep' | 'discard') => loadConfig({ env: {}, cwd, generated });

  test('is made once and kept for this user alone', () => {
    withFolder({}, (cwd) => {
      const first = start(cwd, 'keep').secrets.jwtSecret;
      assert.equal(start(cwd, 'keep').secrets.jwtSecret, first);
      assert.ok(first.length >= 64);
      assert.equal(statSync(join(cwd, '.data/secrets.json')).mode & 0o777, 0o600);
    });
  });

  test('is read but not made by who only looks', () => {
    withFolder({}, (cwd) => {
      const { origins } = start(cwd, 'discard');
      assert.equal(origins.JWT_SECRET, 'generated at the first start');
      assert.throws(() => readFileSync(join(cwd, '.data/secrets.json')));
      const kept = start(cwd, 'keep').secrets.jwtSecret;
      assert.equal(start(cwd, 'discard').secrets.jwtSecret, kept);
    });
  });

  test('is not made where one is set', () => {
    withFolder({}, (cwd) => {
      loadConfig({ env: { JWT_SECRET: testSecret }, cwd, generated: 'keep' });
      assert.throws(() => statSync(join(cwd, '.data')));
    });
  });

  test('leaves no draft behind', () => {
    withFolder({}, (cwd) => {
      start(cwd, 'keep');
      assert.deepEqual(readFileSync(join(cwd, '.data/secrets.json'), 'utf8').match(/JWT_SECRET/g)?.length, 1);
    });
  });

  test('is refused by file and fix when the file is broken', () => {
    withFolder({ '.data/secrets.json': '{"JWT_SECRET":' }, (cwd) => {
      assert.throws(() => start(cwd, 'keep'), /DATA_DIR.*\n.*\.data\/secrets\.json/);
    });
  });

  test('is refused by name when the folder cannot be made', () => {
    withFolder({}, (cwd) => {
      writeFileSync(join(cwd, '.data'), 'a file');
      assert.throws(() => start(cwd, 'keep'), /EEXIST|ENOTDIR/);
    });
  });

  test('is new at every start in tests', () => {
    withFolder({}, (cwd) => {
      mkdirSync(join(cwd, '.data'));
      const one = loadConfig({ env: { ENVIRONMENT: 'test' }, cwd, generated: 'keep' });
      const other = loadConfig({ env: { ENVIRONMENT: 'test' }, cwd, generated: 'keep' });
      assert.notEqual(one.secrets.jwtSecret, other.secrets.jwtSecret);
    });
  });
});

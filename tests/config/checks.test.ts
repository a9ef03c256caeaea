import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultOf, faultsOf, load, production, testSecret } from './support.ts';

describe('production', () => {
  test('accepts what is complete', () => {
    assert.equal(load({ env: production() }).config.environment, 'production');
  });

  test('refuses an empty environment with every fault at once', () => {
    assert.deepEqual(
      faultsOf({ env: { ENVIRONMENT: 'production' } }).map(({ variable }) => variable),
      ['DATABASE_URL', 'JWT_SECRET'],
    );
  });

  test('refuses everything that it refuses in one report', () => {
    const env = {
      ENVIRONMENT: 'prod',
      DATABASE_URL: 'postgresql://u:p@db.example.com/d?sslmode=disable',
      JWT_SECRET: 'secret',
      AUTH_SECRET: 'changeme',
      ALLOWED_ORIGINS: '*',
      TRUSTED_PROXIES: '1',
      RATE_LIMITS: 'off',
      PORT: 'http',
      DATABASE_LOCK_TIMEOUT_MS: '9s',
    };
    const expected = Object.keys(env).filter((name) => name !== 'ENVIRONMENT');
    const variables = faultsOf({ env }).map(({ variable }) => variable);
    assert.deepEqual(new Set(variables), new Set(expected));
  });

  for (const word of ['production', 'prod', 'PRODUCTION', 'staging']) {
    test(`is strict for ENVIRONMENT=${word}`, () => {
      assert.equal(faultsOf({ env: { ENVIRONMENT: word } }).length, 2);
    });
  }

  test('is strict where the environment is a word that nobody knows', () => {
    const variables = faultsOf({ env: { ENVIRONMENT: 'prodution' } }).map(({ variable }) => variable);
    assert.deepEqual(variables, ['ENVIRONMENT', 'DATABASE_URL', 'JWT_SECRET']);
  });

  test('refuses hashes that are weaker than OWASP advises, and takes less memory for more passes', () => {
    for (const [memory, passes, isTaken] of [
      ['47104', '1', true],
      ['47103', '1', false],
      ['19456', '2', true],
      ['12288', '2', false],
      ['12288', '3', true],
      ['7168', '4', false],
      ['7168', '5', true],
    ] as const) {
      const env = production({ PASSWORD_HASH_MEMORY_KIB: memory, PASSWORD_HASH_ITERATIONS: passes });
      if (isTaken) load({ env });
      else assert.match(faultOf('PASSWORD_HASH_ITERATIONS', { env }).problem, /at least/, `${memory} ${passes}`);
    }
    load({ env: { PASSWORD_HASH_MEMORY_KIB: '7168', PASSWORD_HASH_ITERATIONS: '1' } });
  });

  for (const mode of ['disable', 'allow', 'prefer', 'no-verify']) {
    test(`refuses sslmode=${mode} to a remote database`, () => {
      const env = production({ DATABASE_URL: `postgresql://u@db.example.com/d?sslmode=${mode}` });
      assert.match(faultOf('DATABASE_URL', { env }).problem, new RegExp(`sslmode=${mode}`));
    });
  }

  test('refuses uselibpqcompat to a remote database, for migrations too', () => {
    const env = production({
      MIGRATION_DATABASE_URL: 'postgresql://u@h.example/d?sslmode=require&uselibpqcompat=true',
    });
    assert.match(faultOf('MIGRATION_DATABASE_URL', { env }).problem, /uselibpqcompat/);
  });

  test('takes plaintext to a remote database when it is asked for by name, and warns', () => {
    const env = production({
      DATABASE_URL: 'postgresql://u@db.example.com/d?sslmode=disable',
      DATABASE_ALLOW_INSECURE_TLS: 'true',
    });
    const { config, warnings } = load({ env });
    assert.equal(config.database.allowInsecureTls, true);
    assert.match(warnings.join(), /DATABASE_ALLOW_INSECURE_TLS/);
  });

  test('takes plaintext to this machine', () => {
    load({ env: production({ DATABASE_URL: 'postgresql://u@localhost/d?sslmode=disable' }) });
  });

  for (const origins of ['*', 'https://a.example,*', '["*"]', 'null']) {
    test(`refuses the origins ${origins}`, () => {
      assert.equal(
        faultOf('ALLOWED_ORIGINS', { env: production({ ALLOWED_ORIGINS: origins }) }).origin,
        'process environment',
      );
    });
  }

  test('refuses rate limits that are off', () => {
    assert.match(faultOf('RATE_LIMITS', { env: production({ RATE_LIMITS: 'off' }) }).problem, /off/);
  });

  for (const name of ['TRUSTED_PROXIES', 'TRUST_PROXY']) {
    for (const value of ['1', '2', 'true', 'all', '*', '0.0.0.0/0', '::/0']) {
      test(`refuses ${name}=${value}`, () => {
        assert.equal(
          faultOf('TRUSTED_PROXIES', { env: production({ [name]: value }) }).origin.startsWith('process environment'),
          true,
        );
      });
    }
  }

  test('refuses a CA file that cannot be read', () => {
    assert.match(
      faultOf('DATABASE_CA_FILE', { env: production({ DATABASE_CA_FILE: 'none.pem' }) }).problem,
      /none\.pem/,
    );
  });
});

describe('secrets', () => {
  const weak: Readonly<Record<string, string>> = {
    'a word': 'secret',
    '63 characters': testSecret.slice(0, 63),
    'one character': 'a'.repeat(80),
    'few kinds of characters': 'abcabdabeabfabgabh'.repeat(4),
    'a repetition': testSecret.slice(0, 36).repeat(2),
    "a template's default": 'your-secret-key-change-in-production-and-make-it-at-least-64-characters!',
    'a changed spelling of a default': `Change_Me!${testSecret}`,
    "a tutorial's key": '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    "a tutorial's key, twice": '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e70',
    'the value of .env.example': 'replace-with-the-output-of-stanchion-generate-secret',
    'white space': ' '.repeat(70),
  };
  for (const [what, secret] of Object.entries(weak)) {
    for (const name of ['JWT_SECRET', 'BETTER_AUTH_SECRET']) {
      test(`refuses ${what} as ${name} in production, without printing it`, () => {
        const env = { ENVIRONMENT: 'production', DATABASE_URL: 'postgresql://u@h/d', [name]: secret };
        const fault = faultOf('JWT_SECRET', { env });
        if (secret !== 'secret' && secret.trim() !== '') assert.ok(!JSON.stringify(fault).includes(secret));
      });
    }
  }

  test('takes 64 random hexadecimal digits', () => {
    const hex = '3f9c1e07a5d24b886e0fd13c7a92b45ef60817cd2b39ae54d1708c63f5e2ba94';
    load({ env: production({ JWT_SECRET: hex }) });
  });

  test("takes the contract's secret, which names itself a test secret", () => {
    load({
      env: production({ JWT_SECRET: 'stanchion-contract-test-secret-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF' }),
    });
  });

  test('takes a short secret in development, and warns', () => {
    const short = 'only-a-test-secret-of-32-letters';
    const { secrets, warnings } = load({ env: { JWT_SECRET: short } });
    assert.equal(secrets.jwtSecret, short);
    assert.match(warnings.join(), /JWT_SECRET has 32 characters/);
  });

  test("derives the root of its own keys, which is never the incumbent's secret itself", () => {
    const { secrets } = load({ env: production() });
    assert.notEqual(secrets.authSecret, secrets.jwtSecret);
    assert.equal(secrets.authSecret, load({ env: production() }).secrets.authSecret);
    assert.ok(secrets.authSecret.length >= 64);
  });
});

describe('migrations', () => {
  test('use the direct URL behind a Neon pooler', () => {
    const env = production({ DATABASE_URL: 'postgresql://u:p@ep-x-pooler.eu.aws.neon.tech/d' });
    assert.equal(load({ env }).secrets.migrationDatabaseUrl, 'postgresql://u:p@ep-x.eu.aws.neon.tech/d');
  });

  test('use DATABASE_URL where that is direct', () => {
    assert.equal(load({ env: production() }).secrets.migrationDatabaseUrl, production().DATABASE_URL);
  });

  test('are refused where only a pooler is known', () => {
    const env = production({ DATABASE_URL: 'postgresql://u:p@db-pooler.example.com/d' });
    assert.match(faultOf('MIGRATION_DATABASE_URL', { env }).problem, /names a pooler/);
  });

  test('are refused over a pooler', () => {
    const env = production({ MIGRATION_DATABASE_URL: 'postgresql://u@ep-x-pooler.eu.aws.neon.tech/d' });
    assert.match(faultOf('MIGRATION_DATABASE_URL', { env }).problem, /names a pooler/);
  });
});

describe('faults between variables', () => {
  const tooLong: Readonly<Record<string, string>> = {
    DATABASE_ACQUIRE_TIMEOUT_MS: '2s',
    DATABASE_LOCK_TIMEOUT_MS: '5000',
    DATABASE_STATEMENT_TIMEOUT_MS: '7s',
    DATABASE_QUERY_TIMEOUT_MS: '11s',
    DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: '12s',
    HANDLER_TIMEOUT_MS: '15s',
    HEADERS_TIMEOUT_MS: '16s',
    DRAIN_DELAY_MS: '10s',
    ACCESS_TOKEN_SECONDS: '1d',
  };
  for (const [name, value] of Object.entries(tooLong)) {
    test(`are found when ${name} is not below the one around it`, () => {
      const env = { [name]: value, REFRESH_IDLE_SECONDS: '1d' };
      assert.equal(faultOf(name, { env }).origin, 'process environment');
    });
  }

  test('blame the value that was set, not the default', () => {
    assert.match(
      faultOf('REQUEST_TIMEOUT_MS', { env: { REQUEST_TIMEOUT_MS: '11s' } }).problem,
      /above HANDLER_TIMEOUT_MS/,
    );
  });

  test('are found when sessions idle longer than they live', () => {
    faultOf('REFRESH_IDLE_SECONDS', { env: { REFRESH_IDLE_SECONDS: '31d' } });
  });

  test('are found when two listeners want one port', () => {
    faultOf('METRICS_PORT', { env: { METRICS_PORT: '8000' } });
  });

  test('leave a value alone that could not be read', () => {
    assert.equal(faultsOf({ env: { DATABASE_LOCK_TIMEOUT_MS: 'long' } }).length, 1);
  });
});

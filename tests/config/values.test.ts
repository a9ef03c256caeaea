import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultFor, type Variable } from '../../src/config/variable.ts';
import { variables } from '../../src/config/variables.ts';
import { createPasswordHasher } from '../../src/security/passwords.ts';
import { faultOf, load, production } from './support.ts';

describe('values', () => {
  test('of origins are a comma list or a JSON list', () => {
    const expected = ['http://a.example', 'http://b.example:3000'];
    for (const text of ['http://a.example, http://b.example:3000,', '["http://a.example","http://b.example:3000"]']) {
      assert.deepEqual(load({ env: { ALLOWED_ORIGINS: text } }).config.cors.origins, expected);
    }
  });

  test('of origins are warned about when no browser sends them', () => {
    for (const text of ['https://a.example/', 'a.example', 'https://*.a.example', 'https://A.example']) {
      assert.equal(load({ env: { ALLOWED_ORIGINS: text } }).warnings.length, 1, text);
    }
  });

  test("of the log level are Python's names too", () => {
    for (const [text, level] of Object.entries({ WARNING: 'warn', critical: 'fatal', INFO: 'info', Debug: 'debug' })) {
      assert.equal(load({ env: { LOG_LEVEL: text } }).config.log.level, level);
    }
  });

  test('of the environment are other words too', () => {
    for (const [text, name] of Object.entries({
      dev: 'development',
      local: 'development',
      testing: 'test',
      Test: 'test',
    })) {
      assert.equal(load({ env: { ENVIRONMENT: text } }).config.environment, name);
    }
  });

  test('of the cost of a hash are what a hasher without settings takes', async (t) => {
    const hasher = createPasswordHasher();
    t.after(() => hasher.close());
    const { memoryKib, iterations, parallelism } = load().config.auth.passwordHash;
    const costs = `$argon2id$v=19$m=${memoryKib},t=${iterations},p=${parallelism}$`;
    assert.equal((await hasher.hash('a password of a test')).slice(0, costs.length), costs);
  });

  test('of the share of a hashing thread are percents that leave it something to do', () => {
    assert.equal(load().config.auth.passwordHash.sharePercent, 100);
    assert.equal(load({ env: production() }).config.auth.passwordHash.sharePercent, 20);
    assert.equal(load({ env: { PASSWORD_HASH_SHARE: '50' } }).config.auth.passwordHash.sharePercent, 50);
    for (const text of ['0', '9', '101', '0.5', '50%', '-50', 'half']) {
      assert.match(faultOf('PASSWORD_HASH_SHARE', { env: { PASSWORD_HASH_SHARE: text } }).problem, /10 to 100/, text);
    }
  });

  test('of times and sizes are numbers, or carry a unit', () => {
    const env = {
      REQUEST_TIMEOUT_MS: '20s',
      KEEP_ALIVE_TIMEOUT_MS: '2m',
      BODY_LIMIT_BYTES: '100KiB',
      REFRESH_IDLE_SECONDS: '3600',
    };
    const { server, auth } = load({ env }).config;
    assert.deepEqual(
      [server.requestTimeoutMs, server.keepAliveTimeoutMs, server.bodyLimitBytes, auth.refreshIdleSeconds],
      [20_000, 120_000, 102_400, 3_600],
    );
  });

  test('of rate limits are a number per time', () => {
    const { rules } = load({ env: { LOGIN_RATE_LIMIT_PER_ACCOUNT: '3/90s' } }).config.rateLimits;
    assert.deepEqual(rules.loginPerAccount, { limit: 3, windowSeconds: 90 });
  });

  test('of the token lifetime are hours', () => {
    assert.equal(load({ env: { JWT_EXPIRATION_DELTA_HOURS: '168' } }).config.auth.legacy.tokenSeconds, 604_800);
  });

  test('of an instant are given back in UTC', () => {
    const env = { LEGACY_TOKENS_ACCEPT_UNTIL: '2027-01-31T02:00:00+02:00' };
    assert.equal(load({ env }).config.auth.legacy.acceptUntil, '2027-01-31T00:00:00.000Z');
  });

  test('of a quirk are legacy and hardened', () => {
    const { quirks } = load({
      env: { QUIRK_TOKEN_LOOSE_BASE64: 'legacy', QUIRK_SORT_TITLE_IGNORED: 'hardened' },
    }).config;
    assert.deepEqual([quirks.tokenLooseBase64, quirks.sortTitleIgnored], [true, false]);
  });

  const refused: Readonly<Record<string, readonly string[]>> = {
    PORT: ['-1', '65536', '8000.5', '0x1f', '1e3', 'NaN', '8000 8001'],
    HOST: ['a b', 'http://x', '/tmp/socket'],
    LOG_LEVEL: ['loud', '10'],
    REQUEST_TIMEOUT_MS: ['0', '-5', '15 parsecs', 'Infinity', '1d'],
    BODY_LIMIT_BYTES: ['1GB', '10', '1.5MiB'],
    RATE_LIMITS: ['maybe', '2'],
    LOGIN_RATE_LIMIT_PER_ACCOUNT: ['10', '0/1m', '10/0s', '10/15', '10 per minute'],
    ALLOWED_ORIGINS: ['["a",1]', '["a"', '[]]'],
    TRUSTED_PROXIES: ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0', '::1/129', 'fe80::1%eth0'],
    JWT_ALGORITHM: ['none', 'RS256', 'HS1'],
    JWT_EXPIRATION_DELTA_HOURS: ['0', '1.5', '-1', '100000'],
    LEGACY_TOKENS_ACCEPT_UNTIL: ['tomorrow', '2027-01-31', '2027-01-31T00:00:00', '2027-13-01T00:00:00Z'],
    METRICS_TOKEN: ['short', 'with a space in the token'],
    AUTH_PRIVATE_KEYS: ['{', '{"keys":[]}', '{"keys":[{"kty":"oct","k":"AA"}]}', '{"keys":[{"kty":"EC","x":"a"}]}'],
    DATABASE_URL: ['mysql://u@h/d', 'postgresql://u@a,b/d'],
    QUIRK_USER_NOT_CHECKED: ['on', 'true', 'none'],
    ENVIRONMENT: ['prodction'],
  };
  for (const [name, texts] of Object.entries(refused)) {
    for (const text of texts) {
      test(`of ${name} are not ${text}`, () => {
        assert.equal(faultOf(name, { env: { [name]: text } }).origin, 'process environment');
      });
    }
  }
});

describe('the result', () => {
  test('is frozen to its leaves', () => {
    const { config, secrets } = load();
    assert.ok(
      Object.isFrozen(config.auth.passwordHash) && Object.isFrozen(config.cors.origins) && Object.isFrozen(secrets),
    );
  });

  test('has every variable in the field that the table names', () => {
    const { config, secrets } = load({ env: production() });
    const at = (path: string) =>
      path
        .split('.')
        .reduce<unknown>((value, key) => new Map(Object.entries(value ?? {})).get(key), { ...config, secrets });
    const computed = [
      'DATA_DIR',
      'JWT_EXPIRATION_DELTA_HOURS',
      'MIGRATION_DATABASE_URL',
      'WIRE_PROFILE',
      'AUTH_SECRET',
      'DATABASE_URL',
      'JWT_SECRET',
      'ENVIRONMENT',
    ];
    for (const [name, entry] of Object.entries<Variable>(variables)) {
      const value = at(entry.field);
      assert.notEqual(value, undefined, `${name} → ${entry.field}`);
      const text = defaultFor(entry, 'production');
      if (!computed.includes(name))
        assert.deepEqual(value, text === null ? null : Object.values(entry.kind.parse(text))[0], name);
    }
  });

  test('fills every field from exactly one variable', () => {
    const fields = Object.values<Variable>(variables).map(({ field }) => field);
    assert.equal(new Set(fields).size, fields.length);
  });

  test('listens to this machine alone in development and to all in production', () => {
    assert.equal(load().config.server.host, '127.0.0.1');
    assert.equal(load({ env: production() }).config.server.host, '0.0.0.0');
  });

  test('drains in production only', () => {
    assert.equal(load().config.server.drainDelayMs, 0);
    assert.equal(load({ env: production() }).config.server.drainDelayMs, 10_000);
  });

  test('has ten times the rate limits of production in development and test', () => {
    const limits = (env: Record<string, string>) =>
      Object.values(load({ env }).config.rateLimits.rules).map(({ limit }) => limit);
    assert.deepEqual(
      limits({}),
      limits(production()).map((limit) => limit * 10),
    );
    assert.deepEqual(limits({ ENVIRONMENT: 'test' }), limits({}));
  });

  test('hardens by default only what no honest client depends on', () => {
    const { quirks } = load({ env: production() }).config;
    const hardened = Object.entries(quirks).flatMap(([name, isLegacy]) => (isLegacy ? [] : [name]));
    assert.deepEqual(hardened.toSorted(), ['inactiveUserAllowed', 'tokenLooseBase64', 'userNotChecked']);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultOf, faultsOf, load, testSecret } from './support.ts';

describe('layers', () => {
  const files = {
    '.env': 'PORT=1001\nENVIRONMENT=development\n',
    '.env.development': 'PORT=1002\n',
    '.env.local': 'PORT=1003\n',
    '.env.development.local': 'PORT=1004\n',
  };
  const order = ['.env', '.env.development', '.env.local', '.env.development.local'] as const;
  for (const [index, strongest] of order.entries()) {
    test(`lets ${strongest} win over what is weaker`, () => {
      const present = Object.fromEntries(order.slice(0, index + 1).map((name) => [name, files[name]]));
      const { config, origins } = load({ files: present });
      assert.equal(config.server.port, 1001 + index);
      assert.equal(origins.PORT, `${strongest}:1`);
    });
  }

  test('lets the process environment win over every file', () => {
    const { config, origins } = load({ files, env: { PORT: '2000' } });
    assert.equal(config.server.port, 2000);
    assert.equal(origins.PORT, 'process environment');
  });

  test('lets the command line win over the process environment', () => {
    const overrides = { PORT: { text: '3000', origin: '--port' } };
    const { config, origins } = load({ env: { PORT: '2000' }, overrides });
    assert.equal(config.server.port, 3000);
    assert.equal(origins.PORT, '--port');
  });

  test('does not read .env.local in tests', () => {
    assert.equal(load({ files: { '.env.local': 'PORT=1' }, env: { ENVIRONMENT: 'test' } }).config.server.port, 8000);
  });

  test('reads .env.test in tests', () => {
    assert.equal(load({ files: { '.env.test': 'PORT=7' }, env: { ENVIRONMENT: 'test' } }).config.server.port, 7);
  });

  test("reads no other environment's files", () => {
    assert.equal(load({ files: { '.env.production': 'PORT=9' } }).config.server.port, 8000);
  });

  test('takes the environment from .env when the process environment says nothing', () => {
    assert.equal(load({ files: { '.env': 'APP_ENV=testing' } }).config.environment, 'test');
  });

  test('says which files it read', () => {
    assert.deepEqual(load({ files }).files, ['.env.development.local', '.env.local', '.env.development', '.env']);
  });

  test('falls back to the default where a stronger source sets nothing', () => {
    const { config, origins } = load({ files: { '.env': 'PORT=1' }, env: { PORT: '' } });
    assert.equal(config.server.port, 8000);
    assert.equal(origins.PORT, 'default (empty at process environment)');
  });

  test('reads a file with CRLF and a byte order mark', () => {
    assert.equal(load({ files: { '.env': '\uFEFFPORT=1234\r\nHOST=::1\r\n' } }).config.server.host, '::1');
  });

  test('warns of a name that is set twice and takes the last', () => {
    const { config, warnings } = load({ files: { '.env': 'PORT=1\nPORT=2\n' } });
    assert.equal(config.server.port, 2);
    assert.match(warnings.join(), /PORT is set twice in one file, at \.env:1 and \.env:2/);
  });

  test('warns of ${…}, which other readers expand', () => {
    assert.match(load({ files: { '.env': `AUTH_ISSUER=\${OTHER}` } }).warnings.join(), /AUTH_ISSUER \(\.env:1\)/);
  });

  test('names file and line of a broken line', () => {
    assert.equal(faultOf('.env', { files: { '.env': 'PORT=1\n\nwhat is this\n' } }).origin, '.env:3');
  });

  test('names file and line of a broken value', () => {
    assert.equal(faultOf('PORT', { files: { '.env': '# c\nPORT=http\n' } }).origin, '.env:2');
  });

  test('refuses a file that is not UTF-8', () => {
    assert.match(faultOf('.env', { files: { '.env': Buffer.from('\uFEFFPORT=1', 'utf16le') } }).problem, /not UTF-8/);
  });

  test('ignores a folder of the name .env', () => {
    assert.equal(load({ files: { '.env/bin/python': '' } }).config.server.port, 8000);
  });
});

describe('aliases', () => {
  const url = 'postgresql://u:p@localhost/d';
  for (const alias of ['NEON_DATABASE_URL', 'POSTGRES_URL', 'POSTGRES_PRISMA_URL']) {
    test(`reads DATABASE_URL from ${alias}`, () => {
      const { secrets, origins, config } = load({ env: { [alias]: url } });
      assert.equal(secrets.databaseUrl, url);
      assert.equal(origins.DATABASE_URL, `process environment, as ${alias}`);
      assert.equal(config.database.source, 'url');
    });
  }

  for (const alias of ['DATABASE_URL_UNPOOLED', 'POSTGRES_URL_NON_POOLING', 'NEON_DATABASE_URL_UNPOOLED']) {
    test(`reads MIGRATION_DATABASE_URL from ${alias}`, () => {
      assert.equal(load({ env: { DATABASE_URL: url, [alias]: `${url}2` } }).secrets.migrationDatabaseUrl, `${url}2`);
    });
  }

  for (const alias of ['NODE_ENV', 'APP_ENV']) {
    test(`reads ENVIRONMENT from ${alias}`, () => {
      assert.equal(load({ env: { [alias]: 'test' } }).config.environment, 'test');
    });
  }

  test('reads TRUSTED_PROXIES from TRUST_PROXY', () => {
    assert.deepEqual(load({ env: { TRUST_PROXY: '10.0.0.0/8' } }).config.server.trustedProxies, ['10.0.0.0/8']);
  });

  for (const name of ['JWT_SECRET', 'BETTER_AUTH_SECRET']) {
    test(`reads the secret from ${name}`, () => {
      assert.equal(load({ env: { [name]: testSecret } }).secrets.jwtSecret, testSecret);
    });
  }

  test('takes one secret under both names', () => {
    assert.equal(
      load({ env: { JWT_SECRET: testSecret, BETTER_AUTH_SECRET: testSecret } }).secrets.jwtSecret,
      testSecret,
    );
  });

  test('refuses two secrets under two names, also from two sources', () => {
    const env = { BETTER_AUTH_SECRET: `${testSecret}2` };
    assert.match(faultOf('JWT_SECRET', { env: { ...env, JWT_SECRET: testSecret } }).problem, /different values/);
    assert.match(
      faultOf('JWT_SECRET', { env, files: { '.env': `JWT_SECRET=${testSecret}` } }).problem,
      /different values/,
    );
  });

  test('prefers the own name and warns of another value under an alias', () => {
    const { secrets, warnings } = load({ env: { DATABASE_URL: url, POSTGRES_URL: `${url}2` } });
    assert.equal(secrets.databaseUrl, url);
    assert.match(warnings.join(), /POSTGRES_URL/);
  });
});

describe('mounted files', () => {
  test('reads NAME_FILE and drops one trailing line break', () => {
    const { secrets, origins } = load({ env: { JWT_SECRET_FILE: 'run/jwt' }, files: { 'run/jwt': `${testSecret}\n` } });
    assert.equal(secrets.jwtSecret, testSecret);
    assert.equal(origins.JWT_SECRET, 'JWT_SECRET_FILE=run/jwt');
  });

  test("reads an alias's file", () => {
    assert.equal(
      load({ env: { BETTER_AUTH_SECRET_FILE: 'jwt' }, files: { jwt: testSecret } }).secrets.jwtSecret,
      testSecret,
    );
  });

  test('refuses NAME and NAME_FILE together', () => {
    const setting = { env: { JWT_SECRET: testSecret, JWT_SECRET_FILE: 'jwt' }, files: { jwt: testSecret } };
    assert.match(faultOf('JWT_SECRET', setting).problem, /JWT_SECRET and JWT_SECRET_FILE are both set/);
  });

  test('refuses NAME and NAME_FILE of two sources', () => {
    const setting = { env: { JWT_SECRET_FILE: 'jwt' }, files: { jwt: testSecret, '.env': `JWT_SECRET=${testSecret}` } };
    assert.match(faultOf('JWT_SECRET', setting).origin, /\.env:1 and JWT_SECRET_FILE in process environment/);
  });

  test('refuses a file that is missing, empty or a folder', () => {
    const files = { empty: '\n', 'folder/x': '' };
    assert.match(faultOf('JWT_SECRET_FILE', { env: { JWT_SECRET_FILE: 'none' } }).problem, /ENOENT/);
    assert.match(faultOf('JWT_SECRET_FILE', { env: { JWT_SECRET_FILE: 'empty' }, files }).problem, /empty/);
    assert.match(faultOf('JWT_SECRET_FILE', { env: { JWT_SECRET_FILE: 'folder' }, files }).problem, /EISDIR/);
  });

  test('does not report the variable itself as missing too', () => {
    const env = { ENVIRONMENT: 'production', JWT_SECRET_FILE: 'none', DATABASE_URL: 'postgresql://u@h/d' };
    assert.deepEqual(
      faultsOf({ env }).map(({ variable }) => variable),
      ['JWT_SECRET_FILE'],
    );
  });

  test('does not print a secret that stands where its path belongs', () => {
    for (const secret of [testSecret, `/${testSecret}`]) {
      const faults = JSON.stringify(faultsOf({ env: { JWT_SECRET_FILE: secret } }));
      assert.ok(!faults.includes(testSecret));
    }
  });
});

describe('names that are almost ours', () => {
  test('suggests the variable that is missing', () => {
    const fault = faultOf('DATABASE_URL', {
      env: { ENVIRONMENT: 'production', JWT_SECRET: testSecret, DATABSE_URL: 'x' },
    });
    assert.match(fault.fix, /DATABSE_URL is set \(process environment\): did you mean DATABASE_URL\?/);
  });

  test('is offered for an alias of a variable that is missing', () => {
    const env = { ENVIRONMENT: 'production', BETTER_AUTH_SECRT: 'x', NEON_DATABSE_URL: 'y' };
    assert.match(faultOf('JWT_SECRET', { env }).fix, /BETTER_AUTH_SECRT is set .*did you mean BETTER_AUTH_SECRET\?/);
    assert.match(faultOf('DATABASE_URL', { env }).fix, /NEON_DATABSE_URL is set .*did you mean NEON_DATABASE_URL\?/);
  });

  test('is told beside the faults when it is only a warning', () => {
    const env = { ENVIRONMENT: 'production', ALOWED_ORIGINS: 'https://a.example' };
    assert.throws(() => load({ env }), /warning: ALOWED_ORIGINS .*did you mean ALLOWED_ORIGINS\?/);
  });

  const near = {
    LOG_LEVLE: 'LOG_LEVEL',
    ALOWED_ORIGINS: 'ALLOWED_ORIGINS',
    jwt_secret: 'JWT_SECRET',
    REQUEST_TIMEOUTMS: 'REQUEST_TIMEOUT_MS',
  };
  for (const [typo, name] of Object.entries(near)) {
    test(`warns that ${typo} may be ${name}`, () => {
      assert.match(
        load({ files: { '.env': `${typo}=x` } }).warnings.join(),
        new RegExp(`${typo} \\(\\.env:1\\).*${name}\\?`),
      );
    });
  }

  test("says nothing of other programs' variables", () => {
    const env = {
      PATH: '/bin',
      HOME: '/',
      POST: '1',
      GHOST: '1',
      HOSTNAME: 'h',
      NODE_OPTIONS: '',
      PGPORT: '1',
      SECRET_KEY: 'x',
      VITE_API_URL: 'x',
    };
    assert.deepEqual(load({ env }).warnings, []);
  });

  test('refuses a quirk that does not exist, because its switch would do nothing', () => {
    assert.match(
      faultOf('QUIRK_USER_NOT_CHEKED', { env: { QUIRK_USER_NOT_CHEKED: 'hardened' } }).fix,
      /QUIRK_USER_NOT_CHECKED/,
    );
    assert.equal(faultsOf({ env: { QUIRK_WHATEVER: 'legacy' } }).length, 1);
  });
});

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ConfigError } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { type RunningServer, startServer } from '../../src/main.ts';
import { createKeyRing } from '../../src/security/keys.ts';
import { runSql, withDatabase } from '../../tests/support/postgres.ts';
import { startOwnServer } from '../../tests/support/test-server.ts';
import { keyOfJwk } from './forge.ts';
import { sendTo } from './http.ts';
import type { KnownKey, Lab, Surface, Target } from './types.ts';

const secret = 'test-secret-only-for-attacks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ';

export interface OwnTarget {
  target: Target;
  stop(): Promise<void>;
}

/** A server of our own on a PostgreSQL of its own, with keys that the attacker is given, and whatever the attacks need around it. */
export async function startLab(surface: Surface): Promise<OwnTarget> {
  const database = await startOwnServer();
  const name = `attack_${randomBytes(4).toString('hex')}`;
  await runSql(database.url, `CREATE DATABASE ${name}`);
  const url = withDatabase(database.url, name);
  const keys = makeKeys();
  const lines: string[] = [];
  const running: RunningServer[] = [];

  const environment = (env: Readonly<Record<string, string>>) => ({
    ENVIRONMENT: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: url,
    MIGRATIONS_ON_START: 'upgrade',
    DATABASE_POOL_MAX_WAITING: '400',
    JWT_SECRET: secret,
    AUTH_PRIVATE_KEYS: JSON.stringify({ keys: keys.map(({ privateKey }) => privateKey.export({ format: 'jwk' })) }),
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'info',
    DRAIN_DELAY_MS: '0',
    ...Object.fromEntries(
      ['LOGIN', 'REGISTER', 'REFRESH', 'RECOVERY'].map((kind) => [`${kind}_RATE_LIMIT_PER_ADDRESS`, '1000000/1h']),
    ),
    LOGIN_RATE_LIMIT_PER_ACCOUNT: '1000000/1h',
    RECOVERY_RATE_LIMIT_PER_ACCOUNT: '1000000/1h',
    ...env,
  });
  const load = (env: Readonly<Record<string, string>>) =>
    loadConfig({ env: environment(env), cwd: '/nonexistent', generated: 'discard' });

  async function start(env: Readonly<Record<string, string>>): Promise<RunningServer> {
    const { config, secrets } = load(env);
    const log = createLogger(config.log, { write: (line) => void lines.push(line) });
    const server = await startServer({ config, secrets, log });
    running.push(server);
    return server;
  }

  const targetOf = (base: string): Target => ({ base, surface, secret, keys, lab, send: (sent) => sendTo(base, sent) });
  const lab: Lab = {
    sql: (text) => runSql(url, text),
    async start(env = {}) {
      // Limits are shared through the database: each attack begins with none used.
      await runSql(url, 'delete from rate_limits');
      return targetOf((await start(env)).url);
    },
    faultsOf(env) {
      try {
        load(env);
        return [];
      } catch (error) {
        if (error instanceof ConfigError) return error.faults.map(({ variable, problem }) => `${variable} ${problem}`);
        throw error;
      }
    },
    haltDatabase: () => database.halt('fast'),
    resumeDatabase: () => database.resume(),
    async restart() {
      const first = running.shift();
      const port = new URL(first?.url ?? '').port;
      await first?.stop();
      running.unshift(await start({ PORT: port }));
      running.pop();
    },
    log: () => lines.join(''),
    clearLog: () => void lines.splice(0),
  };
  try {
    const first = await start({});
    return {
      target: targetOf(first.url),
      async stop() {
        for (const server of running.splice(0)) await server.stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

/** An Ed25519 key that signs, and a P-256 key that only verifies. */
function makeKeys(): KnownKey[] {
  const pairs = [generateKeyPairSync('ed25519'), generateKeyPairSync('ec', { namedCurve: 'P-256' })];
  return pairs.map(({ privateKey }) => {
    const jwk = privateKey.export({ format: 'jwk' });
    const { kid, alg } = createKeyRing({ authSecret: secret, privateKeysJwk: JSON.stringify(jwk) }).signing;
    return keyOfJwk({ ...jwk, kid, alg });
  });
}

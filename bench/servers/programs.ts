import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authSecret, jwtSecret } from '../seed.ts';
import type { ServerProgram } from './server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every program gets the same number of connections to the database. */
const poolMax = '10';

/** Production, with everything that it brings; only the limits of logins are raised, which a storm from a single address would meet. */
export function ourProgram(databaseUrl: string, nodeArgs: readonly string[]): ServerProgram {
  return {
    name: 'ours',
    command: process.execPath,
    args: [...nodeArgs, join(root, 'src', 'cli', 'main.ts'), 'serve'],
    cwd: root,
    env: ourEnvironment(databaseUrl),
    withPort: (port) => ({ env: { PORT: String(port) } }),
    readyPath: '/ready',
  };
}

export function ourEnvironment(databaseUrl: string): Record<string, string> {
  return {
    ENVIRONMENT: 'production',
    HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_MAX: poolMax,
    JWT_SECRET: jwtSecret,
    AUTH_SECRET: authSecret,
    ALLOWED_ORIGINS: 'https://app.bench.example',
    LOGIN_RATE_LIMIT_PER_ACCOUNT: '1000000/1m',
    LOGIN_RATE_LIMIT_PER_ADDRESS: '1000000/1m',
    // Nobody probes it: it may stop at once.
    DRAIN_DELAY_MS: '0',
  };
}

export function bareProgram(databaseUrl: string): ServerProgram {
  return {
    name: 'bare',
    command: process.execPath,
    args: [join(root, 'bench', 'baselines', 'bare.ts')],
    cwd: root,
    env: { NODE_ENV: 'production', DATABASE_URL: databaseUrl, JWT_SECRET: jwtSecret, POOL_MAX: poolMax },
    withPort: (port) => ({ env: { PORT: String(port) } }),
    readyPath: '/health',
  };
}

/** One worker, as our server is one process; the fastest event loop and parser that uvicorn knows, and no access log. */
export function fastapiProgram(databaseUrl: string, uvicorn: string): ServerProgram {
  const options = ['--host', '127.0.0.1', '--loop', 'uvloop', '--http', 'httptools', '--no-access-log'];
  return {
    name: 'fastapi',
    command: uvicorn,
    args: ['main:app', ...options],
    cwd: join(root, 'bench', 'baselines', 'fastapi'),
    env: { DATABASE_URL: databaseUrl, JWT_SECRET: jwtSecret, POOL_MAX: poolMax, PYTHONDONTWRITEBYTECODE: '1' },
    withPort: (port) => ({ args: ['--port', String(port)] }),
    readyPath: '/health',
  };
}

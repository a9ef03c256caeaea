import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createLogger } from '../logging/logger.ts';
import { openDatabase } from '../open-database.ts';
import { createServices } from '../services/index.ts';
import { loadBesideServer } from './database-access.ts';
import type { CliContext, VerbResult } from './verb.ts';

export interface UserCreateOptions {
  readonly email: string;
  readonly name?: string;
  /** Read the password from stdin; left out, one is made and printed. */
  readonly passwordStdin?: boolean;
}

/** Registers a user by the rules of POST /auth/register. Throws AppError `conflict` and `invalid_value`. */
export async function userCreate(options: UserCreateOptions, context: CliContext): Promise<VerbResult> {
  const password = options.passwordStdin === true ? readFileSync(0, 'utf8').replace(/\r?\n$/, '') : makePassword();
  const { config, secrets } = await loadBesideServer(context);
  const log = createLogger({ level: 'silent', format: 'json' });
  const database = await openDatabase({ config, secrets, log, onProgress: context.say });
  const services = createServices({ config, secrets, db: database.db, events: () => {} });
  try {
    const registration = { email: options.email, password, name: options.name };
    const user = await services.users.register(registration, {
      requestId: 'cli',
      address: '127.0.0.1',
      userAgent: null,
    });
    const made = options.passwordStdin === true ? {} : { password };
    const lines = [
      `${user.email} is registered (${user.id}).`,
      ...Object.values(made).map((text) => `password: ${text}`),
    ];
    return { data: { user, ...made }, text: lines.join('\n') };
  } finally {
    await services.close();
    await database.close();
  }
}

/** 24 characters, 144 bits: nobody guesses it, and every password rule takes it. */
function makePassword(): string {
  return randomBytes(18).toString('base64url');
}

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';
import { cliClient, withServices } from './with-services.ts';

export interface UserCreateOptions {
  readonly email: string;
  readonly name?: string;
  /** Read the password from stdin; left out, one is made and printed. */
  readonly passwordStdin?: boolean;
}

/** Registers a user by the rules of POST /auth/register. Throws CliError for an address that is taken, AppError `invalid_value`. */
export async function userCreate(options: UserCreateOptions, context: CliContext): Promise<VerbResult> {
  const password = options.passwordStdin === true ? readFileSync(0, 'utf8').replace(/\r?\n$/, '') : makePassword();
  return withServices(context, async (services) => {
    const registration = { email: options.email, password, name: options.name };
    const user = await services.users.register(registration, cliClient).catch(explained);
    const made = options.passwordStdin === true ? {} : { password };
    const lines = [
      `${user.email} is registered (${user.id}).`,
      ...Object.values(made).map((text) => `password: ${text}`),
    ];
    return { data: { user, ...made }, text: lines.join('\n') };
  });
}

function explained(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
  const fix = 'take another address; `./stanchion user access <email>` shows who has this one';
  throw new CliError('failed', error.detail, fix);
}

/** 24 characters, 144 bits: nobody guesses it, and every password rule takes it. */
function makePassword(): string {
  return randomBytes(18).toString('base64url');
}

import { AppError } from '../errors.ts';
import type { ServiceTokensService } from '../services/service-tokens.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';
import { cliClient, withServices } from './with-services.ts';

export interface ServiceTokenCreateOptions {
  readonly name: string;
  readonly scope: readonly string[];
  readonly expiresInDays?: string;
}

/** Makes one without an administrator. The token is printed here and nowhere else. Throws CliError `usage`, AppError `invalid_value`. */
export async function serviceTokenCreate(options: ServiceTokenCreateOptions, context: CliContext): Promise<VerbResult> {
  const { name, scope: scopes } = options;
  const input = { name, scopes, expires_in_days: parseDays(options.expiresInDays) };
  return withServices(context, async ({ serviceTokens }) => {
    const made = await serviceTokens.create(input, null, cliClient);
    return { data: { service_token: made }, text: `${describe(made)}\ntoken: ${made.token}` };
  });
}

export async function serviceTokenList(_options: object, context: CliContext): Promise<VerbResult> {
  return withServices(context, async ({ serviceTokens }) => {
    const all = await serviceTokens.list();
    const text = all.length === 0 ? 'There are no service tokens.' : all.map(describe).join('\n');
    return { data: { service_tokens: all }, text };
  });
}

/** Throws CliError `failed` for an id that is none. */
export async function serviceTokenRevoke({ id }: { id: string }, context: CliContext): Promise<VerbResult> {
  const unknown = () =>
    new CliError('failed', `There is no service token ${id}.`, '`./stanchion auth service-tokens list` shows them');
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw unknown();
  return withServices(context, async ({ serviceTokens }) => {
    try {
      await serviceTokens.revoke(id, null, cliClient);
    } catch (error) {
      throw error instanceof AppError && error.code === 'not_found' ? unknown() : error;
    }
    return { data: { revoked: id }, text: `${id} is revoked; running servers know within SESSION_CHECK_SECONDS.` };
  });
}

function parseDays(text: string | undefined): number | null {
  if (text === undefined) return null;
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= 3650) return days;
  throw new CliError('usage', `--expires-in-days ${text} is no number of days`, 'give 1 to 3650');
}

type Listed = Awaited<ReturnType<ServiceTokensService['list']>>[number];

function describe({ id, name, scopes, created_by, expires_at, last_used_at, revoked_at }: Listed): string {
  return [
    id,
    name,
    scopes.length === 0 ? 'no scopes' : scopes.join(' '),
    revoked_at === null ? `expires ${expires_at ?? 'never'}` : `revoked ${revoked_at}`,
    `made by ${created_by ?? 'the command line'}`,
    last_used_at === null ? 'never used' : `used ${last_used_at}`,
  ].join('  ');
}

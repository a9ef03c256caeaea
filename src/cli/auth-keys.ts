import { AppError } from '../errors.ts';
import type { ListedKey } from '../services/keys.ts';
import { parseSeconds } from './durations.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';
import { withServices } from './with-services.ts';

export interface AuthKeysRotateOptions {
  readonly alg: string;
  /** Seconds, or with a unit: 10m. */
  readonly signsIn: string;
}

export interface AuthKeysRetireOptions {
  readonly kid: string;
  readonly force?: boolean;
}

export async function authKeysList(_options: object, context: CliContext): Promise<VerbResult> {
  return withServices(context, async ({ keys }) => report(await keys.list()));
}

/** Throws CliError when a key is on its way, the time is too short, or the configuration holds the keys. */
export async function authKeysRotate(options: AuthKeysRotateOptions, context: CliContext): Promise<VerbResult> {
  const { alg } = options;
  if (alg !== 'EdDSA' && alg !== 'ES256')
    throw new CliError('usage', `--alg ${alg} is no algorithm of signing keys`, 'give EdDSA or ES256');
  const signsInSeconds = parseSeconds('--signs-in', options.signsIn);
  const fix =
    '`./stanchion auth keys list` shows them; one that does not sign yet is taken off with `auth keys retire <kid>`';
  return withServices(context, async ({ keys }) =>
    explained(async () => report(await keys.rotate({ alg, signsInSeconds })), fix),
  );
}

/** Throws CliError for an unknown key, for the one that signs and, unless forced, for one whose tokens may be in use. */
export async function authKeysRetire({ kid, force }: AuthKeysRetireOptions, context: CliContext): Promise<VerbResult> {
  const fix = '`./stanchion auth keys list` shows them; `auth keys rotate` gives the one that signs a successor';
  return withServices(context, async ({ keys }) =>
    explained(async () => report(await keys.retire(kid, { force: force === true })), fix),
  );
}

/** What the service refuses, with what to do. */
async function explained(work: () => Promise<VerbResult>, fix: string): Promise<VerbResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && (error.code === 'conflict' || error.code === 'not_found')) {
      throw new CliError('failed', error.detail, fix);
    }
    throw error;
  }
}

function report(keys: readonly ListedKey[]): VerbResult {
  const rows = keys.map((key) => [
    key.kid,
    key.alg,
    key.usable || key.state === 'retired' ? key.state : `${key.state}, cannot be opened`,
    key.source,
    `signs from ${key.signs_from ?? 'always'}`,
    `verifies until ${key.verify_until ?? 'it has a successor'}`,
    key.last_used_at === null ? 'never seen' : `seen ${key.last_used_at} (${key.uses} times)`,
  ]);
  return { data: { keys }, text: rows.map((row) => row.join('  ')).join('\n') };
}

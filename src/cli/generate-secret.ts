import { randomBytes } from 'node:crypto';
import { CliError, type VerbResult } from './verb.ts';

export interface GenerateSecretOptions {
  /** How many random bytes, as text from the command line. */
  readonly bytes?: string;
}

/** 64 bytes are 86 URL-safe characters, which no .env file and no shell needs to quote. */
const DEFAULT_BYTES = 64;
/** 48 bytes are the 64 characters that production asks for. */
const MIN_BYTES = 48;

/** A secret from the operating system's generator, for JWT_SECRET, AUTH_SECRET and METRICS_TOKEN. */
export function generateSecret(options: GenerateSecretOptions): VerbResult {
  const bytes = options.bytes === undefined ? DEFAULT_BYTES : Number(options.bytes);
  if (!Number.isInteger(bytes) || bytes < MIN_BYTES || bytes > 1024) {
    throw new CliError(
      'usage',
      `--bytes must be a whole number from ${MIN_BYTES} to 1024.`,
      'leave it out for 64 bytes',
    );
  }
  const secret = randomBytes(bytes).toString('base64url');
  return { data: { secret, bytes }, text: secret };
}

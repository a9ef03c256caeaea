import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.ts';

/** Where development keeps what it generates. */
export const developmentSecretsFile = 'secrets.json';

/** A secret of 64 random bytes: 86 URL-safe characters. */
export function generateSecret(): string {
  return randomBytes(64).toString('base64url');
}

/** The secret that development generated before, or undefined. Throws when the file is there but not readable. */
export function findDevelopmentSecret(dataDir: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(dataDir, developmentSecretsFile), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
  const stored: unknown = JSON.parse(text);
  const secret =
    typeof stored === 'object' && stored !== null && 'JWT_SECRET' in stored ? stored.JWT_SECRET : undefined;
  if (typeof secret === 'string' && secret !== '') return secret;
  throw new TypeError(`${developmentSecretsFile} holds no JWT_SECRET`);
}

/** Keeps a new secret for the next start and returns the one that is kept: two first starts at once agree on one. */
export function keepDevelopmentSecret(dataDir: string, secret: string): string {
  const path = join(dataDir, developmentSecretsFile);
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  makeFolder(dataDir);
  writeFileSync(draft, `${JSON.stringify({ JWT_SECRET: secret }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path); // Whole or not at all, and never over another's: link(2) fails on a name that exists.
    return secret;
  } catch (error) {
    const kept = findDevelopmentSecret(dataDir);
    if (kept === undefined) throw error;
    return kept;
  } finally {
    rmSync(draft, { force: true });
  }
}

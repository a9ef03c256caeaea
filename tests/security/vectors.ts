import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One recorded password verification; see tests/security/data/README.md. */
export interface HashVector {
  id: string;
  scheme: string;
  hash: string;
  password: string;
  ok: boolean;
  library?: string;
}

/** One recorded token with what each verifier answered. */
export interface TokenVector {
  id: string;
  token: string;
  secret?: string;
  jwks?: { keys: Record<string, unknown>[] };
  call: { algorithms: string[]; audience?: string; issuer?: string };
  now: number;
  expect: { python_jose: 'accept' | 'reject' | 'crash' };
  http: number;
  hardened: { outcome: 'accept' | '401' | 'refuse_boot'; reason: string };
}

export function readHashVectors(path = own('hashes.json')): HashVector[] {
  return readCases<HashVector>(path);
}

export function readTokenVectors(path = own('jwt.json')): TokenVector[] {
  return readCases<TokenVector>(path);
}

function own(name: string): string {
  return join(import.meta.dirname, 'data', name);
}

function readCases<Case>(path: string): Case[] {
  const text = readFileSync(path, 'utf8');
  // oxlint-disable-next-line no-unsafe-type-assertion -- files of this repository, described in data/README.md.
  return (JSON.parse(text) as { cases: Case[] }).cases;
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Difference, Score } from '../../packages/wire/tests/scoreboard.ts';
import { AppError } from '../../src/errors.ts';
import type { HmacAlgorithm } from '../../src/security/hmac.ts';
import { isHmacAlgorithm } from '../../src/security/hmac.ts';
import { createLegacyTokens } from '../../src/security/legacy-tokens.ts';
import { createPasswordHasher } from '../../src/security/passwords.ts';
import { UnusableKeyError } from '../../src/security/secrets.ts';
import type { SignatureAlgorithm } from '../../src/security/signatures.ts';
import { createStrictTokens } from '../../src/security/strict-tokens.ts';
import { readHashVectors, readTokenVectors, type TokenVector } from '../../tests/security/vectors.ts';

/** Scores the password hashes and tokens of a folder, if it has any. */
export async function scoreAuthFolder(folder: string): Promise<Score[]> {
  const [hashes, tokens] = ['hashes.json', 'jwt.json'].map((name) => join(folder, name));
  return [
    ...(hashes !== undefined && existsSync(hashes) ? [await scoreHashes(hashes)] : []),
    ...(tokens !== undefined && existsSync(tokens) ? await scoreTokens(readTokenVectors(tokens)) : []),
  ];
}

/** What the recorded library accepts is accepted, and nothing else. */
async function scoreHashes(path: string): Promise<Score> {
  const vectors = readHashVectors(path);
  const hasher = createPasswordHasher({ memoryKib: 64, iterations: 1, workers: 1, maxQueue: vectors.length });
  try {
    const answers: Answer[] = [];
    for (const { id, password, hash, ok } of vectors) {
      const expected = ok ? 'accept' : 'refuse';
      answers.push({ id, expected, actual: (await hasher.verify(password, hash)).ok ? 'accept' : 'refuse' });
    }
    return score('hashes', answers);
  } finally {
    await hasher.close();
  }
}

/**
 * Twice: by the strict policy, and by the profile of the incumbent's own tokens with every switch as the incumbent has it.
 * A key set is no matter of that profile, and a secret that must not be used stops the start.
 */
async function scoreTokens(vectors: readonly TokenVector[]): Promise<Score[]> {
  const strict = await Promise.all(
    vectors.map(async (vector) => ({
      ...{ id: vector.id, expected: vector.hardened.outcome },
      actual: await outcomeOf(() => createStrictTokens(strictOptions(vector)).verify(vector.token, vector.now)),
    })),
  );
  const usable = vectors.filter(({ secret, hardened }) => secret !== undefined && hardened.outcome !== 'refuse_boot');
  const legacy = await Promise.all(
    usable.map(async (vector) => ({
      ...{ id: vector.id, expected: vector.http === 200 ? 'accept' : '401' },
      actual: await outcomeOf(() => createLegacyTokens(legacyOptions(vector)).verify(vector.token, vector.now)),
      ...(vector.http === 500 ? { waivedIf401: 'a token on which the recorded stack fails is refused' } : {}),
    })),
  );
  return [score('jwt, strict policy', strict), score('jwt, incumbent’s profile', legacy)];
}

interface Answer {
  id: string;
  expected: string;
  actual: string;
  waivedIf401?: string;
}

function score(group: string, answers: readonly Answer[]): Score {
  const waived = new Map<string, number>();
  const differences: Difference[] = [];
  for (const { id, expected, actual, waivedIf401 } of answers) {
    if (actual !== expected) differences.push({ id, expected, actual });
    else if (waivedIf401 !== undefined) waived.set(waivedIf401, (waived.get(waivedIf401) ?? 0) + 1);
  }
  const waivedCases = [...waived.values()].reduce((sum, count) => sum + count, 0);
  const agree = answers.length - differences.length - waivedCases;
  return { group, cases: answers.length, agree, differ: differences.length, waived, differences };
}

async function outcomeOf(verify: () => unknown): Promise<string> {
  try {
    await verify();
    return 'accept';
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_token') return '401';
    if (error instanceof UnusableKeyError) return 'refuse_boot';
    return `crash: ${String(error)}`;
  }
}

function strictOptions({ call, jwks, secret = '' }: TokenVector): Parameters<typeof createStrictTokens>[0] {
  return {
    key: jwks ? { jwks: JSON.stringify(jwks) } : { secret },
    // oxlint-disable-next-line no-unsafe-type-assertion -- an algorithm that is not supported refuses every token
    algorithms: call.algorithms as (HmacAlgorithm | SignatureAlgorithm)[],
    ...(call.audience === undefined ? {} : { audience: call.audience }),
    ...(call.issuer === undefined ? {} : { issuer: call.issuer }),
  };
}

function legacyOptions({ call, secret = '', now }: TokenVector): Parameters<typeof createLegacyTokens>[0] {
  const [algorithm] = call.algorithms;
  return {
    secret,
    ...(isHmacAlgorithm(algorithm) ? { algorithm } : {}),
    now: () => now,
    ...(call.audience === undefined ? {} : { audience: call.audience }),
    ...(call.issuer === undefined ? {} : { issuer: call.issuer }),
    ...{ requireExp: false, refuseCrit: false, looseBase64: true },
  };
}

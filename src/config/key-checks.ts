import { createKeyRing } from '../security/keys.ts';
import { createHmacKey, UnusableKeyError } from '../security/secrets.ts';
import { deriveAuthSecret, isDerivedWord } from './auth-secret.ts';
import type { ConfigFault } from './faults.ts';
import type { Values, VariableName } from './variables.ts';

type Name = VariableName & ('JWT_SECRET' | 'AUTH_SECRET' | 'AUTH_SECRETS_ACCEPTED' | 'AUTH_PRIVATE_KEYS');

export interface KeyCheckInput {
  readonly values: Partial<Values>;
  readonly originOf: (name: VariableName) => string;
}

const generate = 'generate one with `./stanchion generate secret`';

/** Secrets and keys that a start would stumble over, in any environment: whoever uses them is asked. */
export function checkKeys({ values, originOf }: KeyCheckInput): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const refuse = (variable: Name, problem: string | undefined, fix: string) => {
    if (problem !== undefined) faults.push({ variable, problem, origin: originOf(variable), fix });
  };
  for (const name of ['JWT_SECRET', 'AUTH_SECRET'] as const) {
    const secret = values[name];
    if (typeof secret === 'string') refuse(name, findSecretFault(secret), generate);
  }
  const accepted = values.AUTH_SECRETS_ACCEPTED ?? [];
  const unusable = accepted.filter((entry) => !isDerivedWord(entry)).map(findSecretFault);
  refuse('AUTH_SECRETS_ACCEPTED', unusable.find(Boolean), generate);
  if (hasRepetition(values, accepted)) {
    const fix = 'name each secret once, and the one that is in use (AUTH_SECRET, else JWT_SECRET) not at all';
    refuse('AUTH_SECRETS_ACCEPTED', 'has a secret twice, or the one that is in use anyway', fix);
  }
  const keys = values.AUTH_PRIVATE_KEYS;
  if (typeof keys === 'string') refuse('AUTH_PRIVATE_KEYS', findKeySetFault(keys), 'mend the set, or remove it');
  return faults;
}

function findSecretFault(secret: string): string | undefined {
  return faultOf(() => createHmacKey(secret), 'cannot be a key');
}

/** The secret beside them plays no part: a key set stands for itself. */
function findKeySetFault(privateKeysJwk: string): string | undefined {
  return faultOf(() => createKeyRing({ authSecret: deriveAuthSecret(''), privateKeysJwk }), 'cannot be used');
}

function faultOf(use: () => unknown, summary: string): string | undefined {
  try {
    use();
    return undefined;
  } catch (error) {
    if (error instanceof UnusableKeyError) return `${summary}: ${error.message}`;
    throw error;
  }
}

function hasRepetition(values: Partial<Values>, accepted: readonly string[]): boolean {
  const { JWT_SECRET: jwtSecret, AUTH_SECRET: authSecret } = values;
  // Without JWT_SECRET one is generated, which nobody can have named: any text will do for it.
  const derived = typeof jwtSecret === 'string' ? deriveAuthSecret(jwtSecret) : 'generated';
  const all = [authSecret ?? derived, ...accepted.map((entry) => (isDerivedWord(entry) ? derived : entry))];
  return new Set(all).size < all.length;
}

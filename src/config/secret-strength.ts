const MIN_LENGTH = 64;
const MIN_DISTINCT = 12;

/**
 * Phrases of placeholders, without punctuation. Each is long enough that a random secret does not hold it by chance.
 * The last two are whole secrets that tutorials print.
 */
const placeholders = [
  ...[
    'changeme',
    'changethis',
    'changeit',
    'changein',
    'replaceme',
    'replacethis',
    'replacewith',
    'yoursecret',
    'yoursuper',
  ],
  ...[
    'yourjwt',
    'yourkey',
    'yourrandom',
    'your256bit',
    'supersecret',
    'mysecret',
    'placeholder',
    'insertsecret',
    'putyour',
  ],
  ...['keyboardcat', 'secretkeyhere', 'thisisasecret', 'betterauthsecret1234567890', 'astringsecretatleast256bitslong'],
  ...['09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7'],
];
const knownWords = [
  'secret',
  'password',
  'default',
  'example',
  'test',
  'admin',
  'jwt',
  'key',
  'token',
  'none',
  'undefined',
  'null',
];

/**
 * Why a secret can be guessed, in words that follow its name, or undefined. Says nothing of its text but the length:
 * 64 characters or more, of at least 12 kinds (64 random hex digits have 15 or 16), no repetition, no known default.
 */
export function findSecretWeakness(secret: string): string | undefined {
  const plain = secret.toLowerCase().replace(/[^a-z0-9]/g, '');
  const length = Array.from(secret).length;
  if (placeholders.some((phrase) => plain.includes(phrase)) || knownWords.includes(plain)) {
    return `is a known default or placeholder (${length} characters)`;
  }
  if (length < MIN_LENGTH) return `has ${length} characters, fewer than ${MIN_LENGTH}`;
  if (new Set(secret).size < MIN_DISTINCT)
    return `has too little variety (${length} characters of ${new Set(secret).size} kinds)`;
  if (isRepetition(secret)) return `repeats itself (${length} characters)`;
  return undefined;
}

/** A text is a repetition exactly when it occurs in its own doubling before its end. */
function isRepetition(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}

import { transaction } from '../database/transaction.ts';
import type { TxSource } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { listKeyUses } from '../models/key-uses.ts';
import {
  eraseRetiredKeys,
  insertSigningKey,
  keepSigningKey,
  limitSigningKey,
  listSigningKeys,
  lockSigningKeys,
  type SigningKeyRow,
} from '../models/signing-keys.ts';
import { generateSigningKey, type NativeAlgorithm, toSigningKey } from '../security/keys.ts';
import type { RandomBytes } from '../security/random.ts';
import type { RotatingKeyRing, StoredKey } from '../security/rotating-keys.ts';
import { openSealedKey, sealPrivateKey } from '../security/sealed-keys.ts';
import type { SecurityEvents } from './client-context.ts';

export interface KeysService {
  /**
   * Reads the keys of the database into the ring; answers those in use that none of this process's secrets opens. Throws
   * AppError `database_unavailable`.
   */
  reload(): Promise<{ unusable: string[] }>;
  /** Does nothing once they were read. */
  ready(): Promise<void>;
  list(): Promise<ListedKey[]>;
  /**
   * Publishes a new key now that signs in `signsInSeconds`, and gives its predecessors their end. Throws AppError
   * `conflict` when the configuration holds the keys, when a key is on its way, and for a time that is too short.
   */
  rotate(options: { alg: NativeAlgorithm; signsInSeconds: number }): Promise<ListedKey[]>;
  /**
   * Ends a key. Throws AppError `not_found`; `conflict` for the one that signs, and, unless forced, for one whose tokens
   * may be in use.
   */
  retire(kid: string, options: { force: boolean }): Promise<ListedKey[]>;
  /** Removes private keys whose end has come. */
  eraseRetired(): Promise<number>;
}

export type KeyState = 'published' | 'signs' | 'verifies' | 'retired';

export interface ListedKey {
  kid: string;
  alg: NativeAlgorithm;
  state: KeyState;
  source: 'database' | 'secret' | 'AUTH_PRIVATE_KEYS';
  /** False: none of this process's secrets opens it. */
  usable: boolean;
  signs_from: string | null;
  verify_until: string | null;
  uses: number;
  last_used_at: string | null;
}

export interface KeysOptions {
  db: TxSource;
  ring: RotatingKeyRing;
  random: RandomBytes;
  /** Where the ring's own keys come from. */
  ringSource: 'secret' | 'AUTH_PRIVATE_KEYS';
  /** The longest time between the minting of a token and its end. */
  longestTokenSeconds: number;
  /** Every instance reads the keys this often. */
  reloadSeconds: number;
  events: SecurityEvents;
  /** The set of keys that verify has changed: what was verified before must be asked again. */
  onChange: () => void;
}

/** How far the clocks of instances may be apart. */
const skewSeconds = 60;

/** Keys of access tokens in the database, for all instances (docs/adr/0011-signing-keys.md). */
export function createKeysService(options: KeysOptions): KeysService {
  const { db, ring } = options;
  // A key signs when every instance has had two occasions to read it.
  const minPublishedSeconds = 2 * options.reloadSeconds;
  let reading: Promise<unknown> | undefined;

  async function reload(): Promise<{ unusable: string[] }> {
    const rows = await listSigningKeys(db);
    const stored = rows.map((row) => toStoredKey(ring, row));
    if (ring.replace(stored)) options.onChange();
    const isUsable = (row: SigningKeyRow) => isRetired(row) || stored.some(({ kid, key }) => kid === row.kid && key);
    return { unusable: rows.filter((row) => row.sealed !== null && !isUsable(row)).map(({ kid }) => kid) };
  }

  async function list(): Promise<ListedKey[]> {
    await reload();
    const [rows, uses] = [await listSigningKeys(db), await listKeyUses(db)];
    const stored = rows.map((row) => describeRow(row, ring, options.ringSource));
    const own = ring.verifyKeys.filter(({ kid }) => !rows.some((row) => row.kid === kid));
    const fixed = own.map(({ kid, alg }): Described => {
      const state = kid === ring.signing.kid ? 'signs' : 'verifies';
      return { kid, alg, state, source: options.ringSource, usable: true, signs_from: null, verify_until: null };
    });
    return [...fixed, ...stored].map((key) => {
      const use = uses.find(({ key_id }) => key_id === key.kid);
      return { ...key, uses: use?.uses ?? 0, last_used_at: use ? new Date(use.last_used_at).toISOString() : null };
    });
  }

  return {
    reload,
    async ready() {
      if (ring.isComplete) return;
      reading ??= reload().finally(() => (reading = undefined));
      await reading;
    },
    list,

    async rotate({ alg, signsInSeconds }) {
      if (options.ringSource === 'AUTH_PRIVATE_KEYS')
        throw refused('the keys stand in AUTH_PRIVATE_KEYS: rotate there');
      if (signsInSeconds < minPublishedSeconds) {
        throw refused(
          `every instance must have read a key before it signs: give ${minPublishedSeconds} seconds at least, and more than caches keep the key set`,
        );
      }
      const key = generateSigningKey(alg);
      const sealed = sealPrivateKey(ring.seals[0], key, options.random);
      await transaction(db, async (tx) => {
        await lockSigningKeys(tx);
        const rows = await listSigningKeys(tx);
        const coming = rows.find((row) => row.signs_from_seconds > row.now_seconds && !isRetired(row));
        if (coming) throw refused(`${coming.kid} is on its way: it signs from ${iso(coming.signs_from_seconds)}`);
        ring.replace(rows.map((row) => toStoredKey(ring, row)));
        const { signing } = ring;
        if (!rows.some(({ kid }) => kid === signing.kid)) {
          await insertSigningKey(tx, { kid: signing.kid, alg: signing.alg, sealed: null, signs_in_seconds: 0 });
        }
        // Whatever end an earlier rotation gave it: what it signs until then lives as long as any token.
        await keepSigningKey(tx, signing.kid);
        const seconds = signsInSeconds + options.longestTokenSeconds + skewSeconds;
        for (const kid of new Set([signing.kid, ...rows.map((row) => row.kid)]))
          await limitSigningKey(tx, { kid, seconds });
        await insertSigningKey(tx, { kid: key.kid, alg, sealed, signs_in_seconds: signsInSeconds });
      });
      options.events({ event: 'signing_key_published', reason: key.kid });
      return list();
    },

    async retire(kid, { force }) {
      await transaction(db, async (tx) => {
        await lockSigningKeys(tx);
        const rows = await listSigningKeys(tx);
        const row = rows.find((candidate) => candidate.kid === kid);
        ring.replace(rows.map((each) => toStoredKey(ring, each)));
        if (ring.signing.kid === kid) throw refused('it signs: rotate first');
        if (!row) throw new AppError('not_found', { detail: `no key ${kid} was ever rotated` });
        if (row.signs_from_seconds <= row.now_seconds && !isRetired(row) && !force) {
          const end = row.verify_until_seconds === null ? 'a successor signs' : iso(row.verify_until_seconds);
          throw refused(`tokens of it may be in use until ${end}: --force ends them`);
        }
        await limitSigningKey(tx, { kid, seconds: 0 });
        // Its predecessor was given an end for its sake, beyond which it would sign what nobody verifies.
        if (row.signs_from_seconds > row.now_seconds && !isRetired(row)) await keepSigningKey(tx, ring.signing.kid);
      });
      options.events({ event: 'signing_key_retired', reason: kid });
      await eraseRetiredKeys(db);
      return list();
    },

    eraseRetired: async () => (await eraseRetiredKeys(db)).length,
  };
}

type Described = Omit<ListedKey, 'uses' | 'last_used_at'>;

function describeRow(row: SigningKeyRow, ring: RotatingKeyRing, source: KeysOptions['ringSource']): Described {
  const { kid, alg } = row;
  const usable = ring.findVerifyKey(kid) !== undefined;
  return {
    ...{ kid, alg, usable },
    signs_from: iso(row.signs_from_seconds),
    verify_until: row.verify_until_seconds === null ? null : iso(row.verify_until_seconds),
    state: stateOf(row, ring),
    source: row.sealed === null && usable ? source : 'database',
  };
}

function stateOf(row: SigningKeyRow, ring: RotatingKeyRing): KeyState {
  if (isRetired(row)) return 'retired';
  if (row.signs_from_seconds > row.now_seconds) return 'published';
  return row.kid === ring.signing.kid ? 'signs' : 'verifies';
}

function isRetired({ verify_until_seconds, now_seconds }: SigningKeyRow): boolean {
  return verify_until_seconds !== null && verify_until_seconds <= now_seconds;
}

function toStoredKey(ring: RotatingKeyRing, row: SigningKeyRow): StoredKey {
  const privateKey = row.sealed === null ? undefined : openSealedKey(ring.seals, row.kid, row.sealed);
  return {
    kid: row.kid,
    key: privateKey && toSigningKey(privateKey),
    signsFrom: row.signs_from_seconds,
    verifyUntil: row.verify_until_seconds ?? Number.POSITIVE_INFINITY,
  };
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function refused(detail: string): AppError {
  return new AppError('conflict', { detail });
}

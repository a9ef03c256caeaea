import type { Db } from '../database/types.ts';
import { listPasswordHashes } from '../models/users.ts';
import { placeOfAccount } from '../security/account-place.ts';
import type { PasswordHasher } from '../security/passwords.ts';

/**
 * The hash that an unknown account is checked against. As long as some users still have hashes of the old backend, which cost
 * another time than new ones, an unknown account must look like one or the other as often as users do, and always the same.
 */
export interface Decoys {
  /** A stored hash to do the work of. Undefined: that of a new one. */
  hashFor(account: string): string | undefined;
  /** Looks at a sample of the users. Safe to call at any time; before the first call everybody looks new. */
  refresh(): Promise<void>;
}

export interface DecoysOptions {
  db: Db;
  passwords: Pick<PasswordHasher, 'describe'>;
  /** The same for all instances, known to nobody else. */
  secret: string;
  randomId: () => string;
}

const sampleSize = 2000;

export function createDecoys(options: DecoysOptions): Decoys {
  let shares: readonly { hash: string; upTo: number }[] = [];

  return {
    hashFor(account) {
      const place = placeOfAccount(options.secret, account);
      return shares.find(({ upTo }) => place < upTo)?.hash;
    },

    async refresh() {
      const sample = await takeSample();
      const groups = new Map<string, { hash: string; count: number }>();
      for (const hash of sample) {
        const { scheme, parameters, status } = options.passwords.describe(hash);
        if (status !== 'weaker' && status !== 'current') continue;
        const key = `${status === 'weaker' ? 0 : 1} ${scheme} ${parameters}`;
        groups.set(key, { hash, count: (groups.get(key)?.count ?? 0) + 1 });
      }
      // The old kinds first: with time they get fewer, and an unknown account moves to the new one as users do.
      const sorted = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
      let counted = 0;
      shares = sorted.map(({ hash, count }) => {
        counted += count;
        return { hash, upTo: counted / sample.length };
      });
    },
  };

  /** Ids are random: those after a random one are a sample. Near the end of the table it begins again at the start. */
  async function takeSample(): Promise<string[]> {
    const tail = await listPasswordHashes(options.db, { after: options.randomId(), limit: sampleSize });
    const rest = sampleSize - tail.length;
    const head = rest > 0 ? await listPasswordHashes(options.db, { limit: rest }) : [];
    // Of a small table the start goes on to what was read already: each user counts once.
    return [...new Map([...tail, ...head].map(({ id, hashed_password }) => [id, hashed_password])).values()];
  }
}

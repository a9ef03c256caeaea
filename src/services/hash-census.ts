import type { Db } from '../database/types.ts';
import { listPasswordHashes } from '../models/users.ts';
import type { PasswordHasher } from '../security/passwords.ts';

/** Users whose hashes were made in one way. */
export interface HashCount {
  scheme: string;
  parameters: string;
  /** `current`; `weaker`: replaced when its user logs in; or why nobody can log in with it. */
  status: ReturnType<PasswordHasher['describe']>['status'];
  users: number;
}

export interface HashCensusService {
  /** Every user once, the largest group first. Reads all of them, in pages. */
  count(): Promise<HashCount[]>;
}

const pageSize = 5000;

export function createHashCensusService(options: {
  db: Db;
  passwords: Pick<PasswordHasher, 'describe'>;
}): HashCensusService {
  return {
    async count() {
      const groups = new Map<string, HashCount>();
      for (let after: string | undefined; ; ) {
        const page = await listPasswordHashes(options.db, { after, limit: pageSize });
        for (const { hashed_password } of page) {
          const description = options.passwords.describe(hashed_password);
          const key = JSON.stringify(description);
          const group = groups.get(key) ?? { ...description, users: 0 };
          groups.set(key, { ...group, users: group.users + 1 });
        }
        after = page.at(-1)?.id;
        if (page.length < pageSize) break;
      }
      return [...groups.values()].toSorted((a, b) => b.users - a.users);
    },
  };
}

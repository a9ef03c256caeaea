import { after, before, describe, test } from 'node:test';
import type { ClientConfig } from 'pg';
import { openShadow, type Shadow } from '../../src/index.ts';
import { type Major, preparePostgres } from '../postgres/environment.ts';
import { matrix } from './matrix.ts';
import { runCase } from './run-case.ts';

/**
 * Every case runs on the newest major, and on one of the two older ones: that halves the time, and each older major still has more
 * than fifty. `FULL_MATRIX=1 npm test -- packages/migrate/tests/autogenerate` runs all of them on all.
 */
const shareOf: Readonly<Record<Major, (index: number) => boolean>> = {
  15: (index) => index % 2 === 0,
  17: (index) => index % 2 === 1,
  18: () => true,
};

function casesFor(major: Major): typeof matrix {
  const known = matrix.filter(({ since = 0, until = 99 }) => since <= major && major <= until);
  return process.env.FULL_MATRIX === '1' ? known : known.filter((_, index) => shareOf[major](index));
}

/** One server for all cases, which have databases of their own. */
export function testMatrix(major: Major): void {
  describe(`autogenerate on PostgreSQL ${major}`, { concurrency: 2 }, () => {
    let shadow: Shadow;
    let server: ClientConfig;
    before(async () => {
      shadow = await openShadow({ majorVersion: major, binaryFolders: [await preparePostgres(major)] });
      server = (await shadow.createDatabase()).connection;
    });
    after(async () => shadow.close());

    for (const one of casesFor(major)) {
      test(`${one.refused ? 'refuses, with what to do' : 'leads there and back'}: ${one.name}`, async () => {
        await runCase(shadow, server, one);
      });
    }
  });
}

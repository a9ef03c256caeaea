import { after, before, describe, test } from 'node:test';
import type { ClientConfig } from 'pg';
import { openShadow, type Shadow } from '../../src/index.ts';
import { type Major, preparePostgres } from '../postgres/environment.ts';
import { matrix } from './matrix.ts';
import { runCase } from './run-case.ts';

/**
 * Every case runs on at least one major, each of which has more than forty of them: a run of all on all takes three times as long.
 * `FULL_MATRIX=1 npm test -- packages/migrate/tests/autogenerate` does that.
 */
const shareOf: Readonly<Record<Major, (index: number) => boolean>> = {
  15: (index) => index % 5 < 2,
  17: (index) => index % 5 === 2 || index % 5 === 3,
  18: (index) => index % 5 === 4 || index % 2 === 0,
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

import { after, before, describe, test } from 'node:test';
import type { ClientConfig } from 'pg';
import { openShadow, type Shadow } from '../../src/index.ts';
import { type Major, preparePostgres } from '../postgres/environment.ts';
import { matrix } from './matrix.ts';
import { runCase } from './run-case.ts';

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

    for (const one of matrix.filter(({ since = 0, until = 99 }) => since <= major && major <= until)) {
      test(`${one.refused ? 'refuses, with what to do' : 'leads there and back'}: ${one.name}`, async () => {
        await runCase(shadow, server, one);
      });
    }
  });
}

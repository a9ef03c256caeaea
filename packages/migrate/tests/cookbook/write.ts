/** Writes COOKBOOK.md again: `node packages/migrate/tests/cookbook/write.ts`. */
import { writeFile } from 'node:fs/promises';
import { withShadow } from '../../src/index.ts';
import { preparePostgres } from '../postgres/environment.ts';
import { renderPage } from './page.ts';

const options = { majorVersion: 18, binaryFolders: [await preparePostgres(18)] };
await writeFile(new URL('../../COOKBOOK.md', import.meta.url), await withShadow(options, renderPage));

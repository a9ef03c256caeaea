import { readFile } from 'node:fs/promises';
import { MigrationError } from '../errors.ts';

/** Undefined where it may be missing and is. Throws `not_utf8` and `folder_unreadable`. */
export async function readText(path: string, mayBeMissing = false): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (cause) {
    if (mayBeMissing && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    const isEncoding = cause instanceof TypeError;
    const message = isEncoding ? 'the file is not UTF-8' : `cannot read ${path}`;
    // Of a folder of revisions other advice is true.
    const hint = isEncoding ? {} : { hint: 'See that it is there and may be read, or mend "ini" in alembic.json.' };
    throw new MigrationError(
      { code: isEncoding ? 'not_utf8' : 'folder_unreadable', message, file: path, ...hint },
      { cause },
    );
  }
}

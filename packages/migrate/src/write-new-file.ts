import { writeFile } from 'node:fs/promises';
import { MigrationError } from './errors.ts';

/** A file that was not there. Throws `folder_not_writable`. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError(
      {
        code: 'folder_not_writable',
        message: `${path} cannot be written: ${reason}`,
        hint: 'Choose a folder that can be written.',
      },
      { cause },
    );
  }
}

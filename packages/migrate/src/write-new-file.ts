import { writeFile } from 'node:fs/promises';
import { MigrationError } from './errors.ts';

/** A file that was not there. Throws `folder_not_writable`. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

/** The error `folder_not_writable` for whatever the file system said. */
export function notWritable(path: string, cause: unknown): MigrationError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${path} cannot be written: ${reason}`;
  return new MigrationError(
    { code: 'folder_not_writable', message, hint: 'Choose a folder that can be written.' },
    { cause },
  );
}

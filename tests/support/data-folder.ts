import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes a folder that may hold embedded databases, with the places to which their files were moved: as root,
 * PostgreSQL's account cannot reach a private temporary folder.
 */
export function removeDataFolders(folder: string): void {
  for (const pointer of globSync('{moved-to,*/moved-to,*/*/moved-to}', { cwd: folder })) {
    rmSync(readFileSync(join(folder, pointer), 'utf8').trim(), { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

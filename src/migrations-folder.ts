import { fileURLToPath } from 'node:url';

/** Where this app's revisions are. */
export function migrationsFolder(): string {
  return fileURLToPath(new URL('../migrations', import.meta.url));
}

import { relative, resolve } from 'node:path';

/** What a revision's file is called in the working directory, where a person or an editor looks for it. */
export function pathIn({ cwd, folder }: { cwd: string; folder: string }): (file: string) => string {
  return (file) => relative(cwd, resolve(folder, file)) || file;
}

import { fileURLToPath } from 'node:url';
import { packSkills } from './archives.ts';

// Run as a script: brings every archive up to date with its folder and prints the paths that changed.
for (const path of packSkills(fileURLToPath(new URL('../..', import.meta.url)))) console.log(path);

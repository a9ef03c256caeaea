import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addressPattern, addressSubject } from '../../src/services/client-addresses.ts';
import { createTestDatabase } from '../support/postgres.ts';

/** Few values, with many zeros, so that networks are equal and shortened often. */
const groups = fc.array(fc.constantFrom(0, 0, 0, 1, 0xdb8), { minLength: 8, maxLength: 8 });

/** One of the spellings of RFC 4291 §2.2: leading zeros, case, and `::` for any run of zeros. */
const spelled = fc.tuple(groups, fc.nat(), fc.boolean(), fc.boolean()).map(([values, choice, isPadded, isUpper]) => {
  const texts = values.map((value) => value.toString(16).padStart(isPadded ? 4 : 1, '0'));
  const runs: [number, number][] = [];
  for (let from = 0; from < 8; from += 1) {
    for (let to = from + 1; to <= 8 && values[to - 1] === 0; to += 1) runs.push([from, to]);
  }
  const run = runs[choice % (runs.length + 1)];
  const text = run ? `${texts.slice(0, run[0]).join(':')}::${texts.slice(run[1]).join(':')}` : texts.join(':');
  return isUpper ? text.toUpperCase() : text;
});
const ipv4 = fc.constantFrom(
  '192.0.2.7',
  '192.0.2.77',
  '192x0.2.7',
  '::ffff:192.0.2.7',
  '::FFFF:192.0.2.7',
  '192.0.2.7%eth0',
);

test('the pattern of an address matches the addresses with its subject, and no others', async (t) => {
  const database = await createTestDatabase(t);
  const pairs = fc.sample(fc.tuple(fc.oneof(spelled, ipv4), fc.oneof(spelled, ipv4)), 3000);
  const rows = await database.sql(
    'select a ~ p as matches from unnest($1::text[], $2::text[]) with ordinality as pair (a, p, n) order by n',
    [pairs.map(([address]) => address), pairs.map(([, other]) => addressPattern(other))],
  );
  const found = rows.map(({ matches }) => matches ?? false);
  const wanted = pairs.map(
    ([address, other]) => addressPattern(other) !== null && addressSubject(address) === addressSubject(other),
  );
  for (const [index, pair] of pairs.entries()) assert.equal(found[index], wanted[index], pair.join(' and '));
  assert.ok(wanted.filter(Boolean).length > 100, 'some are equal');
});

test('what is no address has no pattern, and could not break one', () => {
  for (const text of ['', 'unix:', '.*', '(', 'é', '999.1.1.1']) assert.equal(addressPattern(text), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { findAddressSubject } from '../../src/services/client-addresses.ts';
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

const sameSubject: readonly (readonly [string, string | null])[] = [
  ['192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7%eth0', '192.0.2.7'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:ffff::', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['::a:b:c:d:e:1.2.3.4', '0:a:b:c::/64'],
  ...[
    '',
    'unix:',
    '.*',
    '(',
    'é',
    '999.1.1.1',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4/8',
    '::1/64',
    '1::2::3',
    '::ffff:999.1.1.1',
  ].map((text) => [text, null] as const),
];

test('an address counts as itself or as its /64, and what is none as nothing', () => {
  for (const [address, subject] of sameSubject) assert.equal(findAddressSubject(address), subject, address);
});

test('the database counts the addresses of old code alike, in every spelling', async (t) => {
  const database = await createTestDatabase(t);
  const addresses = [...sameSubject.map(([address]) => address), ...fc.sample(fc.oneof(spelled, ipv4), 3000)];

  const rows = await database.sql(
    'select session_address_subject(a) as subject from unnest($1::text[]) with ordinality as list (a, n) order by n',
    [addresses],
  );

  for (const [index, address] of addresses.entries()) {
    assert.equal(rows[index]?.subject, findAddressSubject(address), address);
  }
});

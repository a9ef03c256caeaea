import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fastapi0128 } from '../src/profile.ts';
import { parseEmail } from '../src/values/email.ts';
import { parseUrl } from '../src/values/parse-url.ts';
import { accepted, object, places, refusal } from './bodies.ts';
import { runVector } from './vectors.ts';

// Each expectation is what FastAPI 0.128.0 with Pydantic 2.13.5 answered to cases that no recording had.

describe('unions', () => {
  const any = {};

  test('prefer Any to what needs a conversion, and a type that fits to Any', () => {
    assert.equal(accepted({ anyOf: [{ type: 'boolean' }, any] }, '"1"'), '"1"');
    assert.equal(accepted({ anyOf: [{ type: 'boolean' }, any] }, '0'), '0');
    assert.equal(accepted({ anyOf: [{ type: 'number' }, any] }, '1'), '1.0');
    assert.equal(accepted({ anyOf: [any, { type: 'number' }] }, '1'), '1');
    const lists = [
      { type: 'array', items: { type: 'integer' } },
      { type: 'array', items: any },
    ];
    assert.equal(accepted({ anyOf: lists }, '["1"]'), '["1"]');
  });

  test('count the fields of a model that takes more, not what else it took', () => {
    const open = { ...object({ a: { anyOf: [{ type: 'integer' }, { type: 'null' }] } }), required: [] };
    const branches = [{ ...open, additionalProperties: true }, object({ x: { type: 'integer' } })];

    assert.equal(accepted({ anyOf: branches }, '{"x":"1"}'), '{"x":1}');
    assert.equal(accepted({ anyOf: branches.toReversed() }, '{"x":1,"q":2}'), '{"x":1}');
    assert.equal(accepted({ anyOf: branches }, '{"a":1,"x":2}'), '{"a":1,"x":2}');
  });

  test('take a text for an address as soon as for any other text', () => {
    const email = { type: 'string', format: 'email' };

    assert.equal(accepted({ anyOf: [email, { type: 'string' }] }, '"a@B.com"'), '"a@b.com"');
    assert.equal(accepted({ anyOf: [{ type: 'string' }, email] }, '"a@B.com"'), '"a@B.com"');
  });

  test('name their tags as Python shows them, None included', () => {
    const branch = (tag: Record<string, unknown>): unknown => object({ k: tag });
    const schema = {
      oneOf: [branch({ type: 'string', const: "it's" }), branch({ type: 'null' }), branch({ enum: ['b\\c', 2] })],
      discriminator: { propertyName: 'k' },
    };

    assert.match(refusal(schema, '{"k":"z"}'), /"expected_tags":"\\"it's\\", None, 'b\\\\\\\\c', 2"/);
    assert.equal(accepted(schema, '{"k":null}'), '{"k":null}');
  });
});

describe('tagged unions with an alias', () => {
  const branch = (tag: string, more: Record<string, unknown>): Record<string, unknown> => ({
    ...object({ petType: { type: 'string', const: tag }, ...more }),
    'x-wire': { fieldNames: { petType: 'type' } },
  });
  const schema = {
    oneOf: [branch('cat', {}), branch('dog', { n: { type: 'integer' } })],
    discriminator: { propertyName: 'petType' },
  };

  test('name both in their errors', () => {
    assert.match(refusal(schema, '{"petType":"z"}'), /found using 'type' \| 'petType' does not match/);
    assert.match(refusal(schema, '{}'), /"Unable to extract tag using discriminator 'type' \| 'petType'"/);
  });

  test('look for the name first', () => {
    assert.deepEqual(places(schema, '{"type":"dog"}'), ['body.dog.n missing']);
    assert.deepEqual(places(schema, '{"type":"cat","petType":"dog"}'), ['body.cat.petType literal_error']);
  });
});

describe('bounds on values that Pydantic makes itself', () => {
  const email = { type: 'string', format: 'email' };

  test('are looked at once an address is one', () => {
    assert.deepEqual(places({ ...email, minLength: 10 }, '"a@"'), ['body value_error']);
    assert.match(
      refusal({ ...email, maxLength: 6 }, '"a@B.com"'),
      /"too_long",.*"Value should have at most 6 items after validation, not 7","input":"a@B.com"/,
    );
    assert.match(refusal({ ...email, minLength: 8 }, '"a@b.com"'), /at least 8 items after validation, not 7/);
  });

  test('look for a pattern in the normal form of an address, and show that', () => {
    assert.match(
      refusal({ ...email, pattern: 'com$' }, '" a@B.DE "'),
      /"string_pattern_mismatch","loc":\["body"\],"msg":"String should match pattern 'com\$'","input":"a@b.de"/,
    );
  });

  test('count the characters of a secret', () => {
    const secret = { type: 'string', format: 'password', writeOnly: true };

    assert.match(
      refusal({ ...secret, minLength: 2 }, '"é"'),
      /"Value should have at least 2 items after validation, not 1"/,
    );
    assert.match(
      refusal({ ...secret, maxLength: 1 }, '"ab"'),
      /"Value should have at most 1 item after validation, not 2"/,
    );
    assert.deepEqual(places({ ...secret, maxLength: 1 }, '5'), ['body string_type']);
  });
});

describe('texts', () => {
  test('may have patterns with the ends of the text beside repetitions', () => {
    assert.deepEqual(places({ type: 'string', pattern: '\\A[^\\s]{1,3}x*\\z' }, '"abcxx"'), []);
    assert.deepEqual(places({ type: 'string', pattern: '\\A[^\\s]{1,3}x*\\z' }, '"abcxx\\n"'), [
      'body string_pattern_mismatch',
    ]);
    assert.deepEqual(places({ type: 'string', pattern: '(?m)\\Ab' }, '"a\\nb"'), ['body string_pattern_mismatch']);
  });

  test('of a root model that is a Literal are refused as that', () => {
    const root = { type: 'string', const: 'a', title: 'Report7', 'x-wire': { type: 'RootModel' } };

    assert.deepEqual(places(root, '"b"'), ['body literal_error']);
    const inside = { ...object({ r: { $ref: '#/$defs/Report7' } }), $defs: { Report7: root } };
    assert.deepEqual(places(inside, '{"r":"b"}'), ['body.r literal_error']);
  });
});

describe('addresses', () => {
  const problem = (text: string): string => {
    const result = parseEmail(text, fastapi0128);
    return result.ok ? result.value : result.error;
  };

  test('end a name in quotes where an address follows', () => {
    const email = { type: 'string', format: 'email' };

    assert.match(refusal(email, '"\\"\\n\\"<\\">"'), /must have an @-sign/);
    assert.equal(accepted(email, '"\\"a\\"\\">\\" <a@b.com>"'), '"a@b.com"');
    assert.equal(accepted(email, '"\\"a<b\\" <a@b.com>"'), '"a@b.com"');
  });

  test('may have any space in a name in quotes', () => {
    assert.match(problem('"\u00a0"<a@b.com'), /^An open angle bracket/);
    assert.match(problem('"\u2028"<a@b.com'), /unsafe characters: LINE SEPARATOR/);
  });

  test('do not begin at an angle bracket that a mark turns into another sign', () => {
    assert.equal(problem('a<\u0338b@c.com'), "The email address contains invalid characters before the @-sign: '<'.");
  });

  test('refuse characters that bring a period in plain words', () => {
    assert.equal(problem('a@\u2488com'), "The part after the @-sign contains invalid characters: '\u2488'.");
    assert.match(
      problem('a\ufe6bb.com'),
      /^The email address has the "small commercial at" character instead of a regular at-sign\.$/,
    );
  });
});

describe('URLs of files', () => {
  const hrefOf = (text: string): string => {
    const url = parseUrl(text);
    return url.ok ? url.href : url.error;
  };

  test('begin their path with one slash', () => {
    assert.equal(hrefOf('file://////a`b'), 'file:///a%60b');
    assert.equal(hrefOf('file://a//b'), 'file://a/b');
    assert.equal(hrefOf('FILE://///a^b'), 'file:///a^b');
    assert.equal(hrefOf('file:///a//b'), 'file:///a//b');
  });

  test('lose their host beside a drive, and keep its bar behind three slashes', () => {
    assert.equal(hrefOf('file://h/C|/x'), 'file:///C:/x');
    assert.equal(hrefOf('file:///C|/x'), 'file:///C|/x');
    assert.equal(hrefOf('file:/C|/x'), 'file:///C:/x');
  });

  test('have an empty host where only invisible characters stand', () => {
    assert.equal(hrefOf('file://\u200b/x'), 'empty host');
  });
});

test('an integer too big for an Enum is echoed as that, also where a text was sent', () => {
  const level = { type: 'integer', enum: [1, 2], title: 'Level', 'x-wire': { enumClass: true } };

  assert.match(refusal(level, '"12345678901234567890"'), /"int_parsing_size",.*"input":12345678901234567890/);
});

test('an optional Any that was not sent is answered as null', () => {
  const schema = { ...object({ a: {}, i: { type: 'integer' } }), required: ['i'] };

  assert.equal(accepted(schema, '{"i":1}'), '{"a":null,"i":1}');
});

test('a recorded answer made of a set may come in any order', () => {
  const set = { type: 'array', uniqueItems: true, items: { type: 'integer' } };
  const vector = { id: 'set', where: 'body', declared: 'set[int]', schema: set, required: true, status: 200 } as const;
  const input = '[10,2]';

  assert.equal(runVector({ ...vector, input, output: '[2,10]', unordered: true }).kind, 'agrees');
  assert.equal(runVector({ ...vector, input, output: '[2,10]' }).kind, 'differs');
  assert.equal(runVector({ ...vector, input, output: '[2,2]', unordered: true }).kind, 'differs');
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonSchema } from '../src/index.ts';
import { compileBody, parseBody, stringifyEcho } from '../src/index.ts';
import { parseDurationText } from '../src/values/parse-duration.ts';
import { accepted, places, refusal } from './bodies.ts';

// Each expectation is what FastAPI 0.128.0 with Pydantic 2.13.5 answered; the fuzzer found the case.

describe('dates, times and durations', () => {
  const dateTime = { type: 'string', format: 'date-time' };

  test('are checked against their rules before Python finds no year 0', () => {
    const aware = { ...dateTime, 'x-wire': { type: 'AwareDatetime' } };

    assert.deepEqual(places(aware, '"0000-02-29T22:59"'), ['body timezone_aware']);
    assert.deepEqual(places(aware, '"0000-02-29T22:59Z"'), ['body datetime_parsing']);
  });

  test('show their bounds with six digits', () => {
    const time = { type: 'string', format: 'time', 'x-wire': { lt: '12:00:00.25' } };

    assert.match(refusal(time, '"13:00"'), /less than 12:00:00\.250000"/);
  });

  test('say what is wrong with a unix time beyond the years, for a date', () => {
    const date = { type: 'string', format: 'date' };

    assert.match(
      refusal(date, '"1.0e20"'),
      /valid date or datetime, dates after 9999 are not supported as unix timestamps/,
    );
    assert.match(refusal(date, '"-1.0e400"'), /dates before 0000 are not supported as unix timestamps/);
    assert.match(refusal(date, '"1704067200.e23456"'), /numeric times may not exceed 86,399 seconds/);
    assert.match(refusal({ ...date, format: 'date-time' }, '"1.0e20"'), /valid datetime or date, input is too short/);
  });

  test('read a unix time of a text as a 64-bit integer, with a fraction or without', () => {
    assert.match(refusal(dateTime, '"9223372036854775807"'), /dates after 9999/);
    assert.match(refusal(dateTime, '"9223372036854775808"'), /invalid date separator/);
    assert.match(refusal(dateTime, '"9223372036854775808.5"'), /invalid date separator/);
    assert.match(refusal(dateTime, '"1.e110"'), /input is too short/);
    assert.equal(accepted(dateTime, '"1.e2"'), '"1970-01-01T00:01:40Z"');
    assert.equal(accepted(dateTime, '"18446744073709551617"'), '"1970-01-01T00:00:01Z"');
  });

  test('are negative before they are rounded', () => {
    assert.match(refusal({ type: 'string', format: 'time' }, '-7e-16'), /time in seconds should be positive/);
  });

  test('stop looking at a duration after twelve bytes of its time', () => {
    assert.equal(parseDuration('01:02:03.123456 xyz'), 'PT1H2M3.123456S');
    assert.equal(parseDuration('01:02:03.12345x'), 'unexpected extra characters at the end of the input');
    assert.equal(parseDuration('2024-01-01 17:30'), 'durations may not exceed 999,999,999 hours');
    assert.equal(parseDuration('+PT'), 'input is too short');
  });
});

describe('texts', () => {
  test('match patterns with flags, Unicode borders and POSIX classes as Rust does', () => {
    const accepts = (pattern: string, text: string): boolean =>
      places({ type: 'string', pattern }, JSON.stringify(text)).length === 0;

    assert.ok(accepts('(?i)^abc$', 'ABC'));
    assert.ok(accepts('(?s)^a.b$', 'a\nb'));
    assert.ok(accepts('\\bé\\b', 'é'));
    assert.ok(!accepts('\\ba\\b', 'éa'));
    assert.ok(accepts('^[[:alpha:]_]+$', 'a_B'));
    assert.ok(accepts('^(?P<year>\\d{4})$', '2024'));
    assert.ok(accepts('^\\pL+$', 'ß'));
  });

  test('name the place of a bad character in a wrapped UUID from its beginning', () => {
    const uuid = { type: 'string', format: 'uuid' };

    assert.match(refusal(uuid, '"{b44f8f58-34a7Z8da4-b09b-ace1e514042e}"'), /found `Z` at 14"/);
    assert.match(refusal(uuid, '"{b44f8f58-34a7Z-8da4-b09b-ace1e514042e}"'), /found `Z` at 15"/);
  });

  test('are UUIDs of a version only in the variant that has versions', () => {
    const uuid4 = { type: 'string', format: 'uuid4' };

    assert.deepEqual(places(uuid4, '"c0654b9e-4a8e-4b8c-06d6-af88db86c2f2"'), ['body uuid_version']);
  });

  test('are addresses as numbers and with zones, as in Python', () => {
    assert.equal(accepted({ type: 'string', format: 'ipv4' }, '2130706433'), '"127.0.0.1"');
    assert.equal(accepted({ type: 'string', format: 'ipv6' }, '"fe80::1%eth0"'), '"fe80::1%eth0"');
  });

  test('in brackets after an @-sign are looked at before they are refused', () => {
    const email = { type: 'string', format: 'email' };

    assert.match(refusal(email, '"a@[1.2]"'), /not an IPv4 address \(Expected 4 octets in '1\.2'\)/);
    assert.match(refusal(email, '"a@[IPv6:1:2]"'), /\(At least 3 parts expected in '1:2'\)/);
    assert.match(refusal(email, '"a@[x]"'), /has no address literal tag/);
    assert.match(refusal(email, '"a@[127.0.0.1]"'), /A bracketed IP address/);
    // What is invalid there is what email-validator's DOMAIN_LITERAL_CHARS leaves out.
    assert.match(refusal(email, '"a@[ú:]"'), /invalid address literal tag/);
    assert.match(refusal(email, '"a@[û:]"'), /invalid characters in brackets: 'û'/);
  });

  test('with right-to-left letters in a domain are read in order', () => {
    const email = { type: 'string', format: 'email' };

    assert.match(refusal(email, '"a@invali٣d"'), /codepoint at position 7 in a left-to-right label/);
    assert.equal(accepted(email, '"a@אב.com"'), '"a@אב.com"');
  });

  test('of a domain in Punycode are decoded and checked as the idna package does', () => {
    const email = { type: 'string', format: 'email' };

    assert.equal(accepted(email, '"a@xn--bcher-kva.example.com"'), '"a@b\u00fccher.example.com"');
    assert.match(refusal(email, '"1@xn--mnc.e"'), /\(Codepoint U\+0BE5 at position 1 of '\\\\u0be5' not allowed\)/);
    assert.match(refusal(email, '"a@xn--99999999.com"'), /\(Invalid A-label\)/);
    assert.match(refusal(email, '"a@xn---bbk.com"'), /not the canonical Punycode encoding/);
  });

  test('of a domain are folded as Unicode does, Cherokee to its capitals', () => {
    const email = { type: 'string', format: 'email' };

    assert.equal(accepted(email, '"a@\u13f8x.com"'), '"a@\u13f0x.com"');
    assert.equal(accepted(email, '"a@\u1f80.com"'), '"a@\u1f00\u03b9.com"');
  });

  test('say empty host where an authority is only an @-sign', () => {
    const url = { type: 'string', format: 'uri', 'x-wire': { type: 'AnyUrl' } };

    assert.match(refusal(url, '"foo://@/x"'), /empty host/);
    assert.equal(accepted(url, '"foo://:@/x"'), '"foo:///x"');
  });

  test('with lone surrogates are places in which each byte is replaced', () => {
    const schema = { type: 'object', additionalProperties: { type: 'integer' } };

    assert.deepEqual(places(schema, '{"\\ud800":"x"}'), ['body.\ufffd\ufffd\ufffd int_parsing']);
  });
});

describe('a body that is no JSON', () => {
  const refusalOfText = (schema: JsonSchema, text: string): string => {
    const result = compileBody(schema)(parseBody(Buffer.from(text), 'text/plain'));
    return result.ok ? 'accepted' : stringifyEcho(result.items);
  };

  test('is bytes, which a number can be read from and a Decimal cannot', () => {
    assert.equal(refusalOfText({ type: 'integer' }, '5'), 'accepted');
    assert.match(refusalOfText({ type: 'number', 'x-wire': { decimal: true } }, '5'), /decimal_type/);
  });

  test('is an address by its bytes, four or sixteen, and never by their text', () => {
    const address = (format: string, text: string): unknown => {
      const result = compileBody({ type: 'string', format })(parseBody(Buffer.from(text), 'text/plain'));
      return result.ok ? result.value : stringifyEcho(result.items);
    };

    assert.equal(address('ipv4', 'null'), '110.117.108.108');
    assert.equal(address('ipv6', '1234567890123456'), '3132:3334:3536:3738:3930:3132:3334:3536');
    assert.match(String(address('ipv4', '1.2.3.4')), /ip_v4_address.*"input":"1\.2\.3\.4"/);
  });

  test('is an address or a UUID by bytes that are no UTF-8, too', () => {
    const value = (format: string, hex: string): unknown => {
      const result = compileBody({ type: 'string', format })(parseBody(Buffer.from(hex, 'hex'), 'text/plain'));
      return result.ok ? result.value : stringifyEcho(result.items);
    };

    assert.equal(value('ipv4', 'ff00fe01'), '255.0.254.1');
    assert.equal(value('ipv6', `fe80${'0'.repeat(27)}1`), 'fe80::1');
    assert.equal(value('uuid', 'ff'.repeat(16)), 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  });

  test('is echoed as its text where the UUID of its bytes has another version', () => {
    assert.match(
      refusalOfText({ type: 'string', format: 'uuid1' }, '"1e400-Infinity"'),
      /"input":"\\"1e400-Infinity\\""/,
    );
  });

  test('has the length of its bytes, not of what stands for them', () => {
    const validate = compileBody({ type: 'string', format: 'binary', maxLength: 4 });

    assert.equal(validate(parseBody(Buffer.from('ff00fe01', 'hex'), 'text/plain')).ok, true);
    assert.equal(validate(parseBody(Buffer.from('ff00fe0102', 'hex'), 'text/plain')).ok, false);
  });

  test('is bytes, of which a UUID has sixteen', () => {
    assert.match(refusalOfText({ type: 'string', format: 'uuid' }, 'x'), /expected 16 bytes, found 1"/);
  });
});

/** The duration, or what is wrong with its text. */
function parseDuration(text: string): string {
  const parsed = parseDurationText(text);
  return parsed.ok ? parsed.value.toString() : parsed.error;
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseMultipart } from '../src/http/multipart.ts';
import type { JsonSchema } from '../src/index.ts';
import { compileBody } from '../src/index.ts';
import { fastapi0128 } from '../src/profile.ts';

/** Ten times what the slowest of them takes on a slow machine; what grows with the square takes minutes. */
const maxMilliseconds = 3000;

function refuses(schema: JsonSchema, value: unknown): void {
  const validate = compileBody(schema);
  const start = performance.now();
  assert.equal(validate({ kind: 'json', value }).ok, false);
  assert.ok(performance.now() - start < maxMilliseconds);
}

describe('texts of a million characters', () => {
  const spaces = ' '.repeat(1_000_000);

  test('that are no URL are refused in linear time', () => {
    refuses({ type: 'string', format: 'uri' }, `x${spaces}x`);
    refuses({ type: 'string', format: 'uri' }, `http://${'['.repeat(1_000_000)}`);
  });

  test('that are no e-mail address are refused in linear time', () => {
    refuses({ type: 'string', format: 'email' }, `${spaces}.<a@b.com>`);
    refuses({ type: 'string', format: 'email' }, `${' '.repeat(2000)}.<a@b.com>`);
  });

  test('that are no Decimal are refused in linear time', () => {
    const decimal = { type: 'number', 'x-wire': { decimal: true, maxDigits: 4 } };
    refuses(decimal, `1${'0'.repeat(1_000_000)}1`);
    refuses(decimal, `1${spaces}1`);
    refuses({ type: 'number', multipleOf: 7, 'x-wire': { decimal: true } }, `${'1'.repeat(20_000)}e-5`);
  });

  test('that are no duration are refused in linear time', () => {
    refuses({ type: 'string', format: 'duration' }, `P${'1D'.repeat(500_000)}x`);
    refuses({ type: 'string', format: 'duration' }, '1'.repeat(1_000_000));
  });

  test('in a header of a multipart part are read in linear time', () => {
    const start = performance.now();
    const part = `--B\r\nContent-Disposition: form-data; ${'a;'.repeat(500_000)}\r\n\r\nx\r\n--B--\r\n`;
    assert.deepEqual(parseMultipart(Buffer.from(part), 'multipart/form-data; boundary=B', fastapi0128), {
      problem: 'The Content-Disposition header field "name" must be provided.',
    });
    assert.ok(performance.now() - start < maxMilliseconds);
  });
});

describe('multipart forms', () => {
  const read = (body: string): unknown =>
    parseMultipart(Buffer.from(body), 'multipart/form-data; boundary=B', fastapi0128);

  test('keep what looks like a boundary inside a value', () => {
    const fields = read('--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--Bx\r\n--B--\r\n');
    assert.deepEqual(fields, new Map([['a', ['x\r\n--Bx']]]));
  });

  test('keep files, and drop a part that is not closed', () => {
    const file = '--B\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nx\r\n';
    const open = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx';
    const fields = read(file + open);
    assert.ok(fields instanceof Map);
    assert.deepEqual([...fields.keys()], ['f']);
  });

  test('are refused beyond a thousand fields', () => {
    const field = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n';
    assert.deepEqual(read(`${field.repeat(1001)}--B--`), {
      problem: 'Too many fields. Maximum number of fields is 1000.',
    });
  });
});

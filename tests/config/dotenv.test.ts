import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDotenv } from '../../src/config/dotenv.ts';

const valuesOf = (text: string) =>
  Object.fromEntries(parseDotenv(text).entries.map(({ name, value }) => [name, value]));

describe('parseDotenv', () => {
  test('reads plain values, spaces around the sign and export', () => {
    assert.deepEqual(valuesOf('A=1\n  B = two words \nexport C=3'), { A: '1', B: 'two words', C: '3' });
  });

  test('counts lines from 1, over comments and empty lines', () => {
    assert.deepEqual(
      parseDotenv('# first\n\nA=1\n').entries.map(({ line }) => line),
      [3],
    );
  });

  test('ends a plain value at a comment that a space precedes, and keeps every other #', () => {
    assert.deepEqual(valuesOf('A=x#y # z\nB=#pw\nC= # nothing'), { A: 'x#y', B: '#pw', C: '' });
  });

  test('reads CRLF, a byte order mark and a last line without an end', () => {
    assert.deepEqual(valuesOf('\uFEFFA=1\r\nB="2"\r\nC=3'), { A: '1', B: '2', C: '3' });
  });

  test('takes single quotes literally', () => {
    assert.deepEqual(valuesOf(`A='a\\n"#$b' # comment`), { A: 'a\\n"#$b' });
  });

  test('reads escapes and line breaks in double quotes', () => {
    assert.deepEqual(valuesOf('A="a\\n\\"b\\" \\$c \\x"\nB="one\ntwo" # end\nC=3'), {
      A: 'a\n"b" $c \\x',
      B: 'one\ntwo',
      C: '3',
    });
  });

  test('expands nothing', () => {
    assert.deepEqual(valuesOf(`A=p$$\${B}`), { A: `p$$\${B}` });
  });

  test('keeps an equals sign of a value', () => {
    assert.deepEqual(valuesOf('A=b64=='), { A: 'b64==' });
  });

  test('keeps both of two assignments, in order', () => {
    assert.deepEqual(
      parseDotenv('A=1\nA=2').entries.map(({ value }) => value),
      ['1', '2'],
    );
  });

  test('reports a quote that is never closed at its own line and reads on after it', () => {
    const file = parseDotenv('A="open\nB=2\n');
    assert.deepEqual(file.problems, [{ line: 1, problem: 'A: the double quote is not closed' }]);
    assert.deepEqual(
      file.entries.map(({ name }) => name),
      ['B'],
    );
  });

  test('reports text after a closing quote', () => {
    assert.equal(parseDotenv(`A='x'y`).problems.length, 1);
  });

  test('reports what is no assignment without repeating it', () => {
    const { problems } = parseDotenv('A=1\nrest-of-a-secret\n');
    assert.equal(problems[0]?.line, 2);
    assert.ok(!JSON.stringify(problems).includes('rest-of'));
  });
});

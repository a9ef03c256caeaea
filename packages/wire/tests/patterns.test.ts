import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as assertProperty, constantFrom, property, tuple } from 'fast-check';
import { compilePattern } from '../src/validate/pattern.ts';
import { compileAutomaton } from '../src/validate/pattern-automaton.ts';
import { canBacktrack, parsePattern } from '../src/validate/pattern-syntax.ts';
import { UnsupportedSchemaError } from '../src/validate/schema.ts';

describe('a pattern that could backtrack', () => {
  const cases: readonly [pattern: string, matches: string, not: string][] = [
    ['^(a+)+$', 'a'.repeat(200_000), `${'a'.repeat(200_000)}!`],
    ['^(a|a)*$', 'a'.repeat(200_000), `${'a'.repeat(200_000)}b`],
    ['^(a|aa)+$', 'a'.repeat(200_000), `${'a'.repeat(200_000)}b`],
    ['a*a*a*a*b$', `${'a'.repeat(200_000)}b`, 'a'.repeat(200_000)],
    ['x+$', `${'xy'.repeat(100_000)}x`, `${'x'.repeat(200_000)}y`],
    ['^(.*,){11}P', `${'x,'.repeat(100_000)}P`, 'x,'.repeat(100_000)],
    [String.raw`^(\w+\s?)*$`, 'wörd '.repeat(40_000), `${'wörd '.repeat(40_000)}!`],
    ['^([a-zA-Z0-9])(([-.]|[_]+)?([a-zA-Z0-9]+))*$', 'a'.repeat(200_000), `${'a'.repeat(200_000)}!`],
  ];
  for (const [source, matches, not] of cases) {
    // A backtracking engine would not come back: the test is that this one ends.
    test(`is matched in linear time: ${source}`, () => {
      const pattern = compilePattern(source, '');
      assert.equal(pattern.test(matches), true);
      assert.equal(pattern.test(not), false);
    });
  }

  test('is refused at start where it cannot be matched in linear time', () => {
    for (const source of [String.raw`\b(a+)+\b`, '(?i:(a+)+)', 'a{1000}{1000}']) {
      assert.throws(
        () => compilePattern(source, '/properties/name/pattern'),
        (error) => error instanceof UnsupportedSchemaError && error.pointer === '/properties/name/pattern',
        source,
      );
    }
  });

  test('is told from one that cannot', () => {
    const isRisky = (source: string): boolean => {
      const syntax = parsePattern(source);
      assert.ok(syntax, source);
      return canBacktrack(syntax);
    };
    for (const source of ['^[a-z]+$', '^a{2,4}b?$', 'abc', '^(low|mid|high)$', String.raw`^\p{Nd}{3}-\p{Nd}{4}$`]) {
      assert.equal(isRisky(source), false, source);
    }
    for (const source of ['[a-z]+', '^a*b*$', '^(ab?){20}$', '^(a|b*)c+$']) {
      assert.equal(isRisky(source), true, source);
    }
  });
});

test('the automaton agrees with the engine on every pattern and text', () => {
  const atom = constantFrom('a', 'b', 'c', '[ab]', '[^a]', '.', '(?:ab)', '(?:a|bc)', '(a|b|)', '^', '$', 'é');
  const quantifier = constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?');
  const part = tuple(atom, quantifier).map(([left, right]) =>
    left === '^' || left === '$' ? left : `${left}${right}`,
  );
  const sequence = array(part, { maxLength: 4 }).map((parts) => parts.join(''));
  const pattern = array(sequence, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('|'));
  const text = array(constantFrom('a', 'b', 'c', 'd', 'é', '\n', '\u{1f600}'), { maxLength: 8 }).map((all) =>
    all.join(''),
  );
  assertProperty(
    property(pattern, text, (source, subject) => {
      const syntax = parsePattern(source);
      assert.ok(syntax, source);
      assert.equal(
        compileAutomaton(syntax)?.(subject),
        new RegExp(source, 'u').test(subject),
        `${source} on ${subject}`,
      );
    }),
    { numRuns: 3000 },
  );
});

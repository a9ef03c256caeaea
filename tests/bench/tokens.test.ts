import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from '../../bench/claims.ts';
import { requestsWithUses } from '../../bench/tokens/minted.ts';
import { formatTokenReport, makeTokenClaims } from '../../bench/tokens/report.ts';

const round = {
  pageMicros: 100,
  pageMicrosByUses: new Map([
    [1, 160],
    [10, 106],
  ]),
  ...{ coldMicros: 60, legacyColdMicros: 25, warmMicros: 0, bareEd25519Micros: 50, bareHmacMicros: 3 },
};

describe('the claims about access tokens', () => {
  test('share the first use among the uses that a token has, of the page that was measured with as many', () => {
    const [used] = makeTokenClaims([round]);
    assert.equal(used?.ratio.median, 6 / 106);
    assert.deepEqual(makeTokenClaims([round]).map(judge), ['met', 'missed', 'met']);
  });

  test("add the incumbent's first use to the page, which was measured without one", () => {
    assert.equal(makeTokenClaims([round])[1]?.ratio.median, 0.2);
  });

  test('leave the first use in sight', () => {
    const lines = formatTokenReport([round], []).split('\n');
    const cellsOf = (name: string) =>
      lines
        .find((line) => line.startsWith(`| ${name}`))
        ?.split('|')
        .map((cell) => cell.trim());
    assert.deepEqual(cellsOf('first use of a token')?.slice(2, 5), ['60.00', '60.00–60.00', '37.5 %']);
    assert.deepEqual(cellsOf('1 ')?.slice(2), ['160', '160–160', '60.0', '60.0', '37.5 %', '']);
  });
});

test('tokens are used side by side, each as often as was asked', () => {
  const users = ['a', 'b', 'c'].map((token) => ({ email: '', taskId: '', token }));
  assert.deepEqual(
    requestsWithUses(users, 2, 2).map(({ token }) => token),
    ['a', 'b', 'a', 'b', 'c', 'c'],
  );
});

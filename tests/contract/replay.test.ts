import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import type { LedgerEntry } from './replay/ledger.ts';
import { describeFailures, type Played, play } from './replay/play.ts';
import { parseScenario, type Scenario } from './replay/scenario.ts';

const secret = 'a-test-secret-that-only-the-canary-of-the-replay-knows';
const id = '3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b';
const json = { 'content-type': 'application/json' };
const stamp = '2026-01-02T03:04:05.000006';
const token = ['{"alg":"HS256","typ":"JWT"}', `{"user_id":"${id}","exp":1}`, 'x']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

const scenario: Scenario = parseScenario(
  JSON.stringify({
    name: 'canary',
    incumbent: { env: {} },
    steps: [
      {
        id: 'create',
        mint: { given: { claims: { user_id: id, exp: '@now+60' } } },
        request: { method: 'POST', path: '/rows', headers: { ...json, authorization: 'Bearer {{given}}' }, body: '{}' },
        response: { status: 201, headers: json, body: `{"data":{"id":"${id}","at":"${stamp}","token":"${token}"}}` },
        capture: { id: 'data.id' },
        compare: {
          uuid: ['data.id'],
          timestamp: ['data.at'],
          jwt: ['data.token'],
          claims: { 'data.token': { user_id: '@data.id' } },
        },
      },
      {
        id: 'list',
        request: { method: 'GET', path: '/rows/{{id}}' },
        response: {
          status: 200,
          headers: { ...json, vary: 'Origin', allow: 'GET, PUT' },
          body: '{"id":"{{id}}","rows":[{"n":1.50},{"n":12345678901234567890}],"bag":["a","b"],"was":"x"}',
        },
        compare: { unordered: ['bag'], ignore: ['was'], notEqual: { 'rows.0.title': 'old' } },
      },
      {
        id: 'broken',
        request: { method: 'GET', path: '/broken' },
        response: { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' },
        compare: { mode: 'bytes' },
        quirk: { id: 'broken-500' },
      },
      {
        id: 'after',
        request: { method: 'GET', path: '/after' },
        response: { status: 200, headers: json, body: '{"left":2}' },
        quirk: { id: 'broken-500', follow_up: true },
      },
    ],
  }),
  'canary.json',
);

interface Planned {
  status: number;
  headers: Record<string, string>;
  body: string;
}

type Answers = Record<string, Planned>;

/** A server that answers exactly as recorded. */
function faithful(): Answers {
  const at = `${new Date().toISOString().slice(0, 19)}.000123`;
  const list = `{"was":"y","bag":["b","a"],"rows":[{"n":15e-1},{"n":12345678901234567890}],"id":"${id}"}`;
  return {
    '/rows': { status: 201, headers: json, body: `{"data":{"id":"${id}","at":"${at}","token":"${token}"}}` },
    [`/rows/${id}`]: { status: 200, headers: { ...json, vary: 'origin', allow: 'PUT,GET' }, body: list },
    '/broken': { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' },
    '/after': { status: 200, headers: json, body: '{"left":2}' },
  };
}

async function replay(
  t: TestContext,
  change: (answers: Answers) => void = () => undefined,
  ledger: readonly LedgerEntry[] = [],
): Promise<Played> {
  const answers = faithful();
  change(answers);
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(response, answers[request.url ?? '']));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return play(scenario, { base: `http://127.0.0.1:${address.port}/`, secret, ledger, timeoutMs: 2000 });
}

function answer(response: ServerResponse, planned: Planned | undefined): void {
  if (!planned) {
    response.destroy();
    return;
  }
  // No date, no default type: only what is planned.
  response.sendDate = false;
  response.writeHead(planned.status, planned.headers).end(planned.body);
}

function differing({ steps }: Played): string[] {
  return steps.filter(({ verdict }) => verdict === 'different').map((step) => step.id);
}

function edit(path: string, from: string, to: string): (answers: Answers) => void {
  return (answers) => {
    const planned = answers[path];
    assert.ok(planned);
    assert.ok(planned.body.includes(from), `${path} has no ${from}`);
    planned.body = planned.body.replace(from, to);
  };
}

function put(path: string, change: Partial<Planned>): (answers: Answers) => void {
  return (answers) => {
    const planned = answers[path];
    assert.ok(planned);
    Object.assign(planned, change);
  };
}

const rows = `/rows/${id}`;
const answersTo: Record<string, string> = { '/rows': 'create', [rows]: 'list', '/broken': 'broken', '/after': 'after' };

describe('the replay turns red on', () => {
  const planted: readonly (readonly [fault: string, path: string, change: (answers: Answers) => void])[] = [
    ['another status', '/rows', put('/rows', { status: 200 })],
    ['a missing header', rows, put(rows, { headers: { ...json, allow: 'GET, PUT' } })],
    ['an added header', '/rows', put('/rows', { headers: { ...json, vary: 'Origin' } })],
    ['another content type', '/rows', put('/rows', { headers: { 'content-type': 'application/json; charset=utf-8' } })],
    ['a method missing in Allow', rows, put(rows, { headers: { ...json, vary: 'Origin', allow: 'GET' } })],
    ['another value', rows, edit(rows, `"id":"${id}"`, '"id":"other"')],
    ['another type', rows, edit(rows, '15e-1', '"1.5"')],
    ['a missing key', rows, edit(rows, `,"id":"${id}"`, '')],
    ['an added key', rows, edit(rows, '"bag"', '"more":1,"bag"')],
    ['a key that appears twice', rows, edit(rows, '"bag"', '"id":1,"bag"')],
    ['a number that lost digits', rows, edit(rows, '12345678901234567890', '12345678901234567000')],
    [
      'another order',
      rows,
      edit(rows, '{"n":15e-1},{"n":12345678901234567890}', '{"n":12345678901234567890},{"n":15e-1}'),
    ],
    ['a shorter list', rows, edit(rows, '{"n":15e-1},', '')],
    ['another member of an unordered list', rows, edit(rows, '["b","a"]', '["b","b"]')],
    ['a value that should have changed', rows, edit(rows, '"n":15e-1', '"n":1.5,"title":"old"')],
    ['a body that is no JSON', rows, put(rows, { body: '<html>' })],
    ['an empty body', '/rows', put('/rows', { body: '' })],
    ['a UUID in capitals', '/rows', edit('/rows', id, id.toUpperCase())],
    ['a timestamp with an offset', '/rows', edit('/rows', '.000123', '.000123Z')],
    ['a timestamp in milliseconds', '/rows', edit('/rows', '.000123', '.123')],
    ['a timestamp in the past', '/rows', edit('/rows', '"at":"20', '"at":"19')],
    ['a token that is none', '/rows', edit('/rows', token, 'a.b.c')],
    ['a token of another user', '/rows', edit('/rows', token, tokenWith({ user_id: 'other', exp: 1 }))],
    ['a token without a claim', '/rows', edit('/rows', token, tokenWith({ user_id: id }))],
    ['a claim of another type', '/rows', edit('/rows', token, tokenWith({ user_id: id, exp: '1' }))],
    ['other bytes', '/broken', put('/broken', { body: 'internal server error' })],
    ['a connection that ends without an answer', rows, (answers) => void delete answers[rows]],
  ];

  for (const [fault, path, change] of planted) {
    test(fault, async (t) => {
      const played = await replay(t, change);

      assert.ok(differing(played).includes(answersTo[path] ?? ''), describeFailures(scenario, played));
    });
  }

  test('a value that later steps need and that is not there', async (t) => {
    const played = await replay(t, edit('/rows', `"id":"${id}",`, ''));

    assert.deepEqual(differing(played), ['create', 'list']);
  });
});

describe('the replay', () => {
  test('finds nothing where nothing differs', async (t) => {
    const played = await replay(t);

    assert.equal(describeFailures(scenario, played), '');
    assert.deepEqual(played.timestampDigits, [6]);
  });

  test('gives a line to paste for every difference', async (t) => {
    const played = await replay(t, put('/rows', { status: 200 }));

    assert.match(
      describeFailures(scenario, played),
      /base64 -d \| curl -sSi .* -H 'authorization: Bearer \S+' .*\/rows'$/m,
    );
  });

  test('refuses a file that is no scenario', () => {
    const [first] = scenario.steps;
    for (const steps of [
      [],
      [first, first],
      [{ ...first, id: undefined }],
      [{ ...first, compare: { mode: 'loose' } }],
    ]) {
      assert.throws(() => parseScenario(JSON.stringify({ name: 'x', steps }), 'x.json'), /x\.json/);
    }
  });
});

describe('the ledger', () => {
  const why = 'a test';
  const fixed = put('/broken', { status: 422, headers: json, body: '{"detail":"no"}' });
  const accept = { status: 422, contains: 'detail', headers: json, absent: ['vary'] };
  const cases: readonly (readonly [
    claim: string,
    entry: Omit<LedgerEntry, 'id' | 'why'>,
    change: (answers: Answers) => void,
    red: readonly string[],
  ])[] = [
    ['preserve waives nothing', { status: 'preserve', accept }, fixed, ['broken']],
    ['flag takes the recording', { status: 'flag', accept }, () => undefined, []],
    ['flag takes the alternative', { status: 'flag', accept }, fixed, []],
    ['fix takes the alternative', { status: 'fix', accept }, fixed, []],
    ['fix refuses the recording', { status: 'fix', accept }, () => undefined, ['broken']],
    ['fix refuses another status', { status: 'fix', accept: { ...accept, status: 400 } }, fixed, ['broken']],
    ['fix refuses another body', { status: 'fix', accept: { ...accept, contains: 'yes' } }, fixed, ['broken']],
    ['fix refuses another header', { status: 'fix', accept: { ...accept, headers: { vary: 'x' } } }, fixed, ['broken']],
    ['fix refuses a header', { status: 'fix', accept: { ...accept, absent: ['Content-Type'] } }, fixed, ['broken']],
    [
      'fix judges a changed consequence',
      { status: 'fix', accept },
      (answers) => {
        fixed(answers);
        edit('/after', '2', '1')(answers);
      },
      ['after'],
    ],
    ['an entry waives only its own steps', { status: 'flag', accept }, put('/rows', { status: 422 }), ['create']],
  ];

  for (const [claim, entry, change, red] of cases) {
    test(claim, async (t) => {
      const played = await replay(t, change, [{ id: 'broken-500', why, ...entry }]);

      assert.deepEqual(differing(played), red, describeFailures(scenario, played));
    });
  }
});

function tokenWith(claims: object): string {
  const [header, , signature] = token.split('.');
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

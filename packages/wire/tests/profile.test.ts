import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { credentialsRefusal, parseBearerCredentials } from '../src/http/credentials.ts';
import { parseMultipart } from '../src/http/multipart.ts';
import { parseOlderFormFields } from '../src/http/query-string.ts';
import { reasonPhrase } from '../src/http/reason-phrase.ts';
import { isRecord } from '../src/json/record.ts';
import { openapiDocument } from '../src/openapi/document.ts';
import { ProfileError, parseProfileFile, profileOf } from '../src/profile/parse.ts';
import { presets } from '../src/profile/presets.ts';
import { switches } from '../src/profile/switches.ts';
import type { WireProfile } from '../src/profile.ts';
import { fastapi0128 } from '../src/profile.ts';
import { compileBody } from '../src/validate/body.ts';
import { parseUuid } from '../src/values/uuid.ts';
import { renderProfileTables } from './profile-table.ts';
import { createTestApp } from './support.ts';
import type { Vector } from './vectors.ts';
import { readVectors, runVector } from './vectors.ts';

const newest = presets['fastapi-0.165'].profile;
const oldest = presets['fastapi-0.115'].profile;

describe('a profile file', () => {
  const problemsOf = (text: string): readonly string[] => {
    try {
      parseProfileFile(text);
      return [];
    } catch (error) {
      assert.ok(error instanceof ProfileError);
      return error.problems;
    }
  };

  test('is a preset with overrides; what people wrote beside them is ignored', () => {
    const file = parseProfileFile(
      '{"preset":"fastapi-0.115","overrides":{"trailingComma":"illegal-comma"},"evidence":{}}',
    );
    assert.deepEqual(profileOf(file), { ...oldest, trailingComma: 'illegal-comma' });
  });

  test('names every fault at once', () => {
    const overrides = '{"maxFormFields":0,"missingCredentials":418,"errorUrl":"x","colour":1}';
    assert.deepEqual(problemsOf(`{"preset":"fastapi-9","overrides":${overrides}}`), [
      `"preset" must be one of ${Object.keys(presets).join(', ')}`,
      '"overrides.maxFormFields" must be a whole number from 1, or null',
      '"overrides.missingCredentials" must be one of 401, 403',
      '"overrides.errorUrl" must be a text that matches /^https?:\\/\\/\\S+\\/$/, or null',
      '"overrides.colour" is no member of a profile',
    ]);
    assert.deepEqual(problemsOf('[]'), ['it is not a JSON object']);
    assert.match(problemsOf('{').join(), /^it is not JSON: /);
  });

  test('may set every member that a profile has, and every preset is made of accepted values', () => {
    assert.deepEqual(Object.keys(switches).toSorted(), Object.keys(fastapi0128).toSorted());
    for (const [preset, { profile }] of Object.entries(presets)) {
      assert.deepEqual(problemsOf(JSON.stringify({ preset, overrides: profile })), []);
    }
  });
});

test('the README lists every preset and every member', () => {
  const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, tables] = /<!-- profiles -->\n([^]*)\n<!-- \/profiles -->/.exec(page) ?? [];
  assert.equal(tables, renderProfileTables(), 'npm test prints what it should be');
});

describe('JSON of Python 3.13', () => {
  test('names the trailing comma, where it stands', () => {
    interface Other {
      pos: number;
      error: string;
    }
    const profile: WireProfile = { ...fastapi0128, trailingComma: 'illegal-comma' };
    const vectors = readVectors('pydantic-syntax').filter(
      (vector): vector is Vector & { other_python: Record<string, Other> } => 'other_python' in vector,
    );
    assert.equal(vectors.length, 27);
    for (const vector of vectors) {
      const { '3.13.0': other } = vector.other_python;
      assert.ok(other);
      const item = { type: 'json_invalid', loc: ['body', other.pos], msg: 'JSON decode error', input: {} };
      const expected = { ...vector, errors: [{ ...item, ctx: { error: other.error } }] };
      assert.deepEqual(runVector(expected, profile), { kind: 'agrees' }, vector.id);
    }
  });
});

describe('missing credentials', () => {
  const refusal = (
    profile: WireProfile,
    ...[scheme, problem]: [Parameters<typeof credentialsRefusal>[1], ('missing' | 'foreign')?]
  ): string => {
    const { status, headers, body } = credentialsRefusal(profile, scheme, problem);
    return `${status} ${headers['www-authenticate'] ?? '-'} ${body}`;
  };

  test('were a 403 without a challenge', () => {
    assert.equal(refusal(oldest, 'Bearer'), '403 - {"detail":"Not authenticated"}');
    assert.equal(refusal(oldest, 'Bearer', 'foreign'), '403 - {"detail":"Invalid authentication credentials"}');
    assert.equal(refusal(oldest, 'APIKey'), '403 - {"detail":"Not authenticated"}');
    assert.equal(refusal(oldest, 'Basic', 'foreign'), '401 Basic {"detail":"Invalid authentication credentials"}');
    assert.equal(refusal(oldest, 'OAuth2', 'foreign'), '401 Bearer {"detail":"Not authenticated"}');
  });

  test('are a 401 with a challenge', () => {
    assert.equal(refusal(fastapi0128, 'Bearer'), '401 Bearer {"detail":"Not authenticated"}');
    assert.equal(refusal(fastapi0128, 'Digest', 'foreign'), '401 Digest {"detail":"Not authenticated"}');
    assert.equal(refusal(fastapi0128, 'APIKey'), '401 APIKey {"detail":"Not authenticated"}');
    assert.equal(refusal(fastapi0128, 'Basic', 'foreign'), '401 Basic {"detail":"Not authenticated"}');
  });

  test('are told from credentials of another scheme', () => {
    const read = (text: string | undefined): unknown => parseBearerCredentials(text, fastapi0128);
    assert.deepEqual(read(undefined), { problem: 'missing' });
    assert.deepEqual(read('Bearer'), { problem: 'missing' });
    assert.deepEqual(read('Bearer '), { problem: 'missing' });
    assert.deepEqual(read('Digest'), { problem: 'missing' });
    assert.deepEqual(read('Token x'), { problem: 'foreign' });
    assert.deepEqual(read('bEARER a b'), { credentials: 'a b' });
    assert.deepEqual(read('Bearer  a'), { credentials: ' a' });
    assert.deepEqual(parseBearerCredentials('Bearer  a', newest), { credentials: 'a' });
  });
});

test('the phrase of a status is that of Python', () => {
  assert.equal(reasonPhrase(422, fastapi0128), 'Unprocessable Entity');
  assert.equal(reasonPhrase(413, fastapi0128), 'Request Entity Too Large');
  assert.equal(reasonPhrase(422, { reasonPhrases: 'rfc9110' }), 'Unprocessable Content');
  assert.equal(reasonPhrase(404, fastapi0128), 'Not Found');
});

describe('an urlencoded form of an older python-multipart', () => {
  const fields = (text: string): unknown => [...parseOlderFormFields(text, oldest)];

  test('is cut at semicolons where no ampersand follows', () => {
    assert.deepEqual(fields('a=1;b=2'), [
      ['a', ['1']],
      ['b', ['2']],
    ]);
    assert.deepEqual(fields('a=1;b&c=2'), [
      ['a', ['1;b']],
      ['c', ['2']],
    ]);
    assert.deepEqual(fields(';;a=1'), [['a', ['1']]]);
  });

  test('loses a bare name at its end', () => {
    assert.deepEqual(fields('a&b'), [['a', ['']]]);
    assert.deepEqual(fields('a'), []);
    const oddities = { semicolonSeparatesFields: true, bareLastFieldIsLost: false };
    assert.deepEqual(
      [...parseOlderFormFields('a;b', oddities)],
      [
        ['a', ['']],
        ['b', ['']],
      ],
    );
  });
});

describe('a unix time with a point', () => {
  const dateOf = (text: string, profile: WireProfile): unknown => {
    const result = compileBody({ type: 'string', format: 'date-time' }, profile)({ kind: 'json', value: text });
    return result.ok ? String(result.value) : result.items[0]?.msg;
  };

  test('has an exponent, and digits after the point alone, since Pydantic 2.12', () => {
    assert.match(String(dateOf('1.5e3', oldest)), /input is too short/);
    assert.match(String(dateOf('.5', oldest)), /input is too short/);
    assert.equal(dateOf('1.5e3', fastapi0128), '1970-01-01T00:25:00Z');
  });

  test('is in milliseconds twice where it is large, until Pydantic 2.14.2', () => {
    assert.equal(dateOf('253402300799999.5', fastapi0128), '1978-01-11T21:31:41.798512Z');
    assert.equal(dateOf('253402300799999.5', newest), '9999-12-31T23:59:59.999500Z');
    assert.match(String(dateOf('253402300800000.5', newest)), /invalid date separator/);
  });
});

test('an upload control that was left empty is a file without a name, or missing', () => {
  const part = '--B\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--B--\r\n';
  const read = (profile: WireProfile): number | undefined => {
    const fields = parseMultipart(Buffer.from(part), 'multipart/form-data; boundary=B', profile);
    return fields instanceof Map ? fields.size : undefined;
  };
  assert.deepEqual([read(fastapi0128), read(newest)], [1, 0]);
});

describe('a bad UUID', () => {
  const id = '12345678-1234-1234-1234-123456789012';
  const explain = (text: string, messages: WireProfile['uuidMessages']): string => {
    const result = parseUuid(text, messages);
    return result.ok ? result.value : result.error;
  };

  // Answers of pydantic-core 2.46.5 and 2.50.5.
  const cases: readonly [text: string, from1: string, from0: string][] = [
    ['x', 'invalid character: found `x` at 1', 'invalid character: found `x` at 0'],
    ['1', 'invalid length: expected length 32 for simple format, found 1', 'invalid length: found 1'],
    [`{${'g'.repeat(34)}}`, 'invalid character: found `g` at 2', 'invalid character: found `{` at 0'],
    [`{${id.slice(0, -1)}g}`, 'invalid character: found `g` at 36', 'invalid character: found `g` at 35'],
    [`urn:uuid:${id.slice(0, -1)}g`, 'invalid character: found `g` at 36', 'invalid character: found `g` at 35'],
    ['urn:uuid:gg', 'invalid character: found `g` at 10', 'invalid character: found `g` at 9'],
    [`urn:uuid:${id}}`, 'invalid character: found `}` at 46', 'invalid length: found 46'],
    [
      '0'.repeat(36),
      'invalid length: expected length 32 for simple format, found 36',
      'invalid group count: expected 5, found 1',
    ],
    ['é'.repeat(23), 'invalid character: found `é` at 1', 'invalid length: found 46'],
    [
      `${id}0`,
      'invalid group length in group 4: expected 12, found 13',
      'invalid group length in group 4: expected 12, found 13',
    ],
  ];
  for (const [text, from1, from0] of cases) {
    test(`is explained in the words of each release: ${text}`, () => {
      assert.equal(explain(text, 'from-1'), from1);
      assert.equal(explain(text, 'from-0'), from0);
    });
  }
});

describe('CORS of Starlette 1.7', () => {
  const preflight = { origin: 'https://a.example', 'access-control-request-method': 'GET' };
  const cors = (profile: WireProfile) => ({ profile, cors: { profile, origins: ['https://a.example'] } });

  test('varies by origin always, and by every request header of a preflight', async () => {
    const app = await createTestApp(cors(newest));
    app.get('/a', () => 1);
    const plain = await app.inject('/a');
    assert.equal(plain.headers.vary, 'Origin');
    const asked = await app.inject({ method: 'OPTIONS', url: '/a', headers: preflight });
    assert.equal(
      asked.headers.vary,
      'Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network',
    );
    assert.equal(asked.headers['access-control-allow-methods'], 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY');
    await app.close();
  });

  test('refuses the private network, which older ones did not look at', async () => {
    const headers = { ...preflight, 'access-control-request-private-network': 'true' };
    for (const [profile, expected] of [
      [newest, '400 Disallowed CORS private-network'],
      [oldest, '200 OK'],
    ] as const) {
      const app = await createTestApp(cors(profile));
      const answer = await app.inject({ method: 'OPTIONS', url: '/a', headers });
      assert.equal(`${answer.statusCode} ${answer.body}`, expected);
      await app.close();
    }
  });
});

describe('bytes', () => {
  const schema = (keyword: object): object => ({
    type: 'object',
    title: 'Upload',
    properties: { file: { type: 'string', ...keyword, title: 'File' } },
    required: ['file'],
  });
  const shown = async (profile: WireProfile, keyword: object): Promise<unknown> => {
    const app = await createTestApp({ profile });
    app.post('/a', { schema: { body: schema(keyword) } }, () => 1);
    const { Upload } = openapiDocument(app, { title: 't', version: '1' }).components.schemas;
    await app.close();
    return isRecord(Upload?.properties) ? JSON.stringify(Upload.properties.file) : undefined;
  };

  test('are documented in the keyword of the release, however they were declared', async () => {
    const media = { contentMediaType: 'application/octet-stream' };
    for (const keyword of [media, { format: 'binary' }]) {
      assert.equal(await shown(fastapi0128, keyword), '{"type":"string","format":"binary","title":"File"}');
      assert.equal(
        await shown(newest, keyword),
        '{"type":"string","contentMediaType":"application/octet-stream","title":"File"}',
      );
    }
    const validate = compileBody({ type: 'string', ...media });
    assert.deepEqual(validate({ kind: 'json', value: 'x' }), { ok: true, value: 'x' });
  });
});

test('items of a 422 carry a url where the release sent one, but a syntax error does not', async () => {
  const profile: WireProfile = { ...oldest, errorUrl: 'https://errors.pydantic.dev/2.5/v/' };
  const app = await createTestApp({ profile });
  app.post('/a', { schema: { body: { type: 'integer' } } }, () => 1);
  const post = async (payload: string): Promise<string> => {
    return (await app.inject({ method: 'POST', url: '/a', headers: { 'content-type': 'application/json' }, payload }))
      .body;
  };
  assert.equal(
    await post('"x"'),
    '{"detail":[{"type":"int_parsing","loc":["body"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x","url":"https://errors.pydantic.dev/2.5/v/int_parsing"}]}',
  );
  assert.ok(!(await post('x')).includes('url'));
  await app.close();
});

import { jsonFor, mutated, sentName, textFor } from './generate-values.ts';
import type { Random } from './random.ts';
import type { ModelSpec, ParameterSpec, RequestSpec, Scenario, TypeSpec } from './spec.ts';

/** A request for the route: sound, nearly sound, or hostile. */
export function generateRequest(scenario: Scenario, random: Random): RequestSpec {
  if (scenario.answer.kind === 'values') {
    return { method: 'GET', target: `${scenario.path}?i=${random.below(scenario.answer.values.length)}`, headers: [] };
  }
  const pairs = (place: ParameterSpec['in']): [string, string][] => fieldPairs(scenario, place, random);
  const query = encodePairs(pairs('query'), random);
  const path = scenario.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = scenario.parameters.find((one) => one.name === name);
    return parameter === undefined ? '' : encodeText(textFor(parameter.type, random, scenario) || 'x', random);
  });
  const headers: [string, string][] = [...headerPairs(pairs('header'))];
  const cookies = pairs('cookie').map(([name, value]) => `${name}=${latin1(value).replaceAll(/[;\s]/g, '')}`);
  if (cookies.length > 0) headers.push(['cookie', cookies.join(random.oneIn(5) ? ';' : '; ')]);
  const request: RequestSpec = {
    method: random.oneIn(40)
      ? random.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])
      : scenario.method,
    target: `${random.oneIn(40) ? oddPath(path, random) : path}${query === '' ? '' : `?${query}`}`,
    headers,
  };
  return withBody(request, scenario, random);
}

function oddPath(path: string, random: Random): string {
  return random.pick([
    `${path}/`,
    path.replace(/\/$/, ''),
    `/${path}`,
    path.toUpperCase(),
    `${path}/x`,
    path.replace(/\//g, '//'),
    `${path}%2F`,
    `${path}//`,
    `${path}.`,
  ]);
}

function fieldPairs(scenario: Scenario, place: ParameterSpec['in'], random: Random): [string, string][] {
  const pairs = scenario.parameters
    .filter((parameter) => parameter.in === place)
    .flatMap((parameter) => {
      const model = parameter.isModel === true ? modelOf(parameter.type, scenario) : undefined;
      if (model === undefined) return repetitions(parameter.alias ?? parameter.name, parameter, scenario, random);
      return model.fields.flatMap((field) => repetitions(sentName(field, model, random), field, scenario, random));
    });
  if ((place === 'query' || place === 'form') && random.oneIn(10))
    pairs.push([random.pick(['extra', '', '__proto__', 'a[0]']), 'x']);
  if (random.oneIn(8)) pairs.reverse();
  return pairs;
}

function modelOf(type: TypeSpec, scenario: Scenario): ModelSpec | undefined {
  return type.kind === 'model' ? scenario.models.find(({ name }) => name === type.name) : undefined;
}

function repetitions(
  name: string,
  field: { type: TypeSpec; default?: string },
  scenario: Scenario,
  random: Random,
): [string, string][] {
  const isList = /"kind":"(?:list|set|frozenset|tupleOf)"/.test(JSON.stringify(field.type));
  const absent = random.oneIn(field.default === undefined ? 10 : 3);
  const count = absent ? 0 : isList ? random.between(0, 4) : random.oneIn(15) ? 2 : 1;
  return Array.from({ length: count }, () => [name, random.oneIn(25) ? '' : textFor(field.type, random, scenario)]);
}

function encodePairs(pairs: readonly [string, string][], random: Random): string {
  const parts = pairs.map(([name, value]) => {
    if (value === '' && random.oneIn(2)) return encodeText(name, random);
    return `${encodeText(name, random)}=${encodeText(value, random)}`;
  });
  if (random.oneIn(20))
    parts.splice(
      random.below(parts.length + 1),
      0,
      random.pick(['', '=', '&', '%', '%zz=%', 'a=%ff', '+', '=x', 'q=1;limit=2', '?']),
    );
  return parts.join('&');
}

function encodeText(text: string, random: Random): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  if (random.oneIn(8)) return encoded.replaceAll('%20', '+');
  if (random.oneIn(8)) return encoded.replaceAll(/%(?:2C|3A|40|7B|7D|24|3B)/g, (escape) => decodeURIComponent(escape));
  return random.oneIn(30) ? encoded.replace(/[a-z0-9]/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`) : encoded;
}

function headerPairs(pairs: readonly [string, string][]): [string, string][] {
  return pairs.map(([name, value]) => [name.replaceAll('_', '-'), latin1(value)]);
}

/** What a header may hold: bytes of the text's UTF-8, without controls and spaces at the ends. */
function latin1(text: string): string {
  return Buffer.from(text.toWellFormed())
    .toString('latin1')
    .replaceAll(/\p{Cc}/gu, (unit) => (unit.charCodeAt(0) < 0x80 ? '' : unit))
    .trim();
}

function withBody(request: RequestSpec, scenario: Scenario, random: Random): RequestSpec {
  const bodies = scenario.parameters.filter(({ in: place }) => place === 'body');
  if (bodies.length > 0) return withJson(request, bodyJson(bodies, scenario, random), random);
  const fields = scenario.parameters.some(({ in: place }) => place === 'form');
  if (scenario.parameters.some(({ in: place }) => place === 'file') && !random.oneIn(12)) {
    return withMultipart(
      request,
      [...fileParts(scenario, random), ...textParts(fieldPairs(scenario, 'form', random))],
      random,
    );
  }
  if (!fields) return random.oneIn(30) ? withJson(request, '{"a":', random) : request;
  return withForm(request, fieldPairs(scenario, 'form', random), random);
}

function bodyJson(bodies: readonly ParameterSpec[], scenario: Scenario, random: Random): string {
  const [only] = bodies;
  if (bodies.length === 1 && only !== undefined && only.embed !== true) return jsonFor(only.type, random, scenario);
  const members = bodies.flatMap((body) => {
    if (random.oneIn(10)) return [];
    return [`${JSON.stringify(body.alias ?? body.name)}:${jsonFor(body.type, random, scenario)}`];
  });
  if (random.oneIn(12)) return jsonFor({ kind: 'named', name: 'Any' }, random, scenario);
  return `{${members.join(',')}}`;
}

const jsonTypes = [
  'application/json',
  'application/json; charset=utf-8',
  'application/vnd.api+json',
  'Application/JSON',
  'text/plain',
  'application/jsonp',
  'application/x-www-form-urlencoded',
  'application/json;charset=latin-1',
  ' application/json',
  'application/+json',
  'json',
  'application/json, text/plain',
  'multipart/form-data',
  '',
  'application/json+x',
  'text/json',
  'application/ json',
  'application/json ;a="b;c"',
  'a/b/c+json',
  'application/problem+JSON',
];

function withJson(request: RequestSpec, json: string, random: Random): RequestSpec {
  const text = random.oneIn(14) ? brokenJson(json, random) : random.oneIn(12) ? spaced(json, random) : json;
  const bytes = encoded(text, random);
  const type = random.oneIn(25) ? random.pick(jsonTypes) : 'application/json';
  const header: [string, string][] = random.oneIn(60) ? [] : [['content-type', type]];
  if (random.oneIn(60)) return { ...request, headers: [...request.headers, ...header] };
  return { ...request, headers: [...request.headers, ...header], body: bytes.toString('latin1') };
}

/** Mostly UTF-8; lone surrogates cannot be sent but as escapes. */
function encoded(text: string, random: Random): Buffer {
  const escaped = text.replaceAll(/\p{Surrogate}/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
  return random.weighted<() => Buffer>([
    [120, () => Buffer.from(escaped)],
    [1, () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(escaped)])],
    [1, () => Buffer.from(`\ufeff${escaped}`, 'utf16le')],
    [1, () => Buffer.from(escaped, 'utf16le')],
    [1, () => Buffer.from(escaped, 'utf16le').swap16()],
    [1, () => Buffer.from(escaped, 'latin1')],
    [1, () => Buffer.concat([Buffer.from(escaped), Buffer.from([random.pick([0x80, 0xff, 0xc0, 0xe2])])])],
  ])();
}

function spaced(json: string, random: Random): string {
  const space = (): string => random.pick(['', ' ', '\n', '\t', '\r\n', '  ']);
  return `${space()}${json.replaceAll(/[,:]/g, (token) => (random.oneIn(2) ? token : `${space()}${token}${space()}`))}${space()}`;
}

const breakers = [
  '}',
  ']',
  ',',
  '{',
  '[',
  '"',
  '\\',
  '1',
  "'",
  'nul',
  'tru',
  'NaN',
  '-',
  '.',
  'e',
  ':',
  '/*x*/',
  '//',
  '\u0000',
  '\u00a0',
  '\ufeff',
  'undefined',
  '+1',
  '01',
  '\\u12',
  '\\x',
  '\n',
  '\f',
  '-Infinity',
  'Infinit',
  '0x1',
  '😀',
  '"\t"',
];

function brokenJson(json: string, random: Random): string {
  const at = random.below(json.length + 1);
  return random.weighted<() => string>([
    [3, () => json.slice(0, at)],
    [4, () => json.slice(0, at) + random.pick(breakers) + json.slice(at)],
    [2, () => json.slice(0, at) + json.slice(at + 1)],
    [1, () => json.replace(/([\]}])/, ',$1')],
    [1, () => json.replaceAll('"', "'")],
    [1, () => `${json}${random.pick([json, ' x', '\n\n{}', ','])}`],
    [1, () => mutated(json, random)],
    [1, () => json.replace(/"/, '"\\')],
  ])();
}

function withForm(request: RequestSpec, pairs: readonly [string, string][], random: Random): RequestSpec {
  if (random.oneIn(3)) return withMultipart(request, textParts(pairs), random);
  const type = random.oneIn(20)
    ? random.pick([
        'application/json',
        '',
        'text/plain',
        'multipart/form-data',
        'application/x-www-form-urlencoded; charset=utf-8',
        'Application/X-WWW-Form-Urlencoded',
      ])
    : 'application/x-www-form-urlencoded';
  const header: [string, string][] = random.oneIn(50) ? [] : [['content-type', type]];
  return {
    ...request,
    headers: [...request.headers, ...header],
    body: random.oneIn(15) ? withRawBytes(encodePairs(pairs, random)) : encodePairs(pairs, random),
  };
}

/** Bytes beyond ASCII as they are, which no browser sends. */
function withRawBytes(form: string): string {
  return form.replaceAll(/%([89A-F][0-9A-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

interface Part {
  name: string;
  content: string;
  filename?: string;
}

function textParts(pairs: readonly [string, string][]): Part[] {
  return pairs.map(([name, content]) => ({ name, content: utf8AsLatin1(content) }));
}

function fileParts(scenario: Scenario, random: Random): Part[] {
  return scenario.parameters.flatMap(({ in: place, name, type }) => {
    if (place !== 'file') return [];
    const count = random.oneIn(8) ? 0 : type.kind === 'list' || random.oneIn(10) ? random.between(0, 3) : 1;
    return Array.from({ length: count }, (): Part => {
      const content = random.pick([
        '',
        'hi',
        'two\r\nlines',
        '\xff\xfe\0',
        '--x',
        '\r\n--',
        'x'.repeat(2000),
        utf8AsLatin1('é'),
      ]);
      if (random.oneIn(10)) return { name, content };
      return {
        name,
        content,
        filename: random.pick([
          'a.txt',
          '',
          'C:\\\\dir\\\\a.png',
          '../x',
          utf8AsLatin1('ü.pdf'),
          'a\\"b',
          'a;b',
          'a b',
        ]),
      };
    });
  });
}

function withMultipart(request: RequestSpec, list: readonly Part[], random: Random): RequestSpec {
  const boundary = random.pick(['x', '----WebKitFormBoundaryAbC123', "a'b", 'b_1.2']);
  const parts = list.map(({ name, content, filename }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const isTyped = filename === undefined ? random.oneIn(15) : !random.oneIn(5);
    const type = isTyped
      ? `\r\nContent-Type: ${random.pick(['text/plain', 'text/plain; charset=latin-1', 'application/json', 'image/png'])}`
      : '';
    return `--${boundary}\r\nContent-Disposition: form-data; name="${utf8AsLatin1(name)}"${file}${type}\r\n\r\n${content}\r\n`;
  });
  const body = `${parts.join('')}--${boundary}--\r\n`;
  const sent = random.oneIn(20) ? mutatedBytes(body, random) : body;
  return {
    ...request,
    headers: [...request.headers, ['content-type', `multipart/form-data; boundary=${boundary}`]],
    body: sent,
  };
}

function utf8AsLatin1(text: string): string {
  return Buffer.from(text.toWellFormed()).toString('latin1');
}

function mutatedBytes(body: string, random: Random): string {
  const at = random.below(body.length + 1);
  return random.pick([
    body.slice(0, at),
    body.slice(at),
    body.slice(0, at) + random.pick(['-', '\r', '\n', '"', ';', 'x', '\r\n']) + body.slice(at),
    body.replace('\r\n\r\n', '\n\n'),
    body.replaceAll('\r\n', '\n'),
  ]);
}

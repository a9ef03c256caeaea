import { generateAnswers } from './generate-answers.ts';
import type { TypeScope } from './generate-types.ts';
import { anyType, flatType, modelSpec, modelType, scalarType, withDefault } from './generate-types.ts';
import type { Random } from './random.ts';
import type { ParameterSpec, Scenario, TypeSpec } from './spec.ts';

/** A route with random types in random places. */
export function generateScenario(id: number, random: Random): Scenario {
  if (random.oneIn(8)) return generateAnswers(id, random);
  const scope: TypeScope = { id, enums: [], models: [] };
  const shape = random.weighted<Shape>([
    [8, oneBody],
    [2, embeddedBody],
    [3, severalBodies],
    [6, texts],
    [2, parameterModel],
    [3, form],
    [1, formModel],
    [2, mixed],
    [2, files],
  ]);
  const parameters = uniqueNames(shape(random, scope));
  const inPath = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => `/{${name}}`);
  const hasBody = parameters.some(({ in: place }) => ['body', 'form', 'file'].includes(place));
  return {
    id,
    method: hasBody
      ? random.pick(['POST', 'PUT', 'PATCH'] as const)
      : random.pick(['GET', 'GET', 'DELETE', 'POST'] as const),
    path: `/r${id}${inPath.join('')}${random.oneIn(10) ? '/' : ''}`,
    ...(random.oneIn(6) ? { status: random.pick([201, 202, 200]) } : {}),
    enums: scope.enums,
    models: scope.models,
    parameters,
    answer: { kind: 'echo' },
  };
}

type Shape = (random: Random, scope: TypeScope) => ParameterSpec[];

function oneBody(random: Random, scope: TypeScope): ParameterSpec[] {
  const type = random.oneIn(3) ? modelType(random, scope, 3) : bodyType(random, scope);
  return [bodyParameter(random, 'item', type)];
}

function embeddedBody(random: Random, scope: TypeScope): ParameterSpec[] {
  return [{ ...bodyParameter(random, 'item', bodyType(random, scope)), embed: true }];
}

function severalBodies(random: Random, scope: TypeScope): ParameterSpec[] {
  return ['item', 'other', 'more']
    .slice(0, random.between(2, 3))
    .map((name) => bodyParameter(random, name, bodyType(random, scope)));
}

/** FastAPI takes whatever is no scalar for the body; a scalar needs `Body()`, which is written always. */
function bodyType(random: Random, scope: TypeScope): TypeSpec {
  return anyType(random, scope, random.between(0, 3));
}

function bodyParameter(random: Random, name: string, type: TypeSpec): ParameterSpec {
  const field = withDefault(random, {
    name,
    type: random.oneIn(6) ? { kind: 'optional', inner: type.kind === 'optional' ? type.inner : type } : type,
  });
  return { ...field, in: 'body' };
}

function texts(random: Random, scope: TypeScope): ParameterSpec[] {
  return Array.from({ length: random.between(1, 4) }, () =>
    textParameter(random, scope, random.pick(['query', 'query', 'query', 'path', 'header', 'cookie'] as const)),
  );
}

const names = ['q', 'limit', 'sort_by', 'x_token', 'item_id', 'since', 'tags', 'page', 'lang'];
const aliases = ['item-query', 'X', 'from', 'ü', 'a[]', 'a.b', 'Page', '__proto__'];

function textParameter(
  random: Random,
  scope: TypeScope,
  place: 'query' | 'path' | 'header' | 'cookie' | 'form',
): ParameterSpec {
  const name = random.pick(names);
  const type = place === 'path' || place === 'cookie' ? scalarType(random, scope) : flatType(random, scope);
  if (place === 'path') return { in: place, name, type };
  const field = withDefault(random, { name, type });
  const alias = place !== 'cookie' && place !== 'header' && random.oneIn(8) ? { alias: random.pick(aliases) } : {};
  return { ...field, ...alias, in: place };
}

function parameterModel(random: Random, scope: TypeScope): ParameterSpec[] {
  const place = random.pick(['query', 'query', 'header', 'cookie'] as const);
  const model = modelSpec(random, scope, 0, true);
  if (place !== 'query') for (const field of model.fields) delete field.alias;
  if (place === 'header') delete model.extra;
  return [{ in: place, name: 'all', isModel: true, type: { kind: 'model', name: model.name } }];
}

function form(random: Random, scope: TypeScope): ParameterSpec[] {
  return Array.from({ length: random.between(1, 3) }, () => textParameter(random, scope, 'form'));
}

function files(random: Random, scope: TypeScope): ParameterSpec[] {
  const uploads = ['upload', 'photo'].slice(0, random.between(1, 2)).map((name): ParameterSpec => {
    const file: TypeSpec = { kind: 'file', of: random.pick(['UploadFile', 'UploadFile', 'bytes'] as const) };
    const type = random.weighted<TypeSpec>([
      [4, file],
      [1, { kind: 'list', item: file }],
      [2, { kind: 'optional', inner: file }],
    ]);
    return { in: 'file', name, type, ...(type.kind === 'optional' ? { default: 'None' } : {}) };
  });
  return [...uploads, ...(random.oneIn(2) ? form(random, scope) : [])];
}

function formModel(random: Random, scope: TypeScope): ParameterSpec[] {
  const model = modelSpec(random, scope, 0, true);
  return [{ in: 'form', name: 'all', isModel: true, type: { kind: 'model', name: model.name } }];
}

function mixed(random: Random, scope: TypeScope): ParameterSpec[] {
  const body = random.oneIn(2) ? oneBody(random, scope) : form(random, scope);
  return [...texts(random, scope), ...body];
}

function uniqueNames(parameters: readonly ParameterSpec[]): ParameterSpec[] {
  const seen = new Set<string>();
  return parameters.filter((parameter) => {
    const keys = [parameter.name, `${parameter.in} ${parameter.alias ?? parameter.name}`];
    if (keys.some((key) => seen.has(key))) return false;
    for (const key of keys) seen.add(key);
    return true;
  });
}

import type { WireProfile } from '../../src/profile.ts';
import type { Verdict } from './compare.ts';
import type { Oracle } from './oracle.ts';
import type { Finding } from './run.ts';
import { withServers } from './run.ts';
import { smallerJson, smallerLists } from './shrink-json.ts';
import type { FieldSpec, ModelSpec, RequestSpec, Scenario, TypeSpec } from './spec.ts';

/** How many smaller trials are asked before the smallest so far is good enough. */
const patience = 600;
const askedTogether = 16;

interface Shrinking {
  oracle: Oracle;
  profile: WireProfile | undefined;
  /** Statuses that a smaller difference must keep. */
  like: Finding;
  left: number;
}

/** The smallest schema and request that still make the servers differ with the same two statuses. */
export async function shrinkFinding(oracle: Oracle, finding: Finding, profile?: WireProfile): Promise<Finding> {
  const shrinking: Shrinking = { oracle, profile, like: finding, left: patience };
  let smallest = finding;
  for (let found: Finding | undefined = finding; found !== undefined; ) {
    smallest = await shrinkRequest(found, shrinking);
    found = await shrinkScenario(smallest, shrinking);
  }
  return smallest;
}

/** Servers with one scenario are asked until no smaller request makes them differ. */
async function shrinkRequest(finding: Finding, shrinking: Shrinking): Promise<Finding> {
  const { oracle, profile } = shrinking;
  const { scenario } = finding;
  return withServers(oracle, { scenarios: [scenario], profile }, async ({ ask }) => {
    let smallest = finding;
    for (let found: Finding | undefined = finding; found !== undefined; ) {
      smallest = found;
      found = await firstThatDiffers(smallerRequests(smallest.request), async (request) => ask({ scenario, request }), {
        shrinking,
        together: askedTogether,
      });
    }
    return smallest;
  });
}

/** Each smaller scenario needs servers of its own. */
async function shrinkScenario({ scenario, request }: Finding, shrinking: Shrinking): Promise<Finding | undefined> {
  const { oracle, profile } = shrinking;
  const ask = async (smaller: Scenario): Promise<Answered | undefined> =>
    withServers(oracle, { scenarios: [smaller], profile }, async ({ ask, declared }) => {
      return declared.length === 0 ? undefined : ask({ scenario: smaller, request });
    });
  return firstThatDiffers(smallerScenarios(scenario), ask, { shrinking, together: 1 });
}

type Answered = Finding & { verdict: Verdict };

async function firstThatDiffers<T>(
  smaller: Iterable<T>,
  ask: (trial: T) => Promise<Answered | undefined>,
  { shrinking, together }: { shrinking: Shrinking; together: number },
): Promise<Finding | undefined> {
  for (const trials of chunksOf(smaller, together)) {
    if (shrinking.left <= 0) return undefined;
    shrinking.left -= trials.length;
    const answers = await Promise.all(trials.map(ask));
    const found = answers.find((answer) => answer?.verdict.kind === 'differs' && isSameKind(answer, shrinking.like));
    if (found === undefined) continue;
    const { verdict: _, ...finding } = found;
    return finding;
  }
  return undefined;
}

function* chunksOf<T>(list: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of list) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function isSameKind(a: Finding, b: Finding): boolean {
  return a.theirs.status === b.theirs.status && a.ours.status === b.ours.status;
}

function* smallerRequests(request: RequestSpec): Generator<RequestSpec> {
  const { headers, target, body } = request;
  for (const index of headers.keys()) yield { ...request, headers: headers.toSpliced(index, 1) };
  const [path = '', query] = target.split('?');
  if (query !== undefined) {
    for (const pairs of smallerLists(query.split('&'))) {
      yield { ...request, target: pairs.length === 0 ? path : `${path}?${pairs.join('&')}` };
    }
  }
  if (body === undefined) return;
  const { body: _, ...bodiless } = request;
  yield bodiless;
  yield* mapEach(smallerJson(body), (smaller) => ({ ...request, body: smaller }));
  const separator = /^--/.test(body) ? '\r\n' : '&';
  yield* mapEach(smallerLists(body.split(separator)), (parts) => ({ ...request, body: parts.join(separator) }));
  if (body.length < 60)
    yield* mapEach(smallerLists(Array.from(body)), (parts) => ({ ...request, body: parts.join('') }));
}

function* mapEach<T, U>(list: Iterable<T>, change: (item: T) => U): Generator<U> {
  for (const item of list) yield change(item);
}

function* smallerScenarios(scenario: Scenario): Generator<Scenario> {
  const { parameters, models, status: _, ...rest } = scenario;
  if (scenario.status !== undefined) yield { ...rest, parameters, models };
  for (const [index, parameter] of parameters.entries()) {
    if (parameter.in !== 'path' && parameters.length > 1) {
      yield withUsedModels({ ...scenario, parameters: parameters.toSpliced(index, 1) });
    }
    for (const field of smallerFields(parameter)) {
      yield withUsedModels({ ...scenario, parameters: parameters.with(index, { ...parameter, ...field }) });
    }
  }
  for (const [index, model] of models.entries()) {
    for (const smaller of smallerModels(model)) {
      yield withUsedModels({ ...scenario, models: models.with(index, smaller) });
    }
  }
}

function* smallerModels(model: ModelSpec): Generator<ModelSpec> {
  const { extra: _, strict: __, stripWhitespace: ___, populateByName: ____, ...plain } = model;
  if (Object.keys(model).length > Object.keys(plain).length) {
    yield plain;
    for (const key of ['extra', 'strict', 'stripWhitespace', 'populateByName'] as const) {
      const { [key]: dropped, ...others } = model;
      if (dropped !== undefined) yield others;
    }
  }
  for (const [index, field] of model.fields.entries()) {
    if (model.fields.length > 1) yield { ...model, fields: model.fields.toSpliced(index, 1) };
    for (const smaller of smallerFields(field)) yield { ...model, fields: model.fields.with(index, smaller) };
  }
}

function* smallerFields<T extends FieldSpec>(field: T): Generator<T> {
  for (const key of ['alias', 'default'] as const) {
    const { [key]: dropped, ...others } = field;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both keys are optional
    if (dropped !== undefined) yield others as T;
  }
  for (const type of smallerTypes(field.type)) yield { ...field, type };
}

function* smallerTypes(type: TypeSpec): Generator<TypeSpec> {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (type.kind) {
    case 'optional':
      yield type.inner;
      for (const inner of smallerTypes(type.inner)) yield { ...type, inner };
      break;
    case 'union':
      yield* type.branches;
      if (type.branches.length > 2) {
        for (const index of type.branches.keys()) yield { ...type, branches: type.branches.toSpliced(index, 1) };
      }
      for (const [index, branch] of type.branches.entries()) {
        for (const smaller of smallerTypes(branch)) yield { ...type, branches: type.branches.with(index, smaller) };
      }
      break;
    case 'tagged':
      for (const name of type.models) yield { kind: 'model', name };
      break;
    case 'list':
    case 'set':
    case 'frozenset':
    case 'tupleOf':
      yield type.item;
      for (const item of smallerTypes(type.item)) yield { ...type, item };
      break;
    case 'tuple':
      for (const [index, item] of type.items.entries()) {
        for (const smaller of smallerTypes(item)) yield { ...type, items: type.items.with(index, smaller) };
      }
      break;
    case 'dict':
      yield type.value;
      for (const value of smallerTypes(type.value)) yield { ...type, value };
      for (const key of smallerTypes(type.key)) yield { ...type, key };
      break;
    default:
  }
  yield* withoutConstraints(type);
}

const structure = new Set([
  'kind',
  'of',
  'name',
  'item',
  'items',
  'inner',
  'branches',
  'models',
  'property',
  'key',
  'value',
  'values',
]);

function* withoutConstraints(type: TypeSpec): Generator<TypeSpec> {
  for (const key of Object.keys(type)) {
    if (structure.has(key)) continue;
    const others = Object.fromEntries(Object.entries(type).filter(([name]) => name !== key));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- constraints are optional
    yield others as TypeSpec;
  }
}

/** Models and enums that nothing names any more are left out. */
function withUsedModels(scenario: Scenario): Scenario {
  const { models, enums } = scenario;
  const used = JSON.stringify([scenario.parameters, scenario.answer]);
  const isUsed = (name: string, within: string): boolean => within.includes(`"${name}"`);
  let reached = used;
  for (let size = -1; size !== reached.length; ) {
    size = reached.length;
    const found = models.filter(({ name }) => isUsed(name, reached));
    reached = JSON.stringify([used, found]);
  }
  return {
    ...scenario,
    models: models.filter(({ name }) => isUsed(name, reached)),
    enums: enums.filter(({ name }) => isUsed(name, reached)),
  };
}

import type { Operation, Schema } from './operations.ts';
import { isTakenApart, propertiesOf, propertyOf, requiredOf } from './operations.ts';
import type { Observation, Probe, ProbeAnswer } from './probe.ts';
import { itemAt, itemsOf } from './probe.ts';
import type { BadValue } from './values.ts';
import { badValues } from './values.ts';

const json = 'application/json';

/** Probes of JSON bodies: none of them can pass validation. `isOpen`: no credentials are needed to get that far. */
export function bodyProbes(operations: readonly Operation[], isOpen: (operation: Operation) => boolean): Probe[] {
  const withModel = operations.filter((operation) => isModel(operation.bodies[json]));
  const [any] = withModel;
  const open = withModel.filter(isOpen);
  const [first] = open.filter((operation) => isSingleModel(operation.bodies[json]));
  return [
    ...(any === undefined ? [] : [syntaxProbe(any)]),
    ...(first === undefined ? [] : [typelessProbe(first), nullProbe(first)]),
    ...valueProbes(open),
  ];
}

/** One that refuses what is no object, and an object without its required properties. */
function isModel(schema: Schema | undefined): schema is Schema {
  return schema?.type === 'object' && requiredOf(schema).length > 0;
}

/** Several `Body()` parameters are shown as one object, which FastAPI takes apart itself. */
function isSingleModel(schema: Schema | undefined): boolean {
  return isModel(schema) && !isTakenApart(schema);
}

function probe(operation: Operation, rest: Pick<Probe, 'headers' | 'body' | 'harmless' | 'read'>): Probe {
  // A text that fits no number and no UUID stands for every parameter.
  return { method: operation.method, path: operation.path.replaceAll(/\{[^}]*\}/g, 'x'), ...rest };
}

function syntaxProbe(operation: Operation): Probe {
  return probe(operation, {
    headers: { 'content-type': json },
    body: '{"a":1,}',
    harmless: 'it is not JSON, which is refused before any dependency and any handler runs',
    read: (answer) => {
      const [item] = itemsOf(answer);
      if (item?.type !== 'json_invalid') return [];
      const error = String(item.ctx?.error);
      const value = error.startsWith('Illegal trailing comma') ? 'illegal-comma' : 'name-expected';
      return [{ member: 'trailingComma', value, evidence: `{"a":1,} is refused with: ${error}` }];
    },
  });
}

function typelessProbe(operation: Operation): Probe {
  return probe(operation, {
    headers: {},
    body: '[]',
    harmless: 'a list is no value of the model that the body must be',
    read: (answer) => {
      const item = itemAt(answer, 'body');
      if (item?.type !== 'model_attributes_type') return [];
      const value = Array.isArray(item.input);
      const shown = `is read as ${value ? 'JSON' : 'text'}`;
      return [
        { member: 'jsonWithoutContentType', value, evidence: `a body without content-type ${shown}` },
        ...readUrl(answer),
      ];
    },
  });
}

function nullProbe(operation: Operation): Probe {
  return probe(operation, {
    headers: { 'content-type': json },
    body: 'null',
    harmless: 'null is no value of the model that the body must be',
    read: (answer) => {
      const item = itemAt(answer, 'body');
      if (item === undefined) return [];
      const value = item.type === 'missing' ? 'absent' : 'value';
      return [{ member: 'nullBody', value, evidence: `null for a required body is refused as ${item.type}` }];
    },
  });
}

/** One probe for each kind of value, at the first property that takes it. */
function valueProbes(operations: readonly Operation[]): Probe[] {
  return badValues.flatMap((bad) => {
    for (const operation of operations) {
      const schema = operation.bodies[json] ?? {};
      const name = propertiesOf(schema).find((candidate) => bad.fits(propertyOf(schema, candidate)));
      if (name === undefined) continue;
      const made = valueProbe(operation, { schema, name, bad });
      if (made !== undefined) return [made];
    }
    return [];
  });
}

function valueProbe(
  operation: Operation,
  { schema, name, bad }: { schema: Schema; name: string; bad: BadValue },
): Probe | undefined {
  const omitted = requiredOf(schema).find((required) => required !== name);
  if (!bad.neverValid && omitted === undefined) return undefined;
  return probe(operation, {
    headers: { 'content-type': json },
    body: JSON.stringify({ [name]: bad.value(propertyOf(schema, name)) }),
    harmless: bad.neverValid ? `${name} has no valid value` : `the required ${omitted} is missing`,
    read: (answer) => {
      if (itemsOf(answer).length === 0) return [];
      return [...bad.read(itemAt(answer, 'body', name)), ...readUrl(answer)];
    },
  });
}

function readUrl(answer: ProbeAnswer): Observation[] {
  const [item] = itemsOf(answer);
  if (item === undefined || item.type === 'json_invalid') return [];
  const url = typeof item.url === 'string' ? item.url : undefined;
  const value = url?.endsWith(item.type) === true ? url.slice(0, -item.type.length) : null;
  return [
    { member: 'errorUrl', value, evidence: `an item of a 422 has ${url === undefined ? 'no url' : `url ${url}`}` },
  ];
}

import type {
  AnswerOptions,
  Bounds,
  FieldSpec,
  Lengths,
  ModelSpec,
  ParameterSpec,
  Scenario,
  TypeSpec,
} from './spec.ts';

/** The Python that adds a scenario's route to the `app` of {@link preamble}. */
export function pythonSource(scenario: Scenario): string {
  return [...scenarioLines(scenario), ''].join('\n');
}

export const preamble = `
import datetime, decimal, enum, ipaddress, json, typing, uuid
from datetime import date, time, timedelta
from decimal import Decimal
from ipaddress import *
from typing import *
from uuid import UUID
from fastapi import Body, Cookie, FastAPI, File, Form, Header, Path, Query, UploadFile
from pydantic import *
from pydantic import Field, StringConstraints
from pydantic_core import Url

app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)


async def described(file):
    if isinstance(file, list):
        return [await described(one) for one in file]
    if isinstance(file, bytes):
        return {'hex': file.hex()}
    if file is None:
        return None
    content = await file.read()
    return {'name': file.filename, 'type': file.content_type, 'size': file.size, 'hex': content.hex()}
`;

function* scenarioLines(scenario: Scenario): Generator<string> {
  for (const { name, base, values } of scenario.enums) {
    yield `class ${name}(${base === 'plain' ? '' : `${base}, `}enum.Enum):`;
    for (const [index, value] of values.entries()) yield `    m${index} = ${pythonLiteral(value)}`;
  }
  // Inner models first; a name that is not there yet is quoted.
  const known = new Set<string>();
  for (const model of scenario.models.toReversed()) {
    for (const line of modelLines(model)) {
      yield line.startsWith('class')
        ? line
        : line.replaceAll(/\bM\d+N\d+\b/g, (name) => (known.has(name) ? name : `'${name}'`));
    }
    known.add(model.name);
  }
  for (const { name } of scenario.models) yield `${name}.model_rebuild()`;
  yield* routeLines(scenario);
}

function* modelLines(model: ModelSpec): Generator<string> {
  yield `class ${model.name}(BaseModel):`;
  const config = [
    model.extra === undefined ? [] : [`extra='${model.extra}'`],
    model.strict === true ? ['strict=True'] : [],
    model.stripWhitespace === true ? ['str_strip_whitespace=True'] : [],
    model.populateByName === true ? ['populate_by_name=True'] : [],
  ].flat();
  yield `    model_config = ConfigDict(${['protected_namespaces=()', ...config].join(', ')})`;
  for (const field of model.fields) yield `    ${field.name}: ${annotated(field.type)} = ${fieldSource(field)}`;
}

function fieldSource(field: FieldSpec): string {
  const parts = [
    ...(field.default === undefined ? [] : [field.default]),
    ...(field.alias === undefined ? [] : [`alias=${pythonLiteral(field.alias)}`]),
  ];
  return `Field(${parts.join(', ')})`;
}

const callees = {
  path: 'Path',
  query: 'Query',
  header: 'Header',
  cookie: 'Cookie',
  form: 'Form',
  file: 'File',
  body: 'Body',
} as const;

function* routeLines({ id, method, path, status, parameters, answer }: Scenario): Generator<string> {
  const decorator = `@app.${method.toLowerCase()}(${[pythonLiteral(path), ...(status === undefined ? [] : [`status_code=${status}`])].join(', ')}`;
  if (answer.kind === 'values') {
    yield `V${id} = json.loads(${pythonLiteral(JSON.stringify(answer.values))})`;
    const model = answer.plain === true ? 'None' : annotated(answer.type);
    yield `${decorator}, response_model=${[model, ...optionSource(answer.options ?? {})].join(', ')})`;
    yield `async def r${id}(i: int):`;
    yield `    return decode(V${id}[i])`;
    return;
  }
  const echoed = parameters.filter(({ in: place }) => place !== 'file');
  const [only] = echoed;
  const single = echoed.length === 1 && only?.in === 'body' && only.embed !== true;
  if (!single) {
    yield `class R${id}(BaseModel):`;
    yield `    model_config = ConfigDict(protected_namespaces=())`;
    if (parameters.length === 0) yield '    pass';
    for (const { name, type, in: place } of parameters) {
      yield `    ${name}: ${place === 'file' ? 'Any' : annotated(type)}`;
    }
  }
  yield `${decorator}, response_model=${single && only !== undefined ? annotated(only.type) : `R${id}`})`;
  yield `async def r${id}(${parameters.length === 0 ? '' : `*, ${parameters.map(parameterSource).join(', ')}`}):`;
  if (single && only !== undefined) yield `    return ${only.name}`;
  else {
    const members = parameters.map(({ name, in: place }) => {
      return `'${name}': ${place === 'file' ? `await described(${name})` : name}`;
    });
    yield `    return {${members.join(', ')}}`;
  }
}

function optionSource(options: AnswerOptions): string[] {
  return [
    ...(options.excludeNone === true ? ['response_model_exclude_none=True'] : []),
    ...(options.excludeUnset === true ? ['response_model_exclude_unset=True'] : []),
    ...(options.excludeDefaults === true ? ['response_model_exclude_defaults=True'] : []),
    ...(options.include === undefined ? [] : [`response_model_include=set(${JSON.stringify(options.include)})`]),
    ...(options.exclude === undefined ? [] : [`response_model_exclude=set(${JSON.stringify(options.exclude)})`]),
  ];
}

function parameterSource(parameter: ParameterSpec): string {
  const parts = [
    ...(parameter.alias === undefined ? [] : [`alias=${pythonLiteral(parameter.alias)}`]),
    ...(parameter.embed === true ? ['embed=True'] : []),
  ];
  const place = `${callees[parameter.in]}(${parts.join(', ')})`;
  const fallback = parameter.default === undefined ? '' : ` = ${parameter.default}`;
  return `${parameter.name}: Annotated[${annotated(parameter.type)}, ${place}]${fallback}`;
}

/** The type as a Python annotation. */
export function annotated(type: TypeSpec): string {
  switch (type.kind) {
    case 'str':
      return withConstraints(
        'str',
        [
          ...lengthSource(type, 'length'),
          ...(type.pattern === undefined ? [] : [`pattern=${pythonLiteral(type.pattern)}`]),
          ...(type.strip === true ? ['strip_whitespace=True'] : []),
          ...(type.lower === true ? ['to_lower=True'] : []),
          ...(type.upper === true ? ['to_upper=True'] : []),
          ...(type.strict === true ? ['strict=True'] : []),
        ],
        'StringConstraints',
      );
    case 'int':
      return withConstraints('int', [...boundSource(type, (text) => text), ...strictSource(type)]);
    case 'float':
      return withConstraints('float', [
        ...boundSource(type, (text) => text),
        ...strictSource(type),
        ...(type.finite === true ? ['allow_inf_nan=False'] : []),
      ]);
    case 'decimal':
      return withConstraints('Decimal', [
        ...boundSource(type, (text) => `Decimal('${text}')`),
        ...strictSource(type),
        ...(type.maxDigits === undefined ? [] : [`max_digits=${type.maxDigits}`]),
        ...(type.places === undefined ? [] : [`decimal_places=${type.places}`]),
      ]);
    case 'bool':
      return withConstraints('bool', strictSource(type));
    case 'bytes':
      return withConstraints('bytes', lengthSource(type, 'length'));
    case 'moment':
      return withConstraints(type.of === 'datetime' ? 'datetime.datetime' : type.of, [
        ...boundSource(type, (text) => momentSource(type.of, text)),
        ...strictSource(type),
      ]);
    case 'named':
      return type.name;
    case 'enum':
    case 'model':
      return type.name;
    case 'literal':
      return `Literal[${type.values.map(pythonLiteral).join(', ')}]`;
    case 'list':
    case 'set':
    case 'frozenset':
      return withConstraints(`${type.kind}[${annotated(type.item)}]`, lengthSource(type, 'length'));
    case 'tupleOf':
      return withConstraints(`tuple[${annotated(type.item)}, ...]`, lengthSource(type, 'length'));
    case 'tuple':
      return `tuple[${type.items.map(annotated).join(', ')}]`;
    case 'dict':
      return withConstraints(`dict[${annotated(type.key)}, ${annotated(type.value)}]`, lengthSource(type, 'length'));
    case 'union': {
      const union = `Union[${type.branches.map(annotated).join(', ')}]`;
      return type.leftToRight === true ? `Annotated[${union}, Field(union_mode='left_to_right')]` : union;
    }
    case 'tagged':
      return `Annotated[Union[${type.models.join(', ')}], Field(discriminator='${type.property}')]`;
    case 'optional':
      return `Optional[${annotated(type.inner)}]`;
    case 'file':
      return type.of;
    default:
      return type satisfies never;
  }
}

function withConstraints(base: string, parts: readonly string[], callee = 'Field'): string {
  return parts.length === 0 ? base : `Annotated[${base}, ${callee}(${parts.join(', ')})]`;
}

function strictSource({ strict }: { strict?: boolean }): string[] {
  return strict === true ? ['strict=True'] : [];
}

function lengthSource({ min, max }: Lengths, what: string): string[] {
  return [...(min === undefined ? [] : [`min_${what}=${min}`]), ...(max === undefined ? [] : [`max_${what}=${max}`])];
}

function boundSource(bounds: Bounds, show: (text: string) => string): string[] {
  const { gt, ge, lt, le, multipleOf } = bounds;
  return Object.entries({ gt, ge, lt, le, multiple_of: multipleOf }).flatMap(([name, text]) =>
    text === undefined ? [] : [`${name}=${show(text)}`],
  );
}

function momentSource(of: 'datetime' | 'date' | 'time' | 'timedelta', text: string): string {
  return `TypeAdapter(${of === 'datetime' ? 'datetime.datetime' : of}).validate_python('${text}')`;
}

/** A JSON scalar as a Python literal. */
export function pythonLiteral(value: string | number | boolean | null): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value).replaceAll(/[^ -~]/gu, (character) => {
    return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
  });
}

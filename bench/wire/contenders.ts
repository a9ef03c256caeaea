import { compileBody, compileSerializer, parseBody } from '@stanchion/wire';
import { Ajv } from 'ajv';
import addFormatsModule from 'ajv-formats';
import fastJsonStringify from 'fast-json-stringify';
import { z } from 'zod';
import { TaskCreateRequest, TaskListResponse, TaskResponse } from '../../src/schemas/tasks.ts';
import { createAnswer, createBody, listAnswer } from './samples.ts';

export const works = ['validate', 'serialize one', 'serialize page'] as const;
export type Work = (typeof works)[number];

/** Does one kind of work once; each returns what it made, so that nothing can be left out. */
export interface Contender {
  readonly name: string;
  readonly run: Readonly<Record<Work, () => unknown>>;
}

const bytes = Buffer.from(createBody);

/** From the bytes of a body to typed values, and from typed values to text. */
export function createContenders(): Contender[] {
  return [wireContender(), ajvContender(), zodContender()];
}

function wireContender(): Contender {
  const validate = compileBody(TaskCreateRequest);
  const one = compileSerializer(TaskResponse);
  const page = compileSerializer(TaskListResponse);
  return {
    name: 'wire',
    run: {
      validate: () => {
        const result = validate(parseBody(bytes, 'application/json'));
        if (!result.ok) throw new TypeError('refused');
        return result.value;
      },
      'serialize one': () => one(createAnswer),
      'serialize page': () => page(listAnswer),
    },
  };
}

// The package is CommonJS whose default export is a namespace to TypeScript and the function to Node.
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void; // oxlint-disable-line typescript/no-unsafe-type-assertion -- its types describe a default export that Node does not give

/** As Fastify uses them: coercing, defaults, strict formats. */
function ajvContender(): Contender {
  const ajv = new Ajv({ coerceTypes: 'array', useDefaults: true, removeAdditional: true, strict: false });
  addFormats(ajv);
  const validate = ajv.compile(withoutRules(TaskCreateRequest));
  const one = fastJsonStringify(withoutRules(TaskResponse));
  const page = fastJsonStringify(withoutRules(TaskListResponse));
  return {
    name: 'Ajv + fast-json-stringify',
    run: {
      validate: () => {
        const value: unknown = JSON.parse(bytes.toString());
        if (!validate(value)) throw new TypeError('refused');
        return value;
      },
      'serialize one': () => one(createAnswer),
      'serialize page': () => page(listAnswer),
    },
  };
}

/** Zod has no serialiser of its own: its output is parsed by the schema and written by JSON.stringify. */
function zodContender(): Contender {
  const create = z.object({
    title: z.string(),
    description: z.string().nullish(),
    due_datetime: z.iso.datetime({ offset: true, local: true }).nullish(),
    priority: z.string(),
    is_completed: z.boolean().nullish().default(false),
  });
  const task = z.object({
    title: z.string(),
    description: z.string().nullish(),
    due_datetime: z.string().nullish(),
    priority: z.string(),
    is_completed: z.boolean(),
    id: z.uuid(),
    user_id: z.uuid(),
    created_at: z.string(),
    updated_at: z.string(),
  });
  const one = z.object({ success: z.boolean(), data: task.nullish(), message: z.string().nullish() });
  const list = z.object({ tasks: z.array(task), total_count: z.int(), limit: z.int(), offset: z.int() });
  const page = z.object({ success: z.boolean(), data: list, message: z.string().nullish() });
  return {
    name: 'Zod',
    run: {
      validate: () => create.parse(JSON.parse(bytes.toString())),
      'serialize one': () => JSON.stringify(one.parse(createAnswer)),
      'serialize page': () => JSON.stringify(page.parse(listAnswer)),
    },
  };
}

/** Without our keyword and the ids, which would clash where a schema stands twice. */
function withoutRules(schema: object): object {
  return JSON.parse(
    JSON.stringify(schema, (key: string, value: unknown) => (key === 'x-wire' || key === '$id' ? undefined : value)),
  );
}

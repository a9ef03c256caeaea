import {
  type CollationFacts,
  type ColumnFacts,
  type CompositeFacts,
  type DomainFacts,
  type EnumFacts,
  type ExtensionFacts,
  objectsOfKind,
  type Schema,
} from '../../schema/objects.ts';
import { quoteName, quoteText } from '../../sql-names.ts';
import { commentsOf } from './create-sql.ts';
import { cutBytes, ident, words } from './names.ts';
import { type DraftStep, inverse, type Operation, type PlanContext, refuseChange, revisionMark } from './operation.ts';

/** Enums and domains are set aside, because columns that were set aside still use them. */
export function addType(context: PlanContext, type: EnumFacts | DomainFacts): Operation {
  const { journal } = context;
  const target = `${quoteText(type.sql)}, ${quoteText(revisionMark)}`;
  const create = type.kind === 'enum' ? enumSql(type) : domainSql(type);
  const name = words(type.sql);
  return {
    ...{ phase: 'expand', stage: 'make', keys: [type.key], what: `${type.kind} ${type.sql} is created` },
    up: [
      {
        name: `create_${name}`,
        sql: `DO $$\nBEGIN\n  IF NOT ${journal}.take_back_type(${target}) THEN\n    ${create}\n  END IF;\nEND\n$$;${commentsOf(
          [type],
        )
          .map((one) => `\n${one}`)
          .join('')}`,
        note: 'Takes back what an earlier downgrade set aside, else creates it.',
      },
    ],
    down: [{ name: `set_aside_${name}`, sql: `SELECT ${journal}.soft_drop_type(${target});` }],
  };
}

export function dropType(context: PlanContext, type: EnumFacts | DomainFacts): Operation {
  return inverse(addType(context, type), {
    phase: 'contract',
    stage: 'drop',
    what: `${type.kind} ${type.sql} is set aside`,
  });
}

/** Undefined: labels went or changed places, which needs another type. */
export function addLabels(from: EnumFacts, to: EnumFacts): DraftStep[] | undefined {
  const kept = to.labels.filter((label) => from.labels.includes(label));
  if (kept.join('\0') !== from.labels.join('\0')) return undefined;
  const known = [...from.labels];
  const steps: DraftStep[] = [];
  for (const [index, label] of to.labels.entries()) {
    if (known.includes(label)) continue;
    const before = to.labels[index - 1];
    const place =
      before === undefined
        ? known[0] === undefined
          ? ''
          : ` BEFORE ${quoteText(known[0])}`
        : ` AFTER ${quoteText(before)}`;
    steps.push({
      name: `add_${words(label)}`,
      sql: `ALTER TYPE ${to.sql} ADD VALUE IF NOT EXISTS ${quoteText(label)}${place};`,
      note: 'Locks no table. Usable after this step has committed.',
    });
    known.splice(before === undefined ? 0 : known.indexOf(before) + 1, 0, label);
  }
  return steps;
}

/** Columns of tables whose type is this enum or an array of it. */
export function columnsOfType(schema: Schema, typeSql: string): ColumnFacts[] {
  return objectsOfKind(schema, 'column').filter((one) => one.type === typeSql || one.type === `${typeSql}[]`);
}

export function alterDomain(context: PlanContext, from: DomainFacts, to: DomainFacts): Operation[] {
  if (from.type !== to.type || from.collation !== to.collation) {
    return refuseChange(
      context,
      `another base type of domain ${to.sql}`,
      'Create a new domain, and give the columns that type.',
    );
  }
  if (from.notNull !== to.notNull && to.notNull) {
    return refuseChange(
      context,
      `NOT NULL of domain ${to.sql}`,
      'Write it as CHECK (VALUE IS NOT NULL), which can be validated beside readers and writers.',
    );
  }
  const operations: Operation[] = [];
  const base = { stage: 'make', keys: [to.key] } as const;
  if (from.default !== to.default) {
    const set = (value: string | null): DraftStep[] => [
      {
        name: `${words(to.sql)}_default`,
        sql: `ALTER DOMAIN ${to.sql} ${value === null ? 'DROP DEFAULT' : `SET DEFAULT ${value}`};`,
      },
    ];
    operations.push({
      ...base,
      phase: 'expand',
      what: `the default of domain ${to.sql}`,
      up: set(to.default),
      down: set(from.default),
    });
  }
  if (from.notNull && !to.notNull) {
    const set = (word: string): DraftStep[] => [
      { name: `${words(to.sql)}_null`, sql: `ALTER DOMAIN ${to.sql} ${word} NOT NULL;` },
    ];
    operations.push({
      ...base,
      phase: 'expand',
      what: `domain ${to.sql} may be null`,
      up: set('DROP'),
      down: set('SET'),
    });
  }
  const gone = Object.entries(from.checks).filter(([name, sql]) => to.checks[name] !== sql);
  const came = Object.entries(to.checks).filter(([name, sql]) => from.checks[name] !== sql);
  for (const [name, sql] of gone) {
    const what = `check ${name} of domain ${to.sql} is dropped`;
    operations.push(inverse(checkOperation(context, to, [name, sql]), { phase: 'expand', stage: 'loosen', what }));
  }
  for (const check of came) operations.push(checkOperation(context, to, check));
  return operations;
}

export function addComposite(context: PlanContext, type: CompositeFacts): Operation {
  return nameAside(context, {
    ...{ what: `composite type ${type.sql}`, key: type.key, word: 'TYPE', sql: type.sql, find: 'to_regtype' },
    create: `CREATE TYPE ${type.sql} AS (${type.attributes.join(', ')});`,
    after: commentsOf([type]),
    before: [],
  });
}

export function addCollation(context: PlanContext, collation: CollationFacts): Operation {
  return nameAside(context, {
    ...{
      what: `collation ${collation.sql}`,
      key: collation.key,
      word: 'COLLATION',
      sql: collation.sql,
      find: 'to_regcollation',
    },
    create: `CREATE COLLATION ${collation.sql} (${collation.definition});`,
    after: commentsOf([collation]),
    before: [],
  });
}

interface Aside {
  what: string;
  key: string;
  word: string;
  sql: string;
  find: string;
  create: string;
  after: readonly string[];
  /** Before it is called otherwise. */
  before: readonly string[];
}

/** What columns that were set aside may still use is not dropped, but called otherwise; and taken back by that name. */
export function nameAside(
  context: PlanContext,
  { what, key, word, sql, find, create, after, before }: Aside,
): Operation {
  const schema = sql.includes('.') ? sql.slice(0, sql.lastIndexOf('.') + 1) : '';
  const own = sql.slice(schema.length);
  const aside = quoteName(`_st_${revisionMark}_${cutBytes(own.replaceAll('"', ''), 46)}`);
  const name = words(what);
  return {
    ...{ phase: 'expand', stage: 'make', keys: [key], what: `${what} is created` },
    up: [
      {
        name: `create_${name}`,
        sql: [
          `DO $$\nBEGIN\n  IF ${find}(${quoteText(schema + aside)}) IS NULL THEN\n    ${create}\n  ELSE`,
          `    ALTER ${word} ${schema}${aside} RENAME TO ${own};\n  END IF;\nEND\n$$;`,
          ...after,
        ].join('\n'),
        note: 'Takes back what an earlier downgrade set aside, else creates it.',
      },
    ],
    down: [
      {
        name: `set_aside_${name}`,
        sql: [...before, `ALTER ${word} ${sql} RENAME TO ${aside};`].join('\n'),
        note: 'Something that was set aside may use it: it is only called otherwise.',
      },
    ],
  };
}

export function addSchema(schema: { sql: string; key: string }): Operation {
  const name = words(schema.sql);
  return {
    ...{ phase: 'expand', stage: 'make', keys: [schema.key], what: `schema ${schema.sql} is created` },
    up: [{ name: `create_${name}`, sql: `CREATE SCHEMA ${schema.sql};` }],
    down: [
      {
        name: `drop_${name}`,
        sql: `DROP SCHEMA ${schema.sql};`,
        accept: ['ST058: what was in it is set aside before, and without CASCADE it only goes when it is empty'],
      },
    ],
  };
}

/** An extension comes; it never goes by itself, because what was set aside may need it. */
export function addExtension(context: PlanContext, extension: ExtensionFacts): Operation {
  const { schemaSql } = extension;
  const name = words(extension.sql);
  const create = `CREATE EXTENSION IF NOT EXISTS ${extension.sql}${schemaSql === null ? '' : ` SCHEMA ${schemaSql}`};`;
  const move = (schema: string): string => `ALTER EXTENSION ${extension.sql} SET SCHEMA ${schema};`;
  const isMoved = schemaSql !== null && !context.before.objects.has(`schema ${schemaSql.replaceAll('"', '')}`);
  return {
    ...{ phase: 'expand', stage: 'make', keys: [extension.key], what: `extension ${extension.sql} is created` },
    up: [{ name: `create_${name}`, sql: isMoved ? `${create}\n${move(schemaSql)}` : create }],
    down: [
      {
        name: `keep_${name}`,
        sql: isMoved
          ? `${move('public')} -- It stays: what was set aside may need it, and its schema goes.`
          : 'SELECT 1; -- The extension stays: what was set aside may need it.',
      },
    ],
  };
}

/** One statement makes it, one takes it away, and nothing is lost with it. */
export function simple(what: string, key: string, sql: { create: string; drop: string }): Operation {
  const name = words(what);
  return {
    ...{ phase: 'expand', stage: 'make', keys: [key], what: `${what} is created` },
    up: [{ name: `create_${name}`, sql: sql.create }],
    down: [{ name: `drop_${name}`, sql: sql.drop }],
  };
}

export function enumSql(type: EnumFacts, name = type.sql): string {
  return `CREATE TYPE ${name} AS ENUM (${type.labels.map(quoteText).join(', ')});`;
}

function domainSql(type: DomainFacts): string {
  return [
    `CREATE DOMAIN ${type.sql} AS ${type.type}`,
    type.collation === null ? '' : ` COLLATE ${type.collation}`,
    type.default === null ? '' : ` DEFAULT ${type.default}`,
    type.notNull ? ' NOT NULL' : '',
    ...Object.entries(type.checks).map(([name, check]) => ` CONSTRAINT "${name.replaceAll('"', '""')}" ${check}`),
    ';',
  ].join('');
}

function checkOperation(context: PlanContext, type: DomainFacts, [name, sql]: [string, string]): Operation {
  const constraint = ident(context.after, name);
  return {
    ...{ phase: 'contract', stage: 'make', keys: [type.key], what: `check ${name} of domain ${type.sql}` },
    up: [
      {
        name: `add_${words(name)}`,
        sql: `ALTER DOMAIN ${type.sql} ADD CONSTRAINT ${constraint} ${sql} NOT VALID;`,
        note: 'Binds new values; locks no table.',
      },
      {
        name: `validate_${words(name)}`,
        sql: `ALTER DOMAIN ${type.sql} VALIDATE CONSTRAINT ${constraint};`,
        note: 'SHARE on the tables that use it, while it reads them.',
      },
    ],
    down: [{ name: `drop_${words(name)}`, sql: `ALTER DOMAIN ${type.sql} DROP CONSTRAINT ${constraint};` }],
  };
}

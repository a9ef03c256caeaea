import type { MigrationFault } from '../errors.ts';
import {
  type ColumnFacts,
  findObject,
  objectsOfKind,
  partsOf,
  type Schema,
  type TableFacts,
} from '../schema/objects.ts';
import { asArgument } from './told-names.ts';

export interface Renames {
  /** Each with the names, for SQL, of the columns that the old version knows. */
  tables: { from: TableFacts; to: string; columns: string[] }[];
  columns: { from: ColumnFacts; to: ColumnFacts }[];
  labels: { type: string; typeSql: string; from: string; to: string }[];
}

/** Something went, something like it came: one question each, and the flag that answers it. */
export interface RenameQuestion {
  kind: 'table' | 'column' | 'label';
  from: string;
  /** Every one that it could have become. */
  candidates: string[];
}

/** `--rename a:b`, in pairs. */
export type RenameAnswer = readonly [from: string, to: string];

/** Tables that went and came with mostly the same columns. */
export function askTables(before: Schema, after: Schema, answers: readonly RenameAnswer[]): RenameQuestion[] {
  const gone = goneTables(before, after).filter((table) => !answers.some(([from]) => from === table.sql));
  const came = goneTables(after, before).filter((table) => !answers.some(([, to]) => to === table.sql));
  return gone.flatMap((table): RenameQuestion[] => {
    const candidates = came.filter((other) => likeness(before, table, after, other) >= 0.5).map((other) => other.sql);
    return candidates.length === 0 ? [] : [{ kind: 'table', from: table.sql, candidates }];
  });
}

/** Columns of one table and labels of one enum. `before` has the tables' new names already. */
export function askParts(before: Schema, after: Schema, answers: readonly RenameAnswer[]): RenameQuestion[] {
  const told = (name: string): boolean => answers.some((pair) => pair.includes(name));
  const columns = objectsOfKind(before, 'column').flatMap((column): RenameQuestion[] => {
    const name = `${column.tableSql}.${column.name}`;
    if (after.objects.has(column.key) || !after.objects.has(column.table) || told(name)) return [];
    const candidates = partsOf(after, column.table, 'column')
      .filter(
        (other) =>
          !before.objects.has(other.key) && other.type === column.type && !other.generated === !column.generated,
      )
      .map((other) => `${other.tableSql}.${other.name}`)
      .filter((other) => !told(other));
    return candidates.length === 0 ? [] : [{ kind: 'column', from: name, candidates }];
  });
  const labels = objectsOfKind(before, 'enum').flatMap((type): RenameQuestion[] => {
    const wanted = findObject(after, type.key, 'enum');
    if (!wanted) return [];
    const came = wanted.labels.filter((label) => !type.labels.includes(label) && !told(`${type.sql}.${label}`));
    const gone = type.labels.filter((label) => !wanted.labels.includes(label) && !told(`${type.sql}.${label}`));
    return gone.flatMap((label): RenameQuestion[] =>
      came.length === 0
        ? []
        : [{ kind: 'label', from: `${type.sql}.${label}`, candidates: came.map((one) => `${type.sql}.${one}`) }],
    );
  });
  return [...columns, ...labels];
}

/** Finds what the answers name. What they name wrongly is among the faults. */
export function resolveRenames(
  before: Schema,
  after: Schema,
  answers: readonly RenameAnswer[],
  faults: MigrationFault[],
): Renames {
  const renames: Renames = { tables: [], columns: [], labels: [] };
  for (const [from, to] of answers) {
    const table = objectsOfKind(before, 'table').find((one) => one.sql === from);
    const newTable = objectsOfKind(after, 'table').find((one) => one.sql === to);
    const column = findColumn(before, from);
    const newColumn = findColumn(after, to);
    const label = objectsOfKind(before, 'enum').find((one) => one.labels.some((text) => `${one.sql}.${text}` === from));
    if (table && newTable && table.schema !== newTable.schema) faults.push(otherSchema(table, newTable));
    else if (table && newTable && !after.objects.has(table.key))
      renames.tables.push({ from: table, to: newTable.name, columns: columnsInOrder(before, table) });
    else if (column && newColumn && column.table === newColumn.table && !after.objects.has(column.key))
      renames.columns.push({ from: column, to: newColumn });
    else if (label && to.startsWith(`${label.sql}.`)) {
      const cut = label.sql.length + 1;
      renames.labels.push({ type: label.key, typeSql: label.sql, from: from.slice(cut), to: to.slice(cut) });
    } else {
      faults.push({
        code: 'rename_unclear',
        message: `--rename ${from}:${to} names nothing that went and nothing that came`,
        hint: 'Tables as old:new, columns as table.old:table.new with the new name of the table, labels as type.old:type.new.',
      });
    }
  }
  return renames;
}

export function unclear(questions: readonly RenameQuestion[]): MigrationFault[] {
  return questions.map(({ kind, from, candidates }) => ({
    code: 'rename_unclear',
    message: `${kind} ${from} went and ${candidates.join(', ')} came: is it the same under another name?`,
    hint: `--rename ${asArgument(`${from}:${candidates[0]}`)} if so, --no-rename if not.`,
  }));
}

function otherSchema(from: TableFacts, to: TableFacts): MigrationFault {
  const newName = from.name === to.name ? '' : ', a RENAME';
  return {
    code: 'no_online_form',
    message: `${from.sql} as ${to.sql}, in another schema, has no form that is safe while the old version serves`,
    hint: `Write it by hand, in a revision of its own: ALTER TABLE ${from.sql} SET SCHEMA ${to.schema}${newName}, and a view of the old name for as long as the old version runs.`,
  };
}

function columnsInOrder(schema: Schema, table: TableFacts): string[] {
  return partsOf(schema, table.key, 'column')
    .toSorted((a, b) => a.position - b.position)
    .map((one) => one.sql);
}

function goneTables(schema: Schema, other: Schema): TableFacts[] {
  return objectsOfKind(schema, 'table').filter((table) => !other.objects.has(table.key) && !table.partitionOf);
}

function likeness(before: Schema, table: TableFacts, after: Schema, other: TableFacts): number {
  const list = (schema: Schema, key: string) =>
    new Set(partsOf(schema, key, 'column').map((one) => `${one.name} ${one.type}`));
  const [a, b] = [list(before, table.key), list(after, other.key)];
  const shared = [...a].filter((one) => b.has(one)).length;
  return shared / Math.max(1, a.size, b.size);
}

function findColumn(schema: Schema, name: string): ColumnFacts | undefined {
  return objectsOfKind(schema, 'column').find((one) => `${one.tableSql}.${one.name}` === name);
}

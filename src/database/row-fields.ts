import { Column, is, SQL } from 'drizzle-orm';

/** Rows reach the models as the driver gives them: these column types would be mapped by Drizzle, and are not. */
const mappedTypes = new Set(['PgTimestamp', 'PgDate', 'PgBigInt64', 'PgNumericNumber', 'PgNumericBigInt']);

/**
 * Asserts that a query's result has the shape that its type promises, although no row is ever mapped.
 * `prepared` is Drizzle's prepared query, which keeps the selected fields in order; none for a statement without a result.
 */
export function assertRowMatches(query: string, prepared: unknown): void {
  for (const { path, field } of selectedFields(prepared)) assertField(query, path, field);
}

interface SelectedField {
  path: string[];
  field: unknown;
}

/** Drizzle's types leave the fields out: should their shape change one day, this says so. */
function selectedFields(prepared: unknown): SelectedField[] {
  if (typeof prepared !== 'object' || prepared === null || !('fields' in prepared)) throw unknownShape();
  if (prepared.fields === undefined) return [];
  if (!Array.isArray(prepared.fields) || !prepared.fields.every(isSelectedField)) throw unknownShape();
  return prepared.fields;
}

function isSelectedField(entry: unknown): entry is SelectedField {
  return (
    typeof entry === 'object' && entry !== null && 'path' in entry && Array.isArray(entry.path) && 'field' in entry
  );
}

function unknownShape(): TypeError {
  return new TypeError("this version of Drizzle keeps a query's fields elsewhere: see row-fields.ts");
}

function assertField(query: string, path: string[], field: unknown): void {
  const key = path.join('.');
  if (path.length > 1) throw new TypeError(`query ${query}: "${key}" is nested; select flat keys instead`);
  const name = sqlNameOf(field);
  if (name !== key) {
    const found = name === undefined ? 'has no alias' : `is the column "${name}"`;
    throw new TypeError(`query ${query}: the key "${key}" ${found}; use sql\`…\`.as('${key}') or the column's name`);
  }
  if (is(field, Column)) assertPlainColumn(query, field);
}

function sqlNameOf(field: unknown): string | undefined {
  if (is(field, Column)) return field.name;
  if (is(field, SQL.Aliased)) return field.fieldAlias;
  return undefined;
}

function assertPlainColumn(query: string, column: Column): void {
  // A custom type without a mapper of its own (bytea) is what the driver gives.
  const isMapped = column.dataType === 'custom' && 'mapFrom' in column && column.mapFrom !== undefined;
  if (mappedTypes.has(column.columnType) || isMapped) {
    throw new TypeError(
      `query ${query}: "${column.name}" is a ${column.columnType}, which rows do not hold; ` +
        `use mode 'string' for dates and numeric, 'number' for bigint`,
    );
  }
}

/** Pieces of the catalog queries. $1: schemas that are not looked at; $2: tables, as schema.name; $3: LIKE pattern of what was set aside. */
export function isOurs(namespace: string): string {
  return `${namespace}.nspname NOT LIKE 'pg\\_%' AND ${namespace}.nspname <> 'information_schema'
    AND ${namespace}.nspname <> ALL ($1::text[])`;
}

/** What CREATE EXTENSION brings is the extension's. */
export function ofNoExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalog}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;
}

export function commentOf(oid: string, catalog: string, part = '0'): string {
  return `(SELECT d.description FROM pg_description d WHERE d.objoid = ${oid} AND d.classoid = '${catalog}'::regclass AND d.objsubid = ${part})`;
}

/** A table of ours, by its pg_class and pg_namespace aliases. */
export function isOurTable(table: string, namespace: string): string {
  return `${table}.relkind IN ('r', 'p') AND ${isOurs(namespace)} AND ${ofNoExtension('pg_class', `${table}.oid`)}
    AND ${namespace}.nspname || '.' || ${table}.relname <> ALL ($2::text[])`;
}

export const notAside = (name: string): string => `${name} NOT LIKE replace($3, '_', '\\_')`;

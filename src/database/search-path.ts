/** Anything that runs one statement. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/** The search_path where it does not lead to the tables of schema public; '' when it is empty, undefined when all is well. */
export async function findHidingSearchPath(
  database: Queryable,
  tables: readonly string[],
): Promise<string | undefined> {
  const { rows } = await database.query(
    `SELECT current_setting('search_path') AS path WHERE EXISTS (
       SELECT FROM unnest($1::text[]) AS name
        WHERE to_regclass(quote_ident(name)) IS DISTINCT FROM to_regclass('public.' || quote_ident(name)))`,
    [tables],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one column of the query
  return (rows as { path: string }[])[0]?.path;
}

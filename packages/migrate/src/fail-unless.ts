/** A query that is an error unless `condition` holds, for the middle of a message: nothing behind it runs. Both are SQL. */
export function failUnless(condition: string, message: string): string {
  // The message is no boolean, and the server says so with its words. Not folded while it is planned, because the condition is no constant.
  return `SELECT (CASE WHEN ${condition} THEN 'true' ELSE ${message} END)::boolean`;
}

const defines =
  /^\s*(?:create\s+(?:unique\s+index|index|table)|alter\s+(?:table|index|sequence|type|domain|view)|drop\s+(?:table|index|sequence|type|domain|view)|comment\s+on)\b[^;]*;?\s*$/i;

/** What may come from a query, whose rows would count. */
const hasQuery = /\bas\b(?!\s+identity\b)/i;

/**
 * Whether a step is one statement that defines something, and so changes no row: what will be recorded of it is known before it runs.
 * False is never wrong: a semicolon in a text is enough.
 */
export function isOneDefinition(sql: string): boolean {
  return defines.test(sql) && !hasQuery.test(sql);
}

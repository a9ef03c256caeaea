/** Names are data: they are always quoted, never folded. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `table` or `schema.table`, each part as it is spelled in the catalog. */
export function quoteQualifiedName(name: string): string {
  return name.split('.').map(quoteName).join('.');
}

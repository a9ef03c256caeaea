/** Names are data: they are always quoted, never folded. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Means the same whatever `standard_conforming_strings` is: a step may have changed it. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

export function quoteTexts(texts: readonly string[]): string {
  return `ARRAY[${texts.map(quoteText).join(', ')}]::text[]`;
}

/** `table` or `schema.table`, each part as it is spelled in the catalog. */
export function quoteQualifiedName(name: string): string {
  return name.split('.').map(quoteName).join('.');
}

/**
 * Decodes percent-escapes once, as Python's `unquote(errors="replace")` does: a `%` without two hex digits stays as it
 * is, bytes that are no UTF-8 become U+FFFD. Never throws. Linear.
 */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

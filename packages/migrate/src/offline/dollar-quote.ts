/** A literal that needs no escapes, whatever the text holds. */
export function dollarQuote(text: string): string {
  let tag = '$stanchion$';
  for (let n = 1; text.includes(tag); n += 1) tag = `$stanchion${n}$`;
  return `${tag}${text}${tag}`;
}

/** What PL/pgSQL runs at once, outside of transactions. */
export function doBlock(body: string): string {
  return `DO ${dollarQuote(`\n${body}\n`)};`;
}

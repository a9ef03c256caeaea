/** `[label@][name](+n|-n)`: so many steps from a name, or from where the database is. */
export interface RelativeTarget {
  branch: string | undefined;
  symbol: string | undefined;
  steps: number;
  /** As it was written: `+2`. */
  text: string;
}

/** Undefined: the target is absolute. */
export function parseRelative(target: string): RelativeTarget | undefined {
  const match = /^(?:(.+?)@)?(\w+)?([+-]\d+)/.exec(target);
  if (!match) return undefined;
  const [, branch, symbol, text = ''] = match;
  return { branch, symbol, steps: Number(text), text };
}

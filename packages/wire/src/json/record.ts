/** Any object, to be read by key; arrays and class instances included. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export type MemberReader = (value: Record<string, unknown>) => unknown;

/** Reads one member: its own, where every object inherits one of that name (`constructor`, `__proto__`). */
export function memberReader(name: string): MemberReader {
  if (!(name in Object.prototype)) return (value) => value[name];
  return (value) => (Object.hasOwn(value, name) ? value[name] : undefined);
}

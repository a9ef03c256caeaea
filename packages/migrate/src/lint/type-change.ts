import type { TypeName } from './operation.ts';

/**
 * Whether PostgreSQL keeps the rows as they are when a column goes from one type to another. Measured on PostgreSQL 15 to
 * 18; timestamp to timestamptz only because the runner pins TimeZone=UTC.
 */
export function keepsRows(from: TypeName, to: TypeName): boolean {
  if (from.isArray !== to.isArray) return false;
  if (from.isArray) return sameType(from, to);
  const [length] = from.modifiers;
  const [wanted] = to.modifiers;
  if (from.name === to.name) return sameType(from, to) || widens(from, to);
  if (to.name === 'text') return from.name === 'varchar' || from.name === 'citext';
  if (to.name === 'varchar') return (from.name === 'text' || from.name === 'citext') && wanted === undefined;
  if (from.name === 'timestamp' && to.name === 'timestamptz') return widensTime(length, wanted);
  if (from.name === 'timestamptz' && to.name === 'timestamp') return widensTime(length, wanted);
  return from.name === 'cidr' && to.name === 'inet';
}

/** The rows stay, but an index over the column has another operator class and is built anew, under the same lock. */
export function rebuildsIndexes(from: TypeName, to: TypeName): boolean {
  return from.name !== to.name && (from.name.startsWith('timestamp') || from.name === 'citext');
}

function sameType(from: TypeName, to: TypeName): boolean {
  return from.name === to.name && from.schema === to.schema && from.modifiers.join() === to.modifiers.join();
}

function widens(from: TypeName, to: TypeName): boolean {
  const [length, scale = 0] = from.modifiers;
  const [wanted, wantedScale = 0] = to.modifiers;
  switch (from.name) {
    case 'varchar':
    case 'varbit':
      return wanted === undefined || (length !== undefined && wanted >= length);
    case 'numeric':
      return wanted === undefined || (length !== undefined && wanted >= length && wantedScale === scale);
    case 'timestamp':
    case 'timestamptz':
    case 'time':
    case 'timetz':
      return widensTime(length, wanted);
    default:
      return false;
  }
}

/** Six digits are what an unlimited timestamp has. */
function widensTime(from: number | undefined, to: number | undefined): boolean {
  return to === undefined || to >= (from ?? 6);
}

import { objectsOfKind, type Schema } from '../schema/objects.ts';
import type { Answers } from './operations/operation.ts';
import type { RenameAnswer } from './renames.ts';

/** Names as the engine compares them, of names as a shell leaves them: without the quotes that SQL wants. */
export function toldNames(
  schemas: readonly Schema[],
  told: { renames: readonly RenameAnswer[]; answers: Answers },
): { renames: RenameAnswer[]; answers: Answers } {
  const owners = schemas.flatMap((schema) => objectsOfKind(schema, 'table', 'enum').map((one) => one.sql));
  // The longest first: a schema may be called as a table is.
  owners.sort((a, b) => b.length - a.length);
  const known = (name: string): string => spelled(owners, name);
  const keys = (map: ReadonlyMap<string, string>) => new Map([...map].map(([name, value]) => [known(name), value]));
  const { fills, usings, usingsBack, plainTables } = told.answers;
  return {
    renames: told.renames.map(([from, to]): RenameAnswer => [known(from), known(to)]),
    answers: {
      fills: keys(fills),
      usings: keys(usings),
      usingsBack: keys(usingsBack),
      plainTables: new Set([...plainTables].map(known)),
    },
  };
}

/** As it stands behind a flag: in quotes where a shell would take it apart. */
export function asArgument(text: string): string {
  return /^[\w.:=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A table, or a table and what follows it: a column or a label, which are never quoted here. */
function spelled(owners: readonly string[], name: string): string {
  if (owners.some((owner) => name === owner || name.startsWith(`${owner}.`))) return name;
  const bare = name.replaceAll('"', '');
  for (const owner of owners) {
    const bareOwner = owner.replaceAll('"', '');
    if (bare === bareOwner) return owner;
    if (bare.startsWith(`${bareOwner}.`)) return `${owner}${bare.slice(bareOwner.length)}`;
  }
  return name;
}

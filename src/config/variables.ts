import type { ValueOf, Variable } from './variable.ts';
import { authVariables } from './variables-auth.ts';
import { databaseVariables } from './variables-database.ts';
import { mailVariables } from './variables-mail.ts';
import { quirkVariables } from './variables-quirks.ts';
import { serverVariables } from './variables-server.ts';

/** The one table of what this program reads from its environment, by the name that it should be set under. */
export const variables = {
  ...serverVariables,
  ...databaseVariables,
  ...authVariables,
  ...mailVariables,
  ...quirkVariables,
};

export type VariableName = keyof typeof variables;

export type Values = { readonly [Name in VariableName]: ValueOf<(typeof variables)[Name]> };

export interface VariableGroup {
  readonly title: string;
  readonly variables: Readonly<Record<string, Variable>>;
}

/** The same table in the order in which the docs show it. */
export const variableGroups: readonly VariableGroup[] = [
  { title: 'Server and logs', variables: serverVariables },
  { title: 'Database', variables: databaseVariables },
  { title: 'Authentication', variables: authVariables },
  { title: 'Mail', variables: mailVariables },
  { title: 'Quirks of the incumbent', variables: quirkVariables },
];

/** Every name under which something is read: names and aliases, each also with `_FILE`. */
export function listKnownNames(): string[] {
  const names = Object.entries(variables).flatMap(([name, entry]: [string, Variable]) => [
    name,
    ...(entry.aliases ?? []),
  ]);
  return names.flatMap((name) => [name, `${name}_FILE`]);
}

/** The name in the table of what `listKnownNames` has: itself, that of an alias, that of a `_FILE`. */
export function findVariableName(known: string): string | undefined {
  const plain = known in variables ? known : known.replace(/_FILE$/, '');
  if (plain in variables) return plain;
  const found = Object.entries(variables).find(([, entry]: [string, Variable]) => entry.aliases?.includes(plain));
  return found?.[0];
}

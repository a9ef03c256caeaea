import type { QualifiedName } from '../../sql-statements.ts';
import { renderName } from '../read-names.ts';

/** As a person would point at it in a sentence. */
export function quoted(name: QualifiedName): string {
  return `"${renderName(name)}"`;
}

/** The name under which the engine keeps what it set aside: no code asks for it. */
export function isAside({ schema, name }: QualifiedName): boolean {
  return name.startsWith('_st_') || schema?.endsWith('_archive') === true;
}

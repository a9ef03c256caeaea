import type { QualifiedName } from '../../sql-statements.ts';
import { renderName } from '../read-names.ts';

/** As a person would point at it in a sentence. */
export function quoted(name: QualifiedName): string {
  return `"${renderName(name)}"`;
}

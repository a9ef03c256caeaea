import type { ProbedStatement } from '../../probed-statements.ts';
import { createIndexSettler, dropIndexSettler, reindexSettler } from './indexes.ts';
import { addValueSettler, detachSettler, querySettler, rerunSettler, validateSettler } from './others.ts';
import type { Settler } from './settler.ts';

export function settlerOf(statement: ProbedStatement): Settler {
  switch (statement.kind) {
    case 'create_index':
      return createIndexSettler(statement);
    case 'drop_index':
      return dropIndexSettler(statement);
    case 'reindex':
      return reindexSettler(statement);
    case 'validate_constraint':
      return validateSettler(statement);
    case 'detach_partition':
      return detachSettler(statement);
    case 'add_enum_value':
      return addValueSettler(statement);
    case 'query':
      return querySettler(statement);
    case 'rerun':
    default:
      return rerunSettler();
  }
}

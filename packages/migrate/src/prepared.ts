import type { Session } from './connection.ts';

/** Its text with these values, which are SQL themselves: literals, `current_user`. */
export type PreparedStatement = (...values: readonly string[]) => string;

/**
 * Statements that every step sends anew with other values. To parse and plan each of them takes PostgreSQL longer than to run it, so
 * a run lets it do that once.
 */
export interface Prepared {
  /** `sql` has a `$1` for each of the types. */
  define(name: string, types: readonly string[], sql: string): PreparedStatement;
  /** From now on each is called by its name; before, and after `forget`, it is sent as it is. */
  prepare(session: Session): Promise<void>;
  /** Before a step that may drop them, with DEALLOCATE ALL. */
  forget(): void;
}

export function createPrepared(): Prepared {
  const texts: string[] = [];
  let isPrepared = false;
  return {
    define(name, types, sql) {
      texts.push(`PREPARE ${name}${types.length === 0 ? '' : ` (${types.join(', ')})`} AS ${sql}`);
      return (...values) => {
        if (values.length !== types.length) throw new TypeError(`${name} takes ${types.length} values`);
        if (!isPrepared) return sql.replaceAll(/\$(\d+)/g, (_, number: string) => values[Number(number) - 1] ?? '');
        return `EXECUTE ${name}${values.length === 0 ? '' : ` (${values.join(', ')})`}`;
      };
    },
    async prepare(session) {
      if (isPrepared) return;
      await session.execute(texts.join(';\n'));
      isPrepared = true;
    },
    forget() {
      isPrepared = false;
    },
  };
}

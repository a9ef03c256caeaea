import { quoteText } from '../../sql-names.ts';
import { type Column, inNextType, inOldType, quoted, type Swap } from './replacement.ts';

/** Between two names both may be written: the new one where it is given, else whichever changed. */
export function syncSql(swap: Swap, column: Column): string {
  const { from, to, besideSql } = column;
  const forth = `NEW.${besideSql} := ${inNextType(swap, column.forth(`NEW.${from.sql}`))};`;
  if (from.name === to.name) return triggerFunctionSql(column, `  ${forth}`) + triggerOn(column);
  const back = `NEW.${from.sql} := ${column.back(`NEW.${besideSql}`)};`;
  const body = `  IF TG_OP = 'INSERT' THEN
    IF NEW.${besideSql} IS NULL THEN
      ${forth}
    ELSE
      ${back}
    END IF;
  ELSIF ${column.differ('old', `NEW.${from.sql}`, `OLD.${from.sql}`)} THEN
    ${forth}
  ELSIF ${column.differ('new', `NEW.${besideSql}`, `OLD.${besideSql}`)} THEN
    ${back}
  ELSE
    ${forth}
  END IF;`;
  return triggerFunctionSql(column, body) + triggerOn(column);
}

export function strictSql(swap: Swap, column: Column): string {
  const { from, to, besideSql } = column;
  return triggerFunctionSql(
    column,
    `  NEW.${besideSql} := ${inNextType(swap, column.forth(`NEW.${from.sql}`))};
  IF ${column.differ('old', column.back(`NEW.${besideSql}`), `NEW.${from.sql}`)} THEN
    RAISE EXCEPTION 'the new type of % cannot hold this value', ${quoteText(`${to.tableSql}.${to.name}`)} USING ERRCODE = 'check_violation';
  END IF;`,
  );
}

export function syncBackSql(swap: Swap, column: Column): string {
  const { to } = column;
  const kept = quoted(column.kept);
  const body = `  IF ${column.differ('new', column.forth(`NEW.${kept}`), `NEW.${to.sql}`)} THEN
    NEW.${kept} := ${inOldType(swap, column.back(`NEW.${to.sql}`))};
  END IF;`;
  return triggerFunctionSql(column, body) + triggerOn(column);
}

export function triggerFunctionSql(column: Column, body: string): string {
  return `CREATE OR REPLACE FUNCTION ${functionName(column)}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
${body}
  RETURN NEW;
END
$$;`;
}

export function triggerOn(column: Column): string {
  const { sync, to } = column;
  return `\nCREATE TRIGGER ${sync} BEFORE INSERT OR UPDATE ON ${to.tableSql} FOR EACH ROW EXECUTE FUNCTION ${functionName(column)}();`;
}

export function unsyncSql(column: Column): string {
  return `DROP TRIGGER ${column.sync} ON ${column.to.tableSql};\nDROP FUNCTION ${functionName(column)}();`;
}

export function functionName({ to, sync }: Column): string {
  return to.tableSql.includes('.') ? `${to.tableSql.slice(0, to.tableSql.lastIndexOf('.'))}.${sync}` : sync;
}

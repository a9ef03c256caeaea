import type { LintRule } from '../rule.ts';
import { keyOf } from '../schema-state.ts';
import { quoted } from './words.ts';

/** Views, materialized views, functions. */
export const viewRules: readonly LintRule[] = [
  {
    id: 'ST074',
    name: 'replace-view',
    severity: 'warning',
    problem: 'CREATE OR REPLACE VIEW waits for every query that reads the view, and everybody else waits behind it.',
    lock: 'ACCESS EXCLUSIVE on the view for an instant',
    blocks: 'reads of the view',
    safe: 'A step of its own; or a new view beside the old one. Columns may only be added at its end.',
    example: 'CREATE VIEW order_totals_2 AS SELECT shop_id, sum(total), count(*) FROM orders GROUP BY 1;',
    page: 'sql-createview.html',
    checks: {
      create_view: ({ view, replace }, { state, section }) =>
        replace && state.views.get(keyOf(state, view))?.madeIn !== section
          ? `replacing ${quoted(view)} locks it against everybody`
          : undefined,
    },
  },
  {
    id: 'ST075',
    name: 'drop-view',
    severity: 'warning',
    problem: 'Code that runs now asks for the view; a materialized one takes its rows along.',
    lock: 'ACCESS EXCLUSIVE on the view',
    blocks: 'old code that reads it',
    safe: 'Drop it in a contract revision, when nothing reads it any more; its down section creates it again.',
    example: '-- stanchion:step drop mode=tx accept="ST075: nothing reads it since 2.3"\nDROP VIEW order_totals;',
    page: 'sql-dropview.html',
    checks: {
      drop_view: ({ view }, { state, section }) =>
        [section, section.replace(/:down$/, ':up')].includes(state.views.get(keyOf(state, view))?.madeIn ?? '')
          ? undefined
          : `code that runs now may read ${quoted(view)}`,
    },
  },
  {
    id: 'ST076',
    name: 'refresh-not-concurrent',
    severity: 'error',
    problem: 'REFRESH MATERIALIZED VIEW stops every reader until it is computed.',
    lock: 'ACCESS EXCLUSIVE on the view for the whole query',
    blocks: 'reads of the view',
    growsWithRows: true,
    safe: 'REFRESH … CONCURRENTLY (EXCLUSIVE: readers go on), which needs a unique index over all rows.',
    example: 'REFRESH MATERIALIZED VIEW CONCURRENTLY order_totals;',
    page: 'sql-refreshmaterializedview.html',
    checks: {
      refresh_view: ({ view, concurrent }, { state, section }) =>
        concurrent || state.views.get(keyOf(state, view))?.madeIn === section
          ? undefined
          : `readers of ${quoted(view)} wait until it is computed`,
    },
  },
  {
    id: 'ST077',
    name: 'security-definer-without-path',
    severity: 'error',
    problem:
      'A SECURITY DEFINER function without a search_path of its own runs whatever its caller puts in front of the real tables and operators.',
    lock: 'none',
    blocks: 'nothing; it gives the owner’s rights away',
    safe: 'SET search_path on the function, with pg_temp last.',
    example:
      'CREATE FUNCTION close_order(id bigint) RETURNS void LANGUAGE sql SECURITY DEFINER\n  SET search_path = pg_catalog, app, pg_temp AS $$ … $$;',
    page: 'sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY',
    checks: {
      create_function: ({ name, isHijackable }) =>
        isHijackable ? `${quoted(name)} runs with its owner's rights and its caller's search_path` : undefined,
    },
  },
];

import type { Node } from 'libpg-query';
import { calledName, walk } from './read-rows.ts';
import type { SchemaState } from './schema-state.ts';

/**
 * Functions that a default may call without giving each row a value of its own: stable or immutable ones. Anything else
 * that no revision declares is taken for volatile.
 */
const steady = new Set(
  (
    'now transaction_timestamp statement_timestamp timezone date_trunc date_part to_timestamp to_date to_char to_number ' +
    'make_interval make_date make_time make_timestamp make_timestamptz age justify_interval justify_days justify_hours ' +
    'lower upper initcap md5 sha256 sha512 concat concat_ws left right trim btrim ltrim rtrim replace repeat substring substr ' +
    'lpad rpad length char_length octet_length position strpos split_part translate reverse format quote_literal ascii chr ' +
    'encode decode abs ceil ceiling floor round trunc sign sqrt power mod exp ln log div greatest least ' +
    'json_build_object json_build_array jsonb_build_object jsonb_build_array to_json to_jsonb row_to_json jsonb_set ' +
    'array_fill array_append array_prepend array_cat array_to_string string_to_array array_length cardinality ' +
    'int4range int8range numrange tsrange tstzrange daterange current_schema current_database current_setting session_user ' +
    'user pg_backend_pid inet_client_addr txid_current pg_current_xact_id to_tsvector to_tsquery hstore point box int4 int8 ' +
    'int2 text float8 bool numeric varchar date'
  ).split(' '),
);

/** The first call that may give another value for each row; undefined when there is none. */
export function findVolatileCall(expression: Node | undefined, state: SchemaState): string | undefined {
  let found: string | undefined;
  walk(expression, (key, value) => {
    if (key !== 'FuncCall' || found !== undefined) return;
    const { name } = calledName(value);
    if (state.functions.get(name) ?? !steady.has(name)) found = name;
  });
  return found;
}

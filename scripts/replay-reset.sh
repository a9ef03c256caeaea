#!/bin/sh
# Brings the database of $DATABASE_URL to the state in which a recorded scenario starts: empty, or with the rows of the
# legacy dump when REPLAY_SEED=legacy. For a throw-away database whose schema is up to date.
set -eu

here=$(dirname "$0")
dump="$here/../tests/contract/data/legacy-db.sql"
: "${DATABASE_URL:?name the database to empty}"

{
  echo 'SET client_min_messages = warning;'
  echo 'TRUNCATE "user", task, sessions, rate_limits CASCADE;'
  if [ "${REPLAY_SEED:-empty}" = legacy ]; then
    sed -n '/^-- Data for Name/,/^-- Name: .* CONSTRAINT/p' "$dump"
  fi
} | psql "$DATABASE_URL" --no-psqlrc --quiet --single-transaction --set ON_ERROR_STOP=1

import pathlib

from alembic import op
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

RETRYABLE = {"55P03", "40P01", "40001"}


def run(stub, revision, direction):
    """Runs a revision's steps as Stanchion does: each on its own, with a record in the journal, resumed after a crash."""
    context = op.get_context()
    sql = read_sql(pathlib.Path(stub).parent / revision["file"], revision)
    if revision[direction] is None:
        raise CommandError(f"revision {revision['id']} has no down section")
    if context.as_sql:
        write_offline(context, revision, direction, sql)
        return
    with context.autocommit_block():
        session = Session(context.connection, revision, direction, sql)
        # Its transaction was committed: nothing that it has read is locked while it waits for the other runner.
        hold_migration_lock(context.connection, autocommit=True)
        with Pins(session):
            session.open_journal()
            outcome = run_unless_done(context, session)
    # In the transaction in which Alembic now moves its version table: both say the same, or neither.
    if outcome:
        for statement in finish_statements(revision, direction, outcome):
            op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})


def run_unless_done(context, session):
    """The outcome for the journal; None: the journal has it already, and only Alembic did not."""
    revision, direction = session.revision, session.direction
    in_table = revision["id"] in applied_by_table(context)
    if in_table == (direction == "up"):
        raise CommandError(
            f"another runner has moved the database while this one waited ({revision['id']}); run the command again"
        )
    last = session.last_outcome()
    is_applied = last in ("applied", "recorded", "stamped")
    if direction == "up":
        if is_applied:
            return None
        session.refuse_half_undone()
        session.refuse_adoption()
    elif last == "recorded":
        return "unrecorded"
    session.run_checks()
    for step in revision[direction]:
        session.run_step(step)
    return "applied" if direction == "up" else "reverted"


def applied_by_table(context):
    heads = context.get_current_heads()
    return {one.revision for one in context.script.iterate_revisions(heads, "base")} if heads else set()


def read_sql(path, revision):
    text_ = path.read_bytes().decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    if hashlib.sha256(text_.encode()).hexdigest() != revision["checksum"]:
        raise CommandError(f"{path} is not the file that its stub was written for: run alembic-stubs again")
    return text_


class Session:
    def __init__(self, connection, revision, direction, sql):
        self.connection = connection
        self.revision = revision
        self.direction = direction
        self.sql = sql

    def execute(self, statement):
        # Literally: neither the driver nor SQLAlchemy looks for parameters in it.
        return self.connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def query(self, statement, **values):
        return self.connection.execute(text(statement), values)

    def open_journal(self):
        for statement in JOURNAL_STATEMENTS:
            self.execute(statement)
        # Its last statement is the comment that names its version.
        found = self.query(
            "SELECT obj_description(to_regclass(:table), 'pg_class')", table=f"{JOURNAL}.archive"
        ).scalar()
        if not found or not ARCHIVE_STATEMENTS[-1].endswith(literal(found)):
            self.execute("SET client_min_messages = warning")
            for statement in ARCHIVE_STATEMENTS:
                self.execute(statement)
            self.execute("RESET client_min_messages")

    def last_outcome(self):
        return self.query(
            f"SELECT outcome FROM {JOURNAL}.revision_log WHERE revision = :id ORDER BY seq DESC LIMIT 1",
            id=self.revision["id"],
        ).scalar()

    def refuse_half_undone(self):
        if self.query(
            f"SELECT 1 FROM {JOURNAL}.step_log WHERE revision = :id AND direction = 'down' LIMIT 1", id=self.revision["id"]
        ).scalar():
            raise CommandError(
                f"the way back of revision {self.revision['id']} was begun and not finished: finish it with Stanchion's runner"
            )

    def refuse_adoption(self):
        """Whether existing tables are what a baseline would make is for Stanchion's runner to compare."""
        found = self.query(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = :schema AND c.relname = ANY (CAST(:tables AS text[]))",
            schema=SEARCH_PATH[0],
            tables=self.revision["adopt_tables"],
        ).scalars().all()
        if found:
            raise CommandError(
                f"the tables of baseline {self.revision['id']} exist already ({', '.join(sorted(found))}): "
                "let Stanchion's runner upgrade first; it compares and records them"
            )

    def run_checks(self):
        """What a half-applied revision asks was answered before it began."""
        begun = self.query(
            f"SELECT 1 FROM {JOURNAL}.step_log WHERE revision = :id AND direction = :direction LIMIT 1",
            id=self.revision["id"], direction=self.direction,
        ).scalar()
        if not begun:
            for check in self.revision["checks"][self.direction]:
                self.execute(check)

    def run_step(self, step):
        record = self.query(
            f"SELECT state, checksum, cursor, sqlstate FROM {JOURNAL}.step_log"
            " WHERE revision = :id AND direction = :direction AND step = :step",
            id=self.revision["id"], direction=self.direction, step=step["name"],
        ).one_or_none()
        if record and record.state == "done":
            if record.checksum == step["checksum"]:
                return
            raise CommandError(f"step {step['name']} is done in the database, and its text was changed")
        if "only_runner" in step:
            raise CommandError(
                f"step {step['name']} of revision {self.revision['id']} is for Stanchion's runner alone:"
                f" {step['only_runner']}. Upgrade or downgrade this revision with it, then go on here"
            )
        self.execute(f"SET lock_timeout = {1800000 if step['mode'] == 'notx' else 200}")
        try:
            {"tx": self.run_tx, "notx": self.run_notx, "batch": self.run_batch}[step["mode"]](step, record)
        except DBAPIError as error:
            self.mark(step, "failed", sqlstate=sqlstate_of(error), error=str(error.orig))
            raise

    def run_tx(self, step, record):
        def work():
            for guard in step["guards"]:
                self.execute(guard)
            self.run_statements(step)
            self.mark(step, "done")

        self.retry(lambda: self.in_transaction(work))

    def run_notx(self, step, record):
        refused = record and record.state == "failed" and record.sqlstate in ("42P07", "42710", "42704", "42P01")
        in_doubt = record is not None and not refused
        kind = step["probed"]["kind"]
        if in_doubt and kind not in ("create_index", "drop_index", "validate_constraint", "rerun"):
            raise CommandError(
                f"step {step['name']} of {self.revision['id']} was begun and not finished:"
                " let Stanchion's runner settle it, it can ask the catalog"
            )
        self.mark(step, "running")
        self.retry(lambda: self.settle(step, in_doubt))
        self.mark(step, "done")

    def settle(self, step, in_doubt):
        """No transaction holds such a statement and its record: the catalog tells what became of an earlier attempt."""
        probed = step["probed"]
        if probed["kind"] == "drop_index" and in_doubt:
            if not self.query("SELECT to_regclass(:name) IS NOT NULL", name=qualified(probed["index"])).scalar():
                return
        if probed["kind"] != "create_index":
            self.run_statements(step)
            return
        found = self.find_index(probed)
        if found and found.valid and in_doubt:
            return
        self.drop_invalid(probed, found)
        try:
            self.run_statements(step)
        except DBAPIError:
            self.drop_invalid(probed, self.find_index(probed))
            raise

    def find_index(self, index):
        return self.query(
            "SELECT n.nspname AS schema, i.indisvalid AS valid FROM pg_class t"
            " JOIN pg_class c ON c.relnamespace = t.relnamespace AND c.relname = :index"
            " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid AND i.indrelid = t.oid"
            " WHERE t.oid = to_regclass(:table)",
            index=index["index"], table=qualified(index["table"]),
        ).one_or_none()

    def drop_invalid(self, index, found):
        if found and not found.valid:
            self.execute(f"DROP INDEX CONCURRENTLY {quote(found.schema)}.{quote(index['index'])}")

    def run_batch(self, step, record):
        table = ".".join(quote(part) for part in step["table"].split("."))
        columns = [quote(name) for name in step["key"]]
        listed = ", ".join(columns)
        types = dict(
            self.query(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                " WHERE attrelid = to_regclass(:table) AND attname = ANY (CAST(:key AS text[])) AND NOT attisdropped",
                table=table, key=step["key"],
            ).all()
        )
        self.mark(step, "running")
        self.execute("DROP TABLE IF EXISTS pg_temp.batch_keys")
        self.retry(lambda: self.execute(
            f"CREATE TEMP TABLE batch_keys ON COMMIT DELETE ROWS AS SELECT {listed} FROM {table} WITH NO DATA"
        ))
        cursor = record.cursor if record else None

        def work():
            values = {f"key{at}": value for at, value in enumerate(cursor or [])}
            beyond = ", ".join(
                f"CAST(CAST(:key{at} AS text) AS {types[name]})" for at, name in enumerate(step["key"])
            )
            self.query(
                f"INSERT INTO pg_temp.batch_keys SELECT {listed} FROM {table}"
                f" {f'WHERE ROW({listed}) > ROW({beyond})' if cursor else ''} ORDER BY {listed} LIMIT {step['size']}",
                **values,
            )
            last = self.query(
                f"SELECT ARRAY[{', '.join(f'CAST({column} AS text)' for column in columns)}] FROM pg_temp.batch_keys"
                f" ORDER BY {', '.join(f'{column} DESC' for column in columns)} LIMIT 1"
            ).scalar()
            if last is not None:
                rows = self.run_statements(step)
                self.save_cursor(step, last, rows)
            return last

        while True:
            last = self.retry(lambda: self.in_transaction(work))
            if last is None:
                break
            cursor = last
            time.sleep(step["pause_ms"] / 1000)
        self.execute("DROP TABLE pg_temp.batch_keys")
        self.mark(step, "done")

    def run_statements(self, step):
        rows = 0
        for statement in texts_of(step, self.sql):
            rows += max(0, self.execute(statement).rowcount)
        return rows

    def in_transaction(self, work):
        self.execute("BEGIN")
        try:
            answer = work()
            self.execute("COMMIT")
            return answer
        except BaseException:
            self.execute("ROLLBACK")
            raise

    def retry(self, work):
        """Short attempts with pauses: whoever asks for the table later waits behind the attempt."""
        deadline = time.monotonic() + 60
        attempt = 0
        while True:
            try:
                return work()
            except DBAPIError as error:
                attempt += 1
                if sqlstate_of(error) not in RETRYABLE or time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0, min(2.0, 0.05 * 2 ** min(attempt, 10))))

    def mark(self, step, state, sqlstate=None, error=None):
        again = ", attempts = s.attempts + 1" if state == "running" else ""
        self.query(
            f"INSERT INTO {JOURNAL}.step_log AS s (revision, direction, step, mode, state, checksum, sqlstate, error)"
            " VALUES (:revision, :direction, :step, :mode, :state, :checksum,"
            " CAST(:sqlstate AS text), CAST(:error AS text))"
            " ON CONFLICT (revision, direction, step) DO UPDATE SET state = excluded.state, mode = excluded.mode,"
            f" checksum = excluded.checksum, sqlstate = excluded.sqlstate, error = excluded.error{again},"
            " updated_at = clock_timestamp()",
            revision=self.revision["id"], direction=self.direction, step=step["name"], mode=step["mode"],
            state=state, checksum=step["checksum"], sqlstate=sqlstate, error=error,
        )

    def save_cursor(self, step, cursor, rows):
        self.query(
            f"UPDATE {JOURNAL}.step_log SET cursor = CAST(:cursor AS text[]), rows = rows + :rows,"
            " updated_at = clock_timestamp() WHERE revision = :id AND direction = :direction AND step = :step",
            cursor=list(cursor), rows=rows, id=self.revision["id"], direction=self.direction, step=step["name"],
        )


class Pins:
    """What a role, a database or another revision has set must not change what a revision means."""

    values = {
        "TimeZone": "UTC",
        "DateStyle": "ISO, YMD",
        "IntervalStyle": "postgres",
        "standard_conforming_strings": "on",
        "lock_timeout": "200",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
    }

    def __init__(self, session):
        self.session = session

    def __enter__(self):
        path = ", ".join(quote(schema) for schema in SEARCH_PATH)
        wanted = {**self.values, "search_path": path}
        self.before = {name: self.setting("current_setting(:name)", name=name) for name in wanted}
        for name, value in wanted.items():
            self.setting("set_config(:name, :value, false)", name=name, value=value)

    def __exit__(self, kind, error, trace):
        if kind and issubclass(kind, DBAPIError) and self.session.connection.invalidated:
            return
        for name, value in self.before.items():
            self.setting("set_config(:name, :value, false)", name=name, value=value)

    def setting(self, call, **values):
        return self.session.query(f"SELECT {call}", **values).scalar()


def finish_statements(revision, direction, outcome):
    """What Stanchion's journal writes at the end of a revision; literals, because it is also written offline."""
    entry = (revision["id"], direction, outcome, revision["checksum"])
    lists = [literal_list(revision[name]) for name in ("parents", "depends_on")]
    about = (revision["phase"], revision["summary"], "alembic")
    values = ", ".join([*map(literal, entry), *lists, *map(literal, about), "0"])
    return [
        f"DELETE FROM {JOURNAL}.step_log WHERE revision = {literal(revision['id'])}"
        f" AND (direction <> {literal(direction)} OR {literal(direction)} = 'down')",
        f"INSERT INTO {JOURNAL}.revision_log (revision, direction, outcome, checksum, parents, depends_on, phase, summary,"
        f" actor, duration_ms) VALUES ({values})",
    ]


def write_offline(context, revision, direction, sql):
    steps = revision[direction]
    for step in steps:
        if step["mode"] == "batch" or "only_runner" in step:
            raise CommandError(
                f"step {step['name']} of revision {revision['id']} cannot be written into Alembic's script:"
                " Stanchion's runner does it (upgrade --sql)"
            )
    write = context.impl.static_output
    path = ", ".join(quote(schema) for schema in SEARCH_PATH)
    with context.autocommit_block():
        for statement in [*JOURNAL_STATEMENTS, *ARCHIVE_STATEMENTS]:
            write(f"{statement.strip()};")
        write(f"SET TimeZone = 'UTC';\nSET search_path = {path};")
        for check in revision["checks"][direction]:
            write(check)
        for step in steps:
            body = "\n".join([*step["guards"], *(f"{statement.strip()};" for statement in texts_of(step, sql))])
            write(body if step["mode"] == "notx" else f"BEGIN;\n{body}\nCOMMIT;")
    for statement in finish_statements(revision, direction, "applied" if direction == "up" else "reverted"):
        write(f"{statement};")


def texts_of(step, sql):
    return [one if isinstance(one, str) else sql[one[0] : one[1]] for one in step["statements"]]


def sqlstate_of(error):
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def qualified(name):
    if isinstance(name, str):
        return quote(name)
    return ".".join(quote(part) for part in (name["schema"], name["name"]) if part)


def literal(value):
    return "'" + value.replace("'", "''") + "'"


def literal_list(values):
    return "ARRAY[" + ", ".join(literal(one) for one in values) + "]::text[]"


JOURNAL = quote(JOURNAL_SCHEMA)

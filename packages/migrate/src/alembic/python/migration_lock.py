import hashlib
import random
import time

from sqlalchemy import text


def hold_migration_lock(connection, wait_seconds=600, autocommit=False):
    """Takes the lock that Stanchion's runner takes, so that one of the two runs at a time; it goes with the session.

    Polls: whoever waits inside PostgreSQL has a snapshot, for which the other's CREATE INDEX CONCURRENTLY would wait.
    """
    database = connection.execute(text("SELECT current_database()")).scalar()
    name = f"stanchion.migrate:{database}:{JOURNAL_SCHEMA}"
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    deadline = time.monotonic() + wait_seconds
    while not connection.execute(text("SELECT pg_try_advisory_lock(CAST(:key AS bigint))"), {"key": key}).scalar():
        if time.monotonic() > deadline:
            raise RuntimeError(f"another program has held the migration lock for {wait_seconds} s")
        # No transaction is open meanwhile: what this one has read would stay locked.
        if not autocommit:
            connection.commit()
        time.sleep(random.uniform(0.05, 0.4))
    if not autocommit:
        connection.commit()

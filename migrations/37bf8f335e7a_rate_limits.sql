-- stanchion:revision 37bf8f335e7a
-- stanchion:down_revision [aec3516917b0]
-- stanchion:phase expand
-- stanchion:summary rate limits that all instances share

-- One row a limited key: the theoretical arrival time of the generic cell rate algorithm. A row in the past limits nobody.
-- UNLOGGED on purpose: each sign-in attempt writes here, and without WAL an attempt costs a fraction and replicas are
-- spared. What a crash, a failover or a suspended Neon compute empties is only the memory of the last minutes: limits
-- start anew, nothing acknowledged is lost. It must never hold anything that has to survive.
-- Locks: none on existing tables.

-- stanchion:up
-- stanchion:step create mode=tx
CREATE UNLOGGED TABLE rate_limits (
  key text NOT NULL,
  tat timestamptz NOT NULL,
  CONSTRAINT rate_limits_pkey PRIMARY KEY (key)
);
-- For the removal of rows in the past.
CREATE INDEX ix_rate_limits_tat ON rate_limits (tat);

-- stanchion:down
-- Forgets the limits in force, as a crash would: a caller gains one window of attempts.
-- stanchion:step drop mode=tx accept="ST050: the memory of the last minutes, which a crash empties as well"
DROP TABLE rate_limits;

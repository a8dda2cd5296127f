-- SPDX-License-Identifier: MIT
-- The table that remembers the answers to POST requests with an Idempotency-Key: for MYREST_IDEMPOTENCY_TABLE, in the
-- PostgreSQL database that DATABASE_URL names. MyREST needs SELECT, INSERT and UPDATE on it.
CREATE TABLE myrest_idempotency (
    id      bytea       NOT NULL PRIMARY KEY,           -- the key, as the client sent it
    request bytea       NOT NULL,                       -- a hash of all that the answer depends on
    answer  bytea       NULL,                           -- its head and body
    made    timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX myrest_idempotency_made ON myrest_idempotency (made);

-- Keys are kept until they are deleted. This forgets those of yesterday, from cron or pg_cron:
-- DELETE FROM myrest_idempotency WHERE made < now() - interval '1 day';

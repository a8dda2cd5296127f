-- SPDX-License-Identifier: MIT
-- The table that remembers the answers to POST requests with an Idempotency-Key: for MYREST_IDEMPOTENCY_TABLE, in the
-- database that DATABASE_URL names. MyREST needs SELECT, INSERT and UPDATE on it.
CREATE TABLE myrest_idempotency (
    id      VARBINARY(255) NOT NULL PRIMARY KEY,           -- the key, as the client sent it
    request BINARY(16)     NOT NULL,                       -- a hash of all that the answer depends on
    answer  MEDIUMBLOB     NULL,                           -- its head and body
    made    TIMESTAMP      NOT NULL DEFAULT CURRENT_TIMESTAMP,
    KEY made (made)
) ENGINE = InnoDB;

-- Keys are kept until they are deleted. With the event scheduler on (SET GLOBAL event_scheduler = ON), this forgets
-- those of yesterday:
-- CREATE EVENT myrest_idempotency_forget ON SCHEDULE EVERY 1 HOUR DO
--     DELETE FROM myrest_idempotency WHERE made < NOW() - INTERVAL 1 DAY;

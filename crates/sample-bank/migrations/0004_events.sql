-- The number of the last event of the token service that the bank has acted on.
CREATE TABLE events_heard (
    last  BIGINT NOT NULL
);
INSERT INTO events_heard (last) VALUES (0);

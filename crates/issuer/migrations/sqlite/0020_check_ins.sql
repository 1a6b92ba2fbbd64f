-- The last check-in of each token: how often its ratchet has moved, and the answer for a repeated call.
-- The ratchet value itself is with the seed, in tokens.secrets.
CREATE TABLE check_ins (
    serial       TEXT PRIMARY KEY,
    moved        BIGINT NOT NULL,
    request_id   BLOB NOT NULL,
    digest       BLOB NOT NULL,
    -- Sealed.
    reply        BLOB NOT NULL,
    answered_at  BIGINT NOT NULL
);

-- A copy has checked in, or an older one: suspended, and not to be resumed.
ALTER TABLE tokens ADD COLUMN copy_suspected BOOLEAN NOT NULL DEFAULT FALSE;

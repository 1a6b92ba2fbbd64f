-- What a device was told when it first asked to stop its token, and the receipt if it was that call which
-- ended the token. Nothing here is secret; the answer is signed.
CREATE TABLE stops (
    serial         TEXT PRIMARY KEY,
    request_id     BYTEA NOT NULL,
    digest         BYTEA NOT NULL,
    reply          BYTEA NOT NULL,
    receipt_number TEXT,
    answered_at    BIGINT NOT NULL
);

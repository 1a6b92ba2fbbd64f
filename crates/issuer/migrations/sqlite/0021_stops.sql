-- What a device was told when it first asked to stop its token, and the receipt if it was that call which
-- ended the token. Nothing here is secret; the answer is signed.
CREATE TABLE stops (
    serial         TEXT PRIMARY KEY,
    request_id     BLOB NOT NULL,
    digest         BLOB NOT NULL,
    reply          BLOB NOT NULL,
    receipt_number TEXT,
    answered_at    BIGINT NOT NULL
);

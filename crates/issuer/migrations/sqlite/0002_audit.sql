-- An entry a change or verdict (src/audit). Numbers are never used again.
CREATE TABLE audit (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    at              BIGINT NOT NULL,
    institution_id  TEXT NOT NULL,
    actor           TEXT NOT NULL,
    action          TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    subscriber_ref  TEXT,
    serial          TEXT,
    state           TEXT,
    request_id      BLOB,
    detail          TEXT
);
CREATE INDEX audit_by_subscriber ON audit (institution_id, subscriber_ref, id);
CREATE INDEX audit_by_serial ON audit (serial, id);

-- The chain's hash at an entry, signed. No two seals follow the same one.
CREATE TABLE audit_seals (
    up_to      BIGINT PRIMARY KEY,
    previous   BIGINT NOT NULL UNIQUE,
    entries    BIGINT NOT NULL,
    hash       BLOB NOT NULL,
    sealed_at  BIGINT NOT NULL,
    signature  BLOB NOT NULL
);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_seals_are_not_changed BEFORE UPDATE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_seals_are_not_cut BEFORE DELETE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;

-- The program keeps the answer now, in the transaction in which the code is accepted.
DROP TRIGGER keep_accepted_call;

ALTER TABLE tokens DROP COLUMN last_call_digest;

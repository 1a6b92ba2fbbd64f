-- Who works at the console. An account without an institution works for all of them.
CREATE TABLE staff (
    name            TEXT PRIMARY KEY,
    institution_id  TEXT REFERENCES institutions (id),
    role            TEXT NOT NULL,
    -- Argon2id, in the PHC string format.
    password_hash   TEXT NOT NULL,
    disabled        BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      BIGINT NOT NULL
);

-- A cookie's secret is known by its hash only.
CREATE TABLE staff_sessions (
    id_hash     BLOB PRIMARY KEY,
    name        TEXT NOT NULL REFERENCES staff (name),
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL
);
CREATE INDEX staff_sessions_by_name ON staff_sessions (name);

-- Forms that were sent: each is taken once.
CREATE TABLE staff_forms (
    nonce    BLOB PRIMARY KEY,
    used_at  BIGINT NOT NULL
);

-- How many tokens somebody released alone on a day (counted in Japan's days since 1970).
CREATE TABLE staff_unlocks (
    name     TEXT NOT NULL,
    day      BIGINT NOT NULL,
    unlocks  BIGINT NOT NULL,
    PRIMARY KEY (name, day)
);

-- What somebody asked for and a second person decides.
CREATE TABLE staff_approvals (
    id              BLOB PRIMARY KEY,
    institution_id  TEXT NOT NULL REFERENCES institutions (id),
    -- 'unlock' of a subscriber_ref, or 'import' of a file by the SHA-256 of its bytes, in hex.
    task            TEXT NOT NULL,
    subject         TEXT NOT NULL,
    reason          TEXT NOT NULL,
    asked_by        TEXT NOT NULL,
    asked_at        BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    decided_by      TEXT,
    approved        BOOLEAN,
    used_at         BIGINT
);
CREATE INDEX staff_approvals_open ON staff_approvals (institution_id, expires_at)
    WHERE decided_by IS NULL;

-- What stands in for a dead phone's code at an exchange: once, for one customer's one token.
CREATE TABLE vouchers (
    hash            BLOB PRIMARY KEY,
    institution_id  TEXT NOT NULL REFERENCES institutions (id),
    subscriber_ref  TEXT NOT NULL,
    serial          TEXT NOT NULL REFERENCES tokens (serial),
    made_by         TEXT NOT NULL,
    made_at         BIGINT NOT NULL,
    valid_from      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    used_at         BIGINT
);
CREATE INDEX vouchers_by_serial ON vouchers (serial);

-- Staff ask the customer for two codes in a row, typed in the bank's own page.
CREATE TABLE resync_asks (
    serial      TEXT PRIMARY KEY REFERENCES tokens (serial),
    expires_at  BIGINT NOT NULL
);

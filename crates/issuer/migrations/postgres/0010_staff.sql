-- The schema of migrations/sqlite in the words of PostgreSQL; what is said there holds here.
CREATE TABLE staff (
    name            TEXT PRIMARY KEY,
    institution_id  TEXT REFERENCES institutions (id),
    role            TEXT NOT NULL,
    password_hash   TEXT NOT NULL,
    disabled        BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      BIGINT NOT NULL
);

CREATE TABLE staff_sessions (
    id_hash     BYTEA PRIMARY KEY,
    name        TEXT NOT NULL REFERENCES staff (name),
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL
);
CREATE INDEX staff_sessions_by_name ON staff_sessions (name);

CREATE TABLE staff_forms (
    nonce    BYTEA PRIMARY KEY,
    used_at  BIGINT NOT NULL
);

CREATE TABLE staff_unlocks (
    name     TEXT NOT NULL,
    day      BIGINT NOT NULL,
    unlocks  BIGINT NOT NULL,
    PRIMARY KEY (name, day)
);

CREATE TABLE staff_approvals (
    id              BYTEA PRIMARY KEY,
    institution_id  TEXT NOT NULL REFERENCES institutions (id),
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

CREATE TABLE vouchers (
    hash            BYTEA PRIMARY KEY,
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

CREATE TABLE resync_asks (
    serial      TEXT PRIMARY KEY REFERENCES tokens (serial),
    expires_at  BIGINT NOT NULL
);

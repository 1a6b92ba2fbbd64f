-- The schema of migrations/sqlite in the words of PostgreSQL; what is said there holds here.

CREATE TABLE institutions (
    id           TEXT PRIMARY KEY,
    service_id   TEXT NOT NULL UNIQUE,
    name_ja      TEXT NOT NULL,
    name_en      TEXT NOT NULL,
    contact_ja   TEXT NOT NULL,
    contact_en   TEXT NOT NULL,
    accent       TEXT NOT NULL,
    policy       TEXT NOT NULL
);

CREATE TABLE relying_parties (
    key_hash        BYTEA PRIMARY KEY,
    institution_id  TEXT NOT NULL REFERENCES institutions (id),
    created_at      BIGINT NOT NULL
);

CREATE TABLE activations (
    user_id               TEXT PRIMARY KEY,
    institution_id        TEXT NOT NULL REFERENCES institutions (id),
    subscriber_ref        TEXT NOT NULL,
    state                 TEXT NOT NULL,
    record                BYTEA,
    attempts              BIGINT NOT NULL DEFAULT 0,
    expires_at            BIGINT NOT NULL,
    device_id             BYTEA,
    device_label          TEXT,
    match_number          TEXT,
    other_device_refused  BOOLEAN NOT NULL DEFAULT FALSE,
    token_serial          TEXT,
    created_at            BIGINT NOT NULL
);
CREATE INDEX activations_by_subscriber ON activations (institution_id, subscriber_ref);
CREATE INDEX activations_by_token ON activations (token_serial);

CREATE TABLE activation_begins (
    request_id      BYTEA PRIMARY KEY,
    digest          BYTEA NOT NULL,
    user_id         TEXT REFERENCES activations (user_id),
    institution_id  TEXT NOT NULL,
    body            BYTEA NOT NULL,
    state           BYTEA NOT NULL,
    reply           BYTEA NOT NULL,
    refunded        BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      BIGINT NOT NULL
);
CREATE INDEX activation_begins_by_user ON activation_begins (user_id);
CREATE INDEX activation_begins_by_age ON activation_begins (created_at);

CREATE TABLE self_hellos (
    request_id      BYTEA PRIMARY KEY,
    digest          BYTEA NOT NULL,
    institution_id  TEXT NOT NULL REFERENCES institutions (id),
    body            BYTEA NOT NULL,
    challenge       BYTEA NOT NULL,
    work_bits       BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX self_hellos_by_age ON self_hellos (created_at);

CREATE TABLE grants (
    request_id      BYTEA PRIMARY KEY,
    digest          BYTEA NOT NULL,
    token_serial    TEXT NOT NULL,
    reply           BYTEA,
    confirm_secret  BYTEA NOT NULL,
    device_spki     BYTEA NOT NULL,
    confirm_digest  BYTEA,
    expires_at      BIGINT NOT NULL
);
CREATE INDEX grants_by_token ON grants (token_serial);

-- Room is left in each page, so that an accepted code is written beside the row it changes and no
-- index is touched.
CREATE TABLE tokens (
    serial            TEXT PRIMARY KEY,
    institution_id    TEXT NOT NULL REFERENCES institutions (id),
    subscriber_ref    TEXT,
    state             TEXT NOT NULL,
    secrets           BYTEA NOT NULL,
    key_version       BIGINT NOT NULL,
    policy            TEXT NOT NULL,
    level             BIGINT NOT NULL,
    device_id         BYTEA NOT NULL,
    device_label      TEXT NOT NULL,
    match_number      TEXT NOT NULL,
    started_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    confirmed_at      BIGINT,
    registered_at     BIGINT,
    lapses_at         BIGINT,
    last_step         BIGINT NOT NULL DEFAULT -1,
    drift             BIGINT NOT NULL DEFAULT 0,
    fails             BIGINT NOT NULL DEFAULT 0,
    wrong_in_a_row    BIGINT NOT NULL DEFAULT 0,
    not_before        BIGINT,
    accepted          BIGINT NOT NULL DEFAULT 0,
    last_call         BYTEA,
    last_call_at      BIGINT
) WITH (fillfactor = 70);
CREATE INDEX tokens_by_subscriber ON tokens (institution_id, subscriber_ref);
CREATE UNIQUE INDEX one_token_in_use ON tokens (institution_id, subscriber_ref)
    WHERE subscriber_ref IS NOT NULL AND state IN ('active', 'locked', 'suspended');

CREATE TABLE rp_calls (
    institution_id  TEXT NOT NULL,
    request_id      BYTEA NOT NULL,
    digest          BYTEA NOT NULL,
    answer          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (institution_id, request_id)
);
CREATE INDEX rp_calls_by_age ON rp_calls (created_at);

CREATE TABLE registration_tries (
    institution_id  TEXT NOT NULL,
    subscriber_ref  TEXT NOT NULL,
    fails           BIGINT NOT NULL,
    not_before      BIGINT NOT NULL,
    PRIMARY KEY (institution_id, subscriber_ref)
);

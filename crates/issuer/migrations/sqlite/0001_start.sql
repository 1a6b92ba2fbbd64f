-- Times are Unix seconds (UTC), ids of calls and digests are raw bytes, sealed columns are envelopes
-- (docs/protocol.md). No column holds a seed, a password or an API key in the clear.

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
    key_hash        BLOB PRIMARY KEY,
    institution_id  TEXT NOT NULL REFERENCES institutions (id),
    created_at      BIGINT NOT NULL
);

CREATE TABLE activations (
    user_id               TEXT PRIMARY KEY,
    institution_id        TEXT NOT NULL REFERENCES institutions (id),
    subscriber_ref        TEXT NOT NULL,
    state                 TEXT NOT NULL,
    -- Sealed OPAQUE record; NULL once it is of no more use.
    record                BLOB,
    attempts              BIGINT NOT NULL DEFAULT 0,
    expires_at            BIGINT NOT NULL,
    device_id             BLOB,
    device_label          TEXT,
    match_number          TEXT,
    other_device_refused  BOOLEAN NOT NULL DEFAULT FALSE,
    token_serial          TEXT,
    created_at            BIGINT NOT NULL
);
CREATE INDEX activations_by_subscriber ON activations (institution_id, subscriber_ref);
CREATE INDEX activations_by_token ON activations (token_serial);

-- One row a K1 request, known or not: the reply is kept so that the same bytes get the same answer.
CREATE TABLE activation_begins (
    request_id      BLOB PRIMARY KEY,
    digest          BLOB NOT NULL,
    -- NULL for a fake record.
    user_id         TEXT REFERENCES activations (user_id),
    institution_id  TEXT NOT NULL,
    body            BLOB NOT NULL,
    -- Sealed key exchange state.
    state           BLOB NOT NULL,
    reply           BLOB NOT NULL,
    -- The failed try counted at begin was given back.
    refunded        BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      BIGINT NOT NULL
);
CREATE INDEX activation_begins_by_user ON activation_begins (user_id);
CREATE INDEX activation_begins_by_age ON activation_begins (created_at);

CREATE TABLE self_hellos (
    request_id      BLOB PRIMARY KEY,
    digest          BLOB NOT NULL,
    institution_id  TEXT NOT NULL REFERENCES institutions (id),
    body            BLOB NOT NULL,
    challenge       BLOB NOT NULL,
    work_bits       BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX self_hellos_by_age ON self_hellos (created_at);

-- Replies of K2 and S2, sealed, and what the confirmation is checked with.
CREATE TABLE grants (
    request_id      BLOB PRIMARY KEY,
    digest          BLOB NOT NULL,
    token_serial    TEXT NOT NULL,
    -- Sealed reply body; NULL once it is no longer handed out.
    reply           BLOB,
    -- Sealed confirmation secret.
    confirm_secret  BLOB NOT NULL,
    device_spki     BLOB NOT NULL,
    confirm_digest  BLOB,
    expires_at      BIGINT NOT NULL
);
CREATE INDEX grants_by_token ON grants (token_serial);

CREATE TABLE tokens (
    serial          TEXT PRIMARY KEY,
    institution_id  TEXT NOT NULL REFERENCES institutions (id),
    -- Set when the token is registered (S) or activated (K): one active token a customer.
    subscriber_ref  TEXT,
    state           TEXT NOT NULL,
    -- Sealed: seed, signing key and ratchet.
    secrets         BLOB NOT NULL,
    key_version     BIGINT NOT NULL,
    policy          TEXT NOT NULL,
    level           BIGINT NOT NULL,
    device_id       BLOB NOT NULL,
    device_label    TEXT NOT NULL,
    match_number    TEXT NOT NULL,
    started_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    confirmed_at    BIGINT,
    registered_at   BIGINT,
    lapses_at       BIGINT,
    last_step       BIGINT NOT NULL DEFAULT -1,
    drift           BIGINT NOT NULL DEFAULT 0,
    fails           BIGINT NOT NULL DEFAULT 0,
    wrong_in_a_row  BIGINT NOT NULL DEFAULT 0,
    not_before      BIGINT,
    accepted        BIGINT NOT NULL DEFAULT 0,
    -- The bank's call by which a code was accepted last; see the trigger below.
    last_call         BLOB,
    last_call_digest  BLOB,
    last_call_at      BIGINT
);
CREATE INDEX tokens_by_subscriber ON tokens (institution_id, subscriber_ref);
CREATE UNIQUE INDEX one_token_in_use ON tokens (institution_id, subscriber_ref)
    WHERE subscriber_ref IS NOT NULL AND state IN ('active', 'locked', 'suspended');

-- What a bank asked and was told: a repeated call gets the first answer.
CREATE TABLE rp_calls (
    institution_id  TEXT NOT NULL,
    request_id      BLOB NOT NULL,
    digest          BLOB NOT NULL,
    answer          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (institution_id, request_id)
);
CREATE INDEX rp_calls_by_age ON rp_calls (created_at);

-- Accepting a code and keeping the answer for a repeated call is one statement, so that a group of
-- codes is accepted in one turn to the database (storage/tokens.rs, `accept_group`). The words are
-- those of `VerifyResponse`.
CREATE TRIGGER keep_accepted_call AFTER UPDATE OF last_call ON tokens
WHEN NEW.last_call IS NOT OLD.last_call
BEGIN
    INSERT INTO rp_calls (institution_id, request_id, digest, answer, created_at)
    VALUES (NEW.institution_id, NEW.last_call, NEW.last_call_digest,
            '{"verdict":"accepted","step":' || NEW.last_step || '}', NEW.last_call_at);
END;

-- Wrong codes at registration count here, never against the serial that was typed.
CREATE TABLE registration_tries (
    institution_id  TEXT NOT NULL,
    subscriber_ref  TEXT NOT NULL,
    fails           BIGINT NOT NULL,
    not_before      BIGINT NOT NULL,
    PRIMARY KEY (institution_id, subscriber_ref)
);

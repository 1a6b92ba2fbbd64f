-- Times are Unix seconds (UTC), days are ISO 8601 dates in Japan, amounts are yen.

CREATE TABLE customers (
    -- 契約者ID, ten digits.
    contract_id          TEXT PRIMARY KEY,
    -- Whom the token service knows; tells it nothing of the customer.
    subscriber_ref       TEXT NOT NULL UNIQUE,
    name                 TEXT NOT NULL,
    -- Argon2id, PHC text.
    login_password       TEXT NOT NULL,
    -- 資金移動用パスワード. Two of its digits are asked for, so the digits must be at hand; a bank keeps
    -- them in an HSM. These are made up.
    transfer_password    TEXT NOT NULL,
    asked_first          INTEGER NOT NULL,
    asked_second         INTEGER NOT NULL,
    transfer_fails       INTEGER NOT NULL DEFAULT 0,
    balance_yen          BIGINT NOT NULL CHECK (balance_yen >= 0),
    daily_limit_yen      BIGINT NOT NULL,
    mail                 TEXT NOT NULL,
    phone                TEXT NOT NULL,
    -- The token in use; all NULL without one.
    token_serial         TEXT UNIQUE,
    token_login          BOOLEAN,
    token_registered_at  BIGINT,
    token_usable_from    TEXT,
    token_held           BOOLEAN
);

-- Hardware tokens that the bank sent to customers: no other can be registered.
CREATE TABLE sent_tokens (
    serial       TEXT PRIMARY KEY,
    contract_id  TEXT NOT NULL REFERENCES customers (contract_id),
    fee_yen      BIGINT NOT NULL,
    sent_at      BIGINT NOT NULL,
    -- Once registered it never is again.
    used_at      BIGINT
);

CREATE TABLE sessions (
    -- SHA-256 of what the cookie holds.
    id_hash      BLOB PRIMARY KEY,
    csrf         TEXT NOT NULL,
    contract_id  TEXT REFERENCES customers (contract_id),
    staff        BOOLEAN NOT NULL DEFAULT FALSE,
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL
);
CREATE INDEX sessions_by_use ON sessions (seen_at);

-- One run of a procedure, in one tab.
CREATE TABLE runs (
    id          TEXT PRIMARY KEY,
    session     BLOB NOT NULL REFERENCES sessions (id_hash) ON DELETE CASCADE,
    -- Good for one submission.
    form_token  TEXT NOT NULL,
    state       TEXT NOT NULL,
    -- What was typed, without passwords and codes, and what was wrong with it.
    typed       TEXT NOT NULL DEFAULT '{}',
    faults      TEXT NOT NULL DEFAULT '[]',
    -- What the token service is being asked. It holds a code until the answer is known.
    call_id     TEXT,
    call        TEXT,
    created_at  BIGINT NOT NULL
);
CREATE INDEX runs_by_session ON runs (session, created_at);

CREATE TABLE receipts (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    contract_id  TEXT NOT NULL REFERENCES customers (contract_id),
    title        TEXT NOT NULL,
    accepted_at  BIGINT NOT NULL,
    day          TEXT NOT NULL,
    -- What left the account.
    sent_yen     BIGINT NOT NULL DEFAULT 0,
    tables       TEXT NOT NULL
);
CREATE INDEX receipts_by_day ON receipts (contract_id, day);
-- 受付番号 has seven digits.
INSERT INTO sqlite_sequence (name, seq) VALUES ('receipts', 1000000);

-- Pay-easy: what collectors are owed.
CREATE TABLE bills (
    collector    TEXT NOT NULL,
    number       TEXT NOT NULL,
    check_digits TEXT NOT NULL,
    payee        TEXT NOT NULL,
    amount_yen   BIGINT NOT NULL,
    paid_at      BIGINT,
    PRIMARY KEY (collector, number, check_digits)
);

-- Wrong login passwords in a row, by what was typed as 契約者ID, whether there is one or not.
CREATE TABLE login_tries (
    subject     TEXT PRIMARY KEY,
    fails       INTEGER NOT NULL,
    not_before  BIGINT NOT NULL,
    last_at     BIGINT NOT NULL
);

CREATE TABLE mail_outbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What it tells of: one event, one mail.
    event        TEXT NOT NULL UNIQUE,
    message_id   TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    subject      TEXT NOT NULL,
    body         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    tries        INTEGER NOT NULL DEFAULT 0,
    next_try_at  BIGINT NOT NULL,
    sent_at      BIGINT
);
CREATE INDEX mail_outbox_by_due ON mail_outbox (next_try_at) WHERE sent_at IS NULL;

-- Of the demonstration: how many days the bank's own today lies ahead.
CREATE TABLE demo_clock (
    days_ahead  INTEGER NOT NULL
);
INSERT INTO demo_clock (days_ahead) VALUES (0);

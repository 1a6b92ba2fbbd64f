-- What a bank is told, numbered without gaps for each institution.
CREATE TABLE events (
    institution_id  TEXT NOT NULL,
    number          BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    subscriber_ref  TEXT NOT NULL,
    serial          TEXT,
    state           TEXT,
    PRIMARY KEY (institution_id, number)
);
CREATE INDEX events_by_age ON events (at);
CREATE TABLE event_numbers (
    institution_id  TEXT PRIMARY KEY,
    last            BIGINT NOT NULL
);

-- Where events are sent to, if the bank does not fetch them.
CREATE TABLE webhooks (
    institution_id  TEXT PRIMARY KEY REFERENCES institutions (id),
    url             TEXT NOT NULL,
    -- Sealed.
    secret          BLOB NOT NULL,
    -- The last event the bank has taken.
    delivered       BIGINT NOT NULL,
    failures        BIGINT NOT NULL DEFAULT 0,
    not_before      BIGINT NOT NULL DEFAULT 0
);

ALTER TABLE tokens ADD COLUMN renewal_told BOOLEAN NOT NULL DEFAULT FALSE;

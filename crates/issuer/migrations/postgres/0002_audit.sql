CREATE TABLE audit (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              BIGINT NOT NULL,
    institution_id  TEXT NOT NULL,
    actor           TEXT NOT NULL,
    action          TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    subscriber_ref  TEXT,
    serial          TEXT,
    state           TEXT,
    request_id      BYTEA,
    detail          TEXT
);
CREATE INDEX audit_by_subscriber ON audit (institution_id, subscriber_ref, id);
CREATE INDEX audit_by_serial ON audit (serial, id);

CREATE TABLE audit_seals (
    up_to      BIGINT PRIMARY KEY,
    previous   BIGINT NOT NULL UNIQUE,
    entries    BIGINT NOT NULL,
    hash       BYTEA NOT NULL,
    sealed_at  BIGINT NOT NULL,
    signature  BYTEA NOT NULL
);

CREATE FUNCTION only_added_to() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only added to';
END $$;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();
CREATE TRIGGER audit_seals_are_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();

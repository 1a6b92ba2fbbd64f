-- A payment a bank asked a signature for. Good once, for a few minutes.
CREATE TABLE signing_challenges (
    institution_id  TEXT NOT NULL,
    request_id      BYTEA NOT NULL,
    subscriber_ref  TEXT NOT NULL,
    -- SHA-256 of the payment's canonical text (docs/protocol.md): its details stay at the bank.
    payment         TEXT NOT NULL,
    -- What a token with a keypad is given instead.
    keypad          TEXT,
    expires_at      BIGINT NOT NULL,
    -- The token and the step or counter by which it was signed.
    signed_by       TEXT,
    signed_at_step  BIGINT,
    PRIMARY KEY (institution_id, request_id)
);
CREATE INDEX signing_challenges_by_age ON signing_challenges (expires_at);
-- A payment's signature is taken once, whatever challenge it answers.
CREATE UNIQUE INDEX signed_once ON signing_challenges (signed_by, payment, signed_at_step)
    WHERE signed_by IS NOT NULL;

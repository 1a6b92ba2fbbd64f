-- 'soft', or what a hardware token counts: 'totp', 'hotp'. Of these last_step is the counter.
ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'soft';
-- Whom the bank sent a hardware token to: nobody else can register it.
ALTER TABLE tokens ADD COLUMN sent_to TEXT;
-- What the customer says is wrong with it.
ALTER TABLE tokens ADD COLUMN reported TEXT;
-- A hardware token's own way of signing; soft tokens have one for all.
ALTER TABLE tokens ADD COLUMN sign_suite TEXT;
-- The last counter or step that a signature was accepted with.
ALTER TABLE tokens ADD COLUMN sign_last BIGINT NOT NULL DEFAULT -1;
-- The wrong code before belonged to this step, so far from the clock: two of them tell that it is off.
ALTER TABLE tokens ADD COLUMN near_step BIGINT;
ALTER TABLE tokens ADD COLUMN near_offset BIGINT;

-- 確認用パスワード, Argon2id, PHC text: asked by a 信用組合 where a 信用金庫 asks for digits of the
-- 資金移動用パスワード. `transfer_fails` counts wrong ones of either.
ALTER TABLE customers ADD COLUMN confirmation_password TEXT;
-- The day of the last 利用解除: a new token is issued from the next day.
ALTER TABLE customers ADD COLUMN released_on TEXT;

-- Whether the token in use is a device. A serial does not always tell: apps have nine digits too.
ALTER TABLE customers ADD COLUMN token_hardware BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE customers SET token_hardware = TRUE WHERE token_serial NOT LIKE 'SKTS%';

-- What was issued to a customer and is not in use yet.
CREATE TABLE issued_tokens (
    contract_id  TEXT PRIMARY KEY REFERENCES customers (contract_id),
    -- For the app.
    service_id   TEXT,
    user_id      TEXT,
    -- For a device: about when it arrives.
    arrives_on   TEXT,
    CHECK ((service_id IS NULL) = (user_id IS NULL)),
    CHECK ((user_id IS NULL) <> (arrives_on IS NULL))
);

-- Of the demonstration: devices to hold, of which the bank knows the secret as no real one does.
CREATE TABLE demo_cards (
    serial      TEXT PRIMARY KEY,
    secret_hex  TEXT NOT NULL,
    expires_at  BIGINT NOT NULL,
    -- When its button was pressed last.
    pressed_at  BIGINT NOT NULL DEFAULT 0
);

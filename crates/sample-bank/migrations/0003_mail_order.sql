-- Whether a customer's earlier mail still waits.
CREATE INDEX mail_outbox_by_recipient ON mail_outbox (recipient, id) WHERE sent_at IS NULL;

-- Accounts a customer has sent money to: the first transfer to one may have to be signed.
CREATE TABLE payees (
    contract_id TEXT NOT NULL REFERENCES customers (contract_id),
    bank TEXT NOT NULL,
    branch TEXT NOT NULL,
    account TEXT NOT NULL,
    first_sent_at INTEGER NOT NULL,
    PRIMARY KEY (contract_id, bank, branch, account)
) STRICT;

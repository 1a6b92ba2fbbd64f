-- A bank has several keys, each for some of its programs; one can end while another is taken up.
ALTER TABLE relying_parties ADD COLUMN name TEXT NOT NULL DEFAULT 'first';
-- Words of `rules::scope`, with a space between.
ALTER TABLE relying_parties ADD COLUMN scopes TEXT NOT NULL DEFAULT 'activations tokens verify read';
ALTER TABLE relying_parties ADD COLUMN ends_at BIGINT;
CREATE UNIQUE INDEX one_name_a_key ON relying_parties (institution_id, name);

-- A password that was made here and told to its owner is good for choosing another, and for nothing else.
ALTER TABLE staff ADD COLUMN password_is_temporary BOOLEAN NOT NULL DEFAULT FALSE;

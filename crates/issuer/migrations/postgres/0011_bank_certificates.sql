-- A bank's key can be bound to a certificate (RFC 8705): the SHA-256 of its DER. Without one it is
-- good over any way in.
ALTER TABLE relying_parties ADD COLUMN certificate_sha256 BYTEA;

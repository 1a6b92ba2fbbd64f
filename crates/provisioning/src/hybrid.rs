//! HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

/// Bytes of an X25519 public key, and of an encapsulated key.
pub(crate) const PUBLIC_KEY_BYTES: usize = 32;

//! What the service grants: the token's secrets and everything the device has to know of it.

use skts_otp::{SerialNumber, TokenPolicy, UnixTime};
use skts_sealed::{FieldReader, FieldWriter, SecretBytes};

/// Bytes of each secret in a grant.
pub const SECRET_BYTES: usize = 32;
/// Most bytes of a credential in a grant.
const MAX_CREDENTIAL_BYTES: usize = 1024;
const VERSION: u8 = 1;

/// A token on its way to its device. Travels sealed only.
#[derive(Debug)]
pub struct Grant {
    /// Key of the codes, 32 bytes.
    pub seed: SecretBytes,
    /// Key of transaction signatures, 32 bytes.
    pub signing_key: SecretBytes,
    /// The token's serial.
    pub serial: SerialNumber,
    /// The institution's settings for it.
    pub policy: TokenPolicy,
    /// The institution's id in the list.
    pub institution_id: String,
    /// From when it is valid.
    pub started_at: UnixTime,
    /// Until when it is valid.
    pub expires_at: UnixTime,
    /// The service's clock when it was granted.
    pub server_time: UnixTime,
    /// First value of the check-in ratchet, 32 bytes.
    pub ratchet: SecretBytes,
    /// What the device's hardware is to answer in the confirmation: a
    /// [`crate::statement::Credential`] in its bytes, or none.
    pub credential: Vec<u8>,
}

/// Bytes that are no grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Cut short, too long, or a field out of its bounds.
    #[error("the grant is malformed")]
    Malformed,
    /// Written by a newer service.
    #[error("the grant has the unknown version {0}")]
    UnknownVersion(u8),
}

impl Grant {
    /// `version (1) ‖ seed ‖ signing key ‖ serial ‖ policy JSON ‖ institution id ‖ started_at ‖
    /// expires_at ‖ server_time ‖ ratchet ‖ credential`; each field after the version prefixed with its length.
    pub fn encode(&self) -> SecretBytes {
        #[expect(
            clippy::expect_used,
            reason = "a policy is numbers and names: it serializes"
        )]
        let policy = serde_json::to_vec(&self.policy).expect("a policy serializes");
        let fields = FieldWriter::new()
            // EXPOSE: the secrets go into the plaintext of an envelope; it is wiped when dropped.
            .bytes(self.seed.expose_secret())
            .bytes(self.signing_key.expose_secret())
            .bytes(self.serial.to_string().as_bytes())
            .bytes(&policy)
            .bytes(self.institution_id.as_bytes())
            .u64(self.started_at.as_secs())
            .u64(self.expires_at.as_secs())
            .u64(self.server_time.as_secs())
            // EXPOSE: the ratchet goes the same way.
            .bytes(self.ratchet.expose_secret())
            .bytes(&self.credential)
            .finish();
        // Reserved at full length: growing would leave a copy of the secrets behind.
        let mut bytes = Vec::with_capacity(fields.len().saturating_add(1));
        bytes.push(VERSION);
        // EXPOSE: the record is copied behind its version, into a wiped buffer.
        bytes.extend_from_slice(fields.expose_secret());
        SecretBytes::new(bytes)
    }

    /// Reads what [`Grant::encode`] wrote.
    ///
    /// # Errors
    /// [`GrantError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, GrantError> {
        let (&version, fields) = bytes.split_first().ok_or(GrantError::Malformed)?;
        if version != VERSION {
            return Err(GrantError::UnknownVersion(version));
        }
        Self::decode_fields(fields).ok_or(GrantError::Malformed)
    }

    fn decode_fields(fields: &[u8]) -> Option<Self> {
        let mut reader = FieldReader::new(fields);
        let seed = secret(&mut reader)?;
        let signing_key = secret(&mut reader)?;
        let serial_text = std::str::from_utf8(reader.bytes().ok()?).ok()?;
        let serial = SerialNumber::parse(serial_text).ok()?;
        // Parsing folds what people type; a grant carries the canonical form or is refused.
        if serial.to_string() != serial_text {
            return None;
        }
        let policy: TokenPolicy = serde_json::from_slice(reader.bytes().ok()?).ok()?;
        policy.validate().ok()?;
        let institution_id = std::str::from_utf8(reader.bytes().ok()?).ok()?.to_owned();
        if !crate::institution::is_institution_id(&institution_id) {
            return None;
        }
        let started_at = UnixTime::from_secs(reader.u64().ok()?);
        let expires_at = UnixTime::from_secs(reader.u64().ok()?);
        let server_time = UnixTime::from_secs(reader.u64().ok()?);
        let ratchet = secret(&mut reader)?;
        let credential = reader.bytes().ok()?.to_vec();
        if credential.len() > MAX_CREDENTIAL_BYTES {
            return None;
        }
        reader.end().ok()?;
        (started_at < expires_at).then_some(Self {
            seed,
            signing_key,
            serial,
            policy,
            institution_id,
            started_at,
            expires_at,
            server_time,
            ratchet,
            credential,
        })
    }
}

fn secret(reader: &mut FieldReader<'_>) -> Option<SecretBytes> {
    let bytes = reader.bytes().ok()?;
    (bytes.len() == SECRET_BYTES).then(|| SecretBytes::from_slice(bytes))
}

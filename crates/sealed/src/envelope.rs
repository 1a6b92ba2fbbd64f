//! The envelope, version 1.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use rand_core::CryptoRngCore;

use crate::hash::push_field;
use crate::key::SealingKey;
use crate::secret::SecretBytes;

const MAGIC: [u8; 4] = *b"SKSE";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 6;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// What an envelope holds. A value opens only under the namespace it was sealed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Namespace {
    /// The device's own keys, in the profile.
    DeviceKey = 1,
    /// A token's seed, in the OS keystore.
    TokenSeed = 2,
    /// A token's record, in the profile.
    TokenRecord = 3,
    /// A set-up under way, in the profile.
    PendingSetUp = 4,
    /// What the device tells the service when it activates (K2).
    ActivationRequest = 5,
    /// What the service hands the device in an activation (K2 reply).
    ActivationGrant = 6,
    /// A token's seed, at the service.
    ServiceSeed = 7,
    /// The service's own keys.
    ServiceKey = 8,
    /// Key exchange state, at the service.
    ServiceState = 9,
    /// A reply kept for a repeated request, at the service.
    StoredReply = 10,
}

/// Seals `plaintext` with a fresh random nonce.
///
/// # Shapes and units
/// - `context`: public bytes that say where the value belongs (serial, institution, …); the same
///   must be given to [`unseal`].
/// - returns: 34 bytes more than `plaintext`.
///
/// # Source
/// NIST SP 800-38D, 96-bit random nonces; a key seals far fewer than 2³² values.
pub fn seal<R: CryptoRngCore>(
    key: &SealingKey,
    namespace: Namespace,
    context: &[u8],
    plaintext: &[u8],
    rng: &mut R,
) -> Vec<u8> {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let header = header(namespace);
    let aad = aad(&header, context);
    // AES-GCM refuses only plaintexts above 64 GiB; an empty body then opens nowhere.
    let ciphertext = Aes256Gcm::new(key.expose_secret().into())
        .encrypt(
            Nonce::from_slice(&nonce),
            Payload {
                msg: plaintext,
                aad: &aad,
            },
        )
        .unwrap_or_default();
    [header.as_slice(), &nonce, &ciphertext].concat()
}

/// Opens an envelope.
///
/// # Errors
/// What can be told before decrypting is told apart; a wrong key, context or any changed byte is
/// [`UnsealError::Refused`].
pub fn unseal(
    key: &SealingKey,
    namespace: Namespace,
    context: &[u8],
    envelope: &[u8],
) -> Result<SecretBytes, UnsealError> {
    let (magic, rest) = envelope
        .split_first_chunk::<4>()
        .ok_or(UnsealError::Truncated)?;
    if *magic != MAGIC {
        return Err(UnsealError::NotAnEnvelope);
    }
    let (version, rest) = rest.split_first().ok_or(UnsealError::Truncated)?;
    if *version != VERSION {
        return Err(UnsealError::UnknownVersion(*version));
    }
    let (found, rest) = rest.split_first().ok_or(UnsealError::Truncated)?;
    if *found != namespace as u8 {
        return Err(UnsealError::WrongNamespace);
    }
    let (nonce, ciphertext) = rest
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(UnsealError::Truncated)?;
    if ciphertext.len() < TAG_BYTES {
        return Err(UnsealError::Truncated);
    }
    let aad = aad(&header(namespace), context);
    Aes256Gcm::new(key.expose_secret().into())
        .decrypt(
            Nonce::from_slice(nonce),
            Payload {
                msg: ciphertext,
                aad: &aad,
            },
        )
        .map(SecretBytes::new)
        .map_err(|_| UnsealError::Refused)
}

/// Why an envelope did not open. Carries nothing of what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// It does not begin with the magic bytes.
    #[error("not a sealed envelope")]
    NotAnEnvelope,
    /// The key or the context is another, or a byte was changed.
    #[error("the envelope did not open")]
    Refused,
    /// It is shorter than any envelope.
    #[error("the envelope is cut short")]
    Truncated,
    /// A newer program wrote it.
    #[error("the envelope has version {0}, which this program does not know")]
    UnknownVersion(u8),
    /// It was sealed for another purpose.
    #[error("the envelope was sealed for another purpose")]
    WrongNamespace,
}

fn header(namespace: Namespace) -> [u8; HEADER_BYTES] {
    let [a, b, c, d] = MAGIC;
    [a, b, c, d, VERSION, namespace as u8]
}

fn aad(header: &[u8; HEADER_BYTES], context: &[u8]) -> Vec<u8> {
    let mut aad = header.to_vec();
    push_field(&mut aad, context);
    aad
}

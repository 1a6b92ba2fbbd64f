//! What both sides of S compute from the messages.

use skts_sealed::{FieldWriter, LabelledHash, SecretBytes};

use crate::device::Evidence;
use crate::wire::{Request, SHelloRequest};

/// Associated data of the sealed grant.
pub(super) const GRANT_AAD: &[u8] = b"skts/self-grant/v1";
/// Exporter context of `k_confirm`.
pub(super) const CONFIRM_EXPORT: &[u8] = b"skts/confirm-key/v1";

/// The proof of work over one hello and one challenge.
#[derive(Clone)]
pub(super) struct Work(LabelledHash);

impl Work {
    pub(super) fn new(hello: &SHelloRequest, challenge: &[u8]) -> Self {
        Self(
            LabelledHash::new("skts/self-work/v1")
                .field(&hello.digest())
                .field(challenge),
        )
    }

    /// Whether `SHA-256(label, H(hello), challenge, work)` begins with `bits` zero bits.
    pub(super) fn holds(&self, work: u64, bits: u8) -> bool {
        let hash = self.0.clone().field(&work.to_be_bytes()).sha256();
        let mut zeros: u32 = 0;
        for byte in hash {
            zeros = zeros.saturating_add(byte.leading_zeros());
            if byte != 0 {
                break;
            }
        }
        zeros >= u32::from(bits)
    }
}

/// `SHA-512(label, H(hello), challenge, work bits, work, H(evidence))`: all of S1 and S2.
pub(super) fn transcript(
    hello: &SHelloRequest,
    challenge: &[u8],
    work_bits: u8,
    work: u64,
    evidence: &Evidence,
) -> [u8; 64] {
    LabelledHash::new("skts/self-transcript/v1")
        .field(&hello.digest())
        .field(challenge)
        .field(&[work_bits])
        .field(&work.to_be_bytes())
        .field(&evidence.digest())
        .sha512()
}

/// What the device signs in S2.
pub(super) fn proof(transcript: &[u8; 64]) -> SecretBytes {
    FieldWriter::new()
        .bytes(b"skts/self-proof/v1")
        .bytes(transcript)
        .finish()
}

/// What the service signs.
pub(super) fn issued(transcript: &[u8; 64], encapped_key: &[u8], ciphertext: &[u8]) -> SecretBytes {
    FieldWriter::new()
        .bytes(b"skts/self-issued/v1")
        .bytes(transcript)
        .bytes(encapped_key)
        .bytes(ciphertext)
        .finish()
}

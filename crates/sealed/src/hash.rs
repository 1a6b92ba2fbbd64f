//! Hashes over labelled, length-prefixed fields.

use sha2::{Digest, Sha256, Sha512};

/// A hash input: a label, then fields, each behind its length.
///
/// `H(u32be(|label|) ‖ label ‖ u32be(|f1|) ‖ f1 ‖ …)`: no two different lists of fields give the
/// same input, and no input of one purpose is one of another.
#[derive(Clone)]
pub struct LabelledHash(Vec<u8>);

impl LabelledHash {
    /// Starts with `label`, of the form `skts/<message>/v1`.
    pub fn new(label: &str) -> Self {
        let mut input = Vec::new();
        push_field(&mut input, label.as_bytes());
        Self(input)
    }

    /// Adds one field.
    #[must_use]
    pub fn field(mut self, bytes: &[u8]) -> Self {
        push_field(&mut self.0, bytes);
        self
    }

    /// SHA-256 of the input.
    pub fn sha256(self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// SHA-512 of the input.
    pub fn sha512(self) -> [u8; 64] {
        Sha512::digest(&self.0).into()
    }
}

/// Appends `u32be(|bytes|) ‖ bytes`. No field of this project comes near 4 GiB; a longer one is
/// cut off in its length, and so opens nothing.
pub(crate) fn push_field(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

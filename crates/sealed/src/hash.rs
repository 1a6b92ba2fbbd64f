//! Hashes over labelled, length-prefixed fields.

use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// A hash input: a label, then fields, each behind its length.
///
/// `H(u32be(|label|) ‖ label ‖ u32be(|f1|) ‖ f1 ‖ …)`: no two different lists of fields give the
/// same input, and no input of one purpose is one of another. Fields may be secret: the input is
/// wiped.
#[derive(Clone)]
pub struct LabelledHash(Zeroizing<Vec<u8>>);

impl LabelledHash {
    /// Starts with `label`, of the form `skts/<message>/v1`.
    pub fn new(label: &str) -> Self {
        let mut input = Zeroizing::default();
        push_secret_field(&mut input, label.as_bytes());
        Self(input)
    }

    /// Adds one field.
    #[must_use]
    pub fn field(mut self, bytes: &[u8]) -> Self {
        push_secret_field(&mut self.0, bytes);
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

/// [`push_field`] into a buffer that holds secrets.
pub(crate) fn push_secret_field(out: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    make_room(out, bytes.len().saturating_add(4));
    push_field(out, bytes);
}

/// Grows by hand: a vector that grows by itself leaves its old bytes in memory.
fn make_room(out: &mut Zeroizing<Vec<u8>>, more_bytes: usize) {
    let needed = out.len().saturating_add(more_bytes);
    if needed > out.capacity() {
        let mut grown = Zeroizing::new(Vec::with_capacity(needed.saturating_mul(2)));
        grown.extend_from_slice(out);
        // The old buffer is wiped as it is dropped.
        *out = grown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_of_secrets_never_moves_by_itself() {
        let mut out = Zeroizing::new(Vec::new());
        let mut plain = Vec::new();
        for len in [0, 1, 7, 300, 4096, 0, 20_000] {
            let field = vec![7; len];
            make_room(&mut out, len + 4);
            let before = out.as_ptr();
            push_secret_field(&mut out, &field);
            assert_eq!(out.as_ptr(), before);
            push_field(&mut plain, &field);
            assert_eq!(*out, plain);
        }
    }
}

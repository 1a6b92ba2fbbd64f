//! Sessions in which the policy of an object is met by somebody's password (TCG TPM 2.0 Library,
//! Part 1 §19.7; Part 3 §23.4).

use sha2::{Digest, Sha256};
use skts_sealed::SecretBytes;
use tpm2_protocol::data::{TpmAlgId, TpmCc, TpmRh};

use super::chip::{Chip, ChipError, Loaded};
use super::frame::Writer;

const POLICY_SESSION: u8 = 1;

impl Chip {
    /// A session in which nothing has been shown yet.
    pub(super) fn policy_session(&mut self) -> Result<Loaded, ChipError> {
        let null = TpmRh::Null.value();
        let parameters = Writer::new()
            // Nothing is computed with the nonce: the session has no key and encrypts nothing.
            .sized(&[0; 32])
            .sized(&[])
            .raw(&[POLICY_SESSION])
            .u16(TpmAlgId::Null.value())
            .u16(TpmAlgId::Sha256.value());
        let mut response = self.run(TpmCc::StartAuthSession, &[null, null], None, &parameters)?;
        self.loaded(&mut response)
    }

    /// Shows in the session that the password of what is at `handle` is known.
    pub(super) fn policy_secret(
        &mut self,
        session: Loaded,
        handle: u32,
        password: &SecretBytes,
    ) -> Result<(), ChipError> {
        // No nonce, no command's hash and no reference; it does not expire.
        let parameters = Writer::new().sized(&[]).sized(&[]).sized(&[]).u32(0);
        self.run(
            TpmCc::PolicySecret,
            &[handle, session.0],
            Some(password),
            &parameters,
        )?;
        Ok(())
    }
}

/// The policy that is met when the password of what has this name is shown, and nothing else.
pub(super) fn secret_of(name: &[u8]) -> [u8; 32] {
    let shown = Sha256::new()
        .chain_update([0; 32])
        .chain_update(TpmCc::PolicySecret.value().to_be_bytes())
        .chain_update(name)
        .finalize();
    // Once more, with a reference that is empty.
    Sha256::digest(shown).into()
}

/// An object's name: its hash algorithm and the hash of its public area.
pub(super) fn name_of(public: &[u8]) -> Vec<u8> {
    let mut name = TpmAlgId::Sha256.value().to_be_bytes().to_vec();
    name.extend(Sha256::digest(public));
    name
}

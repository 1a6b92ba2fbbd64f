//! What a device's statement about its key is worth.
//!
//! ```text
//! no statement            ─► level 1: a bare word
//! android-key/v1          ─► chain to a pinned root, the leaf speaks of this key ─► level 3
//! tpm-ek/v1               ─► chain to a pinned root, the public area is this key's ─► a credential
//!    the credential comes back in the confirmation                              ─► level 3
//! anything that does not hold ─► level 1, and the reason for the log
//! ```
//! Level 3 is the most that is ever proved: no statement says that the secrets of the token, which
//! come from here, were put into the hardware and nowhere else (docs/adr/0014).

mod android;
mod chain;
mod credential;
#[cfg(test)]
mod tests;
mod tpm;

use skts_otp::{AssuranceLevel, UnixTime};
use skts_provisioning::statement::{Statement, StatementError, android_challenge};

pub use android::AndroidApp;
pub use chain::{Revoked, Roots, RootsError, Trust};
pub use credential::{CREDENTIAL_BYTES, EndorsementKey, KeyName, make_credential};

/// What a device is believed without evidence: whatever holds the key, it may be software.
pub const UNPROVED: AssuranceLevel = AssuranceLevel::L1;
/// What hardware is believed that has proved itself.
pub const ATTESTED: AssuranceLevel = AssuranceLevel::L3;

/// What was made of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessed {
    /// Nothing was said.
    Nothing,
    /// It holds: the key is where it says.
    Proved,
    /// It holds if the chip that holds this endorsement key also holds the key of this name.
    OnProof {
        /// What a credential is encrypted to.
        endorsement_key: EndorsementKey,
        /// Of the device key, as its chip computes it.
        name: KeyName,
    },
}

impl Assessed {
    /// The level that is proved now.
    pub const fn level(&self) -> AssuranceLevel {
        match self {
            Self::Proved => ATTESTED,
            Self::Nothing | Self::OnProof { .. } => UNPROVED,
        }
    }

    /// The level that can be reached by the confirmation.
    pub const fn reachable(&self) -> AssuranceLevel {
        match self {
            Self::Proved | Self::OnProof { .. } => ATTESTED,
            Self::Nothing => UNPROVED,
        }
    }
}

/// Why a statement is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Not in the form of its kind.
    #[error("malformed")]
    Malformed,
    /// Of a kind this service does not know.
    #[error("of an unknown kind")]
    UnknownKind,
    /// No pinned root signed it, or it is not valid now.
    #[error("no chain to a pinned root that is valid now")]
    Chain,
    /// A certificate is on the list of revoked ones.
    #[error("a certificate was revoked")]
    Revoked,
    /// It speaks of another key than the device's.
    #[error("of another key")]
    OtherKey,
    /// The key is not of the kind the app makes.
    #[error("the key is not of the kind the app makes")]
    KeyKind,
    /// The certificate is not one of an endorsement key.
    #[error("not the certificate of an endorsement key")]
    Purpose,
    /// The chip is a program.
    #[error("the chip is a program")]
    VirtualChip,
    /// An endorsement key of a kind that no credential is made for.
    #[error("an endorsement key of an unknown kind")]
    EndorsementKey,
    /// The certificate says nothing of the key, or another one of the chain speaks too.
    #[error("no attestation, or more than one")]
    Extension,
    /// The key was made for something else.
    #[error("another challenge")]
    Challenge,
    /// The key, or what attests to it, is in software.
    #[error("in software")]
    Software,
    /// The system is not the maker's, or may be replaced.
    #[error("the system was not verified, or the device is unlocked")]
    Boot,
    /// The key is another app's, or no app is configured.
    #[error("not the configured app")]
    App,
}

impl From<StatementError> for Doubt {
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::Malformed => Self::Malformed,
            StatementError::UnknownKind => Self::UnknownKind,
        }
    }
}

/// Looks into what a device says of its key.
///
/// # Shapes and units
/// - `statement`: the bytes of the evidence, whatever they are.
/// - `spki`: the device key of the set-up, 91 bytes of DER.
///
/// # Errors
/// [`Doubt`]: the statement is worth [`UNPROVED`], like none.
pub fn assess(
    trust: &Trust,
    statement: &[u8],
    spki: &[u8],
    now: UnixTime,
) -> Result<Assessed, Doubt> {
    match Statement::decode(statement)? {
        Statement::None => Ok(Assessed::Nothing),
        Statement::Android(said) => {
            let challenge = android_challenge(&said.bound_to);
            android::check(trust, &said, &challenge, spki, now)?;
            Ok(Assessed::Proved)
        }
        Statement::Tpm(said) => {
            let (endorsement_key, name) = tpm::check(trust, &said, spki, now)?;
            Ok(Assessed::OnProof {
                endorsement_key,
                name,
            })
        }
    }
}

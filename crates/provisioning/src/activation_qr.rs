//! What the QR code of トークン発行 says: the two IDs of an activation, and never its password.
//!
//! ```text
//! skts:activate?service_id=<8 digits>&user_id=<12 digits>
//! ```
//! There is one spelling. A later version has another word for `activate`.

use std::fmt;

use crate::ids::{ServiceId, UserId};

const SCHEME: &str = "skts:";
const WORD: &str = "activate?";

/// The IDs a set-up begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationQr {
    /// Names the institution.
    pub service_id: ServiceId,
    /// Names the activation.
    pub user_id: UserId,
}

/// Why a text is none of these. Carries nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivationQrError {
    /// Not one of this system's: an address, another app's code, anything.
    #[error("the QR code belongs to something else")]
    Foreign,
    /// One of this system's for another purpose, as signing a payment, or of a later version.
    #[error("the QR code is for another purpose")]
    OtherPurpose,
    /// It begins like one, and does not go on like one.
    #[error("the QR code is damaged")]
    Damaged,
}

impl ActivationQr {
    /// Reads the text of a QR code. It is whatever a stranger wrote: nothing is folded or forgiven.
    ///
    /// # Errors
    /// [`ActivationQrError`].
    pub fn parse(text: &str) -> Result<Self, ActivationQrError> {
        let ours = text
            .strip_prefix(SCHEME)
            .ok_or(ActivationQrError::Foreign)?;
        let query = ours
            .strip_prefix(WORD)
            .ok_or(ActivationQrError::OtherPurpose)?;
        let ids = || {
            let (service_id, user_id) = query.split_once('&')?;
            let found = Self {
                service_id: ServiceId::parse(service_id.strip_prefix("service_id=")?).ok()?,
                user_id: UserId::parse(user_id.strip_prefix("user_id=")?).ok()?,
            };
            // What people type is folded; what a program wrote has one spelling.
            (found.to_string() == text).then_some(found)
        };
        ids().ok_or(ActivationQrError::Damaged)
    }
}

impl fmt::Display for ActivationQr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{SCHEME}{WORD}service_id={}&user_id={}",
            self.service_id, self.user_id
        )
    }
}

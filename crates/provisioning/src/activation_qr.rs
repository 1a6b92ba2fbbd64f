//! What the QR code of トークン発行 says: the two IDs of an activation, and never its password.
//!
//! ```text
//! skts:activate?service_id=<8 digits>&user_id=<12 digits>
//! ```
//! There is one spelling. A later version has another word for `activate`.
//!
//! A link that opens the app says the same under a scheme of the app's own, as RFC 8252 §7.1 has it:
//!
//! ```text
//! jp.example.skts:activate?service_id=<8 digits>&user_id=<12 digits>
//! ```

use std::fmt;

use crate::ids::{ServiceId, UserId};

const SCHEME: &str = "skts:";
const WORD: &str = "activate?";

/// What a link to the app begins with: the app's identifier, which nobody else registers by accident.
pub const LINK_SCHEME: &str = "jp.example.skts:";

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

    /// Reads a link to the app: what a QR code says, under [`LINK_SCHEME`].
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_link(link: &str) -> Result<Self, ActivationQrError> {
        let said = link
            .strip_prefix(LINK_SCHEME)
            .ok_or(ActivationQrError::Foreign)?;
        Self::parse(&format!("{SCHEME}{said}"))
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

//! The life of a token at the service.
//!
//! ```text
//!  Provisioned ──register──► Active ⇄ Suspended
//!      │                      │ ▲ ╲
//!      │ never registered     │ │  ╲ too many wrong codes
//!      ▼                      │ │   ▼
//!    Lapsed                   │ └─ Locked (unlocked by staff)
//!                             │
//!   a copy checks in: Suspended, from any of these, with no way back but Revoked
//!                             ▼
//!                 Revoked · Replaced · Expired          (final, like Lapsed)
//! ```

use std::fmt;
use std::str::FromStr;

use skts_otp::UnixTime;

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenState {
    /// Set up in the device, not yet known to belong to a customer.
    Provisioned,
    /// In use.
    Active,
    /// Too many wrong codes; staff release it.
    Locked,
    /// Held by the bank, or because a copy is suspected.
    Suspended,
    /// Ended by the bank or the customer, at the bank or from the app.
    Revoked,
    /// Ended by an exchange.
    Replaced,
    /// Ended by its date.
    Expired,
    /// Never confirmed or registered in time.
    Lapsed,
}

impl TokenState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Provisioned,
        Self::Active,
        Self::Locked,
        Self::Suspended,
        Self::Revoked,
        Self::Replaced,
        Self::Expired,
        Self::Lapsed,
    ];

    /// Whether no change leads out of it.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Revoked | Self::Replaced | Self::Expired | Self::Lapsed
        )
    }

    /// The state after `change`, or none if there is no such way.
    pub const fn after(self, change: TokenChange) -> Option<Self> {
        match (self, change) {
            (Self::Provisioned, TokenChange::Register) => Some(Self::Active),
            (Self::Provisioned, TokenChange::Lapse) => Some(Self::Lapsed),
            (Self::Active, TokenChange::Lock) => Some(Self::Locked),
            (Self::Locked, TokenChange::Unlock) | (Self::Suspended, TokenChange::Resume) => {
                Some(Self::Active)
            }
            (Self::Active, TokenChange::Suspend)
            | (
                Self::Provisioned | Self::Active | Self::Locked | Self::Suspended,
                TokenChange::SuspectCopy,
            ) => Some(Self::Suspended),
            (Self::Active | Self::Locked | Self::Suspended, TokenChange::Replace) => {
                Some(Self::Replaced)
            }
            (
                Self::Provisioned | Self::Active | Self::Locked | Self::Suspended,
                TokenChange::Revoke,
            ) => Some(Self::Revoked),
            (
                Self::Provisioned | Self::Active | Self::Locked | Self::Suspended,
                TokenChange::Expire,
            ) => Some(Self::Expired),
            _ => None,
        }
    }

    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned",
            Self::Active => "active",
            Self::Locked => "locked",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::Expired => "expired",
            Self::Lapsed => "lapsed",
        }
    }
}

impl fmt::Display for TokenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenState {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(UnknownState)
    }
}

/// What computes a token's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// The app: by time, with a clock that is set.
    Soft,
    /// A hardware token, by its own clock.
    Totp,
    /// A hardware token, by presses of its button.
    Hotp,
}

impl TokenKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Soft, Self::Totp, Self::Hotp];

    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Totp => "totp",
            Self::Hotp => "hotp",
        }
    }
}

impl FromStr for TokenKind {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or(UnknownState)
    }
}

/// A word in the database that names no state, or no kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database holds a state this program does not know")]
pub struct UnknownState;

/// What can happen to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenChange {
    /// A customer's first right code.
    Register,
    /// Never confirmed or registered in time.
    Lapse,
    /// Too many wrong codes.
    Lock,
    /// Staff release.
    Unlock,
    /// Held.
    Suspend,
    /// A copy of it has checked in; there is no [`TokenChange::Resume`] from there.
    SuspectCopy,
    /// Released.
    Resume,
    /// Exchanged for another token.
    Replace,
    /// Ended.
    Revoke,
    /// Its date has come.
    Expire,
}

/// From when on a new token may be issued for one that ends at `expires_at`.
pub fn renewable_from(expires_at: UnixTime) -> UnixTime {
    UnixTime::from_secs(expires_at.as_secs().saturating_sub(RENEWAL_SECS))
}

/// How long before its end a token may be issued anew.
pub const RENEWAL_SECS: u64 = 90 * 24 * 3600;
/// How long the verification of an old token's code is good for an exchange: a page to fill in.
pub const PROOF_VALID_SECS: u64 = 10 * 60;
/// Seconds a token may stay unconfirmed.
pub const CONFIRM_WITHIN_SECS: u64 = 72 * 3600;
/// How long a confirmed token may stay unregistered.
pub const REGISTER_WITHIN_SECS: u64 = 90 * 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGES: [TokenChange; 10] = [
        TokenChange::Register,
        TokenChange::Lapse,
        TokenChange::Lock,
        TokenChange::Unlock,
        TokenChange::Suspend,
        TokenChange::SuspectCopy,
        TokenChange::Resume,
        TokenChange::Replace,
        TokenChange::Revoke,
        TokenChange::Expire,
    ];

    #[test]
    fn final_states_have_no_way_out() {
        for state in TokenState::ALL {
            let ways = CHANGES
                .iter()
                .filter(|change| state.after(**change).is_some())
                .count();
            assert_eq!(ways == 0, state.is_final(), "{state}");
        }
    }

    #[test]
    fn every_word_reads_back() {
        for state in TokenState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("gone".parse::<TokenState>(), Err(UnknownState));
    }

    #[test]
    fn nothing_becomes_active_but_by_registering_unlocking_or_resuming() {
        for state in TokenState::ALL {
            for change in CHANGES {
                if state.after(change) == Some(TokenState::Active) {
                    assert!(matches!(
                        change,
                        TokenChange::Register | TokenChange::Unlock | TokenChange::Resume
                    ));
                }
            }
        }
    }
}

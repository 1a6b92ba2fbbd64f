//! The life of an activation.
//!
//! ```text
//!  Pending ──a device proves the password──► Claimed ──first right code──► Completed
//!     ├─ date ─────► Expired       └─ bank withdraws ─► Withdrawn
//!     ├─ tries ────► Exhausted
//!     └─ bank ─────► Withdrawn
//! ```

use std::str::FromStr;

use skts_otp::UnixTime;

use crate::rules::token::UnknownState;

/// Begun but unproved tries until an activation is exhausted.
pub const MAX_ATTEMPTS: i64 = 5;
/// How long an activation can be begun, unless the institution says otherwise.
pub const VALID_FOR_SECS: u64 = 10 * 60;
/// How long replies of a claimed activation are handed out again.
pub const REPLY_KEPT_SECS: u64 = 24 * 3600;

/// Whether an activation password is one of those everybody tries first: one digit repeated, one
/// pattern of two repeated, or a run up or down.
///
/// # Shapes and units
/// - `digits`: 4 to 8 ASCII digits.
pub fn is_too_easy(digits: &[u8]) -> bool {
    let steps: Vec<i16> = digits
        .windows(2)
        .map(|pair| i16::from(pair[1]) - i16::from(pair[0]))
        .collect();
    let run = |step: i16| {
        // 9 is followed by 0 on every keypad.
        steps
            .iter()
            .all(|found| *found == step || *found == -9 * step)
    };
    let pairs = digits
        .iter()
        .zip(digits.iter().skip(2))
        .all(|(a, b)| a == b);
    run(1) || run(-1) || pairs
}

/// Where an activation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivationState {
    /// Issued; nobody has proved the password.
    Pending,
    /// One device has proved the password.
    Claimed,
    /// The token is in use.
    Completed,
    /// Not begun in time.
    Expired,
    /// Too many unproved tries.
    Exhausted,
    /// Taken back by the bank.
    Withdrawn,
}

impl ActivationState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Claimed,
        Self::Completed,
        Self::Expired,
        Self::Exhausted,
        Self::Withdrawn,
    ];

    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Claimed => "claimed",
            Self::Completed => "completed",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// What it is at `now`: a pending activation past its date is expired, whoever wrote that down.
    pub fn at(self, now: UnixTime, expires_at: UnixTime, attempts: i64) -> Self {
        match self {
            Self::Pending if attempts >= MAX_ATTEMPTS => Self::Exhausted,
            Self::Pending if now >= expires_at => Self::Expired,
            other => other,
        }
    }

    /// Whether a device may still begin (the first, or the one that claimed it and lost its state).
    pub const fn may_begin(self) -> bool {
        matches!(self, Self::Pending | Self::Claimed)
    }
}

impl FromStr for ActivationState {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(UnknownState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_everybody_tries_first_are_known() {
        for easy in [
            "0000", "11111111", "1234", "4321", "56789012", "7890", "2109", "1212", "909090",
        ] {
            assert!(is_too_easy(easy.as_bytes()), "{easy}");
        }
        for other in ["4827", "1235", "0001", "73914628", "1221", "20011"] {
            assert!(!is_too_easy(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_pending_activation_ends_by_date_and_by_tries() {
        let expires_at = UnixTime::from_secs(1000);
        let before = UnixTime::from_secs(999);
        let pending = ActivationState::Pending;
        assert_eq!(pending.at(before, expires_at, 4), ActivationState::Pending);
        assert_eq!(
            pending.at(expires_at, expires_at, 0),
            ActivationState::Expired
        );
        assert_eq!(
            pending.at(before, expires_at, 5),
            ActivationState::Exhausted
        );
    }

    #[test]
    fn a_claimed_activation_outlives_its_date() {
        let now = UnixTime::from_secs(5000);
        let claimed = ActivationState::Claimed.at(now, UnixTime::from_secs(1), 5);
        assert_eq!(claimed, ActivationState::Claimed);
        assert!(claimed.may_begin());
    }

    #[test]
    fn every_word_reads_back() {
        for state in ActivationState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}

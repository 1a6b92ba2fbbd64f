//! What an institution decides about its tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::{Digits, HashAlgorithm};
use crate::serial::SerialScheme;
use crate::time::Period;
use crate::totp::AcceptanceWindow;

/// How a token of the institution is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetUpKind {
    /// By service ID, user ID and activation password (K).
    Activated,
    /// By the app alone; the serial is registered at the bank afterwards (S).
    SelfProvisioned,
}

/// Which code lengths the institution takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeLength {
    /// Six digits.
    Six,
    /// Eight digits.
    Eight,
    /// Both: the customer chooses, the verifier takes either under one last step.
    Both,
}

impl CodeLength {
    /// The lengths, the one shown first at the front.
    pub const fn allowed(self) -> &'static [Digits] {
        match self {
            Self::Six => &[Digits::Six],
            Self::Eight => &[Digits::Eight],
            Self::Both => &[Digits::Six, Digits::Eight],
        }
    }

    /// The length shown until the customer chooses another.
    pub const fn default_digits(self) -> Digits {
        match self {
            Self::Six | Self::Both => Digits::Six,
            Self::Eight => Digits::Eight,
        }
    }
}

/// From when a newly registered token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectiveDay {
    /// At once.
    AtOnce,
    /// From the next day, Japan time.
    NextDay,
}

/// How strongly a token is held by its device (SECURITY.md, levels 0 to 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum AssuranceLevel {
    /// File and PIN: development.
    L0,
    /// OS keystore item and software device key.
    L1,
    /// Hardware key, not attested.
    L2,
    /// Hardware key, attested; the seed is unwrapped for one computation.
    L3,
    /// Device key and HMAC inside attested hardware.
    L4,
}

impl From<AssuranceLevel> for u8 {
    fn from(level: AssuranceLevel) -> Self {
        match level {
            AssuranceLevel::L0 => 0,
            AssuranceLevel::L1 => 1,
            AssuranceLevel::L2 => 2,
            AssuranceLevel::L3 => 3,
            AssuranceLevel::L4 => 4,
        }
    }
}

impl TryFrom<u8> for AssuranceLevel {
    type Error = LevelError;

    fn try_from(level: u8) -> Result<Self, LevelError> {
        Ok(match level {
            0 => Self::L0,
            1 => Self::L1,
            2 => Self::L2,
            3 => Self::L3,
            4 => Self::L4,
            found => return Err(LevelError { found }),
        })
    }
}

impl fmt::Display for AssuranceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", u8::from(*self))
    }
}

/// There are levels 0 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no assurance level {found}")]
pub struct LevelError {
    /// What was asked for.
    pub found: u8,
}

/// An institution's rules for its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPolicy {
    /// How tokens are set up.
    pub set_up: SetUpKind,
    /// How serials are made.
    pub serial: SerialScheme,
    /// Which code lengths are taken.
    pub code_length: CodeLength,
    /// How long a code is shown.
    pub period: Period,
    /// The hash under the code.
    pub hash: HashAlgorithm,
    /// Days from set-up to expiry.
    pub validity_days: u32,
    /// Steps the verifier accepts.
    pub window: AcceptanceWindow,
    /// Wrong codes in a row until the token is locked.
    pub lock_after: u8,
    /// The lowest level a device must reach.
    pub lowest_level: AssuranceLevel,
    /// Whether tokens sign transactions.
    pub signing: bool,
    /// From when a newly registered token counts.
    pub effective: EffectiveDay,
    /// Days without a check-in until the app says so; never if absent.
    pub check_in_notice_days: Option<u32>,
}

impl TokenPolicy {
    /// Self-provisioned, `SKTS` serial, 6 digits, 30 seconds (guides 000 to 002, 004).
    pub fn self_provisioned() -> Self {
        Self {
            set_up: SetUpKind::SelfProvisioned,
            serial: SerialScheme::skts(),
            code_length: CodeLength::Six,
            period: Period::THIRTY,
            hash: HashAlgorithm::Sha256,
            validity_days: 1826,
            window: AcceptanceWindow::SOFT,
            lock_after: 5,
            lowest_level: AssuranceLevel::L1,
            signing: true,
            effective: EffectiveDay::NextDay,
            check_in_notice_days: None,
        }
    }

    /// Activated, nine-digit serial, 8 digits, 60 seconds (guide 003).
    pub fn activated() -> Self {
        Self {
            set_up: SetUpKind::Activated,
            serial: SerialScheme::Numeric9,
            code_length: CodeLength::Eight,
            period: Period::SIXTY,
            effective: EffectiveDay::AtOnce,
            ..Self::self_provisioned()
        }
    }

    /// Whether the rules can be kept.
    ///
    /// # Errors
    /// The first [`PolicyError`] found.
    pub fn validate(&self) -> Result<(), PolicyError> {
        if let SerialScheme::ClassA { prefix } = &self.serial {
            let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
            if prefix.len() != 4 || !prefix.bytes().all(upper) {
                return Err(PolicyError::Prefix);
            }
        }
        if !(1..=10).contains(&self.lock_after) {
            return Err(PolicyError::LockAfter);
        }
        if !(1..=3660).contains(&self.validity_days) {
            return Err(PolicyError::Validity);
        }
        if self.window.behind > 2 || self.window.ahead > 2 {
            return Err(PolicyError::Window);
        }
        if !matches!(self.period.as_secs(), 30 | 60) {
            return Err(PolicyError::Period);
        }
        Ok(())
    }
}

/// A policy that cannot be kept, or would break a rule of the standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The lock threshold.
    #[error("a token is locked after 1 to 10 wrong codes")]
    LockAfter,
    /// The period.
    #[error("soft tokens have a period of 30 or 60 seconds")]
    Period,
    /// The serial prefix.
    #[error("a serial prefix has four upper-case letters or digits")]
    Prefix,
    /// The validity.
    #[error("a token is valid for 1 to 3660 days")]
    Validity,
    /// The acceptance window.
    #[error("at most two steps are accepted each way")]
    Window,
}

//! Times, periods and time steps (RFC 6238 §4: `T = floor((now − T0) / X)` with `T0 = 0`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01 00:00:00 UTC, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(u64);

impl UnixTime {
    /// A time `secs` seconds after the epoch.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Seconds since the epoch.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// The time `secs` seconds later, if it can be counted.
    pub const fn checked_add_secs(self, secs: u64) -> Option<Self> {
        match self.0.checked_add(secs) {
            Some(secs) => Some(Self(secs)),
            None => None,
        }
    }

    /// The time `secs` seconds later, or the last that can be counted.
    pub const fn saturating_add_secs(self, secs: u64) -> Self {
        Self(self.0.saturating_add(secs))
    }

    /// The seconds from `earlier` to this time; nothing if `earlier` is later.
    pub const fn secs_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How long one code is shown, in whole seconds: `X` of RFC 6238.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Period(u32);

impl Period {
    /// 30 seconds, the recommended period (RFC 6238 §5.2).
    pub const THIRTY: Self = Self(30);
    /// 60 seconds, the period of activated tokens.
    pub const SIXTY: Self = Self(60);
    const MAX_SECS: u32 = 86_400;

    /// A period of `secs` seconds.
    ///
    /// # Errors
    /// [`PeriodError`] unless `secs` is 1..=86400.
    pub const fn from_secs(secs: u32) -> Result<Self, PeriodError> {
        if secs == 0 || secs > Self::MAX_SECS {
            return Err(PeriodError { found_secs: secs });
        }
        Ok(Self(secs))
    }

    /// Seconds.
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// The step that `time` lies in.
    pub const fn step_at(self, time: UnixTime) -> TimeStep {
        // The period is never zero.
        TimeStep(match time.0.checked_div(self.0 as u64) {
            Some(index) => index,
            None => 0,
        })
    }

    /// The first second of `step`.
    pub const fn starts_at(self, step: TimeStep) -> UnixTime {
        UnixTime(step.0.saturating_mul(self.0 as u64))
    }

    /// The first second after `step`.
    pub const fn ends_at(self, step: TimeStep) -> UnixTime {
        self.starts_at(TimeStep(step.0.saturating_add(1)))
    }
}

impl TryFrom<u32> for Period {
    type Error = PeriodError;

    fn try_from(secs: u32) -> Result<Self, PeriodError> {
        Self::from_secs(secs)
    }
}

impl From<Period> for u32 {
    fn from(period: Period) -> Self {
        period.0
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// A period is between one second and one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period has 1 to 86400 seconds, not {found_secs}")]
pub struct PeriodError {
    /// What was asked for.
    pub found_secs: u32,
}

/// The index of a time step: `T` of RFC 6238, a count of periods and not of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeStep(u64);

impl TimeStep {
    /// The step with this index.
    pub const fn from_index(index: u64) -> Self {
        Self(index)
    }

    /// The index.
    pub const fn index(self) -> u64 {
        self.0
    }

    /// The step after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The step `steps` later (or earlier), if there is one.
    pub const fn offset(self, steps: i64) -> Option<Self> {
        match self.0.checked_add_signed(steps) {
            Some(index) => Some(Self(index)),
            None => None,
        }
    }
}

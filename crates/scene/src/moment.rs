//! Moments as scene files write them.

use chrono::DateTime;
use serde::Deserialize;
use skts_otp::UnixTime;

/// A moment with its offset: `2026-12-01T10:15:07+09:00`. A time without an offset would be another
/// moment on another machine, so it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
pub struct Moment(u64);

impl Moment {
    /// Whole seconds since the Unix epoch.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// The same, as the other crates have it.
    pub const fn unix(self) -> UnixTime {
        UnixTime::from_secs(self.0)
    }
}

impl TryFrom<toml::value::Datetime> for Moment {
    type Error = String;

    fn try_from(written: toml::value::Datetime) -> Result<Self, String> {
        let text = written.to_string();
        DateTime::parse_from_rfc3339(&text)
            .ok()
            .and_then(|moment| u64::try_from(moment.timestamp()).ok())
            .map(Self)
            .ok_or_else(|| {
                format!("{text} is no moment: date, time and offset, as 2026-12-01T10:15:07+09:00")
            })
    }
}

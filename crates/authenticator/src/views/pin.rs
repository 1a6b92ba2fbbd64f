//! The app's own lock.

use serde::{Deserialize, Serialize};

use super::DateView;

/// Where the lock stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct LockView {
    /// Wrong PINs that can still be tried; 0: none opens it any more.
    pub tries_left: u32,
    /// The PIN typed just now was wrong.
    pub refused: bool,
    /// Until then, by the device's clock, no PIN is looked at; `null`: at once.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub wait_until_ms: Option<u64>,
    /// The same, to the minute.
    pub wait_until: Option<DateView>,
    /// Hardware counts, and no copy of files or keystore items gives a try back.
    pub in_hardware: bool,
}

/// The PIN among the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PinSettingView {
    /// There is a profile that it can lock.
    pub can_be_set: bool,
    /// One is set.
    pub is_set: bool,
    /// Fewest digits.
    pub least_digits: u32,
    /// Most digits.
    pub most_digits: u32,
    /// So many wrong ones in a row are the end.
    pub most_tries: u32,
}

//! What `doctor` and the diagnostics screen show.

use serde::{Deserialize, Serialize};

use super::{ClockView, DateView, LocalizedView};
use crate::error::ErrorCode;

/// A finding of [`DoctorReport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Health {
    /// As it should be.
    Good,
    /// Works, but look at it.
    Notice,
    /// Stops the token from working.
    Bad,
}

/// One finding of [`DoctorReport`], in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Finding {
    /// What was looked at.
    pub name: LocalizedView,
    /// How it is, where that can be good or bad.
    pub health: Option<Health>,
    /// The same as a word, or a number; may be empty.
    pub state: LocalizedView,
    /// What there is, why not more, and what to do; may be empty.
    pub said: LocalizedView,
    /// The error whose words say what to do.
    pub problem: Option<ErrorCode>,
}

/// How it stands with the security chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum ChipUse {
    /// It guards this profile's keys and works.
    Used,
    /// It works, and will guard the keys of the first token set up here.
    Ready,
    /// It works; the keys of this profile were made without it and stay so.
    NotUsed,
    /// There is none, or it does not work.
    Absent,
    /// What answers as one is a program, as under Wine: nothing is kept in it.
    NotHardware,
    /// This user may not use it.
    Denied,
    /// It does not answer now.
    Busy,
    /// This program cannot use one on this system yet.
    Unsupported,
}

/// What `doctor` and the diagnostics screen show. No secret, no code, no whole serial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DoctorReport {
    /// Version of the app.
    pub app_version: String,
    /// The system it was built for: `linux`, `macos`, …
    pub platform: String,
    /// Which keystore: `secret-service`, …; `null` if none could be reached.
    pub keystore_kind: Option<String>,
    /// Whether a probe item could be written, read and deleted.
    pub keystore: Health,
    /// Why not.
    pub keystore_problem: Option<ErrorCode>,
    /// Whether the security chip guards this profile's keys, or could.
    pub chip: ChipUse,
    /// What holds this profile's device key: `software`, `tpm2`, `platform-provider`,
    /// `secure-enclave`, `android-keystore`; `null` before the first set-up.
    pub device_key: Option<String>,
    /// The computer has a machine id.
    pub machine_id: Health,
    /// Assurance level of the device key, 0 to 4; `null` before the first set-up.
    pub level: Option<u8>,
    /// The wall clock.
    pub clock: DateView,
    /// The wall clock against the service's, measured last.
    pub clock_trust: ClockView,
    /// Whether the wall clock can be right: not before the app was built, not past the keys' end.
    pub clock_health: Health,
    /// The profile's folder, as text.
    pub profile_dir: String,
    /// Whether only its owner can read the profile's folder (`good` before it exists).
    pub profile_permissions: Health,
    /// State of the profile: the error in its way, or `null`.
    pub profile_problem: Option<ErrorCode>,
    /// Where the institution list came from: `built-in` or `outside`.
    pub list_source: String,
    /// When it was signed.
    pub list_issued_at: DateView,
    /// Number of institutions in it.
    pub list_institutions: u32,
    /// Number of tokens.
    pub tokens: u32,
    /// Every token's keys passed the self-test; `null` if the profile could not be opened.
    pub self_test: Option<Health>,
    /// Number of unfinished set-ups.
    pub pending: u32,
    /// All this in words, in the order it is shown.
    pub findings: Vec<Finding>,
}

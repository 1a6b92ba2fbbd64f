//! What the customer sets: how the screens look, and how careful they are with the code.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::views::Language;

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// The size of all text, beside what the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum TextSize {
    /// 100 %.
    #[default]
    Normal,
    /// 125 %.
    Large,
    /// 150 %.
    Larger,
    /// 200 %.
    Largest,
}

/// When the digits are covered until they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum HideCode {
    /// Never.
    Never,
    /// Once the window has lost the focus.
    Unfocused,
    /// From the start, and once the window has lost the focus.
    Always,
}

impl Default for HideCode {
    /// A phone shows its apps to whoever leafs through them; on a desktop the code is read beside the
    /// browser it is typed into, which has the focus.
    fn default() -> Self {
        if cfg!(any(target_os = "android", target_os = "ios")) {
            Self::Unfocused
        } else {
            Self::Never
        }
    }
}

/// How long a copied code stays on the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum ClearAfter {
    /// 30 seconds.
    #[default]
    HalfAMinute,
    /// 60 seconds.
    AMinute,
}

impl ClearAfter {
    /// The same in seconds.
    pub fn secs(self) -> u32 {
        match self {
            Self::HalfAMinute => 30,
            Self::AMinute => 60,
        }
    }
}

/// How long nobody touches the app before it locks itself, where a PIN is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum LockAfter {
    /// 60 seconds.
    AMinute,
    /// 5 minutes.
    #[default]
    FiveMinutes,
    /// 15 minutes.
    AQuarter,
}

/// Every setting. They are the customer's, not a token's, and outlive all tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Settings {
    /// `null`: follow the system.
    pub language: Option<Language>,
    /// Light or dark.
    pub theme: Theme,
    /// The size of all text.
    pub text_size: TextSize,
    /// When the digits are covered.
    pub hide_code: HideCode,
    /// How long a copied code stays on the clipboard.
    pub clear_after: ClearAfter,
    /// The next code is shown in the last ten seconds of a step.
    pub show_next: bool,
    /// Closing the window leaves the app in the system's tray. Only on desktops that have one.
    pub keep_in_tray: bool,
    /// When the app locks itself.
    pub lock_after: LockAfter,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: None,
            theme: Theme::default(),
            text_size: TextSize::default(),
            hide_code: HideCode::default(),
            clear_after: ClearAfter::default(),
            show_next: true,
            keep_in_tray: false,
            lock_after: LockAfter::default(),
        }
    }
}

/// Reads each setting by itself: one that is missing or not known counts as its default, and takes
/// neither the others nor the rest of the file with it.
pub(crate) fn leniently<'de, D: Deserializer<'de>>(file: D) -> Result<Settings, D::Error> {
    let mut settings = Settings::default();
    for (name, value) in Map::deserialize(file)? {
        if let Some(changed) = with(&settings, name, value) {
            settings = changed;
        }
    }
    Ok(settings)
}

/// `settings` with one of them changed; `None` if there is no such value.
fn with(settings: &Settings, name: String, value: Value) -> Option<Settings> {
    let mut all = serde_json::to_value(settings).ok()?;
    all.as_object_mut()?.insert(name, value);
    serde_json::from_value(all).ok()
}

//! What the hosts show. Plain data: names, digits, dates and deadlines, never a key or a
//! password.
//!
//! Fields are camelCase on the way to the window; all times are milliseconds or seconds since
//! the Unix epoch, as their names say, and fit a JavaScript number.

mod doctor;
mod payment;
mod pin;

use serde::{Deserialize, Serialize};

use crate::error::ErrorCode;
use crate::settings::Settings;

pub use self::doctor::{ChipUse, DoctorReport, Finding, Health};
pub use self::payment::{PaymentForm, PaymentView, SignatureView};
pub use self::pin::{LockView, PinSettingView};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct LocalizedView {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl LocalizedView {
    pub(crate) fn new(ja: &str, en: &str) -> Self {
        Self {
            ja: ja.to_owned(),
            en: en.to_owned(),
        }
    }

    /// The text in `language`.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }

    /// What is the same in every language.
    pub(crate) fn same(text: &str) -> Self {
        Self::new(text, text)
    }
}

/// A moment, written in Japan time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DateView {
    /// Seconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub unix_secs: u64,
    /// The date, or date and time, ready to show.
    pub text: LocalizedView,
}

/// The way an institution sets tokens up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum SetUpWay {
    /// K: service ID, user ID and activation password.
    Activated,
    /// S: the app asks for a token and the customer registers its serial.
    SelfProvisioned,
}

/// An institution of the signed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct InstitutionView {
    /// Stable id, for `self_provision`.
    pub id: String,
    /// 8 digits.
    pub service_id: String,
    /// Its name.
    pub name: LocalizedView,
    /// Where a customer turns for help, as one line of text.
    pub contact: LocalizedView,
    /// `#rrggbb`.
    pub accent: String,
    /// How it sets tokens up.
    pub way: SetUpWay,
}

/// The language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Language {
    /// Japanese.
    Ja,
    /// English.
    En,
}

/// What the main screen is for, and what it shows besides the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum ViewMode {
    /// 標準: code, serial and dates.
    #[default]
    Standard,
    /// パスワードのみ: the serial is hidden.
    PasswordOnly,
    /// 取引認証: no code; payments are signed.
    Signing,
}

/// A kind of device that the app is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum StoreKind {
    /// iPhone and iPad.
    Ios,
    /// Android.
    Android,
    /// Windows, macOS and Linux.
    Computer,
}

/// Where the app is to be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct StoreView {
    /// For which devices.
    pub kind: StoreKind,
    /// `https://…`.
    pub address: String,
    /// A QR code of the address: an SVG with a `viewBox`, no style attribute and no script.
    pub qr: String,
}

/// Which way a token is moved in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Towards {
    /// One place up.
    Beginning,
    /// One place down.
    End,
}

/// What is known without asking the keystore: enough for the first paint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct GlanceView {
    /// A token was set up in this profile.
    pub set_up: bool,
    /// The institutions of the list, in its order.
    pub institutions: Vec<InstitutionView>,
    /// What the customer set.
    pub settings: Settings,
    /// The institution of the token shown last, if it is still in the list.
    pub last_institution: Option<String>,
    /// How the token was shown last.
    pub mode: ViewMode,
    /// Version of the consent text in force; `activate` and `self_provision` want it back.
    pub consent_version: u32,
    /// Version of the app.
    pub app_version: String,
}

/// Why the service accepts no code of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Halt {
    /// Too many wrong codes at the bank.
    Locked,
    /// Held by the bank.
    Suspended,
    /// Another device used this token, or an old backup of it was put back.
    SuspectedCopy,
    /// Ended.
    Revoked,
    /// Another token has taken its place.
    Replaced,
    /// Never registered in time.
    Lapsed,
}

/// Whether the device's clock is corrected by what the service said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum ClockTrust {
    /// Measured in the last seven days: codes are computed with the service's time.
    Fresh,
    /// Not measured yet.
    Never,
    /// Measured more than seven days ago.
    Old,
    /// The clock was set since.
    Jumped,
    /// The computer, or the app, was started since.
    Restarted,
}

/// How the device's clock stands to the service's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ClockView {
    /// Whether codes are corrected.
    pub trust: ClockTrust,
    /// By how many seconds the device's clock was ahead when it was measured, negative is behind;
    /// `null` if that says nothing any more.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub off_secs: Option<i64>,
    /// How long ago that was.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub measured_secs_ago: Option<u64>,
    /// All this in words, and what follows for the codes.
    pub text: LocalizedView,
    /// How to set the clock of this system, where it is off by a minute or more.
    pub how_to_set: Option<LocalizedView>,
}

/// トークンの確認: what the service says of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct CheckView {
    /// The token.
    pub token: TokenView,
    /// `provisioned`, `active`, `locked`, `suspended`, `revoked`, `replaced`, `expired` or `lapsed`.
    pub state: String,
    /// Why no code is shown, if none is.
    pub halt: Option<Halt>,
    /// The bank has registered it.
    pub registered: bool,
    /// When the service said so, by its clock.
    pub checked_at: DateView,
    /// 有効期限.
    pub expires_at: DateView,
    /// A new token may be issued for it.
    pub renewable: bool,
    /// From when on, date only.
    pub renewable_from: DateView,
    /// Until when it has to be registered; `null` once it is.
    pub register_before: Option<DateView>,
    /// When the bank accepted a code last.
    pub last_used_at: Option<DateView>,
    /// The bank asks for two codes in a row, typed in its own page.
    pub resync_asked: bool,
    /// The device's clock.
    pub clock: ClockView,
}

/// 利用中止の受付: that a token was stopped from this app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ReceiptView {
    /// 受付番号, ten digits.
    pub number: String,
    /// 受付時刻.
    pub at: DateView,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct TokenView {
    /// Names the token in calls.
    pub id: String,
    /// Id of its institution.
    pub institution_id: String,
    /// Name of its institution (the id if it is no longer in the list).
    pub institution_name: LocalizedView,
    /// Where the customer turns for help.
    pub contact: LocalizedView,
    /// `#rrggbb`.
    pub accent: String,
    /// As typed at the bank: `SKTS12345678` or nine digits.
    pub serial: String,
    /// As shown: `SKTS 1234 5678` or `243 725 864`.
    pub serial_grouped: String,
    /// 利用開始日, date only.
    pub started_at: DateView,
    /// 有効期限, date and time.
    pub expires_at: DateView,
    /// Its validity has ended: no codes.
    pub expired: bool,
    /// The device's clock, if the service found it a minute off or more.
    pub clock_off: Option<ClockView>,
    /// Why no code is shown, by what the service said at the last check.
    pub halt: Option<Halt>,
    /// When the service was asked last, from here; `null`: never since the set-up.
    pub checked_at: Option<DateView>,
    /// From when on a new token may be issued for it, date only.
    pub renewable_from: DateView,
    /// That day has come, and the token is in use still.
    pub expiring: bool,
    /// Days since the last check, where the institution asks for one and it is overdue.
    pub unchecked_days: Option<u32>,
    /// 利用中止 was asked for, and no answer has come yet.
    pub stopping: bool,
    /// It was stopped from here.
    pub receipt: Option<ReceiptView>,
    /// Digits shown now: 6 or 8.
    pub digits: u8,
    /// Digits the policy allows, one or both of 6 and 8.
    pub allowed_digits: Vec<u8>,
    /// Seconds a code lives.
    pub period_secs: u32,
    /// How it is shown.
    pub mode: ViewMode,
    /// Its institution takes signatures of payments: 取引認証 is among the modes.
    pub signing: bool,
    /// Four digits to compare with the bank's page; `null` once they are of no more use.
    pub match_number: Option<String>,
    /// Assurance level of the key that holds it, 0 to 4.
    pub level: u8,
    /// What that level is, in words.
    pub level_text: LocalizedView,
    /// The service has verified that the key is in hardware, by its maker's certificate.
    pub attested: bool,
}

/// A token that was set up here and cannot be used, while others can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct FaultyTokenView {
    /// Names the token in `remove`.
    pub id: String,
    /// As shown, if it could be read.
    pub serial_grouped: Option<String>,
    /// Name of its institution, if it could be read.
    pub institution_name: Option<LocalizedView>,
    /// Where to turn, if the institution is known.
    pub contact: Option<LocalizedView>,
    /// `item-missing`, `corrupt` or `newer-format`.
    pub problem: ErrorCode,
}

/// The code of one time step.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct CodeView {
    /// Six or eight digits, leading zeros kept.
    pub digits: String,
    /// The same in groups: `123 456`, `1234 5678`.
    pub grouped: String,
    /// The digits of the step after this one.
    pub next: String,
    /// The same in groups.
    pub next_grouped: String,
    /// First millisecond of the step.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub valid_from_ms: u64,
    /// First millisecond of the next step: ask again then.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub valid_until_ms: u64,
    /// The wall clock when the code was computed.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub now_ms: u64,
    /// Index of the time step.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub step: u64,
}

impl std::fmt::Debug for CodeView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeView")
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// Which code was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum WhichCode {
    /// The one shown.
    Current,
    /// The one after it.
    Next,
}

/// The IDs a set-up begins with, read from a QR code to fill the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct SetUpIdsView {
    /// 8 digits.
    pub service_id: String,
    /// 12 digits.
    pub user_id: String,
}

/// What a pending set-up waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum PendingStage {
    /// The service has not yet been convinced: connecting and proving.
    Prove,
    /// The token is being issued.
    Register,
    /// The token is on the device; the service has not been told.
    Confirm,
}

/// A set-up that was begun and not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PendingView {
    /// Id of the institution.
    pub institution_id: String,
    /// Its name.
    pub institution_name: LocalizedView,
    /// How the token is being set up.
    pub way: SetUpWay,
    /// How far it got.
    pub stage: PendingStage,
    /// 8 digits, to fill the form again.
    pub service_id: String,
    /// 12 digits, to fill the form again; `null` where there is none.
    pub user_id: Option<String>,
    /// `resume` needs the activation password.
    pub needs_password: bool,
}

//! The institution file: all that differs from one institution's guide to the next.
//!
//! TOML, read field by field so that every mistake is reported in one reading, each as one sentence
//! with its file, line, field and remedy. `presets/` has the samples.

mod fault;
mod fonts;
mod forms;
mod read;
mod reader;
mod rules;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

pub use fault::{Fault, FileError};
pub use fonts::{FontError, Fonts, Glyphs};
use sha2::{Digest as _, Sha256};

/// A language of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// 日本語.
    Ja,
    /// English.
    En,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// Reads the tag.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// The same text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// 日本語.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The text in `language`.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

/// What kind of institution it is, and so which kind of pages its bank has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 信用金庫: 利用開始, 交換 and 利用中止 from the login page.
    Shinkin,
    /// 信用組合: トークン発行, 利用開始 and 利用解除 after login.
    Shinkumi,
}

impl Kind {
    /// Its word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shinkin => "shinkin",
            Self::Shinkumi => "shinkumi",
        }
    }
}

/// How the bank's pages are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Face {
    /// パソコン.
    Pc,
    /// スマートフォン.
    Smartphone,
    /// 携帯電話（ガラケー）.
    Feature,
}

impl Face {
    /// Every face.
    pub const ALL: [Self; 3] = [Self::Pc, Self::Smartphone, Self::Feature];

    /// Its word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Smartphone => "smartphone",
            Self::Feature => "feature",
        }
    }
}

/// A date of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year, such as 2026.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day, 1 to 31.
    pub day: u8,
}

/// From when to when an edition of the guide is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// The first day.
    pub valid_from: Date,
    /// The last day; without one until the next edition.
    pub valid_until: Option<Date>,
}

/// Whom customers ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The desk's name.
    pub desk: Text,
    /// The phone number, digits and hyphens.
    pub phone: String,
    /// When it is answered.
    pub hours: Text,
}

/// Which lengths of a code are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Digits {
    /// Six.
    Six,
    /// Eight.
    Eight,
    /// Either: the customer chooses.
    Both,
}

/// How a token comes onto a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetUp {
    /// By the app alone; serial and code are registered at the bank.
    SelfProvisioned,
    /// By service ID, user ID and activation password.
    Activated {
        /// 8 digits.
        service_id: String,
    },
}

/// How serials look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Serial {
    /// `SKTS` and eight characters.
    ClassA,
    /// Nine digits.
    Numeric9,
}

/// The app's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Lengths of a code.
    pub digits: Digits,
    /// How long a code is shown, seconds: 30 or 60.
    pub period_secs: u32,
    /// How it is set up.
    pub set_up: SetUp,
    /// How its serial looks.
    pub serial: Serial,
    /// Wrong codes in a row until it is locked, 3 to 20.
    pub lock_after: u32,
}

/// The hardware tokens the institution hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hardware {
    /// What one costs, yen with tax; 0 is free.
    pub fee_yen: u32,
    /// How long its battery lasts, years, about.
    pub battery_years: u32,
    /// Digits of its codes, 6 or 8.
    pub digits: u32,
    /// How long it shows a code, seconds: 30 or 60.
    pub period_secs: u32,
}

/// From when a token counts that was just registered, or a new one may be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effective {
    /// At once.
    AtOnce,
    /// From the next day.
    NextDay,
}

/// What customers can do, each on which faces of the bank's pages; nowhere is not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedures {
    /// トークン発行, by mail.
    pub issue: Vec<Face>,
    /// 利用開始.
    pub start: Vec<Face>,
    /// 交換.
    pub exchange: Vec<Face>,
    /// 利用中止.
    pub stop: Vec<Face>,
    /// 利用解除.
    pub release: Vec<Face>,
    /// ログイン時の認証 する・しない.
    pub login_code: Vec<Face>,
    /// 振込.
    pub transfer: Vec<Face>,
    /// Pay-easy.
    pub pay_easy: Vec<Face>,
    /// 取引認証.
    pub signing: Vec<Face>,
    /// From when a new token counts.
    pub effective: Effective,
    /// 振込限度額 after 利用解除, yen.
    pub limit_after_release_yen: Option<u32>,
}

impl Procedures {
    /// Each procedure with its word in files, and its faces.
    pub fn faces(&self) -> [(&'static str, &[Face]); 9] {
        [
            ("issue", &self.issue),
            ("start", &self.start),
            ("exchange", &self.exchange),
            ("stop", &self.stop),
            ("release", &self.release),
            ("login-code", &self.login_code),
            ("transfer", &self.transfer),
            ("pay-easy", &self.pay_easy),
            ("signing", &self.signing),
        ]
    }
}

/// Where the app is to be had.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stores {
    /// For iPhone and iPad.
    pub ios: Option<String>,
    /// For Android.
    pub android: Option<String>,
    /// For computers.
    pub computer: Option<String>,
}

/// All that an institution's guide says of the institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Lower-case letters, digits and hyphens.
    pub id: String,
    /// 信用金庫 or 信用組合.
    pub kind: Kind,
    /// The full name.
    pub name: Text,
    /// The name at the foot of each page.
    pub short_name: Text,
    /// The colour of headings and rules, `#rrggbb`.
    pub accent: String,
    /// The edition.
    pub edition: Edition,
    /// Whom to ask.
    pub contact: Contact,
    /// The app's tokens.
    pub token: Token,
    /// Hardware tokens, where they are offered.
    pub hardware: Option<Hardware>,
    /// What customers can do.
    pub procedures: Procedures,
    /// Where the app is.
    pub stores: Stores,
}

/// Why there is no institution.
#[derive(Debug, thiserror::Error)]
pub enum InstitutionError {
    /// The file cannot be read.
    #[error("{path}: the file cannot be read; give the path of an institution file ({cause})", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It has mistakes.
    #[error(transparent)]
    Mistakes(#[from] FileError),
}

impl Institution {
    /// Reads and checks the file at `path`, for a guide printed with `glyphs`.
    ///
    /// # Errors
    /// [`InstitutionError::Unreadable`], or every mistake at once.
    pub fn load(path: &Path, glyphs: &dyn Glyphs) -> Result<Self, InstitutionError> {
        let text = fs::read_to_string(path).map_err(|cause| InstitutionError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        Ok(Self::parse(path, &text, glyphs)?)
    }

    /// As [`Institution::load`], of a `text` that is named `path`.
    ///
    /// # Errors
    /// Every mistake of the text, by lines. What contradicts what is looked at once each field by
    /// itself is good.
    pub fn parse(path: &Path, text: &str, glyphs: &dyn Glyphs) -> Result<Self, FileError> {
        read::institution(text, glyphs).map_err(|faults| FileError::new(path, faults))
    }

    /// 16 hexadecimal digits of what pictures show of it: another value, other pictures.
    pub fn depicted(&self) -> String {
        let Contact { desk, phone, .. } = &self.contact;
        let signing = !self.procedures.signing.is_empty();
        let seen = (&self.name, &self.accent, desk, phone, &self.token, signing);
        hex::encode(Sha256::digest(format!("{seen:?}")))
            .chars()
            .take(16)
            .collect()
    }
}

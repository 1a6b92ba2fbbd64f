//! The chapters as they are written: our own words, and which pictures belong to them.

use std::collections::BTreeMap;

use serde::Deserialize;
use skts_institution::Language;

/// Every chapter, in the guide's order: its file and its text.
pub const FILES: &[(&str, &str)] = &[
    ("01-what.toml", include_str!("../chapters/01-what.toml")),
    ("02-issue.toml", include_str!("../chapters/02-issue.toml")),
    ("03-app.toml", include_str!("../chapters/03-app.toml")),
    ("04-set-up.toml", include_str!("../chapters/04-set-up.toml")),
    ("05-start.toml", include_str!("../chapters/05-start.toml")),
    ("06-daily.toml", include_str!("../chapters/06-daily.toml")),
    ("07-mode.toml", include_str!("../chapters/07-mode.toml")),
    (
        "08-exchange.toml",
        include_str!("../chapters/08-exchange.toml"),
    ),
    ("09-stop.toml", include_str!("../chapters/09-stop.toml")),
    (
        "10-hardware.toml",
        include_str!("../chapters/10-hardware.toml"),
    ),
    ("11-lost.toml", include_str!("../chapters/11-lost.toml")),
    (
        "12-messages.toml",
        include_str!("../chapters/12-messages.toml"),
    ),
    (
        "13-contact.toml",
        include_str!("../chapters/13-contact.toml"),
    ),
];

/// The picture of a walk that each step of a procedure shows: `start-pc-1` and `guide/…`.
const PICTURES: &str = include_str!("../chapters/pictures.toml");

/// A text in both languages. `{…}` stands for a word of the institution's or, as `{ui:…}`, of the
/// app's; `**…**` is strong, and `[[…]]` stays on one line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// 日本語.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The text in `language`.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

/// A paragraph, where it applies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paragraph {
    /// 日本語.
    pub ja: String,
    /// English.
    pub en: String,
    /// What must hold; see [`crate::facts::Facts::hold`].
    #[serde(default)]
    pub when: Vec<String>,
}

/// A chapter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// Its name in addresses.
    pub id: String,
    /// Its heading.
    pub title: Words,
    /// What must hold.
    #[serde(default)]
    pub when: Vec<String>,
    /// What stands before its sections.
    #[serde(default)]
    pub text: Vec<Paragraph>,
    /// Its sections.
    #[serde(default, rename = "section")]
    pub sections: Vec<Section>,
}

/// A part of a chapter; with `procedure` one for each face that the procedure has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its name within the chapter.
    pub id: String,
    /// Its heading.
    pub title: Words,
    /// What must hold.
    #[serde(default)]
    pub when: Vec<String>,
    /// A procedure of the institution file: `{face}` then stands for each of its faces in turn.
    pub procedure: Option<String>,
    /// Only these faces of it.
    #[serde(default)]
    pub faces: Vec<String>,
    /// What stands before the steps.
    #[serde(default)]
    pub text: Vec<Paragraph>,
    /// The steps.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// What to heed, after the steps.
    #[serde(default, rename = "note")]
    pub notes: Vec<Paragraph>,
    /// What is made from the institution file.
    pub insert: Option<Insert>,
    /// Codes of the app's messages, for a table of them.
    #[serde(default)]
    pub messages: Vec<String>,
}

/// A step: by a picture, or in words, or both.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name within the section.
    pub id: String,
    /// What must hold.
    #[serde(default)]
    pub when: Vec<String>,
    /// A picture of `chapters/pictures.toml` or `pictures.json`, which brings title, sentence and description.
    pub picture: Option<String>,
    /// A screen of the app, in the guide's language; what it shows is said here.
    pub screen: Option<String>,
    /// The heading, of a step that no picture of `pictures.json` brings.
    pub title: Option<Words>,
    /// The sentence, of such a step.
    pub says: Option<Words>,
    /// What the screen shows, for those who do not see it.
    pub alt: Option<Words>,
    /// A word beside the picture's own.
    pub note: Option<Words>,
}

/// What is made from the institution file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Insert {
    /// The stores, with their QR codes.
    Stores,
    /// The two kinds of token beside each other.
    Tokens,
    /// Whom to ask.
    Contact,
    /// The edition, the fonts and their licence.
    Colophon,
}

/// Why the chapters cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("chapters/{file}: {says}")]
pub struct ChapterError {
    /// The file.
    pub file: &'static str,
    /// What TOML says, with the line.
    pub says: String,
}

/// Reads which picture each step of a procedure shows, by `<procedure>-<face>-<step>`.
///
/// # Errors
/// When the file is not what it should be.
pub fn pictures() -> Result<BTreeMap<String, String>, ChapterError> {
    toml::from_str(PICTURES).map_err(|error| ChapterError {
        file: "pictures.toml",
        says: error.to_string(),
    })
}

/// Reads every chapter.
///
/// # Errors
/// The first file that is not what it should be.
pub fn all() -> Result<Vec<Chapter>, ChapterError> {
    let parse = |(file, text): &(&'static str, &str)| {
        toml::from_str(text).map_err(|error| ChapterError {
            file,
            says: error.to_string(),
        })
    };
    FILES.iter().map(parse).collect()
}

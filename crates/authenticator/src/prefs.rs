//! What the customer chose, and nothing secret: `prefs.json` in the profile's folder.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::settings::{self, Settings};
use crate::views::ViewMode;

const FILE: &str = "prefs.json";
/// No preferences are longer; a longer file is not ours.
const MOST_BYTES: u64 = 256 * 1024;

/// Read leniently: a file that is missing, damaged or newer counts as no preference, because
/// losing a preference must never stand between a customer and a code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Prefs {
    #[serde(flatten, deserialize_with = "settings::leniently")]
    pub(crate) settings: Settings,
    /// Id of the token shown last.
    pub(crate) selected: Option<String>,
    /// Ids of the tokens, as the customer put them; those it does not name come after them.
    pub(crate) order: Vec<String>,
    pub(crate) tokens: BTreeMap<String, TokenPrefs>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TokenPrefs {
    /// So that the contact can be shown when the record cannot be read.
    pub(crate) institution_id: String,
    pub(crate) mode: ViewMode,
    /// 6 or 8; `None`: the policy's choice.
    pub(crate) digits: Option<u8>,
}

impl Prefs {
    pub(crate) fn read(profile_dir: &Path) -> Self {
        let path = profile_dir.join(FILE);
        match std::fs::metadata(&path) {
            Ok(file) if file.len() <= MOST_BYTES => {}
            _ => return Self::default(),
        }
        std::fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Replaces the file whole, or leaves the old one.
    pub(crate) fn write(&self, profile_dir: &Path) -> io::Result<()> {
        make_private_folder(profile_dir)?;
        let path = profile_dir.join(FILE);
        let new = profile_dir.join(format!("{FILE}.new"));
        let written = (|| {
            let mut file = private_file(&new)?;
            file.write_all(&serde_json::to_vec_pretty(self).map_err(io::Error::other)?)?;
            file.sync_all()?;
            std::fs::rename(&new, &path)
        })();
        if written.is_err() {
            // Half a file is of no use to anybody; the first error is the one to report.
            let _ = std::fs::remove_file(&new);
        }
        written
    }
}

fn private_file(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_private_folder(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ClearAfter, HideCode, LockAfter, TextSize, Theme};
    use crate::views::Language;

    #[test]
    fn reads_what_it_wrote() {
        let dir = tempfile::tempdir().unwrap();
        let prefs = Prefs {
            settings: Settings {
                language: Some(Language::Ja),
                theme: Theme::Dark,
                text_size: TextSize::Largest,
                hide_code: HideCode::Always,
                clear_after: ClearAfter::AMinute,
                show_next: false,
                keep_in_tray: true,
                lock_after: LockAfter::AMinute,
            },
            selected: Some("a".into()),
            order: vec!["b".into(), "a".into()],
            tokens: BTreeMap::from([(
                "a".into(),
                TokenPrefs {
                    institution_id: "mihon-rengo".into(),
                    mode: ViewMode::PasswordOnly,
                    digits: Some(8),
                },
            )]),
        };
        prefs.write(&dir.path().join("new/profile")).unwrap();
        assert_eq!(Prefs::read(&dir.path().join("new/profile")), prefs);
    }

    #[test]
    fn a_setting_that_is_not_known_takes_no_other_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            std::fs::write(dir.path().join(FILE), text).unwrap();
            Prefs::read(dir.path())
        };
        // As written before there were settings but the language.
        let old = read(r#"{"language":"en","selected":"a"}"#);
        assert_eq!(old.settings.language, Some(Language::En));
        assert_eq!(old.selected.as_deref(), Some("a"));
        assert_eq!(
            old.settings,
            Settings {
                language: Some(Language::En),
                ..Settings::default()
            }
        );
        let newer = read(
            r#"{"language":"tlh","theme":"sepia","textSize":"large","showNext":"perhaps",
                "hideCode":"always","sound":true,"selected":"a"}"#,
        );
        assert_eq!(
            newer.settings,
            Settings {
                text_size: TextSize::Large,
                hide_code: HideCode::Always,
                ..Settings::default()
            }
        );
        assert_eq!(newer.selected.as_deref(), Some("a"));
    }

    #[test]
    fn takes_a_damaged_or_huge_file_for_no_preference() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Prefs::read(dir.path()), Prefs::default());
        std::fs::write(dir.path().join(FILE), b"{\"language\":\"tlh\"").unwrap();
        assert_eq!(Prefs::read(dir.path()), Prefs::default());
        std::fs::write(dir.path().join(FILE), vec![b' '; 300 * 1024]).unwrap();
        assert_eq!(Prefs::read(dir.path()), Prefs::default());
    }

    #[test]
    fn keeps_the_old_file_when_the_folder_cannot_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert!(Prefs::default().write(&file.join("profile")).is_err());
    }
}

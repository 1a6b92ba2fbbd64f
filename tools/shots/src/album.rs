//! A folder of pictures: written beside and put in place whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use skts_scene::Words;
use tempfile::TempDir;

/// What is known of each picture, beside them: `pictures.json`. The guide is made from it.
const INDEX: &str = "pictures.json";

/// The same in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Both {
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl From<&Words> for Both {
    fn from(words: &Words) -> Self {
        Self {
            ja: words.ja.clone(),
            en: words.en.clone(),
        }
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// `screen/code.ja.light.phone@3x`, `guide/003-02-初期設定-1`.
    pub(crate) name: String,
    /// The scene or walk it is of.
    pub(crate) walk: String,
    /// `app`, `pc`, `smartphone`, `feature`.
    pub(crate) face: String,
    /// What the step is called; of a screen what it shows.
    pub(crate) title: Both,
    /// What the customer does; empty of a screen.
    pub(crate) says: Both,
    /// For who cannot see it.
    pub(crate) alt: Both,
    /// The file, below this folder.
    pub(crate) file: String,
    /// Pixels.
    pub(crate) width: u32,
    /// Pixels.
    pub(crate) height: u32,
    /// Pixels to a CSS pixel.
    pub(crate) scale: u32,
}

/// A folder that is being filled.
pub(crate) struct Album {
    place: PathBuf,
    /// Where it is made: on the same disk, so that it can be moved.
    made: TempDir,
    pictures: BTreeMap<String, Picture>,
}

impl Album {
    /// Begins one that will be at `place`; with `keeping`, what is there already stays unless it is taken anew.
    ///
    /// # Errors
    /// When there is a folder at `place` that is not one of these.
    pub(crate) fn begin(place: &Path, keeping: bool) -> Result<Self> {
        let parent = place
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        let index = place.join(INDEX);
        let empty = !place.exists() || fs::read_dir(place)?.next().is_none();
        ensure!(
            empty || index.is_file(),
            "{} is a folder of something else: name another with --out, or remove it",
            place.display()
        );
        let mut pictures = BTreeMap::new();
        if keeping && index.is_file() {
            let before: Vec<Picture> = serde_json::from_slice(&fs::read(&index)?)
                .with_context(|| format!("{} cannot be read", index.display()))?;
            let there = before
                .into_iter()
                .filter(|each| place.join(&each.file).is_file());
            pictures.extend(there.map(|each| (each.name.clone(), each)));
        }
        Ok(Self {
            place: place.to_owned(),
            made: tempfile::Builder::new()
                .prefix(".pictures-")
                .tempdir_in(parent)?,
            pictures,
        })
    }

    /// Where it is made.
    pub(crate) fn folder(&self) -> &Path {
        self.made.path()
    }

    /// Where a picture `name` is written.
    pub(crate) fn file_of(&self, name: &str) -> PathBuf {
        self.made.path().join(format!("{name}.png"))
    }

    /// Adds a picture that is written at [`Album::file_of`].
    pub(crate) fn add(&mut self, picture: Picture) {
        self.pictures.insert(picture.name.clone(), picture);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.pictures.len()
    }

    /// Puts the folder in place with its index and its contact sheet.
    ///
    /// # Errors
    /// When a file cannot be written; then what was there before is there still.
    pub(crate) fn finish(self, sheet: impl FnOnce(&[Picture]) -> String) -> Result<()> {
        let pictures: Vec<Picture> = self.pictures.into_values().collect();
        let made = self.made.path();
        // What stays is not taken anew.
        for picture in &pictures {
            let (here, there) = (made.join(&picture.file), self.place.join(&picture.file));
            if !here.exists() {
                fs::create_dir_all(here.parent().unwrap_or(made))?;
                fs::copy(&there, &here).with_context(|| there.display().to_string())?;
            }
        }
        fs::write(
            made.join(INDEX),
            serde_json::to_string_pretty(&pictures)? + "\n",
        )?;
        fs::write(made.join("index.html"), sheet(&pictures))?;
        if self.place.exists() {
            fs::remove_dir_all(&self.place)?;
        }
        let made = self.made.keep();
        fs::rename(&made, &self.place)?;
        open_to_all(&self.place)
    }
}

/// A temporary folder is its owner's only.
#[cfg(unix)]
fn open_to_all(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(
        folder,
        fs::Permissions::from_mode(0o755),
    )?)
}

#[cfg(not(unix))]
fn open_to_all(_folder: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(name: &str) -> Picture {
        let words = Both {
            ja: "見本".to_owned(),
            en: "sample".to_owned(),
        };
        Picture {
            name: name.to_owned(),
            walk: name.to_owned(),
            face: "app".to_owned(),
            title: words.clone(),
            says: words.clone(),
            alt: words,
            file: format!("{name}.png"),
            width: 1,
            height: 1,
            scale: 1,
        }
    }

    fn take(place: &Path, name: &str, keeping: bool) -> Result<()> {
        let mut album = Album::begin(place, keeping)?;
        fs::write(album.file_of(name), name)?;
        album.add(picture(name));
        album.finish(|pictures| pictures.len().to_string())
    }

    #[test]
    fn a_folder_is_replaced_whole_or_kept_and_never_another_ones() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("pictures");
        take(&place, "one", false).unwrap();
        take(&place, "two", true).unwrap();
        assert!(place.join("one.png").is_file() && place.join("two.png").is_file());
        assert_eq!(fs::read_to_string(place.join("index.html")).unwrap(), "2");
        take(&place, "three", false).unwrap();
        assert!(!place.join("one.png").exists());

        let foreign = folder.path().join("letters");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("letter"), "dear").unwrap();
        assert!(take(&foreign, "one", false).is_err());
        assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
        drop(Album::begin(&place, true).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

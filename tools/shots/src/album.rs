//! A folder of pictures: written beside and put in place whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use skts_output::{Maker, NewFolder};
use skts_scene::Words;

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
    /// The institution it shows (`skts_institution::Institution::depicted`); empty of the samples.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) depicts: String,
}

const MAKER: Maker = Maker {
    command: "./x shots",
    marker: INDEX,
};

/// A folder that is in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) pictures: usize,
    /// How many of them are new.
    pub(crate) taken: usize,
    /// Of the pictures.
    pub(crate) size_bytes: u64,
}

/// A folder that is being filled.
pub(crate) struct Album {
    folder: NewFolder,
    pictures: BTreeMap<String, Picture>,
    taken: usize,
}

impl Album {
    /// Begins one that will be at `place`; with `keeping`, what is there already stays unless it is taken anew.
    ///
    /// # Errors
    /// When there is a folder at `place` that is not one of these.
    pub(crate) fn begin(place: &Path, keeping: bool) -> Result<Self> {
        let folder = NewFolder::begin(place, MAKER)?;
        let index = place.join(INDEX);
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
            folder,
            pictures,
            taken: 0,
        })
    }

    /// Where it is made.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes and adds a picture.
    pub(crate) fn write(&mut self, picture: Picture, png: &[u8]) -> Result<()> {
        self.folder.write(&picture.file, png)?;
        self.add(picture);
        Ok(())
    }

    /// Adds a picture whose file is written.
    pub(crate) fn add(&mut self, picture: Picture) {
        self.taken = self.taken.saturating_add(1);
        self.pictures.insert(picture.name.clone(), picture);
    }

    /// Puts the folder in place with its index and its contact sheet.
    ///
    /// # Errors
    /// When a file cannot be written; then what was there before is there still.
    pub(crate) fn finish(self, sheet: impl FnOnce(&[Picture]) -> String) -> Result<Made> {
        let pictures: Vec<Picture> = self.pictures.into_values().collect();
        let mut size_bytes = 0_u64;
        for picture in &pictures {
            // What stays is not taken anew.
            let file = self.folder.path().join(&picture.file);
            if !file.exists() {
                self.folder.keep(&picture.file)?;
            }
            size_bytes = size_bytes.saturating_add(fs::metadata(file)?.len());
        }
        let index = serde_json::to_string_pretty(&pictures)? + "\n";
        self.folder.write(INDEX, index.as_bytes())?;
        self.folder
            .write("index.html", sheet(&pictures).as_bytes())?;
        self.folder.finish()?;
        Ok(Made {
            pictures: pictures.len(),
            taken: self.taken,
            size_bytes,
        })
    }
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
            depicts: String::new(),
        }
    }

    fn take(place: &Path, name: &str, keeping: bool) -> Result<Made> {
        let mut album = Album::begin(place, keeping)?;
        album.write(picture(name), name.as_bytes())?;
        album.finish(|pictures| pictures.len().to_string())
    }

    #[test]
    fn a_folder_is_replaced_whole_or_kept_and_never_another_ones() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("pictures");
        take(&place, "one", false).unwrap();
        let made = take(&place, "two", true).unwrap();
        assert_eq!((made.pictures, made.taken, made.size_bytes), (2, 1, 6));
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

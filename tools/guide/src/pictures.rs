//! The pictures folder: `pictures.json` with what each picture shows, and the app's screens beside it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use skts_institution::Language;

/// The list of the pictures, in their folder.
pub const LIST: &str = "pictures.json";

/// A step as a walk told it: its words, and the picture that was taken at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The name by which chapters ask for it, such as `guide/start-pc-1`.
    pub name: String,
    /// The walk that took it.
    #[serde(default)]
    pub walk: String,
    /// The face of the bank's pages: `pc`, `smartphone`, `feature`; `app` for the app.
    #[serde(default)]
    pub face: String,
    /// The step's heading.
    pub title: Told,
    /// The step's sentence.
    pub says: Told,
    /// What the picture shows, for those who do not see it.
    pub alt: Told,
    /// The PNG, from the folder.
    pub file: String,
    /// Its width, pixels of the file.
    pub width: u32,
    /// Its height, pixels of the file.
    pub height: u32,
    /// Pixels of the file to a pixel of the page.
    #[serde(default = "one")]
    pub scale: f64,
    /// The institution it shows ([`skts_institution::Institution::depicted`]); empty of the samples.
    #[serde(default)]
    pub depicts: String,
}

fn one() -> f64 {
    1.0
}

/// What a walk tells, in the languages it knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Told {
    /// 日本語.
    #[serde(default)]
    pub ja: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

impl Told {
    /// The text in `language`, if there is one.
    pub fn of(&self, language: Language) -> Option<&str> {
        let text = match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        };
        Some(text.trim()).filter(|text| !text.is_empty())
    }
}

/// A folder of pictures.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    pictures: Vec<Picture>,
}

/// A file to show, and its size on a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The file itself.
    pub source: PathBuf,
    /// Its path from the guide's own folder, forward slashes.
    pub target: String,
    /// Width, CSS pixels.
    pub width_px: f64,
    /// Height, CSS pixels.
    pub height_px: f64,
    /// The institution it shows, as in the list.
    pub depicts: String,
}

/// Why the pictures cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PicturesError {
    /// There is no list.
    #[error("{path}: the list of pictures cannot be read; make the pictures: ./x shots ({cause})", path = path.display())]
    NoList {
        /// The list.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The list is not what it should be.
    #[error("{path}: the list of pictures is not as it should be; make it anew: ./x shots ({cause})", path = path.display())]
    BadList {
        /// The list.
        path: PathBuf,
        /// Why.
        cause: serde_json::Error,
    },
}

impl Folder {
    /// Opens the folder at `path`.
    ///
    /// # Errors
    /// When its list is not there or is not one.
    pub fn open(path: &Path) -> Result<Self, PicturesError> {
        let list = path.join(LIST);
        let text = fs::read_to_string(&list).map_err(|cause| PicturesError::NoList {
            path: list.clone(),
            cause,
        })?;
        let pictures = serde_json::from_str(&text)
            .map_err(|cause| PicturesError::BadList { path: list, cause })?;
        Ok(Self {
            path: path.to_owned(),
            pictures,
        })
    }

    /// The picture `name`.
    pub fn picture(&self, name: &str) -> Option<&Picture> {
        self.pictures.iter().find(|picture| picture.name == name)
    }

    /// The file of `picture`.
    ///
    /// # Errors
    /// The file's path, where there is no PNG.
    pub fn file(&self, picture: &Picture) -> Result<Shown, String> {
        let file = &picture.file;
        let (width, height) = self.png(file).ok_or_else(|| file.to_owned())?;
        let scale = if picture.scale > 0.0 {
            picture.scale
        } else {
            1.0
        };
        Ok(self.shown(file, f64::from(width) / scale, f64::from(height) / scale))
    }

    /// The app's screen `name` in `language`, light, as a phone shows it; with its marks, where its scene
    /// has some.
    ///
    /// # Errors
    /// The path of the file that would do, where there is none.
    pub fn screen(&self, name: &str, language: Language) -> Result<Shown, String> {
        let marked = |picture: &&Picture| {
            let english = picture.name.starts_with("guide/en/");
            let of_guide = picture.name.starts_with("guide/");
            picture.walk == name && of_guide && english == (language == Language::En)
        };
        if let Some(picture) = self.pictures.iter().find(marked) {
            return self.file(picture);
        }
        let tag = language.tag();
        let wanted = [("@3x", 3.0), ("@2x", 2.0), ("", 1.0)];
        for (suffix, scale) in wanted {
            let file = format!("screen/{name}.{tag}.light.phone{suffix}.png");
            if let Some((width, height)) = self.png(&file) {
                return Ok(self.shown(&file, f64::from(width) / scale, f64::from(height) / scale));
            }
        }
        Err(format!("screen/{name}.{tag}.light.phone@3x.png"))
    }

    fn shown(&self, file: &str, width_px: f64, height_px: f64) -> Shown {
        let listed = self.pictures.iter().find(|picture| picture.file == file);
        Shown {
            source: self.path.join(file),
            target: format!("pictures/{file}"),
            width_px,
            height_px,
            depicts: listed.map_or_else(String::new, |picture| picture.depicts.clone()),
        }
    }

    /// Width and height of the PNG `file` of the folder, as its header (PNG 3rd edition §11.2.1) says.
    fn png(&self, file: &str) -> Option<(u32, u32)> {
        let inside = Path::new(file)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        let bytes = inside.then(|| fs::read(self.path.join(file)).ok())??;
        let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..16)?;
        let (width, height) = header.split_at_checked(4)?;
        let number = |bytes: &[u8]| {
            bytes
                .try_into()
                .ok()
                .map(u32::from_be_bytes)
                .filter(|size| *size > 0)
        };
        Some((number(width)?, number(height)?))
    }
}

//! The fonts that print: which characters they have, and how wide those are.

use std::fs;
use std::path::{Path, PathBuf};

use ttf_parser::{Face, name_id};

/// Where systems keep Noto Sans CJK: Debian and Ubuntu, Fedora, Arch.
const FOLDERS: [&str; 4] = [
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/google-noto-sans-cjk-fonts",
    "/usr/share/fonts/google-noto-cjk",
    "/usr/share/fonts/noto-cjk",
];
const FILES: [&str; 2] = ["NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"];
const FAMILY: &str = "Noto Sans CJK JP";

/// Characters and their widths.
pub trait Glyphs {
    /// How wide `character` is, in em; `None` if there is no glyph for it.
    fn width_em(&self, character: char) -> Option<f32>;
}

/// Noto Sans CJK JP, regular and bold, as it is installed.
#[derive(Debug)]
pub struct Fonts {
    folder: PathBuf,
    faces: Vec<(Vec<u8>, u32)>,
}

/// Why a font cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// It is nowhere.
    #[error("Noto Sans CJK is not installed; install it (Debian: apt-get install fonts-noto-cjk)")]
    Absent,
    /// A file cannot be read.
    #[error("the font {path} cannot be read; install fonts-noto-cjk anew ({cause})", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A file is no collection with a Japanese face.
    #[error("the font {path} has no face {FAMILY}; install fonts-noto-cjk anew", path = path.display())]
    NoJapanese {
        /// The file.
        path: PathBuf,
    },
}

impl Fonts {
    /// Opens the fonts where this system keeps them.
    ///
    /// # Errors
    /// When they are not there or are not what they are named.
    pub fn installed() -> Result<Self, FontError> {
        let folder = FOLDERS.map(Path::new).into_iter().find(|folder| {
            let is_there = |file| folder.join(file).is_file();
            FILES.into_iter().all(is_there)
        });
        Self::open(folder.ok_or(FontError::Absent)?)
    }

    fn open(folder: &Path) -> Result<Self, FontError> {
        let mut faces = Vec::new();
        for file in FILES {
            let path = folder.join(file);
            let bytes = fs::read(&path).map_err(|cause| FontError::Unreadable {
                path: path.clone(),
                cause,
            })?;
            let count = ttf_parser::fonts_in_collection(&bytes).unwrap_or(1);
            let index = (0..count).find(|index| is_japanese(&bytes, *index));
            let index = index.ok_or(FontError::NoJapanese { path })?;
            faces.push((bytes, index));
        }
        Ok(Self {
            folder: folder.to_owned(),
            faces,
        })
    }

    /// The folder they are in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The font's name, as style sheets call it.
    pub const fn family() -> &'static str {
        FAMILY
    }
}

fn is_japanese(bytes: &[u8], index: u32) -> bool {
    let Ok(face) = Face::parse(bytes, index) else {
        return false;
    };
    face.names().into_iter().any(|name| {
        let family = [name_id::FAMILY, name_id::TYPOGRAPHIC_FAMILY].contains(&name.name_id);
        family && name.to_string().as_deref() == Some(FAMILY)
    })
}

impl Glyphs for Fonts {
    /// The wider of the two weights; none where either has no glyph.
    fn width_em(&self, character: char) -> Option<f32> {
        let mut widest: f32 = 0.0;
        for (bytes, index) in &self.faces {
            let face = Face::parse(bytes, *index).ok()?;
            let glyph = face.glyph_index(character).filter(|glyph| glyph.0 != 0)?;
            let advance = f32::from(face.glyph_hor_advance(glyph)?);
            widest = widest.max(advance / f32::from(face.units_per_em()));
        }
        Some(widest)
    }
}

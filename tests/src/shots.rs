//! Pictures of the screens, under `target/shots`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::programs::{setting, workspace};
use crate::webdriver::Page;

/// Saves a picture of the window as `<screen>-<language>.png` and gives its path.
///
/// # Errors
/// When there is no picture, or it is blank.
pub fn save(window: &Page, screen: &str, language: &str) -> Result<PathBuf> {
    window.wait_painted()?;
    keep(&window.picture()?, &format!("{screen}-{language}"))
}

/// Saves `png` as `<name>.png`, where `name` may begin with a folder, and gives its path.
///
/// # Errors
/// When it is blank or cannot be written.
pub fn keep(png: &[u8], name: &str) -> Result<PathBuf> {
    // A page of one colour packs into next to nothing.
    ensure!(
        png.len() > 4000,
        "the picture {name} is blank ({} bytes)",
        png.len()
    );
    let path = folder().join(format!("{name}.png"));
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    fs::write(&path, png)?;
    Ok(path)
}

/// Where the pictures are: `SKTS_SHOTS`, or `target/shots` in the workspace.
pub fn folder() -> PathBuf {
    setting("SKTS_SHOTS").map_or_else(|| workspace().join("target/shots"), PathBuf::from)
}

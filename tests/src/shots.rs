//! Pictures of the screens, under `target/shots`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::programs::{setting, workspace};
use crate::webdriver::Window;

/// Saves a picture of the window as `<screen>-<language>.png` and gives its path.
///
/// # Errors
/// When there is no picture, or it is blank.
pub fn save(window: &Window, screen: &str, language: &str) -> Result<PathBuf> {
    window.wait_painted()?;
    let png = window.picture()?;
    // A page of one colour packs into next to nothing.
    ensure!(
        png.len() > 4000,
        "the picture of {screen} is blank ({} bytes)",
        png.len()
    );
    let folder = folder();
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{screen}-{language}.png"));
    fs::write(&path, png)?;
    Ok(path)
}

/// Where the pictures are: `SKTS_SHOTS`, or `target/shots` in the workspace.
pub fn folder() -> PathBuf {
    setting("SKTS_SHOTS").map_or_else(|| workspace().join("target/shots"), PathBuf::from)
}

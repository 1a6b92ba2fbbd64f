//! The one family of fonts that pictures are drawn with, whatever else is installed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;
use anyhow::{Context, Result};

const SHARED: &str = "/usr/share/fonts";
/// Noto Sans CJK, of which the pages name the Japanese face.
const FILES: [&str; 2] = ["NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"];
/// What pages and the browser itself ask for besides.
const OTHERS: [&str; 6] = [
    "sans-serif",
    "serif",
    "monospace",
    "system-ui",
    "Noto Sans JP",
    "Arial",
];

/// The files of the fonts, where this system has them.
///
/// # Errors
/// When one is not there, with what to install.
pub fn installed() -> Result<Vec<PathBuf>> {
    let files = FILES.iter().map(|file| {
        let found = find(Path::new(SHARED), file)?;
        found.with_context(|| {
            format!("{file} is not under {SHARED}; install it: apt-get install fonts-noto-cjk")
        })
    });
    files.collect()
}

/// Has the programs of `sandbox` know Noto Sans CJK alone, drawn without hinting in shades of grey.
///
/// # Errors
/// When the fonts are not installed.
pub fn pin(sandbox: &mut Sandbox) -> Result<()> {
    let folder = sandbox.join("fonts");
    fs::create_dir(&folder)?;
    for file in installed()? {
        let name = file.file_name().context("a font has a name")?;
        symlink(&file, folder.join(name))?;
    }
    let aliases: String = OTHERS
        .iter()
        .map(|other| {
            format!(
                "<match target=\"pattern\"><test name=\"family\"><string>{other}</string></test>\
                 <edit name=\"family\" mode=\"assign\" binding=\"strong\">\
                 <string>Noto Sans CJK JP</string></edit></match>\n"
            )
        })
        .collect();
    let text = format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n\
         <dir>{}</dir>\n<cachedir>{}</cachedir>\n{aliases}\
         <match target=\"font\">\n\
         <edit name=\"antialias\" mode=\"assign\"><bool>true</bool></edit>\n\
         <edit name=\"hinting\" mode=\"assign\"><bool>false</bool></edit>\n\
         <edit name=\"autohint\" mode=\"assign\"><bool>false</bool></edit>\n\
         <edit name=\"hintstyle\" mode=\"assign\"><const>hintnone</const></edit>\n\
         <edit name=\"embeddedbitmap\" mode=\"assign\"><bool>false</bool></edit>\n\
         <edit name=\"rgba\" mode=\"assign\"><const>none</const></edit>\n\
         <edit name=\"lcdfilter\" mode=\"assign\"><const>lcdnone</const></edit>\n\
         </match>\n</fontconfig>\n",
        folder.display(),
        sandbox.join("font-cache").display(),
    );
    let file = sandbox.join("fonts.conf");
    fs::write(&file, text)?;
    sandbox.set("FONTCONFIG_FILE", &file);
    Ok(())
}

fn find(folder: &Path, file: &str) -> Result<Option<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(None);
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.file_name().is_some_and(|name| name == file) {
            return Ok(Some(path));
        }
        if path.is_dir()
            && let Some(found) = find(&path, file)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

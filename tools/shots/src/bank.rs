//! The pictures of the bank's pages, which `skts_walks` takes.

use std::fs;
use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::{Context, Result};
use skts_walks::{BankName, Face, Listed, Order};

use crate::album::{Album, Both, Picture};
use crate::arguments::Arguments;
use crate::own::Own;
use crate::work::{Progress, size};

/// The pictures that are wanted.
pub(crate) fn wanted(arguments: &Arguments) -> Result<Vec<Listed>> {
    let mut all = skts_walks::list()?;
    all.retain(|listed| arguments.wants(&listed.name));
    Ok(all)
}

/// Takes `pages` into the album.
pub(crate) fn take(pages: &[Listed], own: &Own, album: &mut Album) -> Result<()> {
    if pages.is_empty() {
        return Ok(());
    }
    let progress = Mutex::new(Progress::new(pages.len()));
    let page = |name: &str| pages.iter().find(|page| page.name == name);
    let order = Order {
        out: album.folder(),
        wanted: &|name| page(name).is_some(),
        institution: own.institution().map(|institution| BankName {
            name: institution.name.ja.clone(),
            accent: institution.accent.clone(),
        }),
        told: &|name| {
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.one(name);
        },
    };
    for taken in skts_walks::take(&order)? {
        let page = page(&taken.name).context("a picture that was not wanted")?;
        let (width, height) = size(&fs::read(&taken.path)?)?;
        album.add(Picture {
            name: page.name.clone(),
            walk: page.walk.clone(),
            face: page.face.word().to_owned(),
            title: both(&page.title),
            says: both(&page.says),
            alt: both(&page.alt),
            file: format!("{}.png", page.name),
            width,
            height,
            scale: scale(page.face),
            depicts: own.depicted().to_owned(),
        });
    }
    Ok(())
}

/// Pixels to a CSS pixel, as the walks draw each face.
const fn scale(face: Face) -> u32 {
    match face {
        Face::Pc | Face::Feature => 2,
        Face::Smartphone => 3,
    }
}

/// A page without English words says its Japanese ones.
fn both(words: &skts_walks::Words) -> Both {
    Both {
        ja: words.ja.clone(),
        en: words.en.clone().unwrap_or_else(|| words.ja.clone()),
    }
}

//! Makes an institution's guides in a folder of their own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use skts_institution::{Fonts, Institution, Language};
use skts_output::{Maker, NewFolder};

use crate::catalogue::Catalogue;
use crate::compose::Guide;
use crate::facts::Vocabulary;
use crate::html::Page;
use crate::outline::{self, Pages};
use crate::pictures::Folder;
use crate::print::Printer;

const MAKER: Maker = Maker {
    command: "./x guide",
    marker: ".skts-guide",
};
/// How often it is printed until the page numbers stay.
const MOST_PRINTS: usize = 4;

/// What to make, from what, where.
#[derive(Debug, Clone)]
pub struct Order {
    /// The institution file.
    pub institution: PathBuf,
    /// The pictures folder.
    pub pictures: PathBuf,
    /// The folder the guides will be in.
    pub out: PathBuf,
    /// The languages.
    pub languages: Vec<Language>,
}

/// The guides that were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guides {
    /// One of each language.
    pub made: Vec<Made>,
    /// Pictures that show another institution, or this one as its file was once.
    pub foreign: usize,
    /// Pictures in all.
    pub pictures: usize,
}

/// A guide that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The PDF.
    pub pdf: PathBuf,
    /// The HTML.
    pub html: PathBuf,
    /// Its pages.
    pub pages: usize,
    /// The PDF's size.
    pub size_bytes: usize,
}

/// Makes the guides of `order`: `<id>.<language>.html`, the same as PDF, and `pictures/`.
///
/// # Errors
/// Mistakes of the institution file, missing pictures, a folder that is not ours, a browser that
/// does not print. Nothing is left behind then, and an older guide stays.
pub fn make(order: &Order) -> Result<Guides> {
    let fonts = Fonts::installed()?;
    let institution = Institution::load(&order.institution, &fonts)?;
    let pictures = Folder::open(&order.pictures)?;
    let guides = order
        .languages
        .iter()
        .map(|language| Guide::compose(&institution, &pictures, *language))
        .collect::<Result<Vec<_>, _>>()?;
    let folder = NewFolder::begin(&order.out, MAKER)?;
    let depicted = institution.depicted();
    let (mut copied, mut foreign) = (BTreeSet::new(), 0_usize);
    for shown in guides.iter().flat_map(Guide::pictures) {
        if copied.insert(&shown.target) {
            foreign = foreign.saturating_add(usize::from(shown.depicts != depicted));
            let bytes = fs::read(&shown.source).with_context(|| {
                format!(
                    "{} cannot be read; make it anew: ./x shots",
                    shown.source.display()
                )
            })?;
            folder.write(&shown.target, &bytes)?;
        }
    }
    let printer = Printer::start()?;
    let mut made = Vec::new();
    for guide in &guides {
        made.push(printed(&institution, guide, &printer, &folder, &order.out)?);
    }
    drop(printer);
    folder.finish()?;
    Ok(Guides {
        made,
        foreign,
        pictures: copied.len(),
    })
}

/// Prints until the table of contents has the pages that the headings are on.
fn printed(
    institution: &Institution,
    guide: &Guide,
    printer: &Printer,
    folder: &NewFolder,
    out: &Path,
) -> Result<Made> {
    let language = guide.language;
    let catalogue = Catalogue::of(language);
    let words = Vocabulary::of(institution, language, &catalogue);
    let name = format!("{}.{}", institution.id, language.tag());
    let html_name = format!("{name}.html");
    let mut pages = Pages::new();
    for _ in 0..MOST_PRINTS {
        let page = Page {
            institution,
            guide,
            pages: &pages,
            words: &words,
        };
        folder.write(&html_name, page.html().as_bytes())?;
        let pdf = printer.print(&folder.path().join(&html_name))?;
        let found = outline::pages(&pdf)?;
        if found == pages {
            let pdf_name = format!("{name}.pdf");
            folder.write(&pdf_name, &pdf)?;
            return Ok(Made {
                pdf: out.join(pdf_name),
                html: out.join(html_name),
                pages: outline::count(&pdf)?,
                size_bytes: pdf.len(),
            });
        }
        ensure!(
            guide
                .chapters
                .iter()
                .all(|chapter| found.contains_key(&chapter.id)),
            "the printed PDF does not say where its chapters are; a newer Chromium is needed"
        );
        pages = found;
    }
    anyhow::bail!("the pages of {name} do not come to rest; tell the makers of this tool")
}

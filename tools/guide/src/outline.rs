//! What a printed PDF says of its own pages.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Document, Object, ObjectId};

/// The page of each destination a link can name, from 1: the ids of the HTML.
pub type Pages = BTreeMap<String, u32>;

/// Why a PDF cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OutlineError {
    /// It is none, or not whole.
    #[error("the printed PDF cannot be read ({0}); print again")]
    Unreadable(#[from] lopdf::Error),
    /// It has no destinations.
    #[error("the printed PDF names no destinations; a Chromium is needed that writes them")]
    None,
}

/// Reads the named destinations of `pdf`.
///
/// # Errors
/// When it is no PDF or names none.
///
/// # Source
/// ISO 32000-2 §12.3.2.4: the catalog's `Dests`, a dictionary or, under `Names`, a tree.
pub fn pages(pdf: &[u8]) -> Result<Pages, OutlineError> {
    let document = Document::load_mem(pdf)?;
    let numbers: BTreeMap<ObjectId, u32> = document
        .get_pages()
        .into_iter()
        .map(|(number, id)| (id, number))
        .collect();
    let mut pages = Pages::new();
    let mut add = |name: &[u8], destination: &Object| {
        if let Some(number) = page_of(&document, destination).and_then(|id| numbers.get(&id)) {
            pages.insert(String::from_utf8_lossy(name).into_owned(), *number);
        }
    };
    let catalog = document.catalog()?;
    if let Some(names) = dictionary(&document, catalog, b"Dests") {
        for (name, destination) in names {
            add(name, destination);
        }
    }
    if let Some(names) = dictionary(&document, catalog, b"Names")
        && let Some(tree) = dictionary(&document, names, b"Dests")
    {
        walk(&document, tree, &mut add);
    }
    if pages.is_empty() {
        return Err(OutlineError::None);
    }
    Ok(pages)
}

fn dictionary<'d>(
    document: &'d Document,
    of: &'d Dictionary,
    key: &[u8],
) -> Option<&'d Dictionary> {
    let (_, object) = document.dereference(of.get(key).ok()?).ok()?;
    object.as_dict().ok()
}

/// A node of a name tree and those below it.
fn walk(document: &Document, node: &Dictionary, add: &mut impl FnMut(&[u8], &Object)) {
    if let Ok(names) = node.get(b"Names").and_then(Object::as_array) {
        for pair in names.chunks_exact(2) {
            if let [Object::String(name, _), destination] = pair {
                add(name, destination);
            }
        }
    }
    for kid in node
        .get(b"Kids")
        .and_then(Object::as_array)
        .into_iter()
        .flatten()
    {
        if let Ok((_, kid)) = document.dereference(kid)
            && let Ok(kid) = kid.as_dict()
        {
            walk(document, kid, add);
        }
    }
}

/// The page a destination leads to: `[page /XYZ …]`, or a dictionary with that as `D`.
fn page_of(document: &Document, destination: &Object) -> Option<ObjectId> {
    let (_, destination) = document.dereference(destination).ok()?;
    match destination {
        Object::Array(parts) => parts.first()?.as_reference().ok(),
        Object::Dictionary(parts) => page_of(document, parts.get(b"D").ok()?),
        _ => None,
    }
}

/// How many pages `pdf` has.
///
/// # Errors
/// When it is no PDF.
pub fn count(pdf: &[u8]) -> Result<usize, OutlineError> {
    Ok(Document::load_mem(pdf)?.get_pages().len())
}

//! Callouts: numbered discs on a page, each with a frame round what it speaks of.
//!
//! A disc is placed by where things are on the page as it is drawn now, so it stays right when the page
//! changes: inside the page, beside its frame or joined to it by a line, over no word and no other disc.
//! It is done over WebDriver, with nothing that only one browser has.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skts_tests::webdriver::Page;

use self::place::{Body, Rect, Room, Spot};

mod place;

/// What finds an element by what it is called.
pub(crate) const FIND: &str = include_str!("find.js");
const MEASURE: &str = include_str!("measure.js");
const DRAW: &str = include_str!("draw.js");
/// Id of what is drawn over the page.
const SHEET: &str = "skts-callouts";
/// Where the page names no colour of its own.
const ACCENT: &str = "#0b4d4a";
/// Up to so far from its frame a disc needs no line, CSS pixels.
const BESIDE: f64 = 8.0;
/// A page up to so wide gets the smaller discs, CSS pixels.
const NARROW: f64 = 300.0;

/// A mark on a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callout {
    /// What stands in the disc: `①` to `⑳`, or one or two characters.
    pub mark: String,
    /// What it is on: an id, a field's name, words as one reads them on a link, a button, a label or a
    /// heading, or a CSS selector.
    pub on: String,
    /// The last of several elements that the frame goes round, if it goes round more than one.
    pub to: Option<String>,
    /// A few words beside the disc.
    pub text: Option<String>,
}

/// Why a callout cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct CalloutError {
    /// Which of those that were to be drawn, from 0.
    pub index: usize,
    /// Its mark, what it is on, and what is wrong there.
    why: String,
}

#[derive(Debug, Deserialize)]
struct Measured {
    page: Rect,
    spots: Vec<Option<Rect>>,
    lasts: Vec<Option<Rect>>,
    lines: Vec<Rect>,
    controls: Vec<Rect>,
    accent: Option<String>,
}

#[derive(Debug, Serialize)]
struct Disc {
    x: f64,
    y: f64,
    radius: f64,
}

#[derive(Debug, Serialize)]
struct Shape<'a> {
    frame: Rect,
    /// From the disc's edge to the frame: x, y, x, y.
    line: Option<[f64; 4]>,
    label: Option<Rect>,
    disc: Disc,
    mark: String,
    text: Option<&'a str>,
    /// Height of the letters.
    size: f64,
}

/// Draws `callouts` on `page`, in its own accent colour, in the place of any before.
///
/// # Errors
/// [`CalloutError`] when what one is on is not there or cannot be seen, or there is no room for one; the
/// message names it. Others when the page cannot be asked.
pub fn draw(page: &Page, callouts: &[Callout]) -> Result<()> {
    clear(page)?;
    if callouts.is_empty() {
        return Ok(());
    }
    let (on, to): (Vec<&str>, Vec<&str>) = callouts
        .iter()
        .map(|callout| (callout.on.as_str(), callout.last()))
        .unzip();
    let measured = page.run(&format!("{FIND}{MEASURE}"), &json!([on, to]))?;
    let measured: Measured = serde_json::from_value(measured).context("what the page measured")?;
    let radius = if measured.page.width <= NARROW {
        9.0
    } else {
        13.0
    };
    let mut spots = Vec::new();
    for (index, callout) in callouts.iter().enumerate() {
        let rect = |found: &[Option<Rect>], name: &str| {
            let rect = found.get(index).copied().flatten();
            let mark = &callout.mark;
            rect.ok_or_else(|| CalloutError {
                index,
                why: format!("{mark}: {name:?} is not on the page, or cannot be seen"),
            })
        };
        let first = rect(&measured.spots, &callout.on)?;
        let whole = first.with(&rect(&measured.lasts, callout.last())?);
        let frame = place::frame(&whole, &measured.lines).within(&measured.page.grown(-2.0));
        let words = callout
            .text
            .as_deref()
            .map_or(0.0, |text| width(text, radius));
        spots.push(Spot {
            frame,
            body: Body {
                width: 2.0 * radius + words,
                height: 2.0 * radius,
            },
        });
    }
    let room = Room {
        page: measured.page,
        lines: measured.lines,
        controls: measured.controls,
    };
    let bodies = place::place(&room, &spots).map_err(|index| {
        let Callout { mark, on, .. } = &callouts[index];
        let why = format!("{mark}: there is no room for a disc near {on:?}");
        CalloutError { index, why }
    })?;
    let shapes: Vec<Shape<'_>> = callouts
        .iter()
        .zip(spots.iter().zip(bodies))
        .map(|(callout, (spot, body))| shape(callout, spot.frame, body, radius))
        .collect();
    let accent = measured.accent.as_deref().unwrap_or(ACCENT);
    let arguments = json!([measured.page, shapes, accent, SHEET]);
    page.run(DRAW, &arguments).map(drop)
}

impl Callout {
    /// What its frame ends with.
    fn last(&self) -> &str {
        self.to.as_deref().unwrap_or(&self.on)
    }
}

/// Takes the callouts off `page` again.
///
/// # Errors
/// When the page cannot be asked.
pub fn clear(page: &Page) -> Result<()> {
    let script = "document.getElementById(arguments[0])?.remove()";
    page.run(script, &json!([SHEET])).map(drop)
}

fn shape(callout: &Callout, frame: Rect, body: Rect, radius: f64) -> Shape<'_> {
    let disc = Disc {
        x: body.x + radius,
        y: body.y + radius,
        radius,
    };
    let text = callout.text.as_deref();
    let near = body.nearest_of(&frame);
    let from = match text {
        None => place::on_circle((disc.x, disc.y), radius, near),
        Some(_) => frame.nearest_of(&body),
    };
    let far = place::distance(from, near) > BESIDE;
    Shape {
        frame,
        line: far.then_some([from.0, from.1, near.0, near.1]),
        label: text.map(|_| body),
        disc,
        mark: digits(&callout.mark),
        text,
        size: (radius * 1.15).round(),
    }
}

/// How much wider a disc is with `text` beside it, CSS pixels.
fn width(text: &str, radius: f64) -> f64 {
    let size = (radius * 1.15).round();
    let ems: f64 = text
        .chars()
        .map(|character| if character.is_ascii() { 0.62 } else { 1.0 })
        .sum();
    ems * size + 14.0
}

/// `①` as the digits that are drawn.
fn digits(mark: &str) -> String {
    let mut characters = mark.chars();
    let number = characters.next().and_then(|mark| match mark {
        '①'..='⑳' => Some(u32::from(mark) - u32::from('①') + 1),
        _ => None,
    });
    match (number, characters.next()) {
        (Some(number), None) => number.to_string(),
        _ => mark.to_owned(),
    }
}

/// Finds `wanted` on `page`, by the rules of [`Callout::on`].
///
/// # Errors
/// When the page cannot be asked.
pub(crate) fn found(page: &Page, wanted: &str, then: &str) -> Result<Value> {
    let script = format!("{FIND}const found = find(arguments[0]); {then}");
    page.run(&script, &json!([wanted]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_drawn_in_digits() {
        for (mark, drawn) in [
            ("①", "1"),
            ("⑩", "10"),
            ("⑳", "20"),
            ("A", "A"),
            ("①②", "①②"),
        ] {
            assert_eq!(digits(mark), drawn);
        }
    }
}

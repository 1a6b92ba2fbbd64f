//! One picture of each scene against its baseline, as an eye compares them.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ImageEncoder as _, ImageFormat, RgbImage};
use skts_tests::fonts;
use skts_tests::programs::workspace;

use crate::arguments::Arguments;
use crate::look::{self, GUIDE, Language};
use crate::own::Own;
use crate::plan;
use crate::sheet::escaped;
use crate::take::Start;
use crate::work::all;

/// How unlike two colours have to be for an eye to see it, of the most they can be: 0 to 1.
const THRESHOLD: f64 = 0.02;
/// So many such pixels may be there: less than a letter.
const MOST_PIXELS: usize = 12;

fn baselines() -> PathBuf {
    workspace().join("tools/shots/baseline")
}

fn report_folder() -> PathBuf {
    workspace().join("target/pictures-compared")
}

/// What became of a scene's picture.
#[derive(Debug)]
enum Verdict {
    Same,
    /// So many pixels differ.
    Differs(usize),
    New,
}

struct Compared {
    name: String,
    verdict: Verdict,
}

/// Takes one picture of each scene and compares; differences go into one page.
///
/// # Errors
/// When a picture cannot be taken, or a baseline cannot be read.
pub(crate) fn against_baselines(arguments: &Arguments) -> Result<ExitCode> {
    let report = report_folder();
    let pictures = taken(arguments)?;
    let _ = fs::remove_dir_all(&report);
    fs::create_dir_all(&report)?;
    let mut compared = Vec::new();
    for (name, png) in &pictures {
        let baseline = baselines().join(format!("{name}.png"));
        let new = picture(png).with_context(|| name.clone())?;
        let verdict = if baseline.is_file() {
            let old =
                picture(&fs::read(&baseline)?).with_context(|| baseline.display().to_string())?;
            let (count, difference) = difference(&old, &new);
            if count > MOST_PIXELS {
                fs::copy(&baseline, report.join(format!("{name}.old.png")))?;
                difference.save(report.join(format!("{name}.difference.png")))?;
                Verdict::Differs(count)
            } else {
                Verdict::Same
            }
        } else {
            Verdict::New
        };
        if !matches!(verdict, Verdict::Same) {
            fs::write(report.join(format!("{name}.new.png")), packed(&new)?)?;
        }
        compared.push(Compared {
            name: name.clone(),
            verdict,
        });
    }
    let gone = gone(arguments, &pictures)?;
    let page = report.join("index.html");
    fs::write(&page, side_by_side(&compared, &gone))?;
    let differing = compared
        .iter()
        .filter(|each| !matches!(each.verdict, Verdict::Same))
        .count();
    println!(
        "{} pictures compared, {differing} differ, {} are gone",
        compared.len(),
        gone.len()
    );
    if differing == 0 && gone.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for Compared { name, verdict } in &compared {
        match verdict {
            Verdict::Same => {}
            Verdict::Differs(count) => println!("  {name}: {count} pixels"),
            Verdict::New => println!("  {name}: no baseline yet"),
        }
    }
    for name in &gone {
        println!("  {name}: a baseline without a scene");
    }
    println!(
        "look at them: {}\nif they are as they should be: ./x shots --accept",
        page.display()
    );
    Ok(ExitCode::FAILURE)
}

/// Makes what the last comparison found the baselines.
///
/// # Errors
/// When there was none, or a file cannot be written.
pub(crate) fn accept(arguments: &Arguments) -> Result<()> {
    let report = report_folder();
    ensure!(
        report.join("index.html").is_file(),
        "nothing was compared yet: ./x shots --compare"
    );
    fs::create_dir_all(baselines())?;
    let mut accepted = 0_usize;
    for entry in fs::read_dir(&report)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let Some(name) = name.strip_suffix(".new.png") else {
            continue;
        };
        if arguments.wants(&format!("screen/{name}")) {
            fs::copy(&path, baselines().join(format!("{name}.png")))?;
            accepted = accepted.saturating_add(1);
        }
    }
    println!(
        "{accepted} baselines are new; look at them once more in the change that is committed"
    );
    Ok(())
}

/// The picture of each scene that is wanted: Japanese, light, on the phone.
fn taken(arguments: &Arguments) -> Result<Vec<(String, Vec<u8>)>> {
    fonts::installed()?;
    let plays = plan::plays(arguments, None)?;
    let starts: Vec<Start<'_>> = plays
        .iter()
        .filter(|play| arguments.wants(&look::name(&play.name, Language::Ja, &GUIDE, 1)))
        .map(|play| Start {
            play,
            language: Language::Ja,
            scale: 1,
            looks: vec![GUIDE],
        })
        .collect();
    let pictures = Mutex::new(Vec::new());
    all(starts, &Own::default(), &mut |start, _, png| {
        let mut pictures = pictures.lock().unwrap_or_else(PoisonError::into_inner);
        pictures.push((start.play.name.clone(), png));
        Ok(())
    })?;
    let mut pictures = pictures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    pictures.sort();
    Ok(pictures)
}

fn gone(arguments: &Arguments, pictures: &[(String, Vec<u8>)]) -> Result<Vec<String>> {
    let mut gone = Vec::new();
    let Ok(entries) = fs::read_dir(baselines()) else {
        return Ok(gone);
    };
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        let wanted = arguments.wants(&format!("screen/{name}"));
        if wanted && pictures.iter().all(|(other, _)| *other != name) {
            gone.push(name);
        }
    }
    gone.sort();
    Ok(gone)
}

fn picture(png: &[u8]) -> Result<RgbImage> {
    Ok(image::load_from_memory_with_format(png, ImageFormat::Png)?.to_rgb8())
}

/// As small as PNG goes without losing anything.
fn packed(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive)
        .write_image(
            picture,
            picture.width(),
            picture.height(),
            image::ExtendedColorType::Rgb8,
        )?;
    Ok(bytes.into_inner())
}

/// How many pixels an eye tells apart, and a picture with those in red on what is the same, paled.
fn difference(old: &RgbImage, new: &RgbImage) -> (usize, RgbImage) {
    let (width, height) = (old.width().max(new.width()), old.height().max(new.height()));
    let mut count = 0_usize;
    let map = RgbImage::from_fn(width, height, |x, y| {
        let colours = old.get_pixel_checked(x, y).zip(new.get_pixel_checked(x, y));
        match colours {
            Some((old, new)) if unlikeness(old.0, new.0) <= THRESHOLD => {
                let [red, green, blue] = new.0;
                image::Rgb([red, green, blue].map(|channel| 191_u8.saturating_add(channel / 4)))
            }
            _ => {
                count = count.saturating_add(1);
                image::Rgb([0xd4, 0, 0])
            }
        }
    });
    (count, map)
}

/// How unlike two colours look, of the most they can, 0 to 1: their distance in YIQ, where brightness
/// counts for more than hue (Kotsarenko and Ramos, 2010).
fn unlikeness(old: [u8; 3], new: [u8; 3]) -> f64 {
    const MOST: f64 = 35_215.0;
    let [red, green, blue] = [0, 1, 2].map(|at: usize| {
        let channel = |colour: [u8; 3]| f64::from(colour.get(at).copied().unwrap_or_default());
        channel(old) - channel(new)
    });
    let y = 0.298_895_31 * red + 0.586_622_47 * green + 0.114_482_23 * blue;
    let i = 0.595_977_99 * red - 0.274_171_60 * green - 0.321_801_89 * blue;
    let q = 0.211_470_17 * red - 0.522_617_11 * green + 0.311_146_94 * blue;
    let distance = 0.505_3 * y * y + 0.299 * i * i + 0.195_7 * q * q;
    (distance / MOST).sqrt()
}

fn side_by_side(compared: &[Compared], gone: &[String]) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Pictures compared</title>\
         <style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color-scheme:light dark}\
         .row{display:flex;gap:16px}figure{margin:0}img{max-width:390px;border:1px solid #8886}</style>\
         <h1>Pictures compared</h1>\n",
    );
    for Compared { name, verdict } in compared {
        let name = escaped(name);
        let (words, kinds): (String, &[&str]) = match verdict {
            Verdict::Same => continue,
            Verdict::Differs(count) => (
                format!("{count} pixels differ"),
                &["old", "new", "difference"],
            ),
            Verdict::New => ("no baseline yet".to_owned(), &["new"]),
        };
        page += &format!("<h2>{name}: {words}</h2><div class=\"row\">");
        for kind in kinds {
            page += &format!(
                "<figure><img src=\"{name}.{kind}.png\" alt=\"{name}, {kind}\"><figcaption>{kind}</figcaption></figure>"
            );
        }
        page += "</div>\n";
    }
    for name in gone {
        page += &format!("<h2>{}: a baseline without a scene</h2>\n", escaped(name));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(colour: [u8; 3]) -> RgbImage {
        RgbImage::from_pixel(40, 40, image::Rgb(colour))
    }

    #[test]
    fn a_change_of_one_colour_is_seen_and_a_rounding_is_not() {
        // The accent, and the same a shade lighter.
        let (old, lighter) = (plain([0x00, 0x5a, 0x9c]), plain([0x10, 0x6a, 0xa8]));
        assert_eq!(difference(&old, &lighter).0, 1600);
        assert_eq!(difference(&old, &plain([0x01, 0x5b, 0x9d])).0, 0);
        assert_eq!(difference(&old, &old).0, 0);
        assert!((unlikeness([0; 3], [255; 3]) - 1.0).abs() < 0.04);
    }

    #[test]
    fn another_size_is_another_picture() {
        let old = plain([9; 3]);
        let wider = RgbImage::from_pixel(41, 40, image::Rgb([9; 3]));
        assert_eq!(difference(&old, &wider).0, 40);
    }

    #[test]
    fn packing_loses_nothing() {
        let before = plain([3, 5, 7]);
        assert_eq!(picture(&packed(&before).unwrap()).unwrap(), before);
    }
}

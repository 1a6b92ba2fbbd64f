//! Guides as Chromium prints them, read back by Poppler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lopdf::{Document, Object};
use skts_guide::chapters;
use skts_guide::compose::Guide;
use skts_guide::make::{Made, Order, make};
use skts_guide::pictures::Folder;
use skts_institution::{Fonts, Glyphs, Institution, Language};

mod foreign_names;

#[path = "../fixture/mod.rs"]
mod fixture;
#[path = "../fixture/table.rs"]
mod table;

/// Width and height of ISO 216 A4, PDF units.
const A4: (f64, f64) = (595.0, 842.0);

fn presets() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../institution/presets")
}

/// A guide that was printed, and the folder it is in.
struct Printed {
    _folder: tempfile::TempDir,
    pictures: PathBuf,
    out: PathBuf,
    institution: Institution,
    made: Vec<Made>,
}

fn printed(preset: &str, languages: &[Language]) -> Printed {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    fixture::make(&pictures);
    let out = folder.path().join("out");
    let file = presets().join(format!("{preset}.toml"));
    let order = Order {
        institution: file.clone(),
        pictures: pictures.clone(),
        out: out.clone(),
        languages: languages.to_vec(),
    };
    let made = make(&order).unwrap().made;
    let institution = Institution::load(&file, &Fonts::installed().unwrap()).unwrap();
    Printed {
        _folder: folder,
        pictures,
        out,
        institution,
        made,
    }
}

impl Printed {
    fn guide(&self, language: Language) -> Guide {
        let folder = Folder::open(&self.pictures).unwrap();
        Guide::compose(&self.institution, &folder, language).unwrap()
    }
}

fn poppler(program: &str, arguments: &[&str], pdf: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .arg(pdf)
        .arg("-")
        .output();
    let output = output.unwrap_or_else(|error| panic!("{program} (poppler-utils): {error}"));
    String::from_utf8(output.stdout).unwrap()
}

/// The text in the order it was written in, without spaces and the marks of strong words.
fn text_of(pdf: &Path) -> String {
    bare(&poppler("pdftotext", &["-raw"], pdf))
}

fn bare(text: &str) -> String {
    text.replace("**", "")
        .replace("[[", "")
        .replace("]]", "")
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\u{200B}')
        .collect()
}

/// The PDF holds every step that the table has for `preset`, and no name of somebody else's.
fn holds_its_steps(preset: &str, languages: &[Language]) {
    let printed = printed(preset, languages);
    for (made, language) in printed.made.iter().zip(languages.iter().copied()) {
        let text = text_of(&made.pdf);
        let places = table::places(&printed.guide(language));
        for row in table::rows().iter().filter(|row| row.guide == preset) {
            if language == Language::Ja {
                assert!(
                    text.contains(&bare(&row.word)),
                    "{preset} {}: no {}",
                    row.mark,
                    row.word
                );
            }
            for said in &places[&row.place] {
                // A footer may stand in the middle of a paragraph that goes on overleaf.
                let (start, end) = halves(&bare(said));
                assert!(text.contains(&start), "{preset} {}: no {start}", row.mark);
                assert!(text.contains(&end), "{preset} {}: no {end}", row.mark);
            }
        }
        assert_eq!(foreign_names::found(&text), [""; 0]);
        let planted = format!("{text} うえこみ信用金庫");
        assert_eq!(foreign_names::found(&planted).len(), 1);
    }
}

fn halves(text: &str) -> (String, String) {
    let length = text.chars().count();
    let start = text.chars().take(length.min(20)).collect();
    (
        start,
        text.chars().skip(length.saturating_sub(12)).collect(),
    )
}

#[test]
fn preset_000_prints_every_step_of_its_guide() {
    holds_its_steps("000", &[Language::Ja]);
}

#[test]
fn preset_001_prints_every_step_of_its_guide() {
    holds_its_steps("001", &[Language::Ja]);
}

#[test]
fn preset_002_prints_every_step_of_its_guide() {
    holds_its_steps("002", &Language::ALL);
}

#[test]
fn preset_003_prints_every_step_of_its_guide() {
    holds_its_steps("003", &Language::ALL);
}

#[test]
fn preset_004_prints_every_step_of_its_guide() {
    holds_its_steps("004", &[Language::Ja]);
}

#[test]
fn nothing_written_here_names_an_institution_of_the_guides() {
    for (file, text) in chapters::FILES {
        assert_eq!(foreign_names::found(text), [""; 0], "{file}");
    }
    for entry in fs::read_dir(presets()).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert_eq!(foreign_names::found(&text), [""; 0]);
    }
}

#[test]
fn the_pdf_is_a4_tagged_titled_bookmarked_and_its_contents_tell_the_pages() {
    let printed = printed("sample-shinkin", &[Language::Ja]);
    let made = &printed.made[0];
    let document = Document::load(&made.pdf).unwrap();
    let catalog = document.catalog().unwrap();
    let (_, marks) = document
        .dereference(catalog.get(b"MarkInfo").unwrap())
        .unwrap();
    assert_eq!(
        marks.as_dict().unwrap().get(b"Marked").unwrap(),
        &Object::Boolean(true)
    );
    assert!(catalog.has(b"StructTreeRoot"));
    let lang = catalog.get(b"Lang").unwrap().as_str().unwrap();
    assert_eq!(
        lopdf::decode_text_string(&Object::string_literal(lang)).unwrap(),
        "ja"
    );
    let (_, info) = document
        .dereference(document.trailer.get(b"Info").unwrap())
        .unwrap();
    let title = lopdf::decode_text_string(info.as_dict().unwrap().get(b"Title").unwrap()).unwrap();
    assert_eq!(title, "ワンタイムパスワード ご利用の手引き（見本信用金庫）");
    let guide = printed.guide(Language::Ja);
    let contents = document.get_toc().unwrap();
    let said = |entry: &lopdf::TocType| bare(&entry.title);
    for (chapter, number) in guide.chapters.iter().zip(1..) {
        let wanted = bare(&format!("{number}{}", chapter.title));
        let entry = contents.toc.iter().find(|entry| said(entry) == wanted);
        let page = entry.unwrap_or_else(|| panic!("no bookmark {wanted}")).page;
        // The printed contents (page 2) and the page itself agree with the bookmark.
        let number = page.to_string();
        let there = poppler(
            "pdftotext",
            &["-raw", "-f", &number, "-l", &number],
            &made.pdf,
        );
        assert!(
            bare(&there).contains(&wanted),
            "{wanted} is not on page {number}"
        );
        let listed = bare(&poppler(
            "pdftotext",
            &["-raw", "-f", "2", "-l", "2"],
            &made.pdf,
        ));
        assert!(
            listed.contains(&format!("{wanted}{number}")),
            "{wanted}{number}: {listed}"
        );
    }
    for id in document.get_pages().into_values() {
        let page = document.get_dictionary(id).unwrap();
        let size: Vec<f32> = page
            .get(b"MediaBox")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|side| side.as_float().unwrap())
            .collect();
        assert!(
            (f64::from(size[2]) - A4.0).abs() < 1.0 && (f64::from(size[3]) - A4.1).abs() < 1.0,
            "{size:?}"
        );
    }
}

#[test]
fn every_picture_is_described_and_every_font_is_embedded() {
    let printed = printed("003", &[Language::Ja]);
    let made = &printed.made[0];
    let guide = printed.guide(Language::Ja);
    let document = Document::load(&made.pdf).unwrap();
    let mut descriptions: Vec<String> = Vec::new();
    for object in document.objects.values() {
        if let Ok(element) = object.as_dict()
            && let Ok(alt) = element.get(b"Alt")
        {
            descriptions.push(lopdf::decode_text_string(alt).unwrap());
        }
    }
    let sections = guide.chapters.iter().flat_map(|chapter| &chapter.sections);
    let steps = sections.flat_map(|section| &section.steps);
    let pictures: Vec<&str> = steps
        .filter_map(|step| Some(step.picture.as_ref()?.1.as_str()))
        .collect();
    assert!(pictures.len() > 30, "{}", pictures.len());
    for picture in pictures {
        assert!(
            descriptions.iter().any(|alt| alt == picture),
            "no description {picture}"
        );
    }
    let fonts = Command::new("pdffonts").arg(&made.pdf).output().unwrap();
    let fonts = String::from_utf8(fonts.stdout).unwrap();
    let mut lines = fonts.lines();
    let head = lines.next().unwrap();
    let embedded = head.find("emb").unwrap();
    for line in lines.skip(1) {
        assert_eq!(line.get(embedded..embedded + 3), Some("yes"), "{line}");
    }
}

#[test]
fn the_fonts_have_what_is_shown_and_lack_what_the_file_is_then_refused_for() {
    let fonts = Fonts::installed().unwrap();
    assert_eq!(fonts.width_em('見'), Some(1.0));
    assert!(fonts.width_em('i').unwrap() < 0.4);
    // A rare form of 吉 is there; hieroglyphs are not.
    assert!(fonts.width_em('𠮷').is_some());
    let file = presets().join("sample-shinkin.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replacen("ja = \"見本信用金庫\"", "ja = \"見本𓀀金庫\"", 1);
    let refused = Institution::parse(Path::new("a.toml"), &text, &fonts)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("name.ja: the fonts of the guide have no 𓀀 (U+13000)"),
        "{refused}"
    );
    for (name, text) in chapters::FILES {
        for character in text.chars().filter(|c| !c.is_control()) {
            assert!(fonts.width_em(character).is_some(), "{name}: {character}");
        }
    }
}

#[test]
fn the_longest_names_fit_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    fixture::make(&pictures);
    let long = "見本".repeat(20);
    let short = "見本".repeat(8);
    let text = fs::read_to_string(presets().join("001.toml")).unwrap();
    let text = text
        .replacen("見本信用金庫", &long, 1)
        .replacen("見本信用金庫", &short, 1);
    let file = folder.path().join("long.toml");
    fs::write(&file, text).unwrap();
    let made = make(&Order {
        institution: file,
        pictures,
        out: folder.path().join("out"),
        languages: vec![Language::Ja],
    });
    let mut guides = made.unwrap();
    assert_eq!(
        guides.foreign, guides.pictures,
        "the samples' pictures are not of this one"
    );
    let pdf = guides.made.remove(0).pdf;
    let foot = poppler("pdftotext", &["-f", "3", "-l", "3"], &pdf);
    let line = foot.lines().find(|line| line.contains(&short)).unwrap();
    assert!(line.contains("ご利用の手引き"), "the foot breaks: {line}");
    let cover = poppler("pdftotext", &["-f", "1", "-l", "1"], &pdf);
    let name = cover.lines().filter(|line| line.contains("見本")).count();
    assert!(name <= 2, "the name has {name} lines: {cover}");
    assert!(bare(&cover).contains(&long));
}

#[test]
fn a_guide_that_cannot_be_made_leaves_nothing_and_one_that_is_made_has_what_it_needs() {
    let printed = printed("001", &[Language::En]);
    let name = format!("{}.en", printed.institution.id);
    let html = fs::read_to_string(printed.out.join(format!("{name}.html"))).unwrap();
    for source in html
        .split("src=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(printed.out.join(source).is_file(), "{source}");
    }
    assert!(html.contains("<html lang=\"en\">"));
    assert!(
        !html.contains("http://") && !html.contains("<script"),
        "it loads something"
    );
    let pdf = fs::read(printed.out.join(format!("{name}.pdf"))).unwrap();
    // Without its pictures it is not made, and the one before stays.
    fs::remove_dir_all(printed.pictures.join("guide")).unwrap();
    let order = Order {
        institution: presets().join("001.toml"),
        pictures: printed.pictures.clone(),
        out: printed.out.clone(),
        languages: vec![Language::En],
    };
    let refused = make(&order).unwrap_err().to_string();
    assert!(
        refused.contains("./x shots --only guide/000-05-利用開始スマートフォン-1"),
        "{refused}"
    );
    assert_eq!(
        fs::read(printed.out.join(format!("{name}.pdf"))).unwrap(),
        pdf
    );
    let beside = fs::read_dir(printed.out.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 2, "out and pictures alone");
}

//! The guides of the presets, composed and not printed: no browser, no fonts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use skts_guide::catalogue::Catalogue;
use skts_guide::chapters;
use skts_guide::compose::{ComposeError, Guide};
use skts_guide::facts::Facts;
use skts_guide::pictures::{Folder, LIST, Picture};
use skts_institution::{Digits, Face, Glyphs, Institution, Language};

#[path = "fixture/mod.rs"]
mod fixture;
#[path = "fixture/table.rs"]
mod table;

const PRESETS: [&str; 7] = [
    "000",
    "001",
    "002",
    "003",
    "004",
    "sample-shinkin",
    "sample-shinkumi",
];

/// Fonts that have everything.
struct Everything;

impl Glyphs for Everything {
    fn width_em(&self, character: char) -> Option<f32> {
        Some(if character.is_ascii() { 0.5 } else { 1.0 })
    }
}

fn preset(name: &str) -> Institution {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../institution/presets");
    Institution::load(&folder.join(format!("{name}.toml")), &Everything).unwrap()
}

fn sample_pictures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fixture::make(folder.path());
    folder
}

fn compose(institution: &Institution, pictures: &Path, language: Language) -> Guide {
    Guide::compose(institution, &Folder::open(pictures).unwrap(), language).unwrap()
}

#[test]
fn every_numbered_step_of_the_guides_is_in_the_guide_of_its_preset() {
    #[derive(Deserialize)]
    struct Listed {
        steps: Vec<(String, u32, String)>,
    }
    let pictures = sample_pictures();
    let listed: Listed = toml::from_str(include_str!("../../../tests/guides/steps.toml")).unwrap();
    let listed: BTreeSet<String> = listed
        .steps
        .iter()
        .map(|(guide, line, mark)| format!("{guide}:{line} {mark}"))
        .collect();
    assert_eq!(listed.len(), 126);
    let rows = table::rows();
    let told: BTreeSet<String> = rows
        .iter()
        .map(|row| format!("{}:{}", row.guide, row.mark))
        .collect();
    assert_eq!(told, listed);
    for guide in ["000", "001", "002", "003", "004"] {
        let composed = compose(&preset(guide), pictures.path(), Language::Ja);
        let places = table::places(&composed);
        for row in rows.iter().filter(|row| row.guide == guide) {
            let said = places.get(&row.place);
            let said =
                said.unwrap_or_else(|| panic!("{guide}:{} is not at {}", row.mark, row.place));
            let says = said.iter().any(|text| text.contains(&row.word));
            assert!(
                says,
                "{guide}:{} at {}: no {} in {said:?}",
                row.mark, row.place, row.word
            );
        }
    }
}

#[test]
fn every_preset_has_a_guide_in_both_languages_with_the_same_steps() {
    let pictures = sample_pictures();
    for name in PRESETS {
        let institution = preset(name);
        let [ja, en] =
            Language::ALL.map(|language| compose(&institution, pictures.path(), language));
        let (ja, en) = (table::places(&ja), table::places(&en));
        assert_eq!(ja.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for text in en.values().flatten() {
            assert!(!text.contains('。') && !text.contains("**。"), "{text}");
        }
        for (place, said) in ja.iter().chain(&en) {
            assert!(
                said.iter().all(|text| !text.trim().is_empty()),
                "{name} {place}"
            );
        }
    }
}

#[test]
fn a_guide_has_the_chapters_its_institution_needs_and_no_others() {
    let pictures = sample_pictures();
    let chapters = |name: &str| -> Vec<String> {
        let guide = compose(&preset(name), pictures.path(), Language::Ja);
        guide
            .chapters
            .into_iter()
            .map(|chapter| chapter.id)
            .collect()
    };
    let shinkin = [
        "what", "app", "set-up", "start", "daily", "mode", "exchange", "hardware", "lost",
        "messages", "contact",
    ];
    assert_eq!(chapters("000"), shinkin);
    let phones = [
        "what", "app", "set-up", "start", "daily", "mode", "exchange", "stop", "lost", "messages",
        "contact",
    ];
    assert_eq!(chapters("001"), phones);
    let shinkumi = [
        "what", "issue", "app", "set-up", "start", "daily", "mode", "exchange", "stop", "hardware",
        "lost", "messages", "contact",
    ];
    assert_eq!(chapters("003"), shinkumi);
}

#[test]
fn every_message_of_the_app_is_in_one_table_in_the_screens_own_words() {
    let pictures = sample_pictures();
    let mut institution = preset("sample-shinkin");
    institution.procedures.signing = vec![Face::Pc];
    for language in Language::ALL {
        let guide = compose(&institution, pictures.path(), language);
        let sections = guide.chapters.iter().flat_map(|chapter| &chapter.sections);
        let mut shown: Vec<&[String; 3]> = sections.flat_map(|section| &section.messages).collect();
        let catalogue = Catalogue::of(language);
        let mut known: Vec<[String; 3]> = catalogue
            .codes()
            .filter_map(|code| catalogue.message(code))
            .map(|message| [message.title, message.body, message.next].map(str::to_owned))
            .collect();
        shown.sort();
        known.sort();
        assert_eq!(shown, known.iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_step_without_its_picture_or_its_words_is_named_with_the_remedy_and_so_are_all_others() {
    let pictures = sample_pictures();
    let list = pictures.path().join(LIST);
    let mut listed: Vec<Picture> =
        serde_json::from_str(&fs::read_to_string(&list).unwrap()).unwrap();
    listed.retain(|picture| picture.name != "guide/000-04-利用開始-2");
    for picture in &mut listed {
        if picture.name == "guide/000-04-利用開始-4" {
            picture.says.ja.clear();
        }
    }
    fs::write(&list, serde_json::to_string(&listed).unwrap()).unwrap();
    fs::remove_file(pictures.path().join("guide/000-06-交換-1.png")).unwrap();
    fs::write(pictures.path().join("guide/000-06-交換-2.png"), "no PNG").unwrap();
    fs::remove_file(pictures.path().join("screen/mode.ja.light.phone.png")).unwrap();
    let folder = Folder::open(pictures.path()).unwrap();
    let refused = Guide::compose(&preset("000"), &folder, Language::Ja).unwrap_err();
    assert!(matches!(refused, ComposeError::Missing(_)));
    let expected = "\
chapter start, step register-pc/identify: the picture guide/000-04-利用開始-2 is not in the list; make it: ./x shots --only guide/000-04-利用開始-2
chapter start, step register-pc/done: the picture guide/000-04-利用開始-4 has no says.ja; add it to its walk and make it anew: ./x shots --only guide/000-04-利用開始-4
chapter mode, step switch/choose: there is no picture screen/mode.ja.light.phone@3x.png; make it: ./x shots --only mode
chapter exchange, step pages-pc/login: the picture guide/000-06-交換-1 has no PNG guide/000-06-交換-1.png; make it: ./x shots --only guide/000-06-交換-1
chapter exchange, step pages-pc/identify: the picture guide/000-06-交換-2 has no PNG guide/000-06-交換-2.png; make it: ./x shots --only guide/000-06-交換-2";
    assert_eq!(refused.to_string(), expected);
    fs::remove_file(&list).unwrap();
    let refused = Folder::open(pictures.path()).unwrap_err().to_string();
    assert!(
        refused.contains("make the pictures: ./x shots"),
        "{refused}"
    );
}

#[test]
fn a_picture_outside_the_folder_is_not_taken() {
    let pictures = sample_pictures();
    let list = pictures.path().join(LIST);
    let text = fs::read_to_string(&list).unwrap();
    let outside = pictures.path().join("inner");
    fs::create_dir(&outside).unwrap();
    let text = text.replace(
        "\"guide/000-04-利用開始-1.png\"",
        "\"../guide/000-04-利用開始-1.png\"",
    );
    fs::write(outside.join(LIST), text).unwrap();
    let folder = Folder::open(&outside).unwrap();
    let refused = Guide::compose(&preset("000"), &folder, Language::Ja)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("guide/000-04-利用開始-1 has no PNG ../guide/000-04-利用開始-1.png"),
        "{refused}"
    );
}

#[test]
fn every_condition_of_the_chapters_holds_for_somebody() {
    let mut facts = Vec::new();
    for name in PRESETS {
        let mut institution = preset(name);
        facts.push(Facts::of(&institution));
        institution.procedures.signing = vec![Face::Pc];
        institution.token.digits = Digits::Both;
        let rare = Facts::of(&institution);
        facts.extend(Face::ALL.map(|face| rare.on(face)));
    }
    let mut conditions: BTreeSet<String> = BTreeSet::new();
    for chapter in chapters::all().unwrap() {
        conditions.extend(chapter.when);
        conditions.extend(chapter.text.into_iter().flat_map(|text| text.when));
        for section in chapter.sections {
            conditions.extend(section.when);
            let texts = section.text.into_iter().chain(section.notes);
            conditions.extend(texts.flat_map(|text| text.when));
            conditions.extend(section.steps.into_iter().flat_map(|step| step.when));
        }
    }
    let words = conditions.iter().flat_map(|condition| condition.split('|'));
    for fact in words.map(|word| word.trim_start_matches('!')) {
        let holds = facts.iter().any(|facts| facts.hold(&[fact.to_owned()]));
        assert!(holds, "nothing makes {fact} hold");
    }
    assert!(
        !facts
            .iter()
            .any(|facts| facts.hold(&["hardwear".to_owned()]))
    );
}

#[test]
fn the_pictures_the_chapters_ask_for_are_on_the_page_that_lists_them() {
    let page = include_str!("../../../docs/guide-pages.md");
    for screen in fixture::screens() {
        assert!(page.contains(&format!("`{screen}`")), "{screen}");
    }
    let names = chapters::pictures().unwrap();
    assert!(names.len() > 60);
    for walk in names
        .values()
        .filter_map(|name| name.rsplit_once('-'))
        .map(|(walk, _)| walk)
    {
        assert!(page.contains(&format!("`{walk}-")), "{walk}");
    }
}

#[test]
fn what_a_picture_shows_is_known_of_each_that_is_listed() {
    let pictures = sample_pictures();
    let list = pictures.path().join(LIST);
    let mut listed: Vec<Picture> = serde_json::from_slice(&fs::read(&list).unwrap()).unwrap();
    let institution = preset("sample-shinkin");
    for picture in &mut listed {
        picture.depicts = institution.depicted();
    }
    fs::write(&list, serde_json::to_string(&listed).unwrap()).unwrap();
    let guide = compose(&institution, pictures.path(), Language::Ja);
    for shown in guide.pictures() {
        // The drawings of screens are in no list.
        let own = shown.target.starts_with("pictures/guide/");
        assert_eq!(
            shown.depicts == institution.depicted(),
            own,
            "{}",
            shown.target
        );
    }
}

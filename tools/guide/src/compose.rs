//! Puts chapters, pictures and an institution together, and says which pages would be missing.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use skts_institution::{Face, Institution, Language};

use crate::catalogue::Catalogue;
use crate::chapters::{self, Chapter, ChapterError, Insert, Paragraph, Section, Step, Words};
use crate::facts::{Facts, UnknownWord, Vocabulary};
use crate::pictures::{Folder, Picture, Shown};

/// A whole guide in one language, every word written out.
#[derive(Debug)]
pub struct Guide {
    /// Its language.
    pub language: Language,
    /// Its chapters.
    pub chapters: Vec<ComposedChapter>,
}

/// A chapter of it.
#[derive(Debug)]
pub struct ComposedChapter {
    /// Its address.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What stands before its sections.
    pub text: Vec<String>,
    /// Its sections.
    pub sections: Vec<ComposedSection>,
}

/// A section of it.
#[derive(Debug)]
pub struct ComposedSection {
    /// Its name within the chapter, with the face where it is of one: `register-pc`.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What stands before the steps.
    pub text: Vec<String>,
    /// The steps.
    pub steps: Vec<ComposedStep>,
    /// What to heed.
    pub notes: Vec<String>,
    /// What is made from the institution file.
    pub insert: Option<Insert>,
    /// Title, cause and remedy of each message.
    pub messages: Vec<[String; 3]>,
}

/// A step of it.
#[derive(Debug)]
pub struct ComposedStep {
    /// Its name within the section.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Its sentence.
    pub says: String,
    /// A word beside it.
    pub note: Option<String>,
    /// Its picture with the description.
    pub picture: Option<(Shown, String)>,
}

/// One reason why a guide cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The chapter.
    pub chapter: String,
    /// Section and step.
    pub step: String,
    /// What is missing, and what to do.
    pub says: String,
}

/// Why a guide cannot be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A chapter's file.
    #[error(transparent)]
    Chapter(#[from] ChapterError),
    /// Steps without their pictures or words, all of them.
    #[error("{}", list(.0))]
    Missing(Vec<Missing>),
}

fn list(missing: &[Missing]) -> String {
    let lines: Vec<String> = missing.iter().map(Missing::to_string).collect();
    lines.join("\n")
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            chapter,
            step,
            says,
        } = self;
        write!(f, "chapter {chapter}, step {step}: {says}")
    }
}

impl Guide {
    /// Composes the guide of `institution` in `language` with the pictures of `folder`.
    ///
    /// # Errors
    /// [`ComposeError::Missing`] with everything that is missing, not the first of it alone.
    pub fn compose(
        institution: &Institution,
        folder: &Folder,
        language: Language,
    ) -> Result<Self, ComposeError> {
        let catalogue = Catalogue::of(language);
        let composer = Composer {
            folder,
            language,
            institution,
            facts: Facts::of(institution),
            catalogue: &catalogue,
            names: chapters::pictures()?,
            missing: RefCell::default(),
        };
        let words = Vocabulary::of(institution, language, &catalogue);
        let chapters = chapters::all()?;
        let chapters: Vec<ComposedChapter> = chapters
            .iter()
            .filter(|chapter| composer.facts.hold(&chapter.when))
            .map(|chapter| composer.chapter(chapter, &words))
            .collect();
        let missing = composer.missing.into_inner();
        if missing.is_empty() {
            return Ok(Self { language, chapters });
        }
        Err(ComposeError::Missing(missing))
    }

    /// Every picture of the guide, once.
    pub fn pictures(&self) -> Vec<&Shown> {
        let mut seen = BTreeSet::new();
        let sections = self.chapters.iter().flat_map(|chapter| &chapter.sections);
        let steps = sections.flat_map(|section| &section.steps);
        let pictures = steps
            .filter_map(|step| step.picture.as_ref())
            .map(|(shown, _)| shown);
        pictures
            .filter(|shown| seen.insert(&shown.target))
            .collect()
    }
}

struct Composer<'a> {
    folder: &'a Folder,
    language: Language,
    institution: &'a Institution,
    facts: Facts,
    catalogue: &'a Catalogue,
    names: BTreeMap<String, String>,
    missing: RefCell<Vec<Missing>>,
}

/// Where in the guide something is being composed, with what holds there, and its words.
struct Place<'p> {
    chapter: &'p str,
    step: String,
    facts: &'p Facts,
    words: &'p Vocabulary<'p>,
}

impl Place<'_> {
    fn at(&self, step: String) -> Self {
        Self { step, ..*self }
    }
}

impl Composer<'_> {
    fn chapter(&self, chapter: &Chapter, words: &Vocabulary<'_>) -> ComposedChapter {
        let place = Place {
            chapter: &chapter.id,
            step: "text".to_owned(),
            facts: &self.facts,
            words,
        };
        let sections = chapter.sections.iter();
        ComposedChapter {
            id: chapter.id.clone(),
            title: self.write(&place, chapter.title.of(self.language)),
            text: self.paragraphs(&place, &chapter.text),
            sections: sections
                .flat_map(|section| self.sections(&place, section))
                .collect(),
        }
    }

    /// The section, or one for each face of its procedure.
    fn sections(&self, place: &Place<'_>, section: &Section) -> Vec<ComposedSection> {
        let Some(procedure) = &section.procedure else {
            let place = place.at(section.id.clone());
            return self.section(&place, section).into_iter().collect();
        };
        let all = self.institution.procedures.faces();
        let Some((_, faces)) = all.into_iter().find(|(name, _)| name == procedure) else {
            self.lacks(
                place,
                format!("there is no procedure {procedure}; mend the chapter"),
            );
            return Vec::new();
        };
        let wanted = |face: &&Face| {
            section.faces.is_empty() || section.faces.iter().any(|word| word == face.word())
        };
        let composed = faces.iter().filter(wanted).filter_map(|face| {
            let (facts, words) = (self.facts.on(*face), place.words.on(*face, self.language));
            let place = Place {
                chapter: place.chapter,
                step: format!("{}-{}", section.id, face.word()),
                facts: &facts,
                words: &words,
            };
            self.section(&place, section)
        });
        composed.collect()
    }

    /// The section named by `place`, if what it wants holds.
    fn section(&self, place: &Place<'_>, section: &Section) -> Option<ComposedSection> {
        if !place.facts.hold(&section.when) {
            return None;
        }
        let steps = section
            .steps
            .iter()
            .filter(|step| place.facts.hold(&step.when));
        Some(ComposedSection {
            id: place.step.clone(),
            title: self.write(place, section.title.of(self.language)),
            text: self.paragraphs(place, &section.text),
            steps: steps.filter_map(|step| self.step(place, step)).collect(),
            notes: self.paragraphs(place, &section.notes),
            insert: section.insert,
            messages: section
                .messages
                .iter()
                .filter_map(|code| self.message(place, code))
                .collect(),
        })
    }

    /// The step; `None` where its picture is missing, which is noted.
    fn step(&self, section: &Place<'_>, step: &Step) -> Option<ComposedStep> {
        let place = section.at(format!("{}/{}", section.step, step.id));
        if let Some(name) = &step.picture {
            let name = self.write(&place, name);
            let name = self.names.get(&name).cloned().unwrap_or(name);
            // Of the app in English there are pictures of its own, in a folder of theirs.
            let english = name.replacen("guide/", "guide/en/", 1);
            let own = (self.language == Language::En).then(|| self.folder.picture(&english));
            let Some(picture) = own.flatten().or_else(|| self.folder.picture(&name)) else {
                let says = format!(
                    "the picture {name} is not in the list; make it: ./x shots --only {name}"
                );
                self.lacks(&place, says);
                return None;
            };
            let mut composed = self.pictured(&place, step.id.clone(), picture);
            composed.note = step
                .note
                .as_ref()
                .map(|note| self.write(&place, note.of(self.language)));
            return Some(composed);
        }
        Some(self.told(&place, step))
    }

    /// A step that its picture tells.
    fn pictured(&self, place: &Place<'_>, id: String, picture: &Picture) -> ComposedStep {
        let tell = |what: &str, told: Option<&str>| {
            let tag = self.language.tag();
            let name = &picture.name;
            told.map(str::to_owned).unwrap_or_else(|| {
                let says = format!("the picture {name} has no {what}.{tag}; add it to its walk and make it anew: ./x shots --only {name}");
                self.lacks(place, says);
                String::new()
            })
        };
        let shown = self.folder.file(picture).map_err(|file| {
            let name = &picture.name;
            let says =
                format!("the picture {name} has no PNG {file}; make it: ./x shots --only {name}");
            self.lacks(place, says);
        });
        let alt = tell("alt", picture.alt.of(self.language));
        ComposedStep {
            id,
            title: tell("title", picture.title.of(self.language)),
            says: tell("says", picture.says.of(self.language)),
            note: None,
            picture: shown.ok().map(|shown| (shown, alt)),
        }
    }

    /// A step that the chapter tells, with a screen of the app or without a picture.
    fn told(&self, place: &Place<'_>, step: &Step) -> ComposedStep {
        let tell = |what: &str, words: &Option<Words>| {
            let Some(words) = words else {
                self.lacks(place, format!("the step has no {what}; mend the chapter"));
                return String::new();
            };
            self.write(place, words.of(self.language))
        };
        let picture = step.screen.as_ref().and_then(|screen| {
            let alt = tell("alt", &step.alt);
            match self.folder.screen(screen, self.language) {
                Ok(shown) => Some((shown, alt)),
                Err(file) => {
                    let says =
                        format!("there is no picture {file}; make it: ./x shots --only {screen}");
                    self.lacks(place, says);
                    None
                }
            }
        });
        ComposedStep {
            id: step.id.clone(),
            title: tell("title", &step.title),
            says: tell("says", &step.says),
            note: step
                .note
                .as_ref()
                .map(|note| self.write(place, note.of(self.language))),
            picture,
        }
    }

    fn message(&self, place: &Place<'_>, code: &str) -> Option<[String; 3]> {
        let message = self.catalogue.message(code);
        if message.is_none() {
            self.lacks(
                place,
                format!("the app has no message {code}; mend the chapter"),
            );
        }
        let message = message?;
        Some([message.title, message.body, message.next].map(str::to_owned))
    }

    fn paragraphs(&self, place: &Place<'_>, paragraphs: &[Paragraph]) -> Vec<String> {
        let paragraphs = paragraphs
            .iter()
            .filter(|paragraph| place.facts.hold(&paragraph.when));
        let text = |paragraph: &Paragraph| match self.language {
            Language::Ja => self.write(place, &paragraph.ja),
            Language::En => self.write(place, &paragraph.en),
        };
        paragraphs.map(text).collect()
    }

    fn write(&self, place: &Place<'_>, text: &str) -> String {
        let written = place.words.write(text);
        written.unwrap_or_else(|unknown: UnknownWord| {
            self.lacks(place, unknown.to_string());
            String::new()
        })
    }

    fn lacks(&self, place: &Place<'_>, says: String) {
        self.missing.borrow_mut().push(Missing {
            chapter: place.chapter.to_owned(),
            step: place.step.clone(),
            says,
        });
    }
}

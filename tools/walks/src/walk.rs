//! A walk as it is written: a TOML file, read strictly.
//!
//! Whatever is wrong is said with the file, the line, the field and what was expected.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::Spanned;

use crate::act::{Act, Acts};

/// The file of acts that walks share.
const SHARED: &str = "acts.toml";

/// Which of the bank's faces is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Face {
    /// パソコン, 1280 CSS pixels wide.
    Pc,
    /// スマートフォン, 390 × 844.
    Smartphone,
    /// 携帯電話（ガラケー）, 240 wide.
    Feature,
}

/// Whose guides the bank follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Style {
    Shinkin,
    Shinkumi,
}

/// From when payments are confirmed with a token just registered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Effective {
    #[default]
    AtOnce,
    NextDay,
}

/// Before whom a step's page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Place {
    /// The customer, on the walk's face.
    #[default]
    Customer,
    /// The counter's staff, on a PC.
    Counter,
}

/// A walk.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    /// Name of its file, without the end; on another face followed by that.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) guide: String,
    pub(crate) chapter: u8,
    pub(crate) title: String,
    pub(crate) title_en: Option<String>,
    pub(crate) face: Face,
    pub(crate) style: Style,
    pub(crate) effective: Effective,
    pub(crate) prepare: Vec<Act>,
    pub(crate) steps: Vec<Step>,
}

/// A step of a walk: what is done, its picture, and what is done after it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) title: String,
    pub(crate) title_en: Option<String>,
    pub(crate) says: String,
    pub(crate) says_en: Option<String>,
    pub(crate) alt: String,
    pub(crate) alt_en: Option<String>,
    pub(crate) of: Vec<String>,
    pub(crate) screen: String,
    pub(crate) place: Place,
    pub(crate) before: Vec<Act>,
    pub(crate) callouts: Vec<MarkedSpot>,
    pub(crate) after: Vec<Act>,
}

/// A numbered spot of a picture.
#[derive(Clone, Debug)]
pub(crate) struct MarkedSpot {
    pub(crate) line: usize,
    pub(crate) mark: String,
    pub(crate) on: String,
    pub(crate) to: Option<String>,
    pub(crate) text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WalkRow {
    guide: Spanned<String>,
    chapter: u8,
    title: Spanned<String>,
    title_en: Option<String>,
    face: Face,
    style: Style,
    #[serde(default)]
    effective: Effective,
    #[serde(default)]
    prepare: Acts,
    #[serde(default)]
    also: Vec<AlsoRow>,
    step: Vec<Spanned<StepRow>>,
}

/// The same walk on another face.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlsoRow {
    face: Face,
    chapter: u8,
    title: Spanned<String>,
    title_en: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepRow {
    title: String,
    title_en: Option<String>,
    says: String,
    says_en: Option<String>,
    alt: String,
    alt_en: Option<String>,
    #[serde(default)]
    of: Vec<String>,
    screen: String,
    #[serde(default)]
    place: Place,
    #[serde(default, rename = "do")]
    before: Acts,
    #[serde(default)]
    callouts: Vec<Spanned<SpotRow>>,
    #[serde(default, rename = "then")]
    after: Acts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpotRow {
    mark: String,
    on: String,
    to: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedRow {
    acts: BTreeMap<String, Acts>,
}

/// A file while it is read: what a place in it is called.
pub(crate) struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    /// The line, from 1, of the byte `offset`.
    pub(crate) fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    /// `<file>:<line>`.
    pub(crate) fn at(&self, offset: usize) -> String {
        place(self.path, self.line(offset))
    }

    fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        toml::from_str(self.text).map_err(|error| {
            let at = self.at(error.span().map_or(0, |span| span.start));
            anyhow::anyhow!("{at}: {}", error.message())
        })
    }
}

/// `<file>:<line>`, as editors read it.
pub(crate) fn place(path: &Path, line: usize) -> String {
    format!("{}:{line}", path.display())
}

/// Every walk of `folder`, by name.
///
/// # Errors
/// When a file cannot be read, or is not a walk; file, line, field and what was expected are said.
pub(crate) fn all(folder: &Path) -> Result<Vec<Walk>> {
    let mut paths = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("no walks in {}", folder.display()));
    for entry in entries? {
        let path = entry?.path();
        let is_shared = path.file_name().is_some_and(|name| name == SHARED);
        if path.extension().is_some_and(|end| end == "toml") && !is_shared {
            paths.push(path);
        }
    }
    paths.sort();
    let shared = shared(&folder.join(SHARED))?;
    let mut walks = Vec::new();
    for path in &paths {
        walks.extend(read(path, &shared)?);
    }
    walks.sort_by(|one, other| (&one.guide, one.chapter).cmp(&(&other.guide, other.chapter)));
    for pair in walks.windows(2) {
        if let [one, other] = pair
            && (&one.guide, one.chapter) == (&other.guide, other.chapter)
        {
            bail!(
                "{}: chapter {} of guide {} is {}'s already",
                other.path.display(),
                other.chapter,
                other.guide,
                one.path.display()
            );
        }
    }
    Ok(walks)
}

fn shared(path: &Path) -> Result<BTreeMap<String, Vec<Act>>> {
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let text = fs::read_to_string(path)?;
    let source = Source { path, text: &text };
    let row: SharedRow = source.read()?;
    let named = row.acts.into_iter().map(|(name, acts)| {
        // What is shared is made of single acts: nobody has to follow it through files.
        let acts = acts.checked(&source, &BTreeMap::new())?;
        Ok((name, acts))
    });
    named.collect()
}

fn read(path: &Path, shared: &BTreeMap<String, Vec<Act>>) -> Result<Vec<Walk>> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let source = Source { path, text: &text };
    let row: WalkRow = source.read()?;
    let guide = row.guide.get_ref();
    ensure!(
        guide.len() == 3 && guide.bytes().all(|byte| byte.is_ascii_digit()),
        "{}: guide: three digits are expected, such as \"000\"",
        source.at(row.guide.span().start)
    );
    check_title(&row.title, &source)?;
    let steps = row
        .step
        .into_iter()
        .map(|step| checked(step, &source, shared));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let walk = Walk {
        name: name.into_owned(),
        path: path.to_owned(),
        guide: guide.clone(),
        chapter: row.chapter,
        title: row.title.into_inner(),
        title_en: row.title_en,
        face: row.face,
        style: row.style,
        effective: row.effective,
        prepare: row.prepare.checked(&source, shared)?,
        steps: steps.collect::<Result<_>>()?,
    };
    let mut walks = Vec::new();
    for also in row.also {
        check_title(&also.title, &source)?;
        walks.push(Walk {
            name: format!("{}@{}", walk.name, also.face.word()),
            chapter: also.chapter,
            title: also.title.into_inner(),
            title_en: also.title_en,
            face: also.face,
            ..walk.clone()
        });
    }
    walks.insert(0, walk);
    Ok(walks)
}

fn check_title(title: &Spanned<String>, source: &Source<'_>) -> Result<()> {
    let text = title.get_ref();
    ensure!(
        !text.is_empty() && !text.contains(['/', '-', '.', ' ']),
        "{}: title: it is part of file names: no space, '/', '-' or '.'",
        source.at(title.span().start)
    );
    Ok(())
}

fn checked(
    row: Spanned<StepRow>,
    source: &Source<'_>,
    shared: &BTreeMap<String, Vec<Act>>,
) -> Result<Step> {
    let line = source.line(row.span().start);
    let row = row.into_inner();
    for (field, text) in [
        ("title", &row.title),
        ("says", &row.says),
        ("alt", &row.alt),
    ] {
        ensure!(
            !text.trim().is_empty() && !text.contains('\n'),
            "{}: {field}: one line of words is expected",
            place(source.path, line)
        );
    }
    let callouts = row.callouts.into_iter().map(|spot| {
        let line = source.line(spot.span().start);
        let SpotRow { mark, on, to, text } = spot.into_inner();
        MarkedSpot {
            line,
            mark,
            on,
            to,
            text,
        }
    });
    Ok(Step {
        line,
        title: row.title,
        title_en: row.title_en,
        says: row.says,
        says_en: row.says_en,
        alt: row.alt,
        alt_en: row.alt_en,
        of: row.of,
        screen: row.screen,
        place: row.place,
        before: row.before.checked(source, shared)?,
        callouts: callouts.collect(),
        after: row.after.checked(source, shared)?,
    })
}

impl Face {
    /// As it is in walks and lists: `pc`, `smartphone`, `feature`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Smartphone => "smartphone",
            Self::Feature => "feature",
        }
    }
}

impl Walk {
    /// The name of the picture of step `number`, from 1.
    pub(crate) fn picture(&self, number: usize) -> String {
        let Self {
            guide,
            chapter,
            title,
            ..
        } = self;
        format!("guide/{guide}-{chapter:02}-{title}-{number}")
    }
}

#[cfg(test)]
mod tests;

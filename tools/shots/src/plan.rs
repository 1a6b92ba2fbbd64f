//! Which pictures there are, and in which starts of the app they are taken.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use skts_scene::{AppLanguage, Institution, Scene, Stage};
use skts_tests::programs::workspace;

use crate::arguments::Arguments;
use crate::bank;
use crate::look::{self, Language, Look, SCALES};
use crate::take::{Play, Start};

/// The project's own scenes.
pub(crate) fn scenes_folder() -> PathBuf {
    workspace().join("tools/shots/scenes")
}

/// Reads every scene: the project's, and those of a folder of one's own. Scenes of what the institution
/// `own` has none of are left out, and told.
///
/// # Errors
/// Everything that is wrong with any of them, a line each.
pub(crate) fn plays(arguments: &Arguments, own: Option<&Institution>) -> Result<Vec<Play>> {
    let mut plays: Vec<Play> = Vec::new();
    let mut faults = Vec::new();
    for folder in [Some(scenes_folder()), arguments.scenes.clone()]
        .into_iter()
        .flatten()
    {
        for path in files(&folder)? {
            match play(&path, own) {
                Ok(play) if plays.iter().any(|other| other.name == play.name) => {
                    faults.push(format!(
                        "{}: there is a scene {} already",
                        path.display(),
                        play.name
                    ));
                }
                Ok(play) => plays.push(play),
                Err(error) if own.is_some() && play(&path, None).is_ok() => {
                    eprintln!("left out: {error:#}");
                }
                Err(error) => faults.push(format!("{error:#}")),
            }
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(plays)
}

/// Brings the scenes of `starts` about without a window, for which one would be waited a minute where it
/// cannot open.
///
/// # Errors
/// Every scene that does not come about, a line each.
pub(crate) fn come_about(starts: &[Start<'_>]) -> Result<()> {
    let plays: BTreeMap<&Path, &Play> = starts
        .iter()
        .map(|start| (&*start.play.path, start.play))
        .collect();
    let mut faults = Vec::new();
    for (path, play) in plays {
        let folder = tempfile::tempdir()?;
        if let Err(error) = Stage::set(play.scene.clone(), AppLanguage::Ja, folder.path()) {
            faults.push(format!("{}: {error}", path.display()));
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("no scenes in {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn play(path: &Path, own: Option<&Institution>) -> Result<Play> {
    let path = fs::canonicalize(path)?;
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    // As it is written down: seen from where the command was called, if it is there.
    let here = std::env::current_dir()?;
    let shown = path
        .strip_prefix(&here)
        .unwrap_or(&path)
        .display()
        .to_string();
    let scene = Scene::read(&text, &shown, own)?;
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .context("a scene has a name")?;
    let name = stem.to_owned();
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        bail!("{shown}: a scene's file is named in small letters, digits and hyphens");
    }
    Ok(Play { name, path, scene })
}

/// The starts in which everything that is wanted is seen.
pub(crate) fn starts<'p>(plays: &'p [Play], arguments: &Arguments) -> Vec<Start<'p>> {
    let mut starts = Vec::new();
    // The long ones first, so that no worker is left with one at the end.
    for scale in SCALES.into_iter().rev() {
        for play in plays {
            for language in Language::BOTH {
                let mut looks = look::looks(scale);
                looks.retain(|look| {
                    arguments.wants(&look::name(&play.name, language, look, scale))
                        || marked(play, language, scale, look).any(|name| arguments.wants(&name))
                });
                if !looks.is_empty() {
                    starts.push(Start {
                        play,
                        language,
                        scale,
                        looks,
                    });
                }
            }
        }
    }
    starts
}

/// The names of the guide's pictures that are taken in this look: of the phone, light.
pub(crate) fn marked<'p>(
    play: &'p Play,
    language: Language,
    scale: u32,
    look: &Look,
) -> impl Iterator<Item = String> + 'p {
    let here = scale == look::GUIDE_SCALE && *look == look::GUIDE;
    let pictures = play.scene.guide.iter().filter(move |_| here);
    pictures.map(move |picture| look::guide_name(&picture.name, language))
}

/// Prints every name, with what it shows.
pub(crate) fn list(arguments: &Arguments) -> Result<()> {
    let plays = plays(arguments, None)?;
    let mut names = Vec::new();
    for start in starts(&plays, arguments) {
        for look in &start.looks {
            let alt = match start.language {
                Language::Ja => &start.play.scene.alt.ja,
                Language::En => &start.play.scene.alt.en,
            };
            let name = look::name(&start.play.name, start.language, look, start.scale);
            names.push(format!("{name}\t{alt}"));
            let marked = marked(start.play, start.language, start.scale, look);
            names.extend(marked.map(|name| format!("{name}\t{alt}")));
        }
    }
    for page in bank::wanted(arguments)? {
        names.push(format!("{}\t{}", page.name, page.alt.ja));
    }
    names.sort();
    for name in &names {
        println!("{name}");
    }
    eprintln!("{} pictures", names.len());
    Ok(())
}

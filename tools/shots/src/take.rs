//! One start of the app on a scene: its steps, then a picture of each look.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use skts_scene::{GuidePicture, Key, Scene, Step};
use skts_tests::clock::wait_for;
use skts_tests::display::Display;
use skts_tests::qr;
use skts_tests::webdriver::key;
use skts_tests::window::Window;
use skts_walks::callouts::{self, Callout};

use crate::look::{GUIDE, GUIDE_SCALE, Language, Look};
use crate::pixels;
use crate::room::room;

/// A scene file.
#[derive(Debug)]
pub(crate) struct Play {
    /// The file's stem.
    pub(crate) name: String,
    /// The file.
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) scene: Scene,
}

/// One start.
#[derive(Debug, Clone)]
pub(crate) struct Start<'p> {
    pub(crate) play: &'p Play,
    pub(crate) language: Language,
    pub(crate) scale: u32,
    pub(crate) looks: Vec<Look>,
}

impl Start<'_> {
    /// How many pictures are taken.
    pub(crate) fn pictures(&self) -> usize {
        let marked = if self.looks.iter().any(|look| self.is_for_the_guide(look)) {
            self.play.scene.guide.len()
        } else {
            0
        };
        self.looks.len().saturating_add(marked)
    }

    /// Whether the guide has its marks put on this look.
    fn is_for_the_guide(&self, look: &Look) -> bool {
        self.scale == GUIDE_SCALE && *look == GUIDE
    }
}

/// What a picture is of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown<'s> {
    /// The screen, as it is.
    Look(&'s Look),
    /// The same with the guide's marks.
    Guide(&'s GuidePicture),
}

/// How long a screen may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What of the page moves by itself, or is the desktop's and not ours.
const STILL: &str = "const sheet = new CSSStyleSheet();
    sheet.replaceSync(`*, *::before, *::after { transition: none !important; animation: none !important }
      * { scrollbar-width: none !important }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];";

/// As the settings do it (`ui/src/lib/settings.ts`, `zoom.ts`).
const WEAR: &str = "document.documentElement.dataset.theme = arguments[0];
    document.documentElement.style.fontSize = arguments[1] === 100 ? '' : `${arguments[1]}%`;
    const scrolled = document.querySelector(`[data-testid=\"${arguments[2]}\"]`);
    if (scrolled) scrolled.scrollIntoView({ block: 'start', behavior: 'instant' });
    else if (!document.activeElement?.matches('input')) window.scrollTo(0, 0);
    else document.activeElement.scrollIntoView({ block: 'nearest', behavior: 'instant' });";

/// Takes the pictures of `start` and gives each to `keep`.
pub(crate) fn take(
    start: &Start<'_>,
    program: &Path,
    display: &Display,
    institution: Option<&Path>,
    keep: &mut dyn FnMut(Shown<'_>, Vec<u8>) -> Result<()>,
) -> Result<()> {
    let mut room = room(display, start.language, start.scale)?;
    let folder = room.join("stage");
    fs::create_dir(&folder)?;
    let socket = room.join("pictures");
    room.set("SKTS_SCENE_PICTURES", &socket);
    room.set("SKTS_SCENE", &start.play.path);
    room.set("SKTS_SCENE_FOLDER", &folder);
    if let Some(institution) = institution {
        room.set("SKTS_SCENE_INSTITUTION", institution);
    }
    let said = || fs::read_to_string(room.join("logs/window.log")).unwrap_or_default();
    let window = Window::open(&room, program).with_context(said)?;
    play(&window, start).with_context(said)?;
    window.run(STILL, &json!([]))?;
    // A pointer that rests on a button colours it.
    let away = json!({ "type": "pointerMove", "duration": 0, "x": 0, "y": 0 });
    let pointer = json!({ "type": "pointer", "id": "pointer", "actions": [away] });
    window.send("/actions", &json!({ "actions": [pointer] }))?;
    for look in &start.looks {
        wear(&window, start, look)?;
        keep(Shown::Look(look), pixels::picture(&socket)?)?;
        if start.is_for_the_guide(look) {
            for picture in &start.play.scene.guide {
                mark(&window, picture)?;
                keep(Shown::Guide(picture), pixels::picture(&socket)?)?;
            }
            callouts::clear(&window)?;
        }
    }
    window.end()
}

fn mark(window: &Window, picture: &GuidePicture) -> Result<()> {
    let callouts: Vec<Callout> = picture
        .callouts
        .iter()
        .map(|callout| Callout {
            mark: callout.mark.clone(),
            on: format!("[data-testid=\"{}\"]", callout.on),
            ..Callout::default()
        })
        .collect();
    callouts::draw(window, &callouts).with_context(|| format!("the callouts of {}", picture.name))
}

fn play(window: &Window, start: &Start<'_>) -> Result<()> {
    let scene = &start.play.scene;
    for (at, step) in scene.steps.iter().enumerate() {
        do_step(window, step)
            .with_context(|| format!("step {}: {step:?}", at.saturating_add(1)))?;
    }
    let expected = || format!("expected the screen {}", scene.shows);
    wait_for(PATIENCE, &scene.shows, || {
        Ok(is_shown(window, scene)?.then_some(()))
    })
    .with_context(expected)
}

/// The screen of a code has its length in its name where the institution takes both.
fn is_shown(window: &Window, scene: &Scene) -> Result<bool> {
    let shown = window.screen()?.unwrap_or_default();
    let either = scene.shows == "code" && matches!(shown.as_str(), "code-6" | "code-8");
    Ok(either || shown == scene.shows)
}

fn do_step(window: &Window, step: &Step) -> Result<()> {
    match step {
        Step::Click(id) => window.click(id),
        Step::Wait(id) => window.wait(id),
        Step::Screen(name) => window.wait_screen(name),
        Step::Type { into, text } => window.type_into(into, text),
        Step::Drop(text) => window.drop_picture(&qr::png(text)?),
        Step::Scroll(id) => window.wait(id),
        Step::Press(pressed) => window.press(&[match pressed {
            Key::Tab => key::TAB,
            Key::Enter => key::ENTER,
            Key::Escape => key::ESCAPE,
        }]),
    }
}

fn wear(window: &Window, start: &Start<'_>, look: &Look) -> Result<()> {
    window.resize(look.size.width, look.size.height)?;
    let scrolled = start
        .play
        .scene
        .steps
        .iter()
        .rev()
        .find_map(|step| match step {
            Step::Scroll(id) => Some(id.as_str()),
            _ => None,
        });
    window.run(WEAR, &json!([look.theme.word(), look.text, scrolled]))?;
    window.wait_painted()?;
    let scene = &start.play.scene;
    ensure!(
        is_shown(window, scene)?,
        "another screen came in the place of {}",
        scene.shows
    );
    Ok(())
}

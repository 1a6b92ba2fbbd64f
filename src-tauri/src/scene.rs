//! The window on a scene (`skts_scene`), for pictures of it: feature `dangerous-qa` only.
//!
//! ```text
//! SKTS_SCENE               the scene's file
//! SKTS_SCENE_INSTITUTION   an institution (JSON) in the place of a sample, or nothing
//! SKTS_SCENE_FOLDER        an empty folder, for the profile
//! SKTS_SCENE_LANGUAGE      en, or else Japanese
//! SKTS_SCENE_PICTURES      a socket to make, which answers with pictures (Linux), or nothing
//! ```

#[cfg(target_os = "linux")]
mod picture;

use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::{Arc, OnceLock};

use skts_authenticator::views::Language;
use skts_scene::{Institution, Scene, Stage};

use crate::{Options, run};

/// As it is shown on the screens that name it.
const FOLDER: &str = "mihon";

static MOMENT_MS: OnceLock<u64> = OnceLock::new();

/// Opens the window on the scene that the environment names, and stays until it is closed.
pub fn run_scene() {
    let mut options = Options::from_environment();
    match stage() {
        Ok(stage) => {
            let at = stage.scene().at.as_secs().saturating_mul(1000);
            let _ = MOMENT_MS.set(at);
            options.link = stage.scene().link.clone();
            options.profile = Some(PathBuf::from(FOLDER).join("profile"));
            options.scene = Some(Arc::new(stage));
            run(options);
        }
        Err(message) => {
            eprintln!("{message}");
            exit(2);
        }
    }
}

fn stage() -> Result<Stage, String> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let read = |file: &Path| {
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
    };
    let file = PathBuf::from(set("SKTS_SCENE").ok_or("SKTS_SCENE names no scene")?);
    let folder =
        PathBuf::from(set("SKTS_SCENE_FOLDER").ok_or("SKTS_SCENE_FOLDER names no folder")?);
    let own: Option<Institution> = match set("SKTS_SCENE_INSTITUTION").map(PathBuf::from) {
        Some(own) => serde_json::from_str(&read(&own)?)
            .map_err(|error| format!("{}: {error}", own.display()))?,
        None => None,
    };
    let text = read(&file)?;
    let name = file.display().to_string();
    let scene = Scene::read(&text, &name, own.as_ref()).map_err(|error| error.to_string())?;
    let english = set("SKTS_SCENE_LANGUAGE").is_some_and(|name| name == "en");
    let language = if english { Language::En } else { Language::Ja };
    // Some screens show where the profile is: the same on every machine.
    std::env::set_current_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Stage::set(scene, language, Path::new(FOLDER)).map_err(|error| format!("{name}: {error}"))
}

/// Offers pictures of `window`, if the environment asks for them.
#[cfg(target_os = "linux")]
pub(crate) fn offer_pictures(window: &tauri::WebviewWindow) {
    let Some(socket) = std::env::var_os("SKTS_SCENE_PICTURES") else {
        return;
    };
    if let Err(error) = picture::offer(window.clone(), Path::new(&socket)) {
        eprintln!("{}: {error}", Path::new(&socket).display());
        exit(2);
    }
}

/// What runs before the page: on a scene, its clock stands still too, and what it would do a second
/// later or more never comes.
pub(crate) fn before_the_page() -> String {
    let Some(moment) = MOMENT_MS.get() else {
        return String::new();
    };
    format!(
        "(() => {{
            const Then = Date, soon = setTimeout;
            globalThis.Date = class extends Then {{
                constructor(...given) {{ given.length === 0 ? super({moment}) : super(...given); }}
                static now() {{ return {moment}; }}
            }};
            performance.now = () => 0;
            globalThis.setTimeout = (call, ms, ...given) =>
                soon(ms >= 1000 ? () => {{}} : call, ms, ...given);
        }})();"
    )
}

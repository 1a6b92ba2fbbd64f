//! A link that opens the app: it names the two IDs of a set-up, and does nothing by itself.
//!
//! It comes from whoever wrote it. The newest is held until the page asks, which shows what it says and
//! has the customer decide; a locked app says nothing of it, and has it still when it is unlocked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use skts_authenticator::views::SetUpIdsView;
use skts_authenticator::{AppError, AppState, LINK_SCHEME};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager};

use crate::shell::Desk;

/// A link is 66 bytes long. What is longer is none of ours, and its beginning says so just as well.
const LONGEST_BYTES: usize = 128;

/// The link that came last, until the page has it.
#[derive(Default)]
pub(crate) struct Link(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    text: Option<String>,
    /// Where the page hears of the next one.
    page: Option<Channel<()>>,
}

impl Link {
    fn of(app: &AppHandle) -> MutexGuard<'_, Waiting> {
        let link = app.state::<Self>().inner();
        link.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn tell(&self) {
        if let (Some(_), Some(page)) = (&self.text, &self.page) {
            // A page that has gone away is followed by one that watches anew.
            let _ = page.send(());
        }
    }
}

/// The first of `texts` that is a link to this app: a program's arguments, or what a system opens.
pub(crate) fn among<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Option<String> {
    texts.into_iter().find_map(|text| {
        let text = text.as_ref();
        text.starts_with(LINK_SCHEME).then(|| held(text))
    })
}

/// As much of a link as is kept.
fn held(text: &str) -> String {
    if text.len() > LONGEST_BYTES {
        return LINK_SCHEME.to_owned();
    }
    text.to_owned()
}

/// Holds `link`, in place of one that nobody has looked at, and tells the page.
pub(crate) fn arrived(app: &AppHandle, link: String) {
    let mut waiting = Link::of(app);
    waiting.text = Some(link);
    waiting.tell();
}

/// From now on the page is told of links; of one that waits already, at once.
pub(crate) fn watch(app: &AppHandle, page: Channel<()>) {
    let mut waiting = Link::of(app);
    waiting.page = Some(page);
    waiting.tell();
}

/// What the waiting link says, once; `None` where there is none, or the app is locked.
pub(crate) fn take(desk: &mut Desk) -> Result<Option<SetUpIdsView>, AppError> {
    if let AppState::PinLocked { .. } = desk.authenticator()?.state() {
        return Ok(None);
    }
    let Some(text) = Link::of(desk.app()).text.take() else {
        return Ok(None);
    };
    desk.authenticator()?.ids_in_link(&text).map(Some)
}

#[cfg(test)]
mod tests {
    use skts_authenticator::LINK_SCHEME;

    use super::{LONGEST_BYTES, among};

    const LINK: &str = "jp.example.skts:activate?service_id=10112235&user_id=999800000001";

    #[test]
    fn a_link_is_found_among_the_arguments() {
        let arguments = ["skts-app", "--hidden", LINK, "jp.example.skts:other"];
        assert_eq!(among(arguments).as_deref(), Some(LINK));
        for other in [
            "",
            "skts-app",
            "skts:activate?service_id=10112235&user_id=999800000001",
            "https://example.com/#jp.example.skts:activate",
            "file:///etc/passwd",
            "jp.example.sktsx:activate",
        ] {
            assert_eq!(among(["skts-app", other]), None, "{other}");
        }
    }

    /// Packages register the scheme, and nothing does so while the app runs. tauri's bundler reads the
    /// name of the plugin that is not needed here: macOS and Windows.
    #[test]
    fn the_scheme_is_the_apps_own_name_and_every_package_registers_it() {
        let config: serde_json::Value =
            serde_json::from_str(include_str!("../tauri.conf.json")).unwrap();
        let scheme = config["identifier"].as_str().unwrap();
        assert_eq!(format!("{scheme}:"), LINK_SCHEME);
        let registered = serde_json::json!({ "desktop": { "schemes": [scheme] } });
        assert_eq!(config["plugins"]["deep-link"], registered);
        let desktop = include_str!("../linux/jp.example.skts.desktop");
        let lines: Vec<_> = desktop.lines().collect();
        let handles = format!("MimeType=x-scheme-handler/{scheme};");
        assert!(lines.contains(&handles.as_str()), "{desktop}");
        assert!(lines.contains(&"Exec={{exec}} %u"), "{desktop}");
    }

    /// So it is refused: rubbish is neither kept nor cut down to something good.
    #[test]
    fn of_a_long_one_nothing_is_held_but_whose_it_is() {
        assert!(LINK.len() <= LONGEST_BYTES);
        let long = format!("{LINK}{}", "0".repeat(4096));
        assert_eq!(among([long]).as_deref(), Some("jp.example.skts:"));
    }
}

//! The icon in the system's tray: how long the code still holds, a copy of it, and the way back to the
//! window. The code itself is never in it, as panels show and read out what they are told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use skts_authenticator::views::{Language, WhichCode};
use skts_authenticator::{AppError, AppState, ErrorCode};
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Wry};

use crate::NAME;
use crate::shell::{Desk, Shell};
use crate::window::LABEL;

const ID: &str = "token";
const COPY: &str = "tray-copy";
const OPEN: &str = "tray-open";
const QUIT: &str = "tray-quit";

/// The seconds are told in steps of this many: a tray runs all day, and nobody watches it.
const STEP_SECS: u64 = 5;

/// The tray, while there is one.
#[derive(Default)]
pub(crate) struct Tray {
    shown: Mutex<Option<Shown>>,
    /// The same for the window's thread, which the one that makes the icon waits for.
    is_shown: AtomicBool,
}

struct Shown {
    items: Items,
    /// Has the count wait a while; the count ends with it.
    hold: mpsc::Sender<()>,
}

#[derive(Clone)]
struct Items {
    line: MenuItem<Wry>,
    copy: MenuItem<Wry>,
    open: MenuItem<Wry>,
    quit: MenuItem<Wry>,
}

impl Tray {
    fn of(app: &AppHandle) -> MutexGuard<'_, Option<Shown>> {
        let tray = app.state::<Self>().inner();
        tray.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the app stays when its window is closed.
pub(crate) fn is_shown(app: &AppHandle) -> bool {
    app.state::<Tray>().is_shown.load(Ordering::SeqCst)
}

/// Puts the icon into the tray, or takes it out. Answers whether it is there now.
///
/// Blocks until the desktop has answered: not for the window's thread.
pub(crate) fn show(app: &AppHandle, wanted: bool) -> bool {
    let mut tray = Tray::of(app);
    if !wanted {
        drop(app.remove_tray_by_id(ID));
        *tray = None;
    } else if tray.is_none() {
        *tray = make(app).ok();
    }
    let state = app.state::<Tray>();
    state.is_shown.store(tray.is_some(), Ordering::SeqCst);
    tray.is_some()
}

fn make(app: &AppHandle) -> tauri::Result<Shown> {
    // In the customer's language at the first count.
    let words = &JA;
    let item = |id, text| MenuItem::with_id(app, id, text, true, None::<&str>);
    let items = Items {
        line: MenuItem::new(app, words.look, false, None::<&str>)?,
        copy: item(COPY, words.copy)?,
        open: item(OPEN, words.open)?,
        quit: item(QUIT, words.quit)?,
    };
    let menu = Menu::with_items(
        app,
        &[
            &items.line,
            &items.copy,
            &PredefinedMenuItem::separator(app)?,
            &items.open,
            &items.quit,
        ],
    )?;
    let mut builder = TrayIconBuilder::with_id(ID)
        .title(NAME)
        .tooltip(NAME)
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                ..
            } = event
            {
                crate::shell::open_window(tray.app_handle());
            }
        });
    if let Some(icon) = app.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    builder.build(app)?;
    let hold = count(app.clone(), items.clone());
    Ok(Shown { items, hold })
}

/// Keeps the first line true until what is answered is dropped. What is sent to it has it leave the line
/// as it is for a while.
fn count(app: AppHandle, items: Items) -> mpsc::Sender<()> {
    let (hold, held) = mpsc::channel();
    std::thread::spawn(move || {
        let mut wait = Duration::ZERO;
        loop {
            match held.recv_timeout(wait) {
                Ok(()) => wait = Duration::from_secs(STEP_SECS),
                Err(RecvTimeoutError::Timeout) => match tell(&app, &items) {
                    Some(next) => wait = next,
                    None => return,
                },
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    });
    hold
}

/// Has the worker tell the menu what is so, behind whatever it does. Answers when to tell it next; `None`
/// once there is no worker any more.
fn tell(app: &AppHandle, items: &Items) -> Option<Duration> {
    let (told, answer) = mpsc::channel();
    let items = items.clone();
    app.state::<Shell>().later(move |desk| {
        let _ = told.send(items.tell(desk));
    })?;
    let left = answer.recv().ok()?;
    let until_next = left.map_or(STEP_SECS, |secs| (secs - 1) % STEP_SECS + 1);
    Some(Duration::from_secs(until_next))
}

impl Items {
    /// Says what is so now; answers the seconds that the code still holds, if there is one. What a panel
    /// refuses is of no consequence.
    fn tell(&self, desk: &mut Desk) -> Option<u64> {
        let words = Words::of(desk.language());
        let left = remaining(desk);
        let line = left.as_ref().map(|(owner, secs)| {
            let secs = secs.div_ceil(STEP_SECS).saturating_mul(STEP_SECS);
            (words.left)(owner, secs)
        });
        let _ = self.copy.set_enabled(line.is_some());
        for (item, text) in [
            (&self.line, line.as_deref().unwrap_or(words.look)),
            (&self.copy, words.copy),
            (&self.open, words.open),
            (&self.quit, words.quit),
        ] {
            // Each change is told to every panel.
            if item.text().is_ok_and(|now| now != text) {
                let _ = item.set_text(text);
            }
        }
        left.map(|(_, secs)| secs.max(1))
    }
}

/// Whose code is shown and how many seconds it still holds; `None` where there is no code to be had.
fn remaining(desk: &mut Desk) -> Option<(String, u64)> {
    let language = desk.language();
    let window = desk.app().get_webview_window(LABEL);
    let authenticator = desk.authenticator().ok()?;
    let (tokens, selected) = match authenticator.state() {
        AppState::Ready {
            tokens, selected, ..
        } => (tokens, selected),
        AppState::PinLocked { .. } => return None,
        // After a start at log-in the keystore may be opened later; a window asks by itself.
        _ => {
            if window.is_none() {
                authenticator.open_ahead();
            }
            return None;
        }
    };
    let secs = authenticator.secs_left(&selected).ok()?;
    let token = tokens.into_iter().find(|token| token.id == selected)?;
    Some((
        token.institution_name.in_language(language).to_owned(),
        secs,
    ))
}

/// What was chosen in the menu.
pub(crate) fn chosen(app: &AppHandle, event: &MenuEvent) {
    match event.id().as_ref() {
        OPEN => crate::shell::open_window(app),
        QUIT => app.exit(0),
        COPY => {
            app.state::<Shell>().later(|desk| {
                let words = Words::of(desk.language());
                let line = match copy(desk) {
                    Ok((WhichCode::Current, secs)) => (words.copied)(secs),
                    Ok((WhichCode::Next, secs)) => (words.copied_next)(secs),
                    Err(_) => words.not_copied.to_owned(),
                };
                // Read when the menu is opened next.
                if let Some(shown) = &*Tray::of(desk.app()) {
                    let _ = shown.hold.send(());
                    let _ = shown.items.line.set_text(line);
                }
            });
        }
        _ => {}
    }
}

fn copy(desk: &mut Desk) -> Result<(WhichCode, u32), AppError> {
    let AppState::Ready { selected, .. } = desk.authenticator()?.state() else {
        return Err(ErrorCode::UnknownToken.into());
    };
    let copied = desk.copy_code(&selected)?;
    Ok((copied.which, copied.clear_after_secs))
}

/// The menu's words.
struct Words {
    left: fn(&str, u64) -> String,
    /// Where there is no code to be had.
    look: &'static str,
    copy: &'static str,
    copied: fn(u32) -> String,
    copied_next: fn(u32) -> String,
    not_copied: &'static str,
    open: &'static str,
    quit: &'static str,
}

impl Words {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::Ja => &JA,
            Language::En => &EN,
        }
    }
}

static JA: Words = Words {
    left: |owner, secs| format!("{owner}　残り約{secs}秒"),
    look: "画面を開いてご確認ください",
    copy: "パスワードをコピー",
    copied: |secs| format!("コピーしました（{secs}秒後に消去）"),
    copied_next: |secs| format!("次のパスワードをコピーしました（{secs}秒後に消去）"),
    not_copied: "コピーできませんでした。画面を開いてご確認ください",
    open: "画面を開く",
    quit: "終了",
};

static EN: Words = Words {
    left: |owner, secs| format!("{owner}: about {secs} s left"),
    look: "Open the window to see what to do",
    copy: "Copy the password",
    copied: |secs| format!("Copied (cleared in {secs} s)"),
    copied_next: |secs| format!("Copied the next password (cleared in {secs} s)"),
    not_copied: "Not copied. Open the window to see why",
    open: "Open the window",
    quit: "Quit",
};

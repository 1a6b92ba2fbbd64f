//! Codes on the clipboard: marked as secret where the system can, cleared if still ours.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use skts_authenticator::{AppError, ErrorCode};
use tauri::{AppHandle, Manager};
use tauri_plugin_clipboard_manager::ClipboardExt;
use zeroize::Zeroizing;

/// How long the end of the app waits for whoever owns the clipboard by then.
const LAST_WAIT: Duration = Duration::from_secs(1);

type Code = Arc<Zeroizing<String>>;

/// The code copied last, until it is cleared.
#[derive(Default)]
pub(crate) struct LastCopied(Mutex<Option<Code>>);

impl LastCopied {
    fn of(app: &AppHandle) -> MutexGuard<'_, Option<Code>> {
        let last = app.state::<Self>().inner();
        last.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Copies `code` and clears it after `secs`, unless something else was copied.
pub(crate) fn copy_secret(
    app: &AppHandle,
    code: Zeroizing<String>,
    secs: u32,
) -> Result<(), AppError> {
    app.clipboard()
        .write_secret(code.as_str())
        .map_err(|_| ErrorCode::Internal)?;
    let ours: Code = Arc::new(code);
    *LastCopied::of(app) = Some(Arc::clone(&ours));
    let app = app.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(secs.into()));
        // The same code may have been copied again: then its time is another.
        let mut last = LastCopied::of(&app);
        let is_last = last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &ours));
        if is_last {
            *last = None;
        }
        drop(last);
        if is_last {
            clear_if(&app, &ours);
        }
    });
    Ok(())
}

/// Clears a code that would outlive the app: on some systems, and with a clipboard manager on others,
/// the clipboard stays when its program ends.
pub(crate) fn clear_at_the_end(app: &AppHandle) {
    let Some(ours) = LastCopied::of(app).take() else {
        return;
    };
    let (done, wait) = mpsc::channel();
    let app = app.clone();
    // The owner may be this window, which does not answer while its thread waits.
    std::thread::spawn(move || {
        clear_if(&app, &ours);
        let _ = done.send(());
    });
    let _ = wait.recv_timeout(LAST_WAIT);
}

/// Clears the clipboard if it holds `ours`. Asks whoever owns it: not for the window's thread.
fn clear_if(app: &AppHandle, ours: &Zeroizing<String>) {
    let now = app.clipboard().read_text().map(Zeroizing::new);
    if now.is_ok_and(|now| now == *ours) {
        drop(app.clipboard().clear());
    }
}

/// Copies what is no secret.
pub(crate) fn copy(app: &AppHandle, text: String) -> Result<(), AppError> {
    app.clipboard()
        .write_text(text)
        .map_err(|_| ErrorCode::Internal.into())
}

/// What another program left there.
pub(crate) enum Held {
    /// Four bytes a pixel, rows from the top.
    Picture {
        rgba: Vec<u8>,
        width: u32,
        height: u32,
    },
    Text(Zeroizing<String>),
}

/// What is on the clipboard: a picture before a text, as copying one in a browser leaves both.
pub(crate) fn held(app: &AppHandle) -> Option<Held> {
    if let Ok(picture) = app.clipboard().read_image() {
        let (width, height) = (picture.width(), picture.height());
        return Some(Held::Picture {
            rgba: picture.rgba().to_vec(),
            width,
            height,
        });
    }
    let text = app.clipboard().read_text().ok().map(Zeroizing::new)?;
    (!text.is_empty()).then_some(Held::Text(text))
}

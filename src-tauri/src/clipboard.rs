//! Codes on the clipboard: marked as secret where the system can, cleared if still ours.

use std::time::Duration;

use skts_authenticator::{AppError, ErrorCode};
use tauri::AppHandle;
use tauri_plugin_clipboard_manager::ClipboardExt;
use zeroize::Zeroizing;

/// Seconds after which a copied code is cleared.
pub(crate) const CLEAR_AFTER_SECS: u32 = 30;

/// Copies `code` and clears it after [`CLEAR_AFTER_SECS`] unless something else was copied.
pub(crate) fn copy_secret(app: &AppHandle, code: String) -> Result<(), AppError> {
    let ours = Zeroizing::new(code);
    app.clipboard()
        .write_secret(ours.as_str())
        .map_err(|_| ErrorCode::Internal)?;
    let app = app.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(CLEAR_AFTER_SECS.into()));
        let now = app.clipboard().read_text().map(Zeroizing::new);
        if now.is_ok_and(|now| *now == *ours) {
            drop(app.clipboard().clear());
        }
    });
    Ok(())
}

/// Copies what is no secret.
pub(crate) fn copy(app: &AppHandle, text: String) -> Result<(), AppError> {
    app.clipboard()
        .write_text(text)
        .map_err(|_| ErrorCode::Internal.into())
}

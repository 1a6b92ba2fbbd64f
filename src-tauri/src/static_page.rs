//! The same shell around a page that shows six digits at once: what the start of the app is
//! measured against; with `--hidden` without its page, as the app waits in a tray. Built with the feature
//! `bench-shell` only.

use tauri::Manager;

use crate::{commands, shell};

/// Opens the static page with the app's own window settings.
pub fn run_static_page() {
    let result = tauri::Builder::default()
        .plugin(tauri_plugin_clipboard_manager::init())
        .invoke_handler(commands::handler())
        .setup(move |app| {
            let shell = shell::Shell::start(app.handle(), None, || {
                Err(skts_authenticator::ErrorCode::NotSetUp.into())
            })?;
            app.manage(shell);
            if !std::env::args_os().any(|argument| argument == "--hidden") {
                app.state::<shell::Shell>().make_window()?;
            }
            Ok(())
        })
        .run(tauri::generate_context!("bench/tauri.conf.json"));
    if let Err(error) = result {
        eprintln!("the window could not be opened: {error}");
        std::process::exit(70);
    }
}

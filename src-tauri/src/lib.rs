//! The window of the soft token: a thin shell. Every command is one call of the authenticator,
//! which a worker thread owns; the page draws what it is told.
//!
//! The window is made hidden, and shown once its page runs; an open keystore is asked meanwhile, one
//! that would put a question only when the page asks (`open`). See `table.rs` for what the page may call.

#[macro_use]
mod table;

mod clipboard;
mod commands;
mod language;
mod link;
#[cfg(mobile)]
mod mobile;
#[cfg(feature = "dangerous-qa")]
mod scene;
mod screenshots;
#[cfg(target_os = "linux")]
mod session;
mod shell;
#[cfg(desktop)]
mod tray;
mod window;

#[cfg(feature = "bench-shell")]
mod static_page;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use skts_authenticator::hosts::{Https, SystemClock, ThisDevice};
use skts_authenticator::{AppError, Authenticator, Config, ErrorCode, InstitutionSource};
use tauri::{App, AppHandle, Manager, RunEvent};
#[cfg(desktop)]
use tauri::{Builder, Wry};

#[cfg(desktop)]
use crate::shell::Desk;
use crate::shell::Shell;

#[cfg(feature = "bench-shell")]
pub use static_page::run_static_page;

#[cfg(feature = "dangerous-qa")]
pub use scene::run_scene;

/// Requests, replies and what libraries made of them are wiped when they are given back, as are the
/// secrets in our own types.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// The app's name, the same in every language. Linux packages are named by the identifier, and phones
/// have it in their projects.
#[cfg(any(desktop, test))]
pub(crate) const NAME: &str = "しんきん（個人）ワンタイムパスワード";

/// What the environment decides, read once.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `SKTS_PROFILE`: another profile folder than the user's own.
    pub profile: Option<PathBuf>,
    /// `SKTS_INSTITUTIONS`: an institution list from outside; loopback addresses only.
    pub institutions: Option<PathBuf>,
    /// `SKTS_TPM`: a TPM device or simulator socket instead of the system's own, or `none`.
    pub tpm: Option<PathBuf>,
    /// `--hidden`: no window at first, where there is a tray to open it from; for a start at log-in.
    pub hidden: bool,
    /// A link to the app among the arguments, which is where Linux and Windows put it.
    pub link: Option<String>,
    /// The languages the system names, the preferred first; `None`: ask the web view.
    pub languages: Option<Vec<String>>,
    /// The scene the window is opened on.
    #[cfg(feature = "dangerous-qa")]
    pub scene: Option<Arc<skts_scene::Stage>>,
}

impl Options {
    /// Reads the environment and the arguments.
    pub fn from_environment() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            profile: set("SKTS_PROFILE").map(PathBuf::from),
            institutions: set("SKTS_INSTITUTIONS").map(PathBuf::from),
            tpm: set("SKTS_TPM").map(PathBuf::from),
            hidden: std::env::args_os().any(|argument| argument == "--hidden"),
            link: link::among(std::env::args_os().filter_map(|text| text.into_string().ok())),
            languages: language::of_the_session(|name| set(name)?.into_string().ok()),
            #[cfg(feature = "dangerous-qa")]
            scene: None,
        }
    }
}

/// Opens the window and stays until it is closed.
pub fn run(options: Options) {
    // A dump at the wrong moment would hold a seed. A system that refuses still runs the program; on
    // phones the system keeps apps apart itself.
    #[cfg(desktop)]
    let _ = secmem_proc::harden_process();
    let builder = tauri::Builder::default();
    #[cfg(desktop)]
    let builder = on_desktop(builder, &options);
    #[cfg(mobile)]
    let builder = builder.plugin(tauri_plugin_barcode_scanner::init());
    let made = builder
        .plugin(tauri_plugin_clipboard_manager::init())
        .manage(clipboard::LastCopied::default())
        // Before the first event: a system may bring the link with the start.
        .manage(link::Link::default())
        .invoke_handler(commands::handler())
        .setup(move |app| set_up(app, &options))
        .on_window_event(window::on_event)
        .build(tauri::generate_context!());
    match made {
        Ok(app) => app.run(|app, event| on_event(app, &event)),
        Err(error) => {
            eprintln!("the window could not be opened: {error}");
            std::process::exit(70);
        }
    }
}

fn on_event(app: &AppHandle, event: &RunEvent) {
    match event {
        RunEvent::ExitRequested { code, api, .. } => {
            // The last window was closed, which ends the app unless it stays in the tray.
            #[cfg(desktop)]
            if code.is_none() && tray::is_shown(app) {
                // With the page goes what watches whether anybody is there.
                app.state::<Shell>().later(Desk::lock);
                return api.prevent_exit();
            }
            let _ = (code, api);
            // At `Exit` the clipboard has been given up already.
            clipboard::clear_at_the_end(app);
        }
        // Where the system does not put it among the arguments.
        #[cfg(any(target_os = "macos", target_os = "ios", target_os = "android"))]
        RunEvent::Opened { urls } => {
            if let Some(link) = link::among(urls) {
                link::arrived(app, link);
            }
            // Before the start has come so far it makes the window itself.
            #[cfg(desktop)]
            if app.try_state::<Shell>().is_some() {
                shell::open_window(app);
            }
        }
        _ => {}
    }
}

/// What a desktop has and a phone has not: several starts, a place for the window, and a tray.
#[cfg(desktop)]
fn on_desktop(mut builder: Builder<Wry>, options: &Options) -> Builder<Wry> {
    if options.profile.is_none() {
        // Registered first. A profile of its own is another app; its lock guards it.
        builder = builder
            .plugin(tauri_plugin_single_instance::init(|app, arguments, _| {
                if let Some(link) = link::among(arguments) {
                    link::arrived(app, link);
                }
                shell::open_window(app);
            }))
            .plugin(window::remembered());
    }
    builder
        .manage(tray::Tray::default())
        .on_menu_event(|app, event| tray::chosen(app, &event))
}

fn set_up(app: &mut App, options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let languages = options.languages.clone();
    let shell = Shell::start(app.handle(), languages, || authenticator(app, options))?;
    #[cfg(desktop)]
    let in_tray = shell.settings().keep_in_tray;
    app.manage(shell);
    app.manage(screenshots::Screenshots::new(
        Arc::new(SystemClock),
        window::guard(app.handle()),
    ));
    if let Some(link) = &options.link {
        link::arrived(app.handle(), link.clone());
    }
    #[cfg(desktop)]
    if in_tray && options.hidden && options.link.is_none() && tray::show(app.handle(), true) {
        return Ok(());
    }
    app.state::<Shell>().make_window()?;
    #[cfg(desktop)]
    if in_tray {
        let app = app.handle().clone();
        std::thread::spawn(move || tray::show(&app, true));
    }
    Ok(())
}

fn authenticator(app: &App, options: &Options) -> Result<Authenticator, AppError> {
    #[cfg(feature = "dangerous-qa")]
    if let Some(stage) = &options.scene {
        return stage.authenticator();
    }
    let profile_dir = match &options.profile {
        Some(dir) => dir.clone(),
        None => app
            .path()
            .app_local_data_dir()
            .map_err(|_| ErrorCode::Disk)?
            .join("profile"),
    };
    let config = Config {
        profile_dir,
        app_id: app.config().identifier.clone(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: std::env::consts::OS.to_owned(),
        institutions: match &options.institutions {
            Some(file) => InstitutionSource::Outside(file.clone()),
            None => InstitutionSource::BuiltIn,
        },
    };
    Authenticator::new(
        config,
        Arc::new(SystemClock),
        Arc::new(Https::new()),
        Arc::new(ThisDevice::new(options.tpm.clone())),
    )
}

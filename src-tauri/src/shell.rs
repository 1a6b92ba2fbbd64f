//! What stands behind the commands: the window, and one worker thread that owns the
//! authenticator. Keystore, network and password stretching block; they never do so on the
//! window's thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use serde::Serialize;
use skts_authenticator::views::{
    CheckView, CodeView, DoctorReport, GlanceView, Language, WhichCode,
};
use skts_authenticator::{AppError, AppState, Authenticator, Canceller, ErrorCode, Settings};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, WebviewWindow};
use zeroize::Zeroizing;

use crate::screenshots::Screenshots;
use crate::window::{self, LABEL};
use crate::{clipboard, language};

/// A window that has not reported its first content by then is shown all the same.
const REVEAL_AT_LATEST: Duration = Duration::from_secs(2);

/// What the page is told before its first line runs.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct StartView {
    /// Enough for the first paint; `null` if the authenticator could not be made.
    pub(crate) glance: Option<GlanceView>,
    /// Why not.
    pub(crate) problem: Option<AppError>,
    /// The languages the system names, the preferred first; `null`: the web view knows.
    pub(crate) languages: Option<Vec<String>>,
    /// There may be a tray to stay in.
    pub(crate) desktop: bool,
}

/// What the page is told when the profile has been opened: the state and, in one answer, what its
/// first screen shows.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct OpenedView {
    pub(crate) state: AppState,
    /// The code of the selected token of an app in order.
    pub(crate) code: Option<CodeView>,
}

/// What the service says of a token, and the state that makes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct CheckedView {
    pub(crate) state: AppState,
    pub(crate) told: CheckView,
}

/// What was found on this device, and the state it is in: looking opens the profile anew.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct DiagnosedView {
    pub(crate) state: AppState,
    pub(crate) report: DoctorReport,
}

/// What was copied.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct CopiedView {
    pub(crate) which: WhichCode,
    /// It is then cleared from the clipboard, if it is still there.
    pub(crate) clear_after_secs: u32,
}

/// What the worker thread works with.
pub(crate) struct Desk {
    authenticator: Result<Authenticator, AppError>,
    app: AppHandle,
    /// The system's language, where the customer chose none.
    system_language: Language,
    /// The report the page shows.
    pub(crate) diagnosis: Option<DoctorReport>,
    /// Where the page hears that the app was locked.
    pub(crate) page: Option<Channel<AppState>>,
    /// The signature the page shows.
    pub(crate) signed: Option<Zeroizing<String>>,
}

impl Desk {
    pub(crate) fn authenticator(&mut self) -> Result<&mut Authenticator, AppError> {
        self.authenticator.as_mut().map_err(|error| error.clone())
    }

    /// Locks the app, where a PIN opens it again, and tells the page.
    #[cfg(desktop)]
    pub(crate) fn lock(&mut self) {
        let Ok(authenticator) = &mut self.authenticator else {
            return;
        };
        let state = authenticator.lock();
        if let (AppState::PinLocked { .. }, Some(page)) = (&state, &self.page) {
            // A page that has gone away shows nothing any more.
            let _ = page.send(state);
        }
    }

    pub(crate) fn app(&self) -> &AppHandle {
        &self.app
    }

    /// The language of what is shown outside the page.
    #[cfg_attr(
        mobile,
        expect(dead_code, reason = "phones show nothing outside the page")
    )]
    pub(crate) fn language(&self) -> Language {
        let authenticator = self.authenticator.as_ref().ok();
        let chosen = authenticator.and_then(|authenticator| authenticator.settings().language);
        chosen.unwrap_or(self.system_language)
    }

    /// Copies the code of this moment, or the next where this one is about to end.
    pub(crate) fn copy_code(&mut self, token_id: &str) -> Result<CopiedView, AppError> {
        let authenticator = self.authenticator()?;
        let code = authenticator.code_to_copy(token_id)?;
        let clear_after_secs = authenticator.settings().clear_after.secs();
        clipboard::copy_secret(&self.app, code.digits, clear_after_secs)?;
        Ok(CopiedView {
            which: code.which,
            clear_after_secs,
        })
    }

    /// The serial as it is typed at the bank.
    pub(crate) fn serial(&self, token_id: &str) -> Result<String, AppError> {
        let authenticator = self.authenticator.as_ref().map_err(Clone::clone)?;
        let token = authenticator
            .tokens()
            .into_iter()
            .find(|token| token.id == token_id);
        token
            .map(|token| token.serial)
            .ok_or_else(|| ErrorCode::UnknownToken.into())
    }
}

pub(crate) type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// The commands' state.
pub(crate) struct Shell {
    jobs: mpsc::Sender<Job>,
    canceller: Option<Canceller>,
    app: AppHandle,
    /// What a window that is made now is told.
    start: Arc<Mutex<StartView>>,
    /// The window of this number has been shown.
    revealed: Arc<AtomicU64>,
    /// The number of the window made last.
    windows: AtomicU64,
}

impl Shell {
    /// Starts the worker with what `make` makes.
    pub(crate) fn start(
        app: &AppHandle,
        languages: Option<Vec<String>>,
        make: impl FnOnce() -> Result<Authenticator, AppError>,
    ) -> std::io::Result<Self> {
        let authenticator = make();
        let start = Arc::new(Mutex::new(StartView {
            glance: authenticator.as_ref().ok().map(Authenticator::glance),
            problem: authenticator.as_ref().err().cloned(),
            languages,
            desktop: cfg!(desktop),
        }));
        let canceller = authenticator.as_ref().ok().map(Authenticator::canceller);
        let (jobs, queue) = mpsc::channel::<Job>();
        let mut desk = Desk {
            authenticator,
            app: app.clone(),
            system_language: language::of_the_system(locked(&start).languages.as_deref()),
            diagnosis: None,
            page: None,
            signed: None,
        };
        let told = Arc::clone(&start);
        std::thread::Builder::new()
            .name("authenticator".to_owned())
            .spawn(move || {
                for job in queue {
                    job(&mut desk);
                    let glance = desk.authenticator.as_ref().ok().map(Authenticator::glance);
                    locked(&told).glance = glance;
                }
            })?;
        #[cfg(target_os = "linux")]
        crate::session::watch(jobs.clone());
        let shell = Self {
            jobs,
            canceller,
            app: app.clone(),
            start,
            revealed: Arc::default(),
            windows: AtomicU64::default(),
        };
        // The first job: the keystore answers while the web view starts.
        shell
            .later(|desk| {
                if let Ok(authenticator) = desk.authenticator() {
                    authenticator.open_ahead();
                }
            })
            .ok_or_else(|| std::io::Error::other("the worker has ended"))?;
        Ok(shell)
    }

    /// What the customer set, as far as it can be known.
    pub(crate) fn settings(&self) -> Settings {
        let glance = locked(&self.start).glance.clone();
        glance.map(|glance| glance.settings).unwrap_or_default()
    }

    /// Makes the window, on its own thread: the one of the start, or anew where it was closed into the
    /// tray and has gone with all its memory.
    pub(crate) fn make_window(&self) -> tauri::Result<()> {
        let start = locked(&self.start).clone();
        let told = serde_json::to_string(&start)?;
        let number = self.windows.fetch_add(1, Ordering::SeqCst) + 1;
        window::make(&self.app, &told, self.settings().theme)?;
        self.reveal_at_latest(number);
        Ok(())
    }

    /// Runs `job` on the worker thread, after those that wait there already; `None` once there is no
    /// worker any more.
    pub(crate) fn later(&self, job: impl FnOnce(&mut Desk) + Send + 'static) -> Option<()> {
        self.jobs.send(Box::new(job)).ok()
    }

    /// Runs `call` on the worker thread, after those that wait there already.
    pub(crate) async fn on_worker<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Desk) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let (reply, mut answer) = tauri::async_runtime::channel(1);
        self.later(move |desk| drop(reply.try_send(call(desk))))
            .ok_or(ErrorCode::Internal)?;
        answer
            .recv()
            .await
            .unwrap_or_else(|| Err(ErrorCode::Internal.into()))
    }

    /// Stops a running set-up at its next step, past the queue it fills.
    pub(crate) fn stop_set_up(&self) {
        if let Some(canceller) = &self.canceller {
            canceller.cancel();
        }
    }

    /// Whether pictures of the window may be taken.
    pub(crate) fn screenshots(&self) -> tauri::State<'_, Screenshots> {
        self.app.state()
    }

    /// Closes the window, as its frame does.
    pub(crate) fn close_window(&self) {
        if let Some(window) = self.app.get_webview_window(LABEL) {
            drop(window.close());
        }
    }

    /// Ends the app, tray and all.
    pub(crate) fn quit(&self) {
        self.app.exit(0);
    }

    /// Shows the window: its first content stands.
    pub(crate) fn reveal(&self) {
        reveal(
            &self.app,
            &self.revealed,
            self.windows.load(Ordering::SeqCst),
        );
    }

    /// Shows the window in any case after a while: a page that fails must not stay unseen.
    fn reveal_at_latest(&self, number: u64) {
        let (revealed, app) = (Arc::clone(&self.revealed), self.app.clone());
        std::thread::spawn(move || {
            std::thread::sleep(REVEAL_AT_LATEST);
            reveal(&app, &revealed, number);
        });
    }
}

/// Shows the window `number`, once.
fn reveal(app: &AppHandle, revealed: &AtomicU64, number: u64) {
    if revealed.fetch_max(number, Ordering::SeqCst) < number
        && let Some(window) = app.get_webview_window(LABEL)
    {
        show(&window);
    }
}

/// Brings the window to the front, and makes it where there is none.
#[cfg(desktop)]
pub(crate) fn open_window(app: &AppHandle) {
    let made = app.clone();
    // A window is made on its thread, but not while it handles an event.
    let _ = app.run_on_main_thread(move || match made.get_webview_window(LABEL) {
        Some(window) => show(&window),
        None => {
            if let Err(error) = made.state::<Shell>().make_window() {
                eprintln!("the window could not be opened: {error}");
            }
        }
    });
}

/// Shows the window. Without a frame around it (mobile) it is shown already.
fn show(window: &WebviewWindow) {
    #[cfg(desktop)]
    drop(
        window
            .show()
            .and_then(|()| window.unminimize())
            .and_then(|()| window.set_focus()),
    );
    #[cfg(mobile)]
    let _ = window;
}

fn locked(start: &Mutex<StartView>) -> MutexGuard<'_, StartView> {
    start.lock().unwrap_or_else(PoisonError::into_inner)
}

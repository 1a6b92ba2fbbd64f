//! What stands behind the commands: the window, and one worker thread that owns the
//! authenticator. Keystore, network and password stretching block; they never do so on the
//! window's thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde::Serialize;
use skts_authenticator::views::{CheckView, CodeView, DoctorReport, GlanceView, WhichCode};
use skts_authenticator::{AppError, AppState, Authenticator, Canceller, ErrorCode};
use tauri::{AppHandle, Manager, WebviewWindow};

use crate::screenshots::Screenshots;
use crate::window::LABEL;

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
    /// The report the page shows.
    pub(crate) diagnosis: Option<DoctorReport>,
}

impl Desk {
    pub(crate) fn authenticator(&mut self) -> Result<&mut Authenticator, AppError> {
        self.authenticator.as_mut().map_err(|error| error.clone())
    }

    pub(crate) fn app(&self) -> &AppHandle {
        &self.app
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

type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// The commands' state.
pub(crate) struct Shell {
    jobs: mpsc::Sender<Job>,
    canceller: Option<Canceller>,
    app: AppHandle,
    revealed: Arc<AtomicBool>,
}

impl Shell {
    /// Starts the worker with what `make` makes; answers with what the page is told.
    pub(crate) fn start(
        app: &AppHandle,
        make: impl FnOnce() -> Result<Authenticator, AppError>,
    ) -> std::io::Result<(Self, StartView)> {
        let authenticator = make();
        let start = StartView {
            glance: authenticator.as_ref().ok().map(Authenticator::glance),
            problem: authenticator.as_ref().err().cloned(),
            languages: None,
        };
        let canceller = authenticator.as_ref().ok().map(Authenticator::canceller);
        let (jobs, queue) = mpsc::channel::<Job>();
        let mut desk = Desk {
            authenticator,
            app: app.clone(),
            diagnosis: None,
        };
        std::thread::Builder::new()
            .name("authenticator".to_owned())
            .spawn(move || {
                for job in queue {
                    job(&mut desk);
                }
            })?;
        // The first job: the keystore answers while the web view starts.
        let ahead: Job = Box::new(|desk| {
            if let Ok(authenticator) = desk.authenticator() {
                authenticator.open_ahead();
            }
        });
        jobs.send(ahead)
            .map_err(|_| std::io::Error::other("the worker has ended"))?;
        let revealed = Arc::new(AtomicBool::new(false));
        Ok((
            Self {
                jobs,
                canceller,
                app: app.clone(),
                revealed,
            },
            start,
        ))
    }

    /// Runs `call` on the worker thread, after those that wait there already.
    pub(crate) async fn on_worker<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Desk) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let (reply, mut answer) = tauri::async_runtime::channel(1);
        let job: Job = Box::new(move |desk| drop(reply.try_send(call(desk))));
        self.jobs.send(job).map_err(|_| ErrorCode::Internal)?;
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

    /// Shows the window: its first content stands.
    pub(crate) fn reveal(&self) {
        if !self.revealed.swap(true, Ordering::SeqCst)
            && let Some(window) = self.app.get_webview_window(LABEL)
        {
            show(&window);
        }
    }

    /// Shows the window in any case after a while: a page that fails must not stay unseen.
    pub(crate) fn reveal_at_latest(&self) {
        let (revealed, app) = (Arc::clone(&self.revealed), self.app.clone());
        std::thread::spawn(move || {
            std::thread::sleep(REVEAL_AT_LATEST);
            if !revealed.swap(true, Ordering::SeqCst)
                && let Some(window) = app.get_webview_window(LABEL)
            {
                show(&window);
            }
        });
    }
}

/// Shows the window. Without a frame around it (mobile) it is shown already.
pub(crate) fn show(window: &WebviewWindow) {
    #[cfg(desktop)]
    drop(window.show().and_then(|()| window.set_focus()));
    #[cfg(mobile)]
    let _ = window;
}

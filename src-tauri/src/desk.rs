//! The thread that owns the authenticator. Its calls block on the keystore and the network, so none
//! runs on the window's thread.

use std::sync::mpsc;
use std::thread;

use skts_authenticator::{AppError, Authenticator, Canceller, ErrorCode};

type Job = Box<dyn FnOnce(&mut Authenticator) + Send>;

/// Where commands hand in what they want done.
pub(crate) struct Desk(Result<Open, AppError>);

struct Open {
    jobs: mpsc::Sender<Job>,
    canceller: Canceller,
}

impl Desk {
    /// A desk with `authenticator` behind it.
    pub(crate) fn of(mut authenticator: Authenticator) -> Self {
        let canceller = authenticator.canceller();
        let (jobs, waiting) = mpsc::channel::<Job>();
        let clerk = thread::Builder::new().name("authenticator".to_owned()).spawn(move || {
            for job in waiting {
                job(&mut authenticator);
            }
        });
        match clerk {
            Ok(_) => Self(Ok(Open { jobs, canceller })),
            Err(_) => Self::closed(ErrorCode::Internal.into()),
        }
    }

    /// A desk at which every call is refused with `problem`.
    pub(crate) fn closed(problem: AppError) -> Self {
        Self(Err(problem))
    }

    /// Has `job` done after those handed in before, and waits for its answer.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Authenticator) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let open = self.0.as_ref().map_err(Clone::clone)?;
        let (answer, mut answered) = tauri::async_runtime::channel(1);
        let job: Job = Box::new(move |authenticator| {
            // Nobody waits any more when the window is gone.
            let _ = answer.blocking_send(job(authenticator));
        });
        open.jobs.send(job).map_err(|_| ErrorCode::Internal)?;
        answered.recv().await.ok_or_else(|| ErrorCode::Internal.into())
    }

    /// Asks a running set-up to stop at its next step, without waiting for its turn.
    pub(crate) fn stop_set_up(&self) {
        if let Ok(open) = &self.0 {
            open.canceller.cancel();
        }
    }
}

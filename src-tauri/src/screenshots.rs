//! Pictures of the window: kept from being taken where the system offers that, and allowed for five
//! minutes to whoever asks, as people who share their screen to be helped do. What was allowed is
//! nowhere but in memory, so that a start begins without it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use skts_authenticator::ports::{Clock, Steady};

/// How long pictures stay allowed.
const ALLOWED: Duration = Duration::from_secs(5 * 60);

/// Keeps pictures from being taken, or lets them be.
pub(crate) type Guard = Box<dyn Fn(bool) + Send + Sync>;

/// What the page is told of pictures of the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ScreenshotsView {
    /// Whether this system lets an app keep pictures of its window from being taken.
    pub(crate) can_block: bool,
    /// For how many seconds more they are allowed; `null`: they are not.
    pub(crate) allowed_secs: Option<u32>,
}

/// Whether pictures may be taken now.
pub(crate) struct Screenshots(Arc<Permission>);

struct Permission {
    clock: Arc<dyn Clock>,
    /// `None` where the system offers nothing of the kind.
    guard: Option<Guard>,
    since: Mutex<Option<Steady>>,
}

impl Screenshots {
    pub(crate) fn new(clock: Arc<dyn Clock>, guard: Option<Guard>) -> Self {
        let since = Mutex::new(None);
        Self(Arc::new(Permission {
            clock,
            guard,
            since,
        }))
    }

    pub(crate) fn view(&self) -> ScreenshotsView {
        ScreenshotsView {
            can_block: self.0.guard.is_some(),
            allowed_secs: self.settle().map(in_secs),
        }
    }

    /// Allows pictures for five minutes from now, or ends that.
    pub(crate) fn allow(&self, allowed: bool) -> ScreenshotsView {
        if self.0.guard.is_some() {
            let since = allowed.then(|| self.0.clock.steady()).flatten();
            *self.0.since() = since;
            self.watch();
        }
        self.view()
    }

    /// Puts into force what holds now, and says how long it will. Also when the window is come back to:
    /// no timer runs while a phone sleeps, and a window made anew is shut.
    pub(crate) fn settle(&self) -> Option<Duration> {
        self.0.settle()
    }

    /// Ends the permission when its time is over.
    fn watch(&self) {
        let permission = Arc::clone(&self.0);
        let Some(since) = permission.since().clone() else {
            return;
        };
        std::thread::spawn(move || {
            // Another permission has another thread.
            while permission.since().as_ref() == Some(&since) {
                match permission.settle() {
                    Some(left) => std::thread::sleep(left),
                    None => break,
                }
            }
        });
    }
}

impl Permission {
    fn since(&self) -> std::sync::MutexGuard<'_, Option<Steady>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self) -> Option<Duration> {
        let guard = self.guard.as_ref()?;
        // Held meanwhile: what is put into force last is what holds.
        let mut since = self.since();
        let left = since
            .as_ref()
            .and_then(|since| left(since, self.clock.steady()?));
        if left.is_none() {
            *since = None;
        }
        guard(left.is_none());
        left
    }
}

/// What is left of a permission. A clock that cannot be compared, or went back, ends it.
fn left(since: &Steady, now: Steady) -> Option<Duration> {
    let passed = (since.boot == now.boot)
        .then(|| now.millis.checked_sub(since.millis))
        .flatten()?;
    let left = ALLOWED.checked_sub(Duration::from_millis(passed))?;
    (!left.is_zero()).then_some(left)
}

/// Whole seconds, none too early.
fn in_secs(left: Duration) -> u32 {
    u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;

    /// A clock that stands until it is set.
    #[derive(Default)]
    struct Set {
        millis: AtomicU64,
        rebooted: AtomicBool,
    }

    impl Clock for Set {
        fn now_millis(&self) -> u64 {
            0
        }

        fn steady(&self) -> Option<Steady> {
            Some(Steady {
                boot: format!("boot-{}", self.rebooted.load(Ordering::SeqCst)),
                millis: self.millis.load(Ordering::SeqCst),
            })
        }
    }

    impl Set {
        fn to_secs(&self, secs: u64) {
            self.millis.store(secs * 1000, Ordering::SeqCst);
        }
    }

    /// The window at 1000 s, its clock, and whether it is shut.
    fn window() -> (Screenshots, Arc<Set>, Arc<AtomicBool>) {
        let clock = Arc::new(Set::default());
        clock.to_secs(1000);
        let shut = Arc::new(AtomicBool::new(true));
        let kept = Arc::clone(&shut);
        let guard: Guard = Box::new(move |blocked| kept.store(blocked, Ordering::SeqCst));
        let screenshots = Screenshots::new(Arc::clone(&clock) as Arc<dyn Clock>, Some(guard));
        (screenshots, clock, shut)
    }

    fn told(allowed_secs: Option<u32>) -> ScreenshotsView {
        ScreenshotsView {
            can_block: true,
            allowed_secs,
        }
    }

    #[test]
    fn pictures_are_allowed_for_five_minutes_and_no_longer() {
        let (screenshots, clock, shut) = window();
        assert_eq!(screenshots.view(), told(None));
        assert_eq!(screenshots.allow(true), told(Some(300)));
        assert!(!shut.load(Ordering::SeqCst));
        clock.to_secs(1299);
        assert_eq!(screenshots.view(), told(Some(1)));
        assert!(!shut.load(Ordering::SeqCst));
        clock.to_secs(1300);
        assert_eq!(screenshots.settle(), None);
        assert!(shut.load(Ordering::SeqCst));
        // It does not come back with the time.
        clock.to_secs(1100);
        assert_eq!(screenshots.view(), told(None));
        assert!(shut.load(Ordering::SeqCst));
    }

    #[test]
    fn a_permission_can_be_ended_and_given_again() {
        let (screenshots, clock, shut) = window();
        screenshots.allow(true);
        assert_eq!(screenshots.allow(false), told(None));
        assert!(shut.load(Ordering::SeqCst));
        screenshots.allow(true);
        clock.to_secs(1200);
        assert_eq!(screenshots.allow(true), told(Some(300)));
        clock.to_secs(1450);
        assert_eq!(screenshots.view(), told(Some(50)));
    }

    #[test]
    fn a_clock_that_went_back_or_began_anew_ends_it() {
        let (screenshots, clock, shut) = window();
        screenshots.allow(true);
        clock.to_secs(999);
        assert_eq!(screenshots.view(), told(None));
        screenshots.allow(true);
        assert!(!shut.load(Ordering::SeqCst));
        clock.rebooted.store(true, Ordering::SeqCst);
        assert_eq!(screenshots.view(), told(None));
        assert!(shut.load(Ordering::SeqCst));
    }

    /// The thread that watches the time needs nobody to look.
    #[test]
    fn it_ends_by_itself() {
        struct Late;
        impl Clock for Late {
            fn now_millis(&self) -> u64 {
                0
            }
            /// Each reading is a millisecond less than five minutes after the one before.
            fn steady(&self) -> Option<Steady> {
                static MILLIS: AtomicU64 = AtomicU64::new(0);
                Some(Steady {
                    boot: String::new(),
                    millis: MILLIS.fetch_add(299_999, Ordering::SeqCst),
                })
            }
        }
        let (shut, wait) = std::sync::mpsc::channel();
        let guard: Guard = Box::new(move |blocked| {
            let _ = shut.send(blocked);
        });
        let screenshots = Screenshots::new(Arc::new(Late), Some(guard));
        let permission = &screenshots.0;
        *permission.since() = permission.clock.steady();
        screenshots.watch();
        let next = || wait.recv_timeout(Duration::from_secs(30)).unwrap();
        assert!(!next());
        assert!(next());
    }

    #[test]
    fn where_nothing_can_be_blocked_nothing_is_allowed_either() {
        let screenshots = Screenshots::new(Arc::new(Set::default()), None);
        let nothing = ScreenshotsView {
            can_block: false,
            allowed_secs: None,
        };
        assert_eq!(screenshots.allow(true), nothing);
        assert_eq!(screenshots.view(), nothing);
    }
}

//! A clock that stands still until it is set.

use std::sync::atomic::{AtomicU64, Ordering};

use skts_authenticator::ports::{Clock, Steady};

/// Wall clock and steady clock, set together.
#[derive(Debug)]
pub(crate) struct StillClock {
    wall_ms: AtomicU64,
}

impl StillClock {
    pub(crate) fn at(secs: u64) -> Self {
        let clock = Self {
            wall_ms: AtomicU64::new(0),
        };
        clock.set(secs);
        clock
    }

    /// Time passes, or is turned back, to `secs` since the Unix epoch.
    pub(crate) fn set(&self, secs: u64) {
        self.wall_ms
            .store(secs.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now_millis(&self) -> u64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    /// Nobody ever sets this computer's clock: both go together.
    fn steady(&self) -> Option<Steady> {
        Some(Steady {
            boot: "scene".to_owned(),
            millis: self.now_millis(),
        })
    }
}

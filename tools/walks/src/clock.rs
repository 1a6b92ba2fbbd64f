//! The time of a walk, which it alone moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use skts_authenticator::ports::Steady;
use skts_otp::UnixTime;

/// 2026-10-06, a Tuesday, 10:00:00 in Japan: when every walk begins.
const BEGINS_AT: u64 = 1_791_248_400;

/// One clock for bank, service and phones.
#[derive(Clone, Debug)]
pub(crate) struct SetClock(Arc<AtomicU64>);

impl SetClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(BEGINS_AT)))
    }

    pub(crate) fn pass(&self, secs: u64) {
        self.0.fetch_add(secs, Ordering::SeqCst);
    }

    pub(crate) fn secs(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl skts_issuer::Clock for SetClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.secs())
    }
}

impl skts_sample_bank::Clock for SetClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.secs())
    }
}

impl skts_authenticator::ports::Clock for SetClock {
    fn now_millis(&self) -> u64 {
        self.secs().saturating_mul(1000)
    }

    fn steady(&self) -> Option<Steady> {
        Some(Steady {
            boot: "walk".to_owned(),
            millis: self.now_millis(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_begins_in_business_hours_of_a_working_day() {
        let begins = chrono::DateTime::from_timestamp(i64::try_from(BEGINS_AT).unwrap(), 0);
        let in_japan = begins.unwrap() + chrono::TimeDelta::hours(9);
        assert_eq!(
            in_japan.format("%a %F %T").to_string(),
            "Tue 2026-10-06 10:00:00"
        );
    }
}

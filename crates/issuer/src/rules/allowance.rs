//! Limits per caller: a bucket of calls that refills.

use std::collections::HashMap;
use std::hash::Hash;

use skts_otp::UnixTime;

/// How much one caller may ask.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Calls at once.
    pub burst: u32,
    /// Calls a minute in the long run.
    pub per_minute: u32,
}

/// Buckets of the callers seen lately.
#[derive(Debug)]
pub struct CallLimits<C> {
    allowance: Allowance,
    buckets: HashMap<C, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Sixtieths of a call, so that whole seconds refill exactly.
    left: u64,
    at: UnixTime,
}

/// Callers remembered; beyond it, full buckets are forgotten.
const MOST_CALLERS: usize = 100_000;

impl<C: Eq + Hash> CallLimits<C> {
    /// Nobody has asked anything yet.
    pub fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            buckets: HashMap::new(),
        }
    }

    /// Takes one call of `caller`.
    ///
    /// # Errors
    /// Seconds to wait, at least one, if there is none left.
    pub fn take(&mut self, caller: C, now: UnixTime) -> Result<(), u64> {
        let full = u64::from(self.allowance.burst) * 60;
        let rate = u64::from(self.allowance.per_minute);
        if self.buckets.len() >= MOST_CALLERS {
            self.buckets
                .retain(|_, b| b.left.saturating_add(now.secs_since(b.at) * rate) < full);
        }
        let bucket = self.buckets.entry(caller).or_insert(Bucket {
            left: full,
            at: now,
        });
        bucket.left = bucket
            .left
            .saturating_add(now.secs_since(bucket.at) * rate)
            .min(full);
        bucket.at = bucket.at.max(now);
        if bucket.left < 60 {
            return Err((60 - bucket.left).div_ceil(rate.max(1)).max(1));
        }
        bucket.left -= 60;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> UnixTime {
        UnixTime::from_secs(secs)
    }

    fn limits(burst: u32, per_minute: u32) -> CallLimits<&'static str> {
        CallLimits::new(Allowance { burst, per_minute })
    }

    #[test]
    fn a_burst_is_let_through_then_one_call_a_refill() {
        let mut limits = limits(3, 6);
        for _ in 0..3 {
            assert_eq!(limits.take("one", at(100)), Ok(()));
        }
        assert_eq!(limits.take("one", at(100)), Err(10));
        assert_eq!(limits.take("one", at(109)), Err(1));
        assert_eq!(limits.take("one", at(110)), Ok(()));
        assert_eq!(limits.take("another", at(110)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_gives_nothing_away() {
        let mut limits = limits(1, 60);
        assert_eq!(limits.take("one", at(1000)), Ok(()));
        assert!(limits.take("one", at(10)).is_err());
    }
}

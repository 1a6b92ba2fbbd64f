//! Real time, read in this one place, and waiting for something to become true.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};

/// The moment by the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "stories run in real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Milliseconds since 1970 by the wall clock.
#[expect(clippy::disallowed_methods, reason = "stories run in real time")]
pub fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| {
            u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
        })
}

/// Seconds left of the time step of `period_secs` that is running now.
pub fn secs_left(period_secs: u64) -> u64 {
    period_secs - (unix_millis() / 1000) % period_secs
}

/// Sleeps until at least `needed_secs` of the running time step are left.
///
/// A story that shows a code and has it checked later must not straddle a step.
pub fn leave_room(period_secs: u64, needed_secs: u64) {
    let left = secs_left(period_secs);
    if left < needed_secs {
        sleep(Duration::from_secs(left) + Duration::from_millis(100));
    }
}

/// Asks `probe` until it answers, at most for `limit`: after 20 ms, then ever less often, to leave the
/// machine to what is waited for.
///
/// # Errors
/// When `limit` passes without an answer; the message names `what` was waited for.
pub fn wait_for<T>(
    limit: Duration,
    what: &str,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = now();
    let mut pause = Duration::from_millis(20);
    loop {
        if let Some(answer) = probe()? {
            return Ok(answer);
        }
        if started.elapsed() > limit {
            bail!("waited {limit:?} in vain for {what}");
        }
        sleep(pause);
        pause = (pause * 5 / 4).min(Duration::from_millis(100));
    }
}

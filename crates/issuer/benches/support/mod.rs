//! What the benches of the service share: a service filled with tokens, clients that load it, and the
//! floor it is held against.

pub(crate) mod client;
pub(crate) mod contest;
pub(crate) mod floor;
pub(crate) mod tokens;
#[path = "../../tests/service/world.rs"]
pub(crate) mod world;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The middle one of several values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A figure with as many places as it is worth.
pub(crate) fn rounded(value: f64) -> f64 {
    if value.abs() >= 100.0 {
        value.round()
    } else {
        (value * 1000.0).round() / 1000.0
    }
}

/// A point in time, for durations.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day, by which a service that is a process of its own goes.
#[expect(
    clippy::disallowed_methods,
    reason = "the processes' clock is the real one"
)]
pub(crate) fn time_of_day() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a time after 1970").as_secs()
}

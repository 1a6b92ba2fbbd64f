//! How far the device's clock is off, and how long that is believed.
//!
//! ```text
//! measured at set-up or check-in: service time − the middle of asking and answer
//! Fresh ──7 days──► Old
//!   ├── the wall clock moves against the steady one by more than 2 s ──► Jumped
//!   └── another boot ──► Restarted
//! ```
//! Only while fresh are codes computed with it, and only if the clock is off by more than the measuring
//! can be: a clock that may well be right is left alone, so that codes change when they should. Time
//! zones play no part: both are Unix times.

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;

use crate::clock_words::{clock_words, how_to_set, uncorrected_words};
use crate::ports::{Clock, Steady};
use crate::views::{ClockTrust, ClockView, LocalizedView};

/// How long a measurement is believed.
const FRESH_MS: u64 = 7 * 86_400_000;
/// A call that took longer says too little about the time in between.
const MOST_ROUND_TRIP_MS: u64 = 10_000;
/// A clock that is off by so much is to be set: without a correction its codes would not be accepted.
const WRONG_SECS: u64 = 60;
/// How far wall and steady clock may part: more is somebody setting the clock.
const MOST_PARTED_MS: u64 = 2_000;
/// The service tells whole seconds: on average it is half a second later.
const HALF_A_SECOND_MS: i128 = 500;

/// Both clocks at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// Milliseconds since the Unix epoch, by the device.
    pub(crate) wall_ms: u64,
    steady: Option<Steady>,
}

impl Reading {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self {
            wall_ms: clock.now_millis(),
            steady: clock.steady(),
        }
    }
}

/// A measurement, as it is noted with the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClockMark {
    /// Service time minus device time; 0 if it is no more than the measuring may be wrong by.
    offset_ms: i64,
    wall_ms: u64,
    steady_ms: u64,
    boot: String,
}

impl ClockMark {
    /// Compares the service's time with the device's. None if the call took too long, the clock was
    /// set meanwhile, or there is no steady clock to tell that by later.
    pub(crate) fn measure(asked: &Reading, answered: &Reading, service: UnixTime) -> Option<Self> {
        let (before, after) = (asked.steady.as_ref()?, answered.steady.as_ref()?);
        let took_ms = after.millis.checked_sub(before.millis)?;
        let still = parted_ms(asked.wall_ms, answered.wall_ms, took_ms) <= MOST_PARTED_MS;
        if before.boot != after.boot || took_ms > MOST_ROUND_TRIP_MS || !still {
            return None;
        }
        let middle = (i128::from(asked.wall_ms) + i128::from(answered.wall_ms)) / 2;
        let there = i128::from(service.as_secs()) * 1000 + HALF_A_SECOND_MS;
        let offset_ms = i64::try_from(there - middle).ok()?;
        let error_ms = HALF_A_SECOND_MS + i128::from(took_ms) / 2;
        let off = i128::from(offset_ms).abs() > error_ms;
        Some(Self {
            offset_ms: if off { offset_ms } else { 0 },
            wall_ms: answered.wall_ms,
            steady_ms: after.millis,
            boot: after.boot.clone(),
        })
    }

    /// Service time minus device time, in whole seconds.
    pub(crate) fn offset_secs(&self) -> i64 {
        self.offset_ms / 1000
    }

    /// Whether it is believed now, and how old it is.
    fn trust(&self, now: &Reading) -> (ClockTrust, Option<u64>) {
        let Some(steady) = now.steady.as_ref().filter(|now| now.boot == self.boot) else {
            return (ClockTrust::Restarted, None);
        };
        let Some(age_ms) = steady.millis.checked_sub(self.steady_ms) else {
            return (ClockTrust::Restarted, None);
        };
        let trust = if parted_ms(self.wall_ms, now.wall_ms, age_ms) > MOST_PARTED_MS {
            ClockTrust::Jumped
        } else if age_ms > FRESH_MS {
            ClockTrust::Old
        } else {
            ClockTrust::Fresh
        };
        (trust, Some(age_ms))
    }
}

/// By how much the wall clock went further, or less far, than `age_ms` between two readings.
fn parted_ms(earlier_ms: u64, later_ms: u64, age_ms: u64) -> u64 {
    let moved = i128::from(later_ms) - i128::from(earlier_ms);
    u64::try_from((moved - i128::from(age_ms)).unsigned_abs()).unwrap_or(u64::MAX)
}

/// What is added to the device's time: something while `mark` is fresh, else nothing.
pub(crate) fn correction_ms(mark: Option<&ClockMark>, now: &Reading) -> i64 {
    let fresh = mark.filter(|mark| mark.trust(now).0 == ClockTrust::Fresh);
    fresh.map_or(0, |mark| mark.offset_ms)
}

/// `millis` moved by `by_ms`; capped, because a clock may show anything.
pub(crate) fn moved(millis: u64, by_ms: i64) -> u64 {
    millis.saturating_add_signed(by_ms)
}

/// How the device's clock stands, for people.
pub(crate) fn view(mark: Option<&ClockMark>, now: &Reading) -> ClockView {
    let (trust, age_ms) = mark.map_or((ClockTrust::Never, None), |mark| mark.trust(now));
    // A clock that was set since is off by something else now.
    let told = matches!(trust, ClockTrust::Fresh | ClockTrust::Old);
    let off_secs = mark
        .filter(|_| told)
        .map(|mark| mark.offset_secs().saturating_neg());
    let measured_secs_ago = age_ms.map(|age| age / 1000);
    ClockView {
        trust,
        off_secs,
        measured_secs_ago,
        text: clock_words(trust, off_secs, measured_secs_ago),
        how_to_set: off_secs.and_then(how_if_wrong),
    }
}

/// A clock that service and device differ about by `offset_secs` (service minus device), where that was
/// not measured well enough to correct anything by it. None: it is nearly right.
pub(crate) fn uncorrected(offset_secs: i64) -> Option<ClockView> {
    let off_secs = offset_secs.saturating_neg();
    let how_to_set = how_if_wrong(off_secs)?;
    Some(ClockView {
        trust: ClockTrust::Never,
        off_secs: Some(off_secs),
        measured_secs_ago: Some(0),
        text: uncorrected_words(off_secs),
        how_to_set: Some(how_to_set),
    })
}

/// How the clock is set, if it is to be.
fn how_if_wrong(off_secs: i64) -> Option<LocalizedView> {
    (off_secs.unsigned_abs() >= WRONG_SECS).then(|| how_to_set(std::env::consts::OS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_795_176_010_000;

    fn at(wall_ms: u64, steady_ms: u64) -> Reading {
        boot("one", wall_ms, steady_ms)
    }

    fn boot(name: &str, wall_ms: u64, steady_ms: u64) -> Reading {
        Reading {
            wall_ms,
            steady: Some(Steady {
                boot: name.to_owned(),
                millis: steady_ms,
            }),
        }
    }

    fn service(secs_ahead: i64) -> UnixTime {
        UnixTime::from_secs((NOW_MS / 1000).saturating_add_signed(secs_ahead))
    }

    /// Measured at NOW, on a clock three minutes ahead.
    fn mark() -> ClockMark {
        let readings = (at(NOW_MS, 5_000), at(NOW_MS + 200, 5_200));
        ClockMark::measure(&readings.0, &readings.1, service(-180)).unwrap()
    }

    #[test]
    fn half_the_way_there_and_back_and_half_a_second_are_taken_off() {
        assert_eq!(mark().offset_ms, -180_000 + 500 - 100);
        let shown = view(Some(&mark()), &at(NOW_MS + 7_200_200, 7_205_200));
        assert_eq!(shown.off_secs, Some(179));
        assert_eq!(shown.measured_secs_ago, Some(7200));
    }

    #[test]
    fn a_clock_that_may_be_right_is_left_alone() {
        let measured = |wall_ms: u64, took_ms: u64, ahead: i64| {
            let answered = at(wall_ms + took_ms, 5_000 + took_ms);
            let mark = ClockMark::measure(&at(wall_ms, 5_000), &answered, service(ahead));
            correction_ms(mark.as_ref(), &answered)
        };
        // The service's second is the device's: its last millisecond, its first, and a slow answer.
        assert_eq!(measured(NOW_MS + 999, 0, 0), 0);
        assert_eq!(measured(NOW_MS, 0, 0), 0);
        assert_eq!(measured(NOW_MS, 2_900, 1), 0);
        assert_eq!(measured(NOW_MS, 2_900, 3), 2_050);
        assert_eq!(measured(NOW_MS, 0, 1), 1_500);
        assert_eq!(measured(NOW_MS, 0, -1), 0);
        assert_eq!(measured(NOW_MS + 1, 0, -1), -501);
    }

    #[test]
    fn a_slow_call_one_over_a_reboot_and_one_over_a_jump_measure_nothing() {
        let asked = at(NOW_MS, 5_000);
        let measured = |answered| ClockMark::measure(&asked, &answered, service(0));
        assert!(measured(at(NOW_MS + 10_000, 15_000)).is_some());
        assert!(measured(at(NOW_MS + 10_001, 15_001)).is_none());
        assert!(measured(at(NOW_MS + 3_600_000, 5_100)).is_none());
        assert!(measured(at(NOW_MS - 3_000, 5_100)).is_none());
        assert!(measured(boot("two", NOW_MS + 100, 5_100)).is_none());
        assert!(measured(at(NOW_MS + 100, 4_000)).is_none());
        let none = Reading {
            wall_ms: NOW_MS,
            steady: None,
        };
        assert!(measured(none).is_none());
    }

    #[test]
    fn it_is_believed_for_seven_days_and_not_after_a_jump_or_a_reboot() {
        let (mark, week) = (mark(), FRESH_MS);
        let now = |ms: u64| at(NOW_MS + 200 + ms, 5_200 + ms);
        let jumped = |ms: i64| {
            let day = now(86_400_000);
            at(moved(day.wall_ms, ms), 5_200 + 86_400_000)
        };
        let later = boot("two", NOW_MS + 86_400_000, 1_000);
        for (reading, trust) in [
            (now(0), ClockTrust::Fresh),
            (now(week), ClockTrust::Fresh),
            (now(week + 1), ClockTrust::Old),
            (jumped(2_000), ClockTrust::Fresh),
            (jumped(2_001), ClockTrust::Jumped),
            (jumped(-2_001), ClockTrust::Jumped),
            (jumped(-86_400_000 * 400), ClockTrust::Jumped),
            (later, ClockTrust::Restarted),
            (at(NOW_MS, 0), ClockTrust::Restarted),
        ] {
            assert_eq!(view(Some(&mark), &reading).trust, trust, "{reading:?}");
            let corrected = correction_ms(Some(&mark), &reading) != 0;
            assert_eq!(corrected, trust == ClockTrust::Fresh, "{reading:?}");
        }
        assert_eq!(correction_ms(None, &now(0)), 0);
    }

    #[test]
    fn no_time_is_too_far_to_reckon_with() {
        for wall in [0, u64::MAX] {
            let _ = ClockMark::measure(&at(wall, 0), &at(wall, 1), UnixTime::from_secs(u64::MAX));
            let _ = view(Some(&mark()), &at(wall, u64::MAX));
        }
        assert_eq!((moved(5, -9), moved(u64::MAX, 1)), (0, u64::MAX));
    }
}

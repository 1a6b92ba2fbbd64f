//! How often a wrong PIN was tried, and how long that makes wait.
//!
//! ```text
//! wrong in a row  1  2   3      4      5      6       7       8    9     10
//! then wait       –  –  15 s  1 min  5 min  15 min  30 min  1 h  2 h   for ever
//! ```
//! A wait is counted by the clock that nobody sets, and after a restart by the wall clock. A wall
//! clock that shows a time before the try has the whole wait begin anew: no setting of it back makes
//! a wait shorter, and none that was wrong once makes it endless.

use skts_sealed::{FieldReader, FieldWriter};

use crate::record::{self, Kind, RecordError};

/// So many wrong PINs in a row are the end.
pub const MOST_PIN_TRIES: u32 = 10;

const WAITS_SECS: [u64; 10] = [0, 0, 0, 15, 60, 300, 900, 1800, 3600, 7200];

/// Both clocks at one moment, which the host reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch, by the wall clock.
    pub wall_ms: u64,
    /// Which run of the computer it is, and milliseconds of that run; sleep counted.
    pub steady: Option<(String, u64)>,
}

/// A wait that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinWait {
    /// How long from the moment asked about.
    pub left_ms: u64,
}

/// Where the lock of a profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinStatus {
    /// Wrong PINs that can still be tried; 0: it is over.
    pub tries_left: u32,
    /// Until then no PIN is looked at.
    pub wait: Option<PinWait>,
    /// The chip counts, and no copy of files or items gives a try back.
    pub in_hardware: bool,
}

impl PinStatus {
    /// Ten wrong ones: no PIN opens it any more.
    pub fn is_over(&self) -> bool {
        self.tries_left == 0
    }
}

/// What is kept in the keystore of the tries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tries {
    /// Wrong ones in a row.
    pub(crate) wrong: u32,
    /// The clocks when the last was counted.
    counted_at: Moment,
    /// Places in the chip to be given back, unless the lock is at one of them: of locks that were not
    /// finished, or replaced.
    pub(crate) to_clear: Vec<Vec<u8>>,
}

impl Tries {
    /// None yet.
    pub(crate) fn none(to_clear: Vec<Vec<u8>>) -> Self {
        Self {
            to_clear,
            ..Self::default()
        }
    }

    /// With the count the chip has; where that is higher, what was kept here is an older copy, and
    /// the wait that belongs to the chip's begins now.
    pub(crate) fn raised(self, chip_wrong: u32, now: &Moment) -> Self {
        if chip_wrong > self.wrong {
            Self {
                wrong: chip_wrong,
                counted_at: now.clone(),
                ..self
            }
        } else {
            self
        }
    }

    /// With one more, counted now.
    pub(crate) fn one_more(&self, now: &Moment) -> Self {
        Self {
            wrong: self.wrong.saturating_add(1),
            counted_at: now.clone(),
            to_clear: self.to_clear.clone(),
        }
    }

    /// With the wait begun anew, if the clock shows a time before it began; else as it is.
    pub(crate) fn anchored(self, now: &Moment) -> Self {
        if self.same_run(now).is_none() && now.wall_ms < self.counted_at.wall_ms {
            Self {
                counted_at: now.clone(),
                ..self
            }
        } else {
            self
        }
    }

    pub(crate) fn status(&self, now: &Moment, in_hardware: bool) -> PinStatus {
        let tries_left = MOST_PIN_TRIES.saturating_sub(self.wrong);
        let at = usize::try_from(self.wrong).unwrap_or(usize::MAX);
        let wait_ms = WAITS_SECS
            .get(at)
            .map_or(0, |secs| secs.saturating_mul(1000));
        let passed_ms = self
            .same_run(now)
            .unwrap_or_else(|| now.wall_ms.saturating_sub(self.counted_at.wall_ms));
        let left_ms = wait_ms.saturating_sub(passed_ms);
        PinStatus {
            tries_left,
            wait: (left_ms > 0 && tries_left > 0).then_some(PinWait { left_ms }),
            in_hardware,
        }
    }

    /// Milliseconds since the last try, by the clock that nobody sets.
    fn same_run(&self, now: &Moment) -> Option<u64> {
        let (boot, then_ms) = self.counted_at.steady.as_ref()?;
        let (now_boot, now_ms) = now.steady.as_ref()?;
        if boot == now_boot {
            now_ms.checked_sub(*then_ms)
        } else {
            None
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let (boot, steady_ms) = match &self.counted_at.steady {
            Some((boot, millis)) => (boot.as_str(), *millis),
            None => ("", 0),
        };
        let body = FieldWriter::new()
            .u64(u64::from(self.wrong))
            .u64(self.counted_at.wall_ms)
            .bytes(boot.as_bytes())
            .u64(steady_ms);
        let places = self.to_clear.iter();
        let body = places.fold(body, |body, place| body.bytes(place)).finish();
        // EXPOSE: numbers and a place, none of them secret.
        record::encode_frame(Kind::Tries, body.expose_secret())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut reader = FieldReader::new(record::decode_frame(Kind::Tries, bytes)?);
        let wrong = u32::try_from(reader.u64()?).map_err(|_| RecordError::Damaged)?;
        let wall_ms = reader.u64()?;
        let boot = std::str::from_utf8(reader.bytes()?).map_err(|_| RecordError::Damaged)?;
        let boot = boot.to_owned();
        let steady_ms = reader.u64()?;
        let mut to_clear = Vec::new();
        while !reader.is_at_end() {
            to_clear.push(reader.bytes()?.to_vec());
        }
        let steady = (!boot.is_empty()).then_some((boot, steady_ms));
        Ok(Self {
            wrong,
            counted_at: Moment { wall_ms, steady },
            to_clear,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall_secs: u64, steady: Option<(&str, u64)>) -> Moment {
        Moment {
            wall_ms: wall_secs * 1000,
            steady: steady.map(|(boot, secs)| (boot.to_owned(), secs * 1000)),
        }
    }

    fn wrong(times: u32, at: &Moment) -> Tries {
        (0..times).fold(Tries::default(), |tries, _| tries.one_more(at))
    }

    fn left_secs(tries: &Tries, now: &Moment) -> Option<u64> {
        tries
            .status(now, false)
            .wait
            .map(|wait| wait.left_ms / 1000)
    }

    #[test]
    fn waits_grow_and_the_tenth_wrong_pin_is_the_end() {
        let now = moment(1_800_000_000, Some(("a", 50)));
        let mut before = 0;
        for times in 0..=9 {
            let tries = wrong(times, &now);
            assert_eq!(tries.status(&now, false).tries_left, 10 - times);
            let wait = left_secs(&tries, &now).unwrap_or(0);
            assert_eq!(wait > 0, times >= 3, "{times}");
            assert!(times < 4 || wait > before, "{times}");
            before = wait;
        }
        for times in [10, 11, 500] {
            let status = wrong(times, &now).status(&now, false);
            assert!(status.is_over() && status.wait.is_none());
        }
    }

    #[test]
    fn no_setting_of_the_clock_makes_a_wait_shorter_while_the_computer_runs() {
        let tries = wrong(5, &moment(1_800_000_000, Some(("a", 50))));
        for wall_secs in [0, 1_700_000_000, 1_800_000_000, 1_900_000_000] {
            let now = moment(wall_secs, Some(("a", 60)));
            assert_eq!(left_secs(&tries.clone().anchored(&now), &now), Some(290));
        }
        let over = moment(0, Some(("a", 350)));
        assert_eq!(left_secs(&tries, &over), None);
    }

    #[test]
    fn a_restart_keeps_the_wait_and_a_clock_set_back_begins_it_anew() {
        let tries = wrong(5, &moment(1_800_000_000, Some(("a", 50))));
        let restarted = moment(1_800_000_100, Some(("b", 5)));
        assert_eq!(
            left_secs(&tries.clone().anchored(&restarted), &restarted),
            Some(200)
        );
        for now in [
            moment(1_700_000_000, Some(("b", 5))),
            moment(1_700_000_000, None),
        ] {
            assert_eq!(
                left_secs(&tries, &now),
                Some(300),
                "before it is written down anew, too"
            );
            let anchored = tries.clone().anchored(&now);
            assert_eq!(left_secs(&anchored, &now), Some(300));
            // And from there it goes on, however long the clock was wrong before.
            let later = moment(1_700_000_301, None);
            assert_eq!(left_secs(&anchored, &later), None);
        }
    }

    #[test]
    fn the_chips_count_holds_over_an_older_one() {
        let now = moment(1_800_000_000, None);
        let put_back = wrong(2, &moment(1_700_000_000, None));
        let raised = put_back.clone().raised(6, &now);
        assert_eq!((raised.wrong, left_secs(&raised, &now)), (6, Some(900)));
        assert_eq!(put_back.clone().raised(2, &now), put_back);
        assert_eq!(put_back.clone().raised(0, &now), put_back);
    }

    #[test]
    fn reads_what_it_wrote_and_nothing_else() {
        for steady in [None, Some(("boot", 7))] {
            let mut tries = wrong(3, &moment(1_800_000_000, steady));
            tries.to_clear = vec![vec![1, 2, 3], vec![4]];
            let bytes = tries.encode();
            assert_eq!(Tries::decode(&bytes), Ok(tries));
            // Cut between two places, one is forgotten: nothing else is lost by that.
            for cut in 0..bytes.len() - 16 {
                assert!(Tries::decode(&bytes[..cut]).is_err());
            }
        }
    }
}

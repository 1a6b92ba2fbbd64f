//! Whether a code is right: the search, and the plan of what is written.

use skts_otp::{
    AcceptanceWindow, CodeLength, Drift, HashAlgorithm, KeyLengthError, Otp, Period, TimeStep,
    TokenPolicy, UnixTime, verify, verify_pair,
};

/// What the bank is told of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right, and never again.
    Accepted {
        /// The step it belongs to.
        step: TimeStep,
    },
    /// Wrong.
    Rejected,
    /// Right, but of a step already used.
    Replayed,
    /// Not looked at: too many wrong ones before.
    Locked,
    /// The customer has no token a code could be checked against.
    Unknown,
}

impl Verdict {
    /// The word in the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Rejected => "rejected",
            Self::Replayed => "replayed",
            Self::Locked => "locked",
            Self::Unknown => "unknown",
        }
    }
}

/// What the search needs to know of a token.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// The hash under the code.
    pub hash: HashAlgorithm,
    /// How long a code is shown.
    pub period: Period,
    /// Steps accepted around the expected one.
    pub window: AcceptanceWindow,
    /// Lengths taken.
    pub code_length: CodeLength,
    /// The drift learnt so far.
    pub drift: Drift,
}

impl Search {
    /// The search of `policy` at the learnt `drift`.
    pub fn of(policy: &TokenPolicy, drift: Drift) -> Self {
        Self {
            hash: policy.hash,
            period: policy.period,
            window: policy.window,
            code_length: policy.code_length,
            drift,
        }
    }

    /// Looks for `otp` around `now`. Computes every candidate, whatever matches.
    ///
    /// # Errors
    /// [`KeyLengthError`] if the stored seed is none.
    pub fn find(&self, seed: &[u8], now: UnixTime, otp: &Otp) -> Result<Finding, KeyLengthError> {
        let clock = self.period.step_at(now);
        let base = clock.offset(i64::from(self.drift.steps())).unwrap_or(clock);
        Ok(match verify(seed, self.hash, base, self.window, otp)? {
            None => Finding::Miss,
            Some(step) => Finding::Match {
                step,
                drift: self.learn(step, base),
            },
        })
    }

    /// Looks for two consecutive codes within [`RESYNC_SECS`] of the clock, whatever drift was learnt.
    /// The drift found is where the token's clock really is; it is not capped.
    ///
    /// # Errors
    /// [`KeyLengthError`] if the stored seed is none.
    pub fn find_pair(
        &self,
        seed: &[u8],
        now: UnixTime,
        first: &Otp,
        second: &Otp,
    ) -> Result<Finding, KeyLengthError> {
        let clock = self.period.step_at(now);
        let steps = u8::try_from(RESYNC_SECS / self.period.as_secs()).unwrap_or(u8::MAX);
        let window = AcceptanceWindow {
            behind: steps,
            ahead: steps,
        };
        let found = verify_pair(seed, self.hash, clock, window, first, second)?;
        Ok(found.map_or(Finding::Miss, |step| {
            let ahead = i128::from(step.index()) - i128::from(clock.index());
            Finding::Match {
                step,
                drift: Drift::from_steps(i32::try_from(ahead).unwrap_or(0)),
            }
        }))
    }

    /// One step towards where the code was, at most [`most_drift`] away from the clock.
    fn learn(&self, step: TimeStep, base: TimeStep) -> Drift {
        let towards = match step.cmp(&base) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        };
        let most = most_drift(self.period);
        // A larger offset can only come from a resync; learning never takes it back in one leap.
        let (low, high) = (self.drift.steps().min(-most), self.drift.steps().max(most));
        Drift::from_steps((self.drift.steps() + towards).clamp(low, high))
    }
}

/// How far a token's clock may be off for a resync, either way.
pub const RESYNC_SECS: u32 = 3600;

/// Most steps of drift a soft token learns: two minutes either way.
pub fn most_drift(period: Period) -> i32 {
    if period.as_secs() <= 30 { 4 } else { 2 }
}

/// What the search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The code belongs to `step`.
    Match {
        /// The step.
        step: TimeStep,
        /// The drift to write if it is accepted.
        drift: Drift,
    },
    /// The code belongs to no step of the window.
    Miss,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use skts_otp::totp;

    use super::*;

    const SEED: &[u8; 32] = b"12345678901234567890123456789012";

    fn search(drift: i32) -> Search {
        Search::of(&TokenPolicy::self_provisioned(), Drift::from_steps(drift))
    }

    fn code_at(step: TimeStep) -> Otp {
        totp(SEED, HashAlgorithm::Sha256, step, skts_otp::Digits::Six).unwrap()
    }

    proptest! {
        #[test]
        fn a_code_is_found_iff_it_lies_in_the_window(
            now in 100_000_u64..5_000_000_000, drift in -4_i32..=4, distance in -6_i64..=6,
        ) {
            let search = search(drift);
            let base = Period::THIRTY
                .step_at(UnixTime::from_secs(now)).offset(i64::from(drift)).unwrap();
            let step = base.offset(distance).unwrap();
            let found = search.find(SEED, UnixTime::from_secs(now), &code_at(step)).unwrap();
            match found {
                Finding::Match { step: found, .. } if found == step => {
                    prop_assert!(distance.abs() <= 1);
                }
                // Another step of the window may show the same digits, once in a million.
                Finding::Match { .. } => {}
                Finding::Miss => prop_assert!(distance.abs() > 1),
            }
        }

        #[test]
        fn drift_moves_one_step_at_most_and_stays_capped(
            now in 100_000_u64..5_000_000_000, drift in -4_i32..=4, distance in -1_i64..=1,
        ) {
            let base = Period::THIRTY
                .step_at(UnixTime::from_secs(now)).offset(i64::from(drift)).unwrap();
            let code = code_at(base.offset(distance).unwrap());
            let found = search(drift).find(SEED, UnixTime::from_secs(now), &code).unwrap();
            if let Finding::Match { drift: learnt, .. } = found {
                prop_assert!((learnt.steps() - drift).abs() <= 1);
                prop_assert!(learnt.steps().abs() <= most_drift(Period::THIRTY));
            }
        }
    }

    #[test]
    fn a_pair_is_found_within_the_hour_and_only_in_its_order() {
        let now = UnixTime::from_secs(1_000_000_000);
        let clock = Period::THIRTY.step_at(now);
        for ahead in [-121_i64, -120, -3, 0, 3, 120, 121] {
            let second = clock.offset(ahead).unwrap();
            let first = second.offset(-1).unwrap();
            let (first, last) = (code_at(first), code_at(second));
            let expected = if ahead.abs() <= 120 {
                Finding::Match {
                    step: second,
                    drift: Drift::from_steps(i32::try_from(ahead).unwrap()),
                }
            } else {
                Finding::Miss
            };
            let pair = search(2).find_pair(SEED, now, &first, &last).unwrap();
            assert_eq!(pair, expected, "{ahead}");
            let swapped = search(2).find_pair(SEED, now, &last, &first).unwrap();
            assert_eq!(swapped, Finding::Miss, "{ahead}");
            let twice = search(2).find_pair(SEED, now, &last, &last).unwrap();
            assert_eq!(twice, Finding::Miss, "{ahead}");
        }
    }

    #[test]
    fn a_drift_set_by_resync_is_not_capped_but_does_not_grow() {
        let base = Period::THIRTY
            .step_at(UnixTime::from_secs(1_000_000))
            .offset(9)
            .unwrap();
        let found = search(9)
            .find(SEED, UnixTime::from_secs(1_000_000), &code_at(base.next()))
            .unwrap();
        assert_eq!(
            found,
            Finding::Match {
                step: base.next(),
                drift: Drift::from_steps(9)
            }
        );
    }
}

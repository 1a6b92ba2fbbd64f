//! Whether a code is right: the search, and the plan of what is written.

use skts_otp::{
    AcceptanceWindow, CodeLength, Drift, HashAlgorithm, KeyLengthError, Otp, Period, TimeStep,
    TokenPolicy, UnixTime, verify, verify_counter, verify_counter_pair, verify_pair,
};

use super::token::TokenKind;

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
    /// By which number a code differs from the one before.
    pub moving: Moving,
}

/// What a token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moving {
    /// Periods of its clock, which learns at most so many steps of drift.
    Time {
        /// Most steps either way.
        most_drift: i32,
    },
    /// Presses of its button.
    Presses {
        /// The last counter accepted; none at first.
        last: Option<u64>,
    },
}

impl Search {
    /// The search of a soft token of `policy` at the learnt `drift`.
    pub fn of(policy: &TokenPolicy, drift: Drift) -> Self {
        Self::of_kind(TokenKind::Soft, policy, drift, None)
    }

    /// The search of a token of `kind`.
    pub fn of_kind(kind: TokenKind, policy: &TokenPolicy, drift: Drift, last: Option<u64>) -> Self {
        let moving = match kind {
            TokenKind::Soft => Moving::Time {
                most_drift: most_drift(policy.period),
            },
            TokenKind::Totp => Moving::Time {
                most_drift: MOST_HARDWARE_DRIFT,
            },
            TokenKind::Hotp => Moving::Presses { last },
        };
        Self {
            moving,
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
        let most = match self.moving {
            Moving::Time { most_drift } => most_drift,
            Moving::Presses { last } => {
                // The last one accepted is looked at too: typed again it is a repeat, not a miss.
                let (from, ahead) = match last {
                    Some(last) => (last, LOOK_AHEAD.saturating_add(1)),
                    None => (0, LOOK_AHEAD),
                };
                let found = verify_counter(seed, self.hash, from, ahead, otp)?;
                return Ok(found.map_or(Finding::Miss, Finding::press));
            }
        };
        let clock = self.period.step_at(now);
        let base = clock.offset(i64::from(self.drift.steps())).unwrap_or(clock);
        if let Some(step) = verify(seed, self.hash, base, self.window, otp)? {
            let drift = self.learn(step, base, most);
            return Ok(Finding::Match { step, drift });
        }
        let near = verify(seed, self.hash, clock, self.an_hour(), otp)?;
        Ok(near.map_or(Finding::Miss, |step| {
            let offset = steps_from(clock, step);
            Finding::Near(Near { step, offset })
        }))
    }

    /// [`RESYNC_SECS`] each way.
    fn an_hour(&self) -> AcceptanceWindow {
        let steps = u8::try_from(RESYNC_SECS / self.period.as_secs()).unwrap_or(u8::MAX);
        AcceptanceWindow {
            behind: steps,
            ahead: steps,
        }
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
        if let Moving::Presses { last } = self.moving {
            let next = last.map_or(0, |last| last.saturating_add(1));
            let found = verify_counter_pair(seed, self.hash, next, RESYNC_PRESSES, first, second)?;
            return Ok(found.map_or(Finding::Miss, Finding::press));
        }
        let clock = self.period.step_at(now);
        let found = verify_pair(seed, self.hash, clock, self.an_hour(), first, second)?;
        Ok(found.map_or(Finding::Miss, |step| Finding::Match {
            step,
            drift: Drift::from_steps(steps_from(clock, step)),
        }))
    }

    /// One step towards where the code was, at most `most` away from the clock.
    fn learn(&self, step: TimeStep, base: TimeStep, most: i32) -> Drift {
        let towards = match step.cmp(&base) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        };
        // A larger offset can only come from a resync; learning never takes it back in one leap.
        let (low, high) = (self.drift.steps().min(-most), self.drift.steps().max(most));
        Drift::from_steps((self.drift.steps() + towards).clamp(low, high))
    }
}

fn steps_from(clock: TimeStep, step: TimeStep) -> i32 {
    let ahead = i128::from(step.index()) - i128::from(clock.index());
    i32::try_from(ahead).unwrap_or(0)
}

/// How far a token's clock may be off for a resync, either way.
pub const RESYNC_SECS: u32 = 3600;

/// Presses of a hardware token that may have been for nothing.
pub const LOOK_AHEAD: u8 = 10;
/// Presses searched for a pair of codes.
pub const RESYNC_PRESSES: u8 = 200;
/// Most steps of drift a hardware token learns: its clock runs for years by itself.
pub const MOST_HARDWARE_DRIFT: i32 = 20;

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
    /// The code belongs to no step of the window, but to one within an hour of the clock. On one code
    /// nothing is told of it.
    Near(Near),
    /// The code belongs to no step.
    Miss,
}

impl Finding {
    fn press(counter: u64) -> Self {
        Self::Match {
            step: TimeStep::from_index(counter),
            drift: Drift::default(),
        }
    }
}

/// A wrong code that would be right if the token's clock were off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// The step it belongs to.
    pub step: TimeStep,
    /// How many steps that is from the clock; positive is ahead.
    pub offset: i32,
}

impl Near {
    /// Whether this code and the wrong one before it show the same clock: off by as much, and going
    /// on. By chance two codes do so once in thousands of millions.
    pub fn confirms(self, before: Self) -> bool {
        self.offset.abs_diff(before.offset) <= 1 && self.step > before.step
    }
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
                Finding::Near(_) | Finding::Miss => prop_assert!(distance.abs() > 1),
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

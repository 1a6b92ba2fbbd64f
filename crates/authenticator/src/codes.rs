//! The code of this very moment.

use skts_otp::{Mac, TimeStep, UnixTime, truncate};
use skts_vault::{TokenId, TokenRecord};
use zeroize::Zeroizing;

use crate::authenticator::{Authenticator, vault_error};
use crate::clock::{self, Reading};
use crate::error::{AppError, ErrorCode};
use crate::notes::{Notes, halt_code};
use crate::views::{CodeView, WhichCode};

/// A clock further before the token's beginning than this cannot be right.
const EARLY_SECS: u64 = 86_400;
/// A code that lives no longer than this is not copied: it would die before it is pasted.
const TOO_SHORT_MS: u64 = 5_000;

/// A code for another program to take.
pub struct CodeToCopy {
    /// Six or eight digits.
    pub digits: Zeroizing<String>,
    /// Whose they are.
    pub which: WhichCode,
}

/// A token at one moment.
pub(crate) struct Moment<'a> {
    pub(crate) record: &'a TokenRecord,
    /// By the device's clock.
    pub(crate) now_ms: u64,
    /// What the service's time is ahead.
    by_ms: i64,
    /// By the service's time while that is fresh, else by the device's.
    pub(crate) now: UnixTime,
    step: TimeStep,
}

impl std::fmt::Debug for CodeToCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeToCopy")
            .field("which", &self.which)
            .finish_non_exhaustive()
    }
}

impl Authenticator {
    /// The code of this very moment, by the service's time while that is fresh, else by the wall
    /// clock; call again at `valid_until_ms`, on wake and when the clock jumps. All times are the
    /// device's own. Nothing is kept between two calls.
    ///
    /// # Errors
    /// `unknown-token`, `expired`, `lapsed`, `suspected-copy`, `token-locked`, `token-suspended`,
    /// `stopped`, `replaced`, `clock-off` (the clock shows a time long before the token
    /// was made), or the keystore's and the profile's errors.
    pub fn code(&self, token_id: &str) -> Result<CodeView, AppError> {
        let Moment {
            record,
            now_ms,
            by_ms,
            step,
            ..
        } = self.moment(token_id)?;
        let period = record.policy.period;
        let digits = self.digits(record);
        let text = |mac: &Mac| truncate(mac, digits).expose_digits().to_owned();
        let macs = self.macs(&record.id, &[step, step.next()])?;
        let [current, next] = macs.as_slice() else {
            return Err(ErrorCode::Internal.into());
        };
        let (digits, next) = (text(current), text(next));
        let here = |time: UnixTime| {
            clock::moved(time.as_secs().saturating_mul(1000), by_ms.saturating_neg())
        };
        Ok(CodeView {
            grouped: grouped(&digits),
            next_grouped: grouped(&next),
            digits,
            next,
            valid_from_ms: here(period.starts_at(step)),
            valid_until_ms: here(period.ends_at(step)),
            now_ms,
            step: step.index(),
        })
    }

    /// The code to copy at this very moment: the one shown, or the one after it when the one shown has
    /// less than five seconds left. The service takes that one already: its window is a step wide on
    /// either side. In a token's last step there is none after it.
    ///
    /// # Errors
    /// As [`code`](Self::code).
    pub fn code_to_copy(&self, token_id: &str) -> Result<CodeToCopy, AppError> {
        let code = self.code(token_id)?;
        let record = self.find(token_id)?;
        let ends_at = record
            .policy
            .period
            .ends_at(TimeStep::from_index(code.step));
        let left_ms = code.valid_until_ms.saturating_sub(code.now_ms);
        let (shown, next) = (Zeroizing::new(code.digits), Zeroizing::new(code.next));
        Ok(if left_ms < TOO_SHORT_MS && ends_at < record.expires_at {
            CodeToCopy {
                digits: next,
                which: WhichCode::Next,
            }
        } else {
            CodeToCopy {
                digits: shown,
                which: WhichCode::Current,
            }
        })
    }

    /// Whole seconds, begun ones too, until the code of this very moment ends. Computes no code.
    ///
    /// # Errors
    /// As [`code`](Self::code), but for those of the keystore.
    pub fn secs_left(&self, token_id: &str) -> Result<u64, AppError> {
        let moment = self.moment(token_id)?;
        let ends_at = moment.record.policy.period.ends_at(moment.step);
        let ends_ms = ends_at.as_secs().saturating_mul(1000);
        let now_ms = clock::moved(moment.now_ms, moment.by_ms);
        Ok(ends_ms.saturating_sub(now_ms).div_ceil(1000))
    }

    /// The step of this very moment, of a token that may show codes.
    pub(crate) fn moment(&self, token_id: &str) -> Result<Moment<'_>, AppError> {
        let record = self.find(token_id)?;
        let notes = Notes::of(record);
        if let Some(halt) = notes.halt() {
            return Err(halt_code(halt).into());
        }
        let reading = Reading::of(self.clock.as_ref());
        let now_ms = reading.wall_ms;
        let by_ms = clock::correction_ms(notes.clock.as_ref(), &reading);
        let now = UnixTime::from_secs(clock::moved(now_ms, by_ms) / 1000);
        // Past its date by the service's word or by the clock.
        if notes.expired() || now >= record.expires_at {
            return Err(ErrorCode::Expired.into());
        }
        if now.saturating_add_secs(EARLY_SECS) < record.started_at {
            return Err(ErrorCode::ClockOff.into());
        }
        let step = record.policy.period.step_at(now);
        Ok(Moment {
            record,
            now_ms,
            by_ms,
            now,
            step,
        })
    }

    fn macs(&self, id: &TokenId, steps: &[TimeStep]) -> Result<Vec<Mac>, AppError> {
        let Some(vault) = &self.vault else {
            return Err(self.not_open());
        };
        vault.macs(id, steps).map_err(vault_error)
    }
}

/// `123 456`, `1234 5678`: the digits in two halves.
pub(crate) fn grouped(digits: &str) -> String {
    let (front, back) = digits.split_at(digits.len() / 2);
    format!("{front} {back}")
}

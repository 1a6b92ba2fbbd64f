//! The code of this very moment.

use skts_otp::{Mac, truncate};
use skts_vault::TokenId;

use crate::authenticator::{Authenticator, vault_error};
use crate::error::{AppError, ErrorCode};
use crate::views::CodeView;

/// A clock further before the token's beginning than this cannot be right.
const EARLY_SECS: u64 = 86_400;

impl Authenticator {
    /// The code of this very moment, by the wall clock; call again at `valid_until_ms`, on wake
    /// and when the clock jumps. Nothing is kept between two calls.
    ///
    /// # Errors
    /// `unknown-token`, `expired`, `clock-off` (the clock shows a time long before the token
    /// was made), or the keystore's and the profile's errors.
    pub fn code(&self, token_id: &str) -> Result<CodeView, AppError> {
        let record = self.find(token_id)?;
        let now_ms = self.clock.now_millis();
        let now = skts_otp::UnixTime::from_secs(now_ms / 1000);
        if now >= record.expires_at {
            return Err(ErrorCode::Expired.into());
        }
        if now.saturating_add_secs(EARLY_SECS) < record.started_at {
            return Err(ErrorCode::ClockOff.into());
        }
        let period = record.policy.period;
        let step = period.step_at(now);
        let digits = self.digits(record);
        let text = |mac: &Mac| truncate(mac, digits).expose_digits().to_owned();
        let macs = self.macs(&record.id, &[step, step.next()])?;
        let [current, next] = macs.as_slice() else {
            return Err(ErrorCode::Internal.into());
        };
        let (digits, next) = (text(current), text(next));
        Ok(CodeView {
            grouped: grouped(&digits),
            next_grouped: grouped(&next),
            digits,
            next,
            valid_from_ms: period.starts_at(step).as_secs().saturating_mul(1000),
            valid_until_ms: period.ends_at(step).as_secs().saturating_mul(1000),
            now_ms,
            step: step.index(),
        })
    }

    fn macs(&self, id: &TokenId, steps: &[skts_otp::TimeStep]) -> Result<Vec<Mac>, AppError> {
        let Some(vault) = &self.vault else {
            return Err(self.not_open());
        };
        vault.macs(id, steps).map_err(vault_error)
    }
}

/// `123 456`, `1234 5678`: the digits in two halves.
fn grouped(digits: &str) -> String {
    let (front, back) = digits.split_at(digits.len() / 2);
    format!("{front} {back}")
}

//! How much a customer may send.

use skts_otp::UnixTime;

/// The most a customer may allow himself a day, in yen.
pub const MOST_DAILY_YEN: i64 = 10_000_000;
/// Steps in which the daily limit is set, in yen.
pub const LIMIT_STEP_YEN: i64 = 10_000;
/// The most a day right after a token was registered or exchanged, in yen.
pub const AFTER_BINDING_YEN: i64 = 100_000;
/// The most a day after 利用解除, in yen (guide 003).
pub const AFTER_RELEASE_YEN: i64 = 200_000;
/// How long the lower limit of a new token holds. Whoever registers a token of his own with stolen
/// passwords is found out by the notice meanwhile.
pub const AFTER_BINDING_SECS: u64 = 24 * 3600;

/// The limit that holds at `now`: the customer's own, or the lower one while the token is new.
pub fn daily_limit_yen(own_yen: i64, registered_at: UnixTime, now: UnixTime) -> i64 {
    let age_secs = now.as_secs().saturating_sub(registered_at.as_secs());
    if age_secs < AFTER_BINDING_SECS {
        own_yen.min(AFTER_BINDING_YEN)
    } else {
        own_yen
    }
}

/// Why an amount is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMuch {
    /// More than there is.
    Balance,
    /// More than is left of the day's limit, in yen.
    Limit {
        /// What is left of it.
        left_yen: i64,
    },
}

/// Whether `amount_yen` may go.
///
/// # Errors
/// [`TooMuch`].
pub fn check(
    amount_yen: i64,
    balance_yen: i64,
    limit_yen: i64,
    sent_today_yen: i64,
) -> Result<(), TooMuch> {
    if amount_yen > balance_yen {
        return Err(TooMuch::Balance);
    }
    let left_yen = limit_yen.saturating_sub(sent_today_yen).max(0);
    if amount_yen > left_yen {
        return Err(TooMuch::Limit { left_yen });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_holds_the_limit_down_for_a_day_and_never_raises_it() {
        let registered = UnixTime::from_secs(1_000_000);
        let at = |secs| registered.saturating_add_secs(secs);
        assert_eq!(daily_limit_yen(500_000, registered, at(0)), 100_000);
        assert_eq!(daily_limit_yen(500_000, registered, at(86_399)), 100_000);
        assert_eq!(daily_limit_yen(500_000, registered, at(86_400)), 500_000);
        assert_eq!(daily_limit_yen(30_000, registered, at(0)), 30_000);
    }

    #[test]
    fn what_is_over_the_balance_or_the_day_is_refused() {
        assert_eq!(check(5_000, 5_000, 5_000, 0), Ok(()));
        assert_eq!(check(5_001, 5_000, 9_000, 0), Err(TooMuch::Balance));
        assert_eq!(
            check(3_000, 9_000, 5_000, 2_001),
            Err(TooMuch::Limit { left_yen: 2_999 })
        );
        assert_eq!(
            check(1, 9_000, 5_000, 8_000),
            Err(TooMuch::Limit { left_yen: 0 })
        );
    }
}

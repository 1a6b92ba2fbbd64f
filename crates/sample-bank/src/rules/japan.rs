//! Days and times as the bank counts and shows them: Japan time, which has no summer time.

use chrono::{DateTime, FixedOffset, NaiveDate};
use skts_otp::UnixTime;

const OFFSET_SECS: i32 = 9 * 3600;

fn in_japan(at: UnixTime) -> DateTime<FixedOffset> {
    let secs = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    let utc = DateTime::from_timestamp(secs, 0).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC);
    match FixedOffset::east_opt(OFFSET_SECS) {
        Some(offset) => utc.with_timezone(&offset),
        None => utc.fixed_offset(),
    }
}

/// The day on which `at` falls in Japan.
pub fn day(at: UnixTime) -> NaiveDate {
    in_japan(at).date_naive()
}

/// `2026年11月21日 12時17分05秒`, as on receipts.
pub fn stamp(at: UnixTime) -> String {
    in_japan(at).format("%Y年%m月%d日 %H時%M分%S秒").to_string()
}

/// `2026年11月21日 12時17分`, as dates of expiry.
pub fn minute_in_words(at: UnixTime) -> String {
    in_japan(at).format("%Y年%m月%d日 %H時%M分").to_string()
}

/// `2026年11月21日`.
pub fn day_in_words(day: NaiveDate) -> String {
    day.format("%Y年%m月%d日").to_string()
}

/// `1,234,567円`.
pub fn yen(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{grouped}円")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_midnight_in_japan() {
        // 2026-11-21T14:59:59Z and one second later.
        let last = UnixTime::from_secs(1_795_273_199);
        assert_eq!(stamp(last), "2026年11月21日 23時59分59秒");
        assert_eq!(day_in_words(day(last)), "2026年11月21日");
        let first = UnixTime::from_secs(1_795_273_200);
        assert_eq!(stamp(first), "2026年11月22日 00時00分00秒");
        assert_eq!(day_in_words(day(first)), "2026年11月22日");
    }

    #[test]
    fn amounts_are_grouped_by_three() {
        let shown = [0, 999, 1_000, 1_234_567, -20_000].map(yen);
        assert_eq!(
            shown,
            ["0円", "999円", "1,000円", "1,234,567円", "-20,000円"]
        );
    }
}

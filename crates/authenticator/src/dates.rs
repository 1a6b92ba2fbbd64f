//! Dates in Japan time, the way the guides print them.
//!
//! 利用開始日 2015/08/26 · 有効期限 2020/10/31 09:00 (日本時間)

use chrono::{DateTime, FixedOffset};
use skts_otp::UnixTime;

use crate::views::{DateView, LocalizedView};

/// Japan has had one offset and no summer time since 1951.
const JAPAN_OFFSET_SECS: i32 = 9 * 3600;

fn in_japan(time: UnixTime) -> Option<DateTime<FixedOffset>> {
    let secs = i64::try_from(time.as_secs()).ok()?;
    let japan = FixedOffset::east_opt(JAPAN_OFFSET_SECS)?;
    Some(DateTime::from_timestamp(secs, 0)?.with_timezone(&japan))
}

fn view(time: UnixTime, ja: &str, en: &str) -> DateView {
    let text = |format: &str| match in_japan(time) {
        Some(date) => date.format(format).to_string(),
        // Past the year 262142; such a clock is reported elsewhere.
        None => "—".to_owned(),
    };
    DateView {
        unix_secs: time.as_secs(),
        text: LocalizedView {
            ja: text(ja),
            en: text(en),
        },
    }
}

/// The date alone: `2015/08/26`, `26 Aug 2015`.
pub fn day(time: UnixTime) -> DateView {
    view(time, "%Y/%m/%d", "%-d %b %Y")
}

/// Date and time to the minute: `2020/10/31 09:00 (日本時間)`, `31 Oct 2020, 09:00 (Japan time)`.
pub fn minute(time: UnixTime) -> DateView {
    view(
        time,
        "%Y/%m/%d %H:%M (日本時間)",
        "%-d %b %Y, %H:%M (Japan time)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(view: DateView) -> (String, String) {
        (view.text.ja, view.text.en)
    }

    #[test]
    fn writes_the_dates_of_guide_003_in_japan_time() {
        // 2015-08-25 15:00 UTC is already the 26th in Japan.
        let (ja, en) = texts(day(UnixTime::from_secs(1_440_514_800)));
        assert_eq!((ja.as_str(), en.as_str()), ("2015/08/26", "26 Aug 2015"));
        let (ja, en) = texts(minute(UnixTime::from_secs(1_604_102_400)));
        assert_eq!(ja, "2020/10/31 09:00 (日本時間)");
        assert_eq!(en, "31 Oct 2020, 09:00 (Japan time)");
    }

    #[test]
    fn writes_dates_past_32_bits_and_survives_dates_past_the_calendar() {
        assert_eq!(texts(day(UnixTime::from_secs(1 << 31))).0, "2038/01/19");
        assert_eq!(texts(day(UnixTime::from_secs(1 << 32))).0, "2106/02/07");
        assert_eq!(texts(day(UnixTime::from_secs(u64::MAX))).0, "—");
    }
}

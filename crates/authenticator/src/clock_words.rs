//! How the device's clock stands, in words.

use crate::views::{ClockTrust, LocalizedView};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Less than this is the way to the service and back.
const RIGHT_WITHIN_SECS: u64 = 3;

/// `約3分進んでいます（2時間前に確認）。…`: by how much the clock is ahead, how long ago that was found,
/// and what follows for the codes.
pub(crate) fn clock_words(
    trust: ClockTrust,
    off_secs: Option<i64>,
    measured_secs_ago: Option<u64>,
) -> LocalizedView {
    let (Some(off), Some(ago)) = (off_secs, measured_secs_ago) else {
        return untold(trust);
    };
    let ago = ago_words(ago);
    if off.unsigned_abs() < RIGHT_WITHIN_SECS {
        return LocalizedView {
            ja: format!("合っています（{}確認）。", ago.ja),
            en: format!("Right (checked {}).", ago.en),
        };
    }
    let then = if trust == ClockTrust::Fresh {
        LocalizedView::new(
            "ワンタイムパスワードは正しい時刻に補正して表示します。",
            "One-time passwords are shown for the right time.",
        )
    } else {
        untold(trust)
    };
    let so = standing(off);
    LocalizedView {
        ja: format!("{}（{}確認）。{}", so.ja, ago.ja, then.ja),
        en: format!("{} (checked {}). {}", so.en, ago.en, then.en),
    }
}

/// By how much the clock is off, where nothing is corrected by that.
pub(crate) fn uncorrected_words(off_secs: i64) -> LocalizedView {
    let so = standing(off_secs);
    LocalizedView {
        ja: format!(
            "{}。合わせるまで、ワンタイムパスワードは受け付けられません。",
            so.ja
        ),
        en: format!(
            "{}. Until it is set, one-time passwords will not be accepted.",
            so.en
        ),
    }
}

/// `約3分進んでいます`: by how much the clock is ahead, if that is more than 0, else behind.
fn standing(off_secs: i64) -> LocalizedView {
    let amount = amount(off_secs.unsigned_abs());
    let (ja, en) = match off_secs > 0 {
        true => ("進んで", "fast"),
        false => ("遅れて", "slow"),
    };
    LocalizedView {
        ja: format!("約{}{ja}います", amount.ja),
        en: format!("About {} {en}", amount.en),
    }
}

/// Where the clock of the operating system `os` (as of [`std::env::consts::OS`]) is set.
pub(crate) fn how_to_set(os: &str) -> LocalizedView {
    match os {
        "android" => LocalizedView::new(
            "「設定」→「システム」→「日付と時刻」で、日時の自動設定をオンにしてください。",
            "In Settings, under System, Date & time, turn on setting the time automatically.",
        ),
        "ios" => LocalizedView::new(
            "「設定」→「一般」→「日付と時刻」で「自動設定」をオンにしてください。",
            "In Settings, under General, Date & Time, turn on Set Automatically.",
        ),
        "macos" => LocalizedView::new(
            "「システム設定」→「一般」→「日付と時刻」で、日付と時刻の自動設定をオンにしてください。",
            "In System Settings, under General, Date & Time, turn on setting date and time automatically.",
        ),
        "windows" => LocalizedView::new(
            "「設定」→「時刻と言語」→「日付と時刻」で「時刻を自動的に設定する」をオンにし、「今すぐ同期」を押してください。",
            "In Settings, under Time & language, Date & time, turn on Set time automatically and press Sync now.",
        ),
        _ => LocalizedView::new(
            "「設定」の「日付と時刻」で「日付と時刻を自動設定」をオンにしてください。",
            "In Settings, under Date & Time, turn on Automatic Date & Time.",
        ),
    }
}

/// Why nothing is corrected, and what to do.
fn untold(trust: ClockTrust) -> LocalizedView {
    match trust {
        ClockTrust::Fresh => LocalizedView::new(
            "確認できませんでした。日時の設定をご確認ください。",
            "It could not be checked. Please look at the date and time settings.",
        ),
        ClockTrust::Never => LocalizedView::new(
            "まだ確認できていません。日時の設定をご確認ください。",
            "Not checked yet. Please look at the date and time settings.",
        ),
        ClockTrust::Old => LocalizedView::new(
            "確認から日数がたったため、補正していません。トークンの確認で、もう一度確かめられます。",
            "That is some days ago, so passwords are not corrected for it; checking the token measures it again.",
        ),
        ClockTrust::Jumped => LocalizedView::new(
            "確認のあとで日時が変更されたため、補正していません。トークンの確認で、もう一度確かめられます。",
            "The time was changed since it was checked, so passwords are not corrected; checking the token measures it again.",
        ),
        ClockTrust::Restarted => LocalizedView::new(
            "再起動したため、補正していません。トークンの確認で、もう一度確かめられます。",
            "The device was restarted, so passwords are not corrected; checking the token measures it again.",
        ),
    }
}

fn ago_words(secs: u64) -> LocalizedView {
    if secs < MINUTE {
        return LocalizedView::new("たった今", "just now");
    }
    let amount = amount(secs);
    LocalizedView {
        ja: format!("{}前に", amount.ja),
        en: format!("{} ago", amount.en),
    }
}

/// A length of time, rounded to what people say.
fn amount(secs: u64) -> LocalizedView {
    let rounded = |unit: u64| secs.saturating_add(unit / 2) / unit;
    let (count, ja, en) = match secs {
        0..90 => (secs, "秒", "second"),
        90..5400 => (rounded(MINUTE), "分", "minute"),
        5400..129_600 => (rounded(HOUR), "時間", "hour"),
        _ => (rounded(DAY), "日", "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    LocalizedView {
        ja: format!("{count}{ja}"),
        en: format!("{count} {en}{plural}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(trust: ClockTrust, off: Option<i64>, ago: Option<u64>) -> (String, String) {
        let words = clock_words(trust, off, ago);
        (words.ja, words.en)
    }

    #[test]
    fn an_offset_its_age_and_what_follows_are_said() {
        for (trust, off, ago, ja, en) in [
            (
                ClockTrust::Fresh,
                180,
                7200,
                "約3分進んでいます（2時間前に確認）。ワンタイムパスワードは正しい時刻に補正して表示します。",
                "About 3 minutes fast (checked 2 hours ago). One-time passwords are shown for the right time.",
            ),
            (
                ClockTrust::Fresh,
                -5400,
                10,
                "約2時間遅れています（たった今確認）。ワンタイムパスワードは正しい時刻に補正して表示します。",
                "About 2 hours slow (checked just now). One-time passwords are shown for the right time.",
            ),
            (
                ClockTrust::Fresh,
                2,
                86_400,
                "合っています（24時間前に確認）。",
                "Right (checked 24 hours ago).",
            ),
        ] {
            let expected = (ja.to_owned(), en.to_owned());
            assert_eq!(said(trust, Some(off), Some(ago)), expected);
        }
        let (ja, en) = said(ClockTrust::Old, Some(3 * 86_400), Some(8 * 86_400));
        assert!(
            ja.starts_with("約3日進んでいます（8日前に確認）。確認から日数が"),
            "{ja}"
        );
        assert!(
            en.starts_with("About 3 days fast (checked 8 days ago). That is"),
            "{en}"
        );
    }

    #[test]
    fn without_an_offset_it_is_said_why() {
        let trusts = [
            ClockTrust::Fresh,
            ClockTrust::Never,
            ClockTrust::Old,
            ClockTrust::Jumped,
            ClockTrust::Restarted,
        ];
        let said: std::collections::BTreeSet<_> =
            trusts.map(|trust| said(trust, None, Some(60))).into();
        assert_eq!(said.len(), trusts.len());
        assert!(
            said.iter()
                .all(|(ja, en)| ja.ends_with('。') && en.ends_with('.'))
        );
    }
}

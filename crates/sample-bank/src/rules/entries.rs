//! What people type, read into what is meant, or the sentence that says what to type.
//!
//! Digits and letters may come full-width and with spaces or dashes ([`skts_otp::fold`]). Every
//! reader bounds the length it looks at.

use skts_otp::{Digits, Otp, SerialNumber, fold};

use super::limits;

/// What is wrong with an entry and what to do, in a sentence for the customer.
pub type Sentence = &'static str;

/// Longest text looked at, in characters; every field is far shorter.
const MOST_CHARS: usize = 256;

fn bounded(text: &str, too_long: Sentence) -> Result<&str, Sentence> {
    if text.chars().nth(MOST_CHARS).is_some() {
        Err(too_long)
    } else {
        Ok(text)
    }
}

fn digits(text: &str, empty: Sentence, wrong: Sentence) -> Result<String, Sentence> {
    let folded = fold(bounded(text, wrong)?);
    match folded.as_str() {
        "" => Err(empty),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(folded),
        _ => Err(wrong),
    }
}

fn counted(
    text: &str,
    lengths: std::ops::RangeInclusive<usize>,
    empty: Sentence,
    wrong: Sentence,
) -> Result<String, Sentence> {
    digits(text, empty, wrong).and_then(|found| {
        if lengths.contains(&found.len()) {
            Ok(found)
        } else {
            Err(wrong)
        }
    })
}

/// 契約者ID: ten digits.
///
/// # Errors
/// What to type instead.
pub fn contract_id(text: &str) -> Result<String, Sentence> {
    counted(
        text,
        10..=10,
        "契約者IDを入力してください。",
        "契約者IDは数字10桁で入力してください。",
    )
}

/// ログインパスワード: taken as typed, since upper and lower case and every sign count.
///
/// # Errors
/// What to type instead.
pub fn login_password(text: &str) -> Result<String, Sentence> {
    const WRONG: Sentence = "ログインパスワードは半角英数字6～12文字で入力してください。";
    if text.is_empty() {
        return Err("ログインパスワードを入力してください。");
    }
    let right = (6..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if right {
        Ok(text.to_owned())
    } else {
        Err(WRONG)
    }
}

/// 確認用パスワード: letters and digits, taken as typed, since upper and lower case count.
///
/// # Errors
/// What to type instead.
pub fn confirmation_password(text: &str) -> Result<String, Sentence> {
    if text.is_empty() {
        return Err("確認用パスワードを入力してください。");
    }
    let right = (6..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if right {
        Ok(text.to_owned())
    } else {
        Err("確認用パスワードは半角英数字6～12桁で入力してください。")
    }
}

/// メール通知パスワード: eight digits.
///
/// # Errors
/// What to type instead.
pub fn notice_password(text: &str) -> Result<String, Sentence> {
    counted(
        text,
        8..=8,
        "メール通知パスワードを入力してください。",
        "メール通知パスワードは、メールに記載された数字8桁を入力してください。",
    )
}

/// シリアル番号.
///
/// # Errors
/// What to type instead.
pub fn serial(text: &str) -> Result<SerialNumber, Sentence> {
    const WRONG: Sentence =
        "シリアル番号は、トークンに表示されている英数字（8～12桁）を入力してください。";
    if bounded(text, WRONG)?.trim().is_empty() {
        return Err("シリアル番号を入力してください。");
    }
    SerialNumber::parse(text).map_err(|_| WRONG)
}

/// ワンタイムパスワード: six digits; eight are taken for devices that show so many.
///
/// # Errors
/// What to type instead.
pub fn code(text: &str) -> Result<String, Sentence> {
    const WRONG: Sentence = "ワンタイムパスワードは、トークンに表示されている数字（6桁または8桁）をすべて入力してください。";
    let folded = digits(text, "ワンタイムパスワードを入力してください。", WRONG)?;
    match Otp::parse(&folded, &[Digits::Six, Digits::Eight]) {
        Ok(_) => Ok(folded),
        Err(_) => Err(WRONG),
    }
}

/// 署名番号: eight digits; fewer or more are taken for devices that show so many.
///
/// # Errors
/// What to type instead.
pub fn signature(text: &str) -> Result<String, Sentence> {
    counted(
        text,
        4..=10,
        "署名番号を入力してください。",
        "署名番号は、トークンに表示された数字をすべて入力してください。",
    )
}

/// One asked digit of the 資金移動用パスワード.
///
/// # Errors
/// What to type instead.
pub fn one_digit(text: &str) -> Result<char, Sentence> {
    const WRONG: Sentence = "指定された桁の数字を1文字だけ入力してください。";
    let found = counted(
        text,
        1..=1,
        "資金移動用パスワードの指定された桁の数字を入力してください。",
        WRONG,
    )?;
    found.chars().next().ok_or(WRONG)
}

/// An amount in yen, 1 to 10,000,000, with or without commas and 円.
///
/// # Errors
/// What to type instead.
pub fn amount_yen(text: &str) -> Result<i64, Sentence> {
    const WRONG: Sentence = "金額は1円から10,000,000円までの数字で入力してください。";
    let folded = fold(bounded(text, WRONG)?);
    let plain: String = folded
        .trim_end_matches('円')
        .chars()
        .filter(|c| *c != ',')
        .collect();
    let amount = counted(&plain, 1..=8, "金額を入力してください。", WRONG)?;
    match amount.parse() {
        Ok(yen) if (1..=limits::MOST_DAILY_YEN).contains(&yen) => Ok(yen),
        _ => Err(WRONG),
    }
}

/// A daily limit in yen, 0 to 10,000,000 by 10,000.
///
/// # Errors
/// What to type instead.
pub fn daily_limit_yen(text: &str) -> Result<i64, Sentence> {
    const WRONG: Sentence = "限度額は0円から10,000,000円まで、10,000円単位で入力してください。";
    let folded = fold(bounded(text, WRONG)?);
    let plain: String = folded
        .trim_end_matches('円')
        .chars()
        .filter(|c| *c != ',')
        .collect();
    let limit = counted(&plain, 1..=8, "限度額を入力してください。", WRONG)?;
    match limit.parse() {
        Ok(yen) if yen <= limits::MOST_DAILY_YEN && yen % limits::LIMIT_STEP_YEN == 0 => Ok(yen),
        _ => Err(WRONG),
    }
}

/// 口座番号: up to seven digits, filled with zeros at the left.
///
/// # Errors
/// What to type instead.
pub fn account_number(text: &str) -> Result<String, Sentence> {
    counted(
        text,
        1..=7,
        "口座番号を入力してください。",
        "口座番号は数字7桁以内で入力してください。",
    )
    .map(|digits| format!("{digits:0>7}"))
}

/// 収納機関番号: five digits.
///
/// # Errors
/// What to type instead.
pub fn collector_number(text: &str) -> Result<String, Sentence> {
    counted(
        text,
        5..=5,
        "収納機関番号を入力してください。",
        "収納機関番号は数字5桁で入力してください。",
    )
}

/// お客様番号 on a bill: up to twenty digits.
///
/// # Errors
/// What to type instead.
pub fn bill_number(text: &str) -> Result<String, Sentence> {
    counted(
        text,
        1..=20,
        "お客様番号を入力してください。",
        "お客様番号は数字20桁以内で入力してください。",
    )
}

/// 確認番号 on a bill: one to six digits.
///
/// # Errors
/// What to type instead.
pub fn bill_check(text: &str) -> Result<String, Sentence> {
    counted(
        text,
        1..=6,
        "確認番号を入力してください。",
        "確認番号は数字6桁以内で入力してください。",
    )
}

/// 電話番号: ten or eleven digits, the first a zero.
///
/// # Errors
/// What to type instead.
pub fn phone(text: &str) -> Result<String, Sentence> {
    const WRONG: Sentence = "電話番号は0から始まる数字10桁または11桁で入力してください。";
    let found = counted(text, 10..=11, "電話番号を入力してください。", WRONG)?;
    if found.starts_with('0') {
        Ok(found)
    } else {
        Err(WRONG)
    }
}

/// メールアドレス: ASCII, one `@`, and a name on both sides that mail servers take.
///
/// # Errors
/// What to type instead.
pub fn mail_address(text: &str) -> Result<String, Sentence> {
    const WRONG: Sentence = "メールアドレスの形式が正しくありません。例：taro@example.jp";
    let text = bounded(text, WRONG)?.trim();
    if text.is_empty() {
        return Err("メールアドレスを入力してください。");
    }
    let plain = text.len() <= 254 && text.bytes().all(|b| b.is_ascii_graphic());
    let address = text.parse::<lettre::Address>().map_err(|_| WRONG)?;
    if plain && address.domain().contains('.') {
        Ok(address.to_string())
    } else {
        Err(WRONG)
    }
}

/// A name of a bank, a branch or a payee: 1 to 30 characters, none of them a control character, a
/// pictograph or a sign that pages and databases give a meaning to.
///
/// # Errors
/// What to type instead.
pub fn name(text: &str) -> Result<String, Sentence> {
    const WRONG: Sentence = "漢字・かな・カナ・英数字と「・」「（）」「．」「－」を使い、30文字以内で入力してください。";
    let text = bounded(text, WRONG)?.trim();
    if text.is_empty() {
        return Err("入力してください。");
    }
    let allowed = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                ' ' | '　' | '・' | '（' | '）' | '(' | ')' | '.' | '．' | '-' | '－' | 'ー'
            )
    };
    if text.chars().count() <= 30 && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(WRONG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What no field takes.
    const HOSTILE: &[&str] = &[
        "😀",
        "<script>alert(1)</script>",
        "' OR '1'='1",
        "\u{0}",
        "１２３\u{202e}",
    ];

    #[test]
    fn every_reader_refuses_nothing_and_hostile_text_with_a_sentence() {
        type Reader = fn(&str) -> Option<Sentence>;
        let readers: [Reader; 17] = [
            |text| contract_id(text).err(),
            |text| login_password(text).err(),
            |text| serial(text).err(),
            |text| code(text).err(),
            |text| one_digit(text).err(),
            |text| amount_yen(text).err(),
            |text| daily_limit_yen(text).err(),
            |text| account_number(text).err(),
            |text| collector_number(text).err(),
            |text| bill_number(text).err(),
            |text| bill_check(text).err(),
            |text| phone(text).err(),
            |text| mail_address(text).err(),
            |text| confirmation_password(text).err(),
            |text| notice_password(text).err(),
            |text| signature(text).err(),
            |text| name(text).err(),
        ];
        let long = "1".repeat(10_000);
        for (at, read) in readers.into_iter().enumerate() {
            for text in HOSTILE.iter().chain(&["", long.as_str()]) {
                let sentence = read(text).unwrap_or_else(|| panic!("reader {at} takes {text:.40}"));
                assert!(
                    sentence.ends_with('。') || sentence.contains('例'),
                    "{sentence}"
                );
            }
        }
    }

    #[test]
    fn full_width_entries_are_read_as_they_are_meant() {
        assert_eq!(
            contract_id("１００００ ０００１１").as_deref(),
            Ok("1000000011")
        );
        assert_eq!(code("１２３ ４５６").as_deref(), Ok("123456"));
        assert_eq!(one_digit("７"), Ok('7'));
        assert_eq!(amount_yen("１，２３４円"), Ok(1_234));
        assert_eq!(daily_limit_yen("５００，０００"), Ok(500_000));
        assert_eq!(account_number("１２３").as_deref(), Ok("0000123"));
        assert_eq!(
            phone("０３－１２３４－５６７８").as_deref(),
            Ok("0312345678")
        );
        assert_eq!(
            serial("ｓｋｔｓ０００００００１").unwrap().as_str(),
            "SKTS00000001"
        );
    }

    #[test]
    fn amounts_out_of_bounds_are_refused() {
        for text in ["0", "10000001", "99999999", "-5", "1.5"] {
            // The dash is dropped by folding, as it is typed between digits by habit.
            assert_eq!(amount_yen(text).is_ok(), text == "-5", "{text}");
        }
        assert!(daily_limit_yen("15000").is_err());
        assert_eq!(daily_limit_yen("0"), Ok(0));
    }
}

//! What the bank says of a verdict and of a closed procedure, and what to do next. Nothing here
//! tells a stranger whether a contract or a serial exists.

use crate::issuer::{Verdict, Verified};
use crate::rules::access::Closed;
use crate::rules::entries::Sentence;
use crate::rules::signing::Demand;
use crate::rules::style::Style;
use crate::rules::{japan, standing};

use super::form::fault;
use crate::storage::runs::Fault;

/// Of a code in use. `None`: it was accepted.
pub(crate) fn of_code(verified: &Verified) -> Option<Fault> {
    if let (Verdict::Rejected, Some(off_secs)) = (verified.verdict, verified.clock_off_secs) {
        return Some(fault("code", of_clock(off_secs)));
    }
    let sentence = match verified.verdict {
        Verdict::Accepted => return None,
        Verdict::Rejected => {
            "ワンタイムパスワードが正しくありません。トークンに現在表示されているワンタイムパスワードを入力してください。"
        }
        Verdict::Replayed => {
            "このワンタイムパスワードは使用済みです。次のワンタイムパスワードが表示されてから入力してください。"
        }
        Verdict::Locked => {
            "ワンタイムパスワードの誤りが続いたため、ただいまご利用いただけません。しばらくしてからもう一度お試しいただくか、窓口までご連絡ください。"
        }
        Verdict::Unknown => {
            "このトークンは現在ご利用いただけません。お手数ですが、窓口までご連絡ください。"
        }
    };
    Some(fault("code", sentence))
}

/// Of a token whose clock is off, by seconds, positive ahead. Told only after two codes that agree.
fn of_clock(off_secs: i64) -> String {
    let minutes = off_secs.unsigned_abs().div_ceil(60);
    let (way, wait) = if off_secs > 0 {
        let wait = format!(
            "進んだ時計で表示されたワンタイムパスワードはすでに使用済みとなるため、時計を合わせてから約{minutes}分待ち、"
        );
        ("進んで", wait)
    } else {
        ("遅れて", "時計を合わせてから、".to_owned())
    };
    format!(
        "トークンの時計が約{minutes}分{way}います。スマートフォンの日付と時刻を「自動設定」（日本時間）にしてください。{wait}新しく表示されたワンタイムパスワードを入力してください。ハードウェアトークンの場合は、窓口までご連絡ください。"
    )
}

/// Of a signature, which was `demanded` or chosen in place of a code. `None`: it was accepted.
pub(crate) fn of_signature(verdict: Verdict, demanded: bool) -> Option<Fault> {
    let sentence = match verdict {
        Verdict::Accepted => return None,
        Verdict::Rejected => {
            "署名番号が正しくありません。トークンに表示された振込先と金額がこの画面と同じであることを確かめ、表示された署名番号を入力してください。"
        }
        Verdict::Replayed => "この署名番号は使用済みです。振込先の入力からやり直してください。",
        Verdict::Locked => {
            "入力の誤りが続いたため、ただいまご利用いただけません。窓口までご連絡ください。"
        }
        Verdict::Unknown if demanded => {
            "時間が経過したか、取引認証に対応していないトークンです。「署名の画面へ進む」からやり直してください。続くときは窓口までご連絡ください。"
        }
        Verdict::Unknown => {
            "時間が経過したか、取引認証に対応していないトークンです。振込先の入力からやり直すか、ワンタイムパスワードで確認してください。"
        }
    };
    Some(fault("signature", sentence))
}

/// Of a transfer that has to be signed.
pub(crate) fn of_demand(demand: Demand) -> String {
    let why = match demand {
        Demand::NewPayee => "はじめてお振込みになる口座のため".to_owned(),
        Demand::Amount { up_to_yen } => format!("{}を超える振込のため", japan::yen(up_to_yen)),
    };
    format!(
        "{why}、取引認証（署名番号）が必要です。アプリの「モード切替」で「取引認証」を選び、「署名の画面へ進む」を押してください。"
    )
}

/// Of a serial with its code. `None`: it was accepted. Wrong serial and wrong code are one answer.
pub(crate) fn of_registration(verdict: Verdict) -> Option<Fault> {
    let sentence = match verdict {
        Verdict::Accepted => return None,
        Verdict::Rejected | Verdict::Unknown | Verdict::Replayed => {
            "シリアル番号またはワンタイムパスワードが正しくないか、登録できないトークンです。トークンの表示を確かめ、新しく表示されたワンタイムパスワードで入力してください。"
        }
        Verdict::Locked => {
            "入力の誤りが続いたため、ただいま登録できません。しばらくしてからもう一度お試しいただくか、窓口までご連絡ください。"
        }
    };
    Some(fault("", sentence))
}

/// Of a token that this face or this bank does not take: the same as of a wrong one.
pub(crate) const NOT_SENT: Sentence = "ハードウェアトークンは、お客さまあてに発送したもののみご利用いただけます。シリアル番号をお確かめください。";
/// Of an app's serial on a feature phone.
pub(crate) const NO_APP_HERE: Sentence =
    "携帯電話（ガラケー）では、ハードウェアトークンのみご利用いただけます。";

/// Of a step of トークン発行, 利用開始 and 利用解除 that is closed.
pub(crate) fn of_standing(closed: standing::Closed) -> String {
    use standing::Closed;
    match closed {
        Closed::ReleasedUntil(day) => format!(
            "利用解除を行った日の翌日以降に、新しいトークンを発行できます。{}からご利用ください。",
            japan::day_in_words(day)
        ),
        Closed::InUse => {
            "ワンタイムパスワードをご利用中です。機種変更やトークンの切替の場合は、先に「ワンタイムパスワード利用解除」を行ってください。".to_owned()
        }
        Closed::NotBefore(day) => format!(
            "ハードウェアトークンの再発行は、有効期限の90日前から受け付けます。{}からお申込みください。故障・電池切れの場合は窓口までご連絡ください。",
            japan::day_in_words(day)
        ),
        Closed::NothingIssued => {
            "先に「トークン発行」を行ってください。".to_owned()
        }
        Closed::NothingInUse => {
            "ワンタイムパスワードは利用されていません。".to_owned()
        }
    }
}

/// Of a closed procedure.
pub(crate) fn of_closed(closed: Closed, style: Style) -> String {
    match closed {
        Closed::NoToken if style == Style::Shinkumi => {
            "ワンタイムパスワードが利用されていません。「ご利用サービスの変更」の「ワンタイムパスワード」から、トークン発行と利用開始を行ってください。".to_owned()
        }
        Closed::OnThisFace => {
            "携帯電話（ガラケー）では、利用中止の操作ができません。当金庫所定の用紙を最寄りの本支店窓口までお届けください。パソコンまたはスマートフォンからは操作できます。".to_owned()
        }
        Closed::HasToken => {
            "ワンタイムパスワードは利用開始済みです。別のトークンに変更する場合は「交換」を、利用をやめる場合は「利用中止」を選択してください。".to_owned()
        }
        Closed::NoToken => {
            "ワンタイムパスワードが登録されていません。ログイン画面の「利用開始」から登録してください。".to_owned()
        }
        Closed::Until(day) => format!(
            "ワンタイムパスワードは利用開始の操作をした日の翌日からお取引にご利用いただけます。このお取引は{}からご利用ください。",
            japan::day_in_words(day)
        ),
    }
}

/// Of contract id and login password, whichever is wrong.
pub(crate) const WRONG_LOGIN: Sentence = "契約者IDまたはログインパスワードが正しくありません。";
/// Of tries that come too soon.
pub(crate) const LOGIN_WAITS: Sentence =
    "入力の誤りが続いたため、ただいま受け付けられません。しばらくしてからもう一度お試しください。";
/// Of the 資金移動用パスワード.
pub(crate) const WRONG_TRANSFER_PASSWORD: Sentence = "資金移動用パスワードが正しくありません。";
/// Of the 確認用パスワード.
pub(crate) const WRONG_CONFIRMATION: Sentence = "確認用パスワードが正しくありません。";
/// Of one that staff have to release.
pub(crate) const CONFIRMATION_LOCKED: Sentence =
    "確認用パスワードの誤りが続いたため、ご利用を停止しています。窓口までご連絡ください。";
/// Of a service that does not answer a look.
pub(crate) const SERVICE_AWAY: Sentence =
    "ただいまトークンの状態を確認できません。しばらくしてからもう一度お試しください。";
/// Of one that staff have to release.
pub(crate) const TRANSFER_PASSWORD_LOCKED: Sentence =
    "資金移動用パスワードの誤りが続いたため、ご利用を停止しています。窓口までご連絡ください。";
/// Of a call that the service would not look at.
pub(crate) const SERVICE_REFUSED: Sentence =
    "ただいまこのお手続きを受け付けられません。お取引は行われていません。窓口までご連絡ください。";

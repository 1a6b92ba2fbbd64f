//! What the bank says of a verdict and of a closed procedure, and what to do next. Nothing here
//! tells a stranger whether a contract or a serial exists.

use crate::issuer::Verdict;
use crate::rules::access::Closed;
use crate::rules::entries::Sentence;
use crate::rules::japan;

use super::form::fault;
use crate::storage::runs::Fault;

/// Of a code in use. `None`: it was accepted.
pub(crate) fn of_code(verdict: Verdict) -> Option<Fault> {
    let sentence = match verdict {
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
pub(crate) const NOT_SENT: Sentence = "ハードウェアトークンは、当金庫から発送したもののみご利用いただけます。シリアル番号をお確かめください。";
/// Of an app's serial on a feature phone.
pub(crate) const NO_APP_HERE: Sentence =
    "携帯電話（ガラケー）では、ハードウェアトークンのみご利用いただけます。";

/// Of a closed procedure.
pub(crate) fn of_closed(closed: Closed) -> String {
    match closed {
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
/// Of one that staff have to release.
pub(crate) const TRANSFER_PASSWORD_LOCKED: Sentence =
    "資金移動用パスワードの誤りが続いたため、ご利用を停止しています。窓口までご連絡ください。";
/// Of a call that the service would not look at.
pub(crate) const SERVICE_REFUSED: Sentence =
    "ただいまこのお手続きを受け付けられません。お取引は行われていません。窓口までご連絡ください。";

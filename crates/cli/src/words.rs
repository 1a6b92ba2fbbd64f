//! What is said about each error: what happened and what to do, in both languages.

use skts_authenticator::ErrorCode;

use crate::arguments::Lang;

/// A message and the next step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) message: &'static str,
    pub(crate) next: &'static str,
}

pub(crate) fn words(code: ErrorCode, lang: Lang) -> Words {
    let (ja, en) = both(code);
    let (message, next) = match lang {
        Lang::Ja => ja,
        Lang::En => en,
    };
    Words { message, next }
}

type Pair = (&'static str, &'static str);

const ASK_BANK_JA: &str = "お取引の金融機関に再発行・利用停止をご依頼のうえ、`skts start-over` のあとで初期設定をやり直してください。";
const ASK_BANK_EN: &str = "Ask your institution to stop or reissue the token, then run `skts start-over` and set up again.";

#[rustfmt::skip]
fn both(code: ErrorCode) -> (Pair, Pair) {
    match code {
        ErrorCode::InvalidForm => (
            ("入力された内容に誤りがあります。", "サービスIDは8桁、ユーザIDは12桁、利用開始パスワードは4～8桁の数字で入力してください。"),
            ("Something typed cannot be used.", "The service ID has 8 digits, the user ID 12, the activation password 4 to 8."),
        ),
        ErrorCode::UnknownInstitution => (
            ("該当する金融機関が一覧にありません。", "`skts institutions` で一覧とサービスIDをご確認ください。"),
            ("No such institution is in the list.", "See `skts institutions` for the list and the service IDs."),
        ),
        ErrorCode::WrongWay => (
            ("この金融機関の初期設定は別の方法で行います。", "`skts institutions` で方法をご確認のうえ、`skts setup` または `skts provision` をお使いください。"),
            ("This institution sets tokens up the other way.", "See `skts institutions`, then use `skts setup` or `skts provision`."),
        ),
        ErrorCode::ConsentNeeded => (
            ("他端末へのデータ引き継ぎができないことへの同意が必要です。", "内容をご確認のうえ、もう一度実行して同意してください。"),
            ("The notice that a token cannot be moved must be agreed to.", "Read it, run the command again and agree."),
        ),
        ErrorCode::NotAgreed => (
            ("同意の回答がなかったため、何も行いませんでした。", "行うには、もう一度実行して y と答えるか、--yes を付けてください。"),
            ("It was not agreed to, so nothing was done.", "To have it done, run it again and answer y, or add --yes."),
        ),
        ErrorCode::UnknownToken => (
            ("そのシリアル番号のトークンはこの端末にありません。", "`skts tokens` でシリアル番号をご確認ください。"),
            ("No token of that serial is on this computer.", "See `skts tokens` for the serials."),
        ),
        ErrorCode::DigitsNotAllowed => (
            ("この金融機関では、その桁数は使えません。", "桁数の指定を外してもう一度実行してください。"),
            ("This institution does not use that number of digits.", "Run it again without --digits."),
        ),
        ErrorCode::SigningNotAllowed => (
            ("この金融機関では、取引認証（署名）をお使いいただけません。", "インターネットバンキングの画面では、ワンタイムパスワードで確認してください。"),
            ("This institution takes no signatures of payments.", "Confirm the payment on its page with a one-time password."),
        ),
        ErrorCode::InvalidPayment => (
            ("振込内容に、署名できない項目があります。", "上記の項目を直して、もう一度実行してください。"),
            ("Something of the payment cannot be signed.", "Correct what is named above and run it again."),
        ),
        ErrorCode::QrNotPayment => (
            ("このQRコードは、署名する振込のものではありません。", "金融機関の画面の「署名する振込内容」のQRコードをお使いください。"),
            ("This QR code is not of a payment to sign.", "Use the one on the page where your institution asks for a signature."),
        ),
        ErrorCode::QrDamaged => (
            ("QRコードの内容が壊れているか、書き換えられています。署名していません。", "金融機関の画面を開き直して、もう一度お試しください。続くときは金融機関にお問い合わせください。"),
            ("What is in the QR code is damaged or was changed; nothing was signed.", "Open the page again and retry; if it goes on, ask your institution."),
        ),
        ErrorCode::QrOtherInstitution => (
            ("このQRコードは、別の金融機関のトークンで署名するものです。", "`skts tokens` で、その金融機関のトークンのシリアル番号を指定してください。"),
            ("This QR code is for a token of another institution.", "Name that token's serial; see `skts tokens`."),
        ),
        ErrorCode::ActivationRefused => (
            ("サービスID・ユーザID・利用開始パスワードのいずれかが違うか、期限が切れています。", "内容をご確認のうえ、もう一度お試しください。解決しないときは金融機関で再発行してください。"),
            ("The service ID, user ID or activation password is wrong, or has expired.", "Check them and try again. If that does not help, ask your institution for a new issue."),
        ),
        ErrorCode::QrUnreadable => (
            ("画像を読み取れないか、大きすぎます。", "PNG または JPEG の画像をお選びください。"),
            ("The picture cannot be read, or is too large.", "Choose a PNG or JPEG picture."),
        ),
        ErrorCode::QrNone => (
            ("画像にQRコードが見つかりません。", "QRコード全体がはっきり写った画像をお選びください。"),
            ("There is no QR code in the picture.", "Choose one that shows the whole code sharply."),
        ),
        ErrorCode::QrSeveral => (
            ("画像に複数のQRコードがあります。", "1つだけが写った画像をお選びください。"),
            ("There are several QR codes in the picture.", "Choose one that shows a single code."),
        ),
        ErrorCode::QrOther => (
            ("初期設定のQRコードではありません。", "トークン発行の画面のQRコードをお使いください。"),
            ("This QR code is not one for the initial setup.", "Use the one on the page where the token was issued."),
        ),
        ErrorCode::ClipboardEmpty => (
            ("クリップボードにQRコードの画像がありません。", "画面のQRコードの部分を画像としてコピーしてください。"),
            ("There is no picture of a QR code on the clipboard.", "Copy the part of the screen with the QR code as a picture."),
        ),
        ErrorCode::InvalidPin => (
            ("この番号はPINとして使えません。", "PINは4～12桁の数字です。0000 や 1234 のように推測されやすい番号は設定できません。"),
            ("This cannot be the PIN.", "A PIN has 4 to 12 digits, and not such as everybody tries first, like 0000 or 1234."),
        ),
        ErrorCode::PinWrong => (
            ("PINが違います。", "もう一度お試しください。10回続けて間違えると、このトークンは使えなくなります。"),
            ("The PIN is wrong.", "Try again. After ten wrong ones in a row this token can no longer be used."),
        ),
        ErrorCode::PinNeeded => (
            ("アプリがPINでロックされています。", "端末から実行してPINを入力するか、`--pin-stdin` を付けて標準入力からPINを渡してください。"),
            ("The app is locked by its PIN.", "Run it at a terminal and type the PIN, or give it as a line on standard input with `--pin-stdin`."),
        ),
        ErrorCode::PinWait => (
            ("PINの誤りが続いたため、しばらくの間PINを受け付けません。", "時間をおいてから、もう一度お試しください。`skts pin` で待ち時間を確認できます。"),
            ("After several wrong PINs, none is looked at for a while.", "Wait, then try again; `skts pin` says how long."),
        ),
        ErrorCode::PinEnded => (
            ("PINを10回続けて間違えたため、このトークンは使えなくなりました。", ASK_BANK_JA),
            ("After ten wrong PINs in a row this token can no longer be used.", ASK_BANK_EN),
        ),
        ErrorCode::PinSet => (
            ("PINはすでに設定されています。", "変更は `skts pin change`、解除は `skts pin remove` で行ってください。"),
            ("A PIN is set already.", "Change it with `skts pin change`, or take it off with `skts pin remove`."),
        ),
        ErrorCode::NoPin => (
            ("PINは設定されていません。", "設定は `skts pin set` で行ってください。"),
            ("No PIN is set.", "Set one with `skts pin set`."),
        ),
        ErrorCode::SuspectedCopy => (
            ("このトークンは別の端末でも使われたか、古いバックアップが戻されたため、停止されました。元には戻せません。", "心当たりがあってもなくても、すぐにお取引の金融機関にご連絡ください。`skts remove` のあと、新しく初期設定をやり直します。"),
            ("Another device used this token, or an old backup of it was put back: it has been stopped for good.", "Call your institution at once, whether or not you know why. After `skts remove`, set a new token up."),
        ),
        ErrorCode::TokenLocked => (
            ("金融機関でワンタイムパスワードの誤りが続いたため、ロックされています。", "お取引の金融機関でロックの解除を受けてから、`skts check` で確認してください。"),
            ("Too many wrong codes were typed at your institution; the token is locked.", "Have your institution unlock it, then run `skts check`."),
        ),
        ErrorCode::TokenSuspended => (
            ("このトークンは金融機関で一時停止されています。", "お取引の金融機関にお問い合わせください。解除のあとは `skts check` で確認してください。"),
            ("Your institution has suspended this token.", "Ask your institution; once it is resumed, run `skts check`."),
        ),
        ErrorCode::Stopped => (
            ("このトークンの利用は終了しています。", "お使いになるには、`skts remove` のあとで新しく初期設定を行ってください。"),
            ("This token has been ended.", "To go on, run `skts remove` and set a new token up."),
        ),
        ErrorCode::Replaced => (
            ("このトークンは別のトークンに交換されています。", "新しいトークンをお使いください。このトークンは `skts remove` で削除できます。"),
            ("Another token has taken this one's place.", "Use that one; `skts remove` removes this."),
        ),
        ErrorCode::CheckRefused => (
            ("サービスに、この端末のこのトークンの記録がありません。", "しばらくしてもう一度お試しください。続くときはお取引の金融機関にお問い合わせください。"),
            ("The service knows no such token of this device.", "Try again later; if it goes on, ask your institution."),
        ),
        ErrorCode::NotSetUp => (
            ("この端末ではまだ初期設定が行われていません。", "`skts setup` または `skts provision` で初期設定を行ってください。"),
            ("No token has been set up here.", "Set one up with `skts setup` or `skts provision`."),
        ),
        ErrorCode::NothingPending => (
            ("途中の初期設定はありません。", "`skts tokens` でトークンをご確認いただくか、初期設定を始めてください。"),
            ("There is no unfinished set-up.", "See `skts tokens`, or begin a set-up."),
        ),
        ErrorCode::PasswordNeeded => (
            ("続きには利用開始パスワードが必要です。", "`skts resume` を実行し、利用開始パスワードを入力してください。"),
            ("Going on needs the activation password.", "Run `skts resume` and type it."),
        ),
        ErrorCode::SetUpPending => (
            ("途中の初期設定があります。", "`skts resume` で続けるか、`skts cancel` で取りやめてから始めてください。"),
            ("Another set-up is unfinished.", "Go on with `skts resume`, or give it up with `skts cancel`."),
        ),
        ErrorCode::LevelTooLow => (
            ("この端末は、この金融機関が求める安全性の水準を満たしていません。", "別の端末をお使いいただくか、金融機関にお問い合わせください。"),
            ("This computer does not reach the level of security this institution asks for.", "Use another device, or ask your institution."),
        ),
        ErrorCode::UpdateNeeded => (
            ("このバージョンでは、新しいトークンを初期設定できません。お使いのトークンは、そのままご利用いただけます。", "最新のバージョンに更新してから、もう一度初期設定を行ってください。"),
            ("This version can set no new token up. Tokens that are set up go on working.", "Update to the newest version, then set the token up."),
        ),
        ErrorCode::Expired => (
            ("このトークンの有効期限が切れています。", "金融機関の案内に従って、新しいトークンを初期設定してください。"),
            ("This token has expired.", "Set a new token up as your institution tells you."),
        ),
        ErrorCode::Lapsed => (
            ("期限内に初期設定または利用開始が行われなかったため、このトークンは使えません。", "もう一度、初期設定を行ってください。"),
            ("The set-up or registration was not finished in time; this token cannot be used.", "Set a token up again."),
        ),
        ErrorCode::Network => (
            ("通信できません。入力された内容は失われていません。", "通信状態をご確認のうえ、もう一度お試しください。初期設定の途中なら `skts resume` で続けます。"),
            ("The service cannot be reached. Nothing is lost.", "Check the connection, then try again; go on with a set-up by `skts resume`."),
        ),
        ErrorCode::Busy => (
            ("サービスが混み合っています。入力された内容は失われていません。", "しばらくしてからもう一度お試しください。初期設定の途中なら `skts resume` で続けます。"),
            ("The service is busy. Nothing is lost.", "Try again in a while; go on with a set-up by `skts resume`."),
        ),
        ErrorCode::KeystoreLocked => (
            ("この端末の鍵保管（キーリング）がロックされています。", "ロックを解除してから、もう一度お試しください。"),
            ("This computer's keyring is locked.", "Unlock it, then try again."),
        ),
        ErrorCode::KeystoreAbsent => (
            ("この端末で鍵保管（キーリング）が使えません。", "GNOME Keyring や KWallet などを導入・起動してから、もう一度お試しください。"),
            ("There is no usable keystore on this computer.", "Install or start one, such as GNOME Keyring or KWallet, then try again."),
        ),
        ErrorCode::KeystoreSlow => (
            ("鍵保管（キーリング）からの応答を待っています。", "ロック解除の画面が隠れていないかご確認のうえ、もう一度お試しください。"),
            ("The keystore has not answered yet.", "Look for a hidden prompt to unlock it, then try again."),
        ),
        ErrorCode::KeystoreNotEntitled => (
            ("このプログラムには、キーチェーンを使うための署名（エンタイトルメント）がありません。データは失われていません。", "署名された正規のアプリをお使いください。"),
            ("This build is not signed with the keychain entitlement. Nothing is lost.", "Use the app as it is signed and provided."),
        ),
        ErrorCode::ItemMissing => (
            ("この端末ではトークンの初期設定が行われましたが、その鍵がなくなっています。", ASK_BANK_JA),
            ("A token was set up here, but its key is gone from the keystore.", ASK_BANK_EN),
        ),
        ErrorCode::DeviceKeyGone => (
            ("この端末の端末鍵がなくなっています。", ASK_BANK_JA),
            ("This device's own key is gone.", ASK_BANK_EN),
        ),
        ErrorCode::ChipAbsent => (
            ("トークンの鍵を守るセキュリティチップ（TPM）が使えません。データは失われていません。", "パソコンを再起動し、ファームウェアの設定で TPM が有効か、利用する権限（`tss` グループなど）があるかご確認ください。`skts doctor` で状態がわかります。チップが交換・初期化されたときは、金融機関で手続きのうえ、`skts start-over` のあとで初期設定を行ってください。"),
            ("The security chip (TPM) that guards the token's key cannot be used. Nothing is lost.", "Restart the computer; check that the TPM is on in the firmware settings and that you may use it (such as the group `tss`). `skts doctor` says how it stands. If the chip was replaced or cleared, see your institution, then run `skts start-over` and set up."),
        ),
        ErrorCode::ChipBusy => (
            ("セキュリティチップ（TPM）が応答できません。データは失われていません。", "しばらくしてから、もう一度お試しください。"),
            ("The security chip (TPM) is busy. Nothing is lost.", "Try again in a while."),
        ),
        ErrorCode::OtherDevice => (
            ("この端末では利用できません。このトークンは別の端末のものです。", "元の端末をお使いください。この端末で使うには、金融機関で手続きのうえ、`skts start-over` のあとで初期設定を行ってください。"),
            ("This token belongs to another device and cannot be used here.", "Use that device. To use this one, see your institution, then run `skts start-over` and set up."),
        ),
        ErrorCode::Corrupt => (
            ("トークンの記録が壊れています。記録は消さずに残してあります。", ASK_BANK_JA),
            ("The token's record is damaged. It was not deleted.", ASK_BANK_EN),
        ),
        ErrorCode::NewerFormat => (
            ("この記録は新しい版のアプリで書かれています。", "アプリを新しい版に更新してください。"),
            ("The record was written by a newer version of the app.", "Update the app."),
        ),
        ErrorCode::NoMachineId => (
            ("この端末には識別子（machine-id）がないため、トークンを端末に結び付けられません。", "`systemd-machine-id-setup` を管理者として実行してから、もう一度お試しください。"),
            ("This computer has no machine id, so no token can be tied to it.", "Run `systemd-machine-id-setup` as administrator, then try again."),
        ),
        ErrorCode::InUse => (
            ("ほかのアプリがこのトークンを使用中です。", "もう一方を終了してから、もう一度お試しください。"),
            ("Another running app uses this profile.", "Close it, then try again."),
        ),
        ErrorCode::Disk => (
            ("ディスクに読み書きできません。トークンは失われていません。", "空き容量と書き込みの権限をご確認のうえ、もう一度お試しください。"),
            ("The disk cannot be read or written. Nothing is lost.", "Check its free space and your permission to write, then try again."),
        ),
        ErrorCode::InstitutionList => (
            ("金融機関の一覧が正しくないか、信頼できません。", "正規のアプリの一覧をお使いください。`--institutions` を指定している場合はそのファイルをご確認ください。"),
            ("The institution list is malformed or cannot be trusted.", "Use the list of the app itself; if you gave --institutions, check that file."),
        ),
        ErrorCode::ClockOff => (
            ("この端末の日時が大きくずれています。", "日時を日本時間に合わせ、自動設定をオンにしてから、もう一度お試しください。"),
            ("This computer's clock is far off.", "Set date and time, best automatically, then try again."),
        ),
        ErrorCode::ServiceAnswer => (
            ("サービスからの応答が正しくありません。", "しばらくしてから `skts resume` をお試しください。続くときは金融機関にお問い合わせください。"),
            ("The service's answer is not as it should be.", "Try `skts resume` later; if it goes on, ask your institution."),
        ),
        ErrorCode::Internal => (
            ("アプリの内部で問題が起きました。", "もう一度お試しください。続くときは `skts doctor` の内容を添えてお問い合わせください。"),
            ("Something went wrong inside the app.", "Try again; if it goes on, report it with the output of `skts doctor`."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_happened_and_what_to_do_in_both_languages() {
        let mut catalogue = String::new();
        for code in ErrorCode::ALL {
            for lang in [Lang::Ja, Lang::En] {
                let Words { message, next } = words(*code, lang);
                for sentence in [message, next] {
                    assert!(
                        sentence.ends_with(['。', '.']),
                        "{code:?} {lang:?}: {sentence}"
                    );
                    let japanese = sentence
                        .chars()
                        .any(|c| ('\u{3040}'..'\u{9fff}').contains(&c));
                    assert_eq!(japanese, lang == Lang::Ja, "{code:?}: {sentence}");
                }
                catalogue += &format!("{} {lang:?}\n  {message}\n  {next}\n", code.as_str());
            }
        }
        insta::assert_snapshot!(catalogue);
    }
}

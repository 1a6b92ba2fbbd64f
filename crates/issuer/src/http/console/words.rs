//! Every word of the console, in Japanese and in English side by side: one that is missing in either
//! does not compile.

use skts_otp::AssuranceLevel;

use crate::audit::Action;
use crate::rules::attestation::ATTESTED;
use crate::rules::roles::Role;
use crate::rules::token::{TokenKind, TokenState};
use crate::staff::Deed;

/// What the pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Japanese,
    English,
}

impl Language {
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Japanese => Self::English,
            Self::English => Self::Japanese,
        }
    }

    pub(crate) fn parse(tag: &str) -> Option<Self> {
        [Self::Japanese, Self::English]
            .into_iter()
            .find(|language| language.tag() == tag)
    }

    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::Japanese => &JAPANESE,
            Self::English => &ENGLISH,
        }
    }
}

macro_rules! words {
    ($($name:ident: $japanese:literal, $english:literal;)*) => {
        /// The words that stand alone.
        #[derive(Debug)]
        pub(crate) struct Words {
            language: Language,
            $(pub(crate) $name: &'static str,)*
        }

        static JAPANESE: Words = Words { language: Language::Japanese, $($name: $japanese,)* };
        static ENGLISH: Words = Words { language: Language::English, $($name: $english,)* };

        #[cfg(test)]
        const TABLE: &[(&str, &str, &str)] = &[$((stringify!($name), $japanese, $english),)*];
    };
}

words! {
    console: "トークン管理", "Token console";
    skip: "本文へ", "Skip to the content";
    pages: "ページ", "Pages";
    other_language: "English", "日本語";
    to_the_beginning: "はじめの画面へ", "To the first page";
    sign_in: "サインイン", "Sign in";
    sign_out: "サインアウト", "Sign out";
    name: "職員の名前", "Staff name";
    password: "パスワード", "Password";
    code: "ワンタイムパスワード", "One-time password";
    code_hint: "ご自分のトークンに表示されている数字", "The digits your own token shows";
    find: "検索", "Search";
    institution: "金融機関", "Institution";
    every_institution: "すべて", "Every institution";
    customer_or_serial: "お客さまの番号、またはシリアル番号", "Customer reference or serial number";
    customer_or_serial_hint: "全部を入力してください", "The whole of it";
    found: "検索結果", "Results";
    nothing_found: "見つかりません", "Nothing found";
    serial: "シリアル番号", "Serial number";
    customer: "お客さま", "Customer";
    state: "状態", "State";
    nobody_yet: "未登録", "Not registered";
    waits_until: "誤入力のため、次の時刻まで受け付けません:", "After wrong codes, none is looked at until:";
    resync_is_asked: "時刻合わせをお願い中です。お客さまがご自分の画面で続けて2つのワンタイムパスワードを入力すると終わります。", "A resync was started. It ends when the customer types two codes in a row in the bank's own page.";
    reported: "不具合の申し出", "Reported fault";
    low_battery: "電池残量の低下", "Low battery";
    broken: "故障", "Broken";
    copy_suspected: "複製の疑いがあるため停止しました。別の端末でも使われたか、古いバックアップが戻されています。停止の解除はできません。本人確認のうえ再発行し、お客さまに新しく初期設定をしていただいてください。", "Stopped: a copy is suspected. Another device used this token, or an old backup was put back. It cannot be resumed. Check who is asking, reissue it, and have the customer set up anew.";
    renewable: "有効期限が近づいています。再発行できます。", "The end is near: a new token may be issued.";
    what_you_can_do: "できること", "What you can do";
    tokens: "トークン", "Tokens";
    no_token: "トークンはありません", "No token";
    kind: "種類", "Kind";
    device: "端末", "Device";
    level: "端末の鍵", "Device key";
    level_unproved: "ソフトウェア、または証明なし（レベル1）", "Software, or not proved (level 1)";
    level_attested: "証明済みのハードウェア（レベル3）", "Attested hardware (level 3)";
    registered: "利用開始日", "Registered";
    expires: "有効期限", "Expires";
    lately: "最近の記録", "Lately";
    nothing_lately: "記録はありません", "Nothing written down";
    time: "日時（日本時間）", "Time (Japan)";
    what: "内容", "What";
    who: "だれが", "Who";
    how_it_ended: "結果", "Result";
    reason: "理由", "Reason";
    reason_hint: "300文字まで。監査記録に残ります。パスワードやお名前は書かないでください。", "At most 300 characters. It goes to the audit trail: no passwords and no names.";
    back: "戻る", "Back";
    voucher: "引換番号", "Voucher";
    shown_once: "この画面でしか表示されません。", "This is shown only once.";
    valid_from: "使えるようになる日時", "Good from";
    valid_until: "使える期限", "Good until";
    voucher_use: "お客さまは、この番号と新しいトークンのシリアル番号・ワンタイムパスワードをご自分の画面で入力します。古いトークンが使われると無効になります。", "The customer types it in the bank's own page, with the new token's serial number and code. If the old token is used before, it is void.";
    approvals: "承認", "Approvals";
    nothing_waits: "承認待ちはありません", "Nothing waits for approval";
    task_unlock: "ロックの解除", "Unlock a token";
    task_import: "ハードウェアトークンの一括登録", "Bring in hardware tokens";
    file: "ファイル（SHA-256）", "File (SHA-256)";
    asked_by: "申請した人", "Asked by";
    until: "期限", "Until";
    own_request: "ご自分の申請は承認できません。", "You cannot decide what you asked for yourself.";
    approve: "承認する", "Approve";
    refuse: "却下する", "Refuse";
    audit: "監査記録", "Audit trail";
    trail_state: "記録の検証", "Is the trail whole?";
    check_trail: "検証する", "Check it now";
    trail_whole: "改ざんは見つかりませんでした", "Nothing was changed, cut or written anew";
    trail_broken: "記録が封印と一致しません。すぐに管理者へ知らせてください", "The trail does not fit its seals: tell the administrators at once";
    sealed: "封印済み", "sealed";
    unsealed: "未封印", "not sealed yet";
    newest_first: "新しい順に200件まで", "Newest first, at most 200";
    number: "番号", "No.";
    accounts: "職員", "Staff";
    new_password: "新しいパスワード", "New password";
    change_password: "パスワードを変更する", "Change the password";
    present_password: "現在のパスワード", "Present password";
    next_code_hint: "サインインに使った数字は使えません。次の表示を待ってください。", "Not the digits you signed in with: wait for the next.";
    new_password_hint: "12〜128文字。覚えやすい文で構いません。よくある言葉や並び、ご自分の名前だけのものは使えません。", "12 to 128 characters; a sentence will do. Not common words or sequences alone, and not your name.";
    new_password_again: "新しいパスワード（もう一度）", "New password, once more";
    password_is_temporary: "仮のパスワードです。続けるには、ご自分で選んだものに変更してください。", "This password was made for you. Choose your own to go on.";
    password_changed: "パスワードを変更しました。ほかの場所でのサインインは終了しました。", "The password was changed. You are signed out everywhere else.";
    password_refused: "現在のパスワードまたはワンタイムパスワードが違います", "The present password or the code is wrong";
    password_length: "パスワードは12〜128文字にしてください", "A password has 12 to 128 characters";
    password_easy: "推測されやすいパスワードです。別のものにしてください", "This password is too easy to guess; choose another";
    password_differs: "新しいパスワードが2回とも同じではありません", "The new password was not typed the same twice";
    password_same: "現在のパスワードと同じです。別のものにしてください", "It is the present password; choose another";
    role_label: "役割", "Role";
    since: "登録日時", "Since";
    add_account: "職員を追加", "Add an account";
    name_hint: "英小文字・数字・「.」「_」「-」で2〜32文字", "2 to 32 of a-z 0-9 . _ -, the first a letter";
    empty_for_all: "空欄はすべての金融機関", "Empty for every institution";
    change_account: "役割を変える", "Change a role";
    enabled: "有効", "Enabled";
    disabled: "無効", "Disabled";
    staff_token: "サインイン用トークンの登録", "Register a token to sign in with";
    staff_token_hint: "本人がその場でアプリを開き、シリアル番号と表示中の数字を伝えてください。", "With its owner present: the serial number and the digits shown now.";
    register: "登録する", "Register";
    done: "完了しました", "Done";
    waits: "1日の上限を超えたため、別の職員の承認待ちです", "Above the daily count: a second person has to decide";
    sign_in_refused: "名前、パスワード、ワンタイムパスワードのいずれかが違います", "The name, the password or the code is wrong";
    sign_in_waits: "しばらく待ってから、もう一度お試しください", "Wait a while, then try again";
    form_forged: "この画面からの操作ではありません", "This did not come from a page of the console";
    form_used: "この操作は、すでに送信されています", "This form was sent already";
    form_malformed: "入力を読み取れません", "The form cannot be read";
    not_allowed: "この操作は許可されていません", "You may not do this";
    reason_needed: "理由を1〜300文字で入力してください", "A reason of 1 to 300 characters is needed";
    no_way: "トークンの状態が変わったため、できません", "The token is not in a state for this";
    already: "すでに申請または決定されています", "It was asked for or decided already";
    account_refused: "入力の内容では登録できません", "The account cannot be changed so";
    token_refused: "シリアル番号またはワンタイムパスワードが違います", "The serial number or the code is wrong";
    failed: "処理できませんでした。しばらくしてからお試しください", "It could not be done. Try again later";
    not_found: "ページがありません", "No such page";
    error: "お知らせ", "Notice";
}

impl Words {
    const fn pick(&self, japanese: &'static str, english: &'static str) -> &'static str {
        match self.language {
            Language::Japanese => japanese,
            Language::English => english,
        }
    }

    pub(crate) const fn role(&self, role: &Role) -> &'static str {
        match role {
            Role::Clerk => self.pick("受付", "clerk"),
            Role::Operator => self.pick("操作", "operator"),
            Role::Approver => self.pick("承認", "approver"),
            Role::Auditor => self.pick("監査", "auditor"),
            Role::Admin => self.pick("管理", "admin"),
        }
    }

    pub(crate) const fn token_state(&self, state: TokenState) -> &'static str {
        match state {
            TokenState::Provisioned => self.pick("初期設定済み", "Set up"),
            TokenState::Active => self.pick("利用中", "In use"),
            TokenState::Locked => self.pick("ロック中", "Locked"),
            TokenState::Suspended => self.pick("利用停止中", "Suspended"),
            TokenState::Revoked => self.pick("利用終了", "Ended"),
            TokenState::Replaced => self.pick("交換済み", "Replaced"),
            TokenState::Expired => self.pick("期限切れ", "Expired"),
            TokenState::Lapsed => self.pick("失効", "Lapsed"),
        }
    }

    pub(crate) const fn meaning(&self, state: TokenState) -> &'static str {
        match state {
            TokenState::Provisioned => self.pick(
                "アプリの設定は終わり、利用開始の手続きを待っています。",
                "The app is set up; the customer has yet to register it.",
            ),
            TokenState::Active => self.pick(
                "ワンタイムパスワードを受け付けています。",
                "Its codes are accepted.",
            ),
            TokenState::Locked => self.pick(
                "続けて間違えたため、受け付けを止めています。本人確認のうえ解除できます。",
                "Too many wrong codes in a row. Check who is asking before you unlock it.",
            ),
            TokenState::Suspended => self.pick(
                "紛失などのため、一時的に止めています。",
                "Held, as after a report of loss.",
            ),
            TokenState::Revoked => self.pick(
                "終了しています。新しいトークンで利用開始ができます。",
                "It is over. The customer can set up and register another.",
            ),
            TokenState::Replaced => self.pick(
                "別のトークンに交換されています。",
                "Another token has taken its place.",
            ),
            TokenState::Expired => self.pick(
                "有効期限が過ぎています。再発行が必要です。",
                "Past its date. The customer needs another.",
            ),
            TokenState::Lapsed => self.pick(
                "期限までに利用開始されませんでした。",
                "It was never registered in time.",
            ),
        }
    }

    pub(crate) const fn token_kind(&self, kind: TokenKind) -> &'static str {
        match kind {
            TokenKind::Soft => self.pick("アプリ", "App"),
            TokenKind::Totp => self.pick("ハードウェア（時刻）", "Hardware, by time"),
            TokenKind::Hotp => self.pick("ハードウェア（回数）", "Hardware, by count"),
        }
    }

    /// What is proved of the device of an app's token.
    pub(crate) fn level(&self, kind: TokenKind, level: AssuranceLevel) -> &'static str {
        match kind {
            TokenKind::Soft if level >= ATTESTED => self.level_attested,
            TokenKind::Soft => self.level_unproved,
            TokenKind::Totp | TokenKind::Hotp => "",
        }
    }

    /// What a customer says is wrong, by the word in the database.
    pub(crate) fn fault(&self, word: &str) -> &'static str {
        match word {
            "low_battery" => self.low_battery,
            _ => self.broken,
        }
    }

    pub(crate) const fn deed(&self, deed: Deed) -> &'static str {
        match deed {
            Deed::Unlock => self.pick("ロックを解除する", "Unlock"),
            Deed::Suspend => self.pick("利用を停止する", "Suspend"),
            Deed::Resume => self.pick("停止を解除する", "Resume"),
            Deed::Reissue => self.pick("再発行する", "Reissue"),
            Deed::StartResync => self.pick("時刻合わせを始める", "Start a resync"),
            Deed::ReportLowBattery => self.pick("電池残量の低下を記録する", "Note a low battery"),
            Deed::ReportBroken => self.pick("故障を記録する", "Note a fault"),
            Deed::Voucher => self.pick("引換番号を作る", "Make a voucher"),
        }
    }

    pub(crate) const fn warning(&self, deed: Deed) -> &'static str {
        match deed {
            Deed::Unlock => self.pick(
                "本人確認を済ませてから解除してください。",
                "Make sure first that it is the customer who asks.",
            ),
            Deed::Suspend => self.pick(
                "解除するまで、ワンタイムパスワードは使えません。",
                "No code is accepted until it is resumed.",
            ),
            Deed::Resume => self.pick(
                "端末がお客さまの手元にあることを確かめてください。",
                "Make sure that the device is in the customer's hands.",
            ),
            Deed::Reissue => self.pick(
                "いまのトークンは終了し、元に戻せません。お客さまは新しいトークンで利用開始します。",
                "The token ends for good. The customer sets up and registers another.",
            ),
            Deed::StartResync => self.pick(
                "お客さまがご自分の画面で、続けて表示される2つの数字を入力します。",
                "The customer types two codes in a row in the bank's own page.",
            ),
            Deed::ReportLowBattery | Deed::ReportBroken => self.pick(
                "トークンの状態は変わりません。",
                "The state of the token does not change.",
            ),
            Deed::Voucher => self.pick(
                "古い端末が動かないときだけ使います。本人確認を済ませてください。すぐには使えず、お客さまに通知されます。",
                "Only for a phone that is dead. Make sure who is asking. It is not good at once, and the customer is told.",
            ),
        }
    }

    pub(crate) const fn action(&self, action: Action) -> &'static str {
        match action {
            Action::InstitutionAdded => self.pick("金融機関の追加", "Institution added"),
            Action::ActivationIssued => self.pick("トークン発行", "Activation issued"),
            Action::ActivationWithdrawn => self.pick("トークン発行の取消", "Activation withdrawn"),
            Action::ActivationClaimed => self.pick("初期設定", "Activation claimed"),
            Action::OtherDevice => self.pick("別の端末からの初期設定", "Another device tried"),
            Action::Provisioned => self.pick("シードの引き渡し", "Provisioned"),
            Action::Confirmed => self.pick("端末の確認", "Confirmed by the device"),
            Action::CheckIn => self.pick("トークンの確認", "Check-in"),
            Action::CopySuspected => self.pick("複製の疑い", "Copy suspected"),
            Action::Stop => self.pick("アプリからの利用中止", "Stopped from the app"),
            Action::Register => self.pick("利用開始", "Registration"),
            Action::Verify => self.pick("ワンタイムパスワードの確認", "Verification"),
            Action::Resync => self.pick("時刻合わせ", "Resync"),
            Action::Exchange => self.pick("交換", "Exchange"),
            Action::Unregister => self.pick("利用中止", "Unregistered"),
            Action::Suspend => self.pick("利用停止", "Suspended"),
            Action::Resume => self.pick("停止の解除", "Resumed"),
            Action::Unlock => self.pick("ロックの解除", "Unlocked"),
            Action::Revoke => self.pick("利用終了", "Revoked"),
            Action::Expire => self.pick("有効期限切れ", "Expired"),
            Action::Lapse => self.pick("失効", "Lapsed"),
            Action::Imported => {
                self.pick("ハードウェアトークンの登録", "Hardware token brought in")
            }
            Action::Assign => self.pick("お客さまへの送付", "Sent to a customer"),
            Action::Report => self.pick("不具合の申し出", "Fault reported"),
            Action::SignatureAsked => self.pick("取引署名の依頼", "Signature asked for"),
            Action::Signature => self.pick("取引署名", "Signature"),
            Action::RenewalDue => self.pick("更新時期のお知らせ", "Renewal due"),
            Action::KeyAdded => self.pick("APIキーの追加", "API key added"),
            Action::KeyEnded => self.pick("APIキーの終了", "API key ended"),
            Action::KeysRotated => self.pick("マスターキーの更新", "Master key rotated"),
            Action::KeysRetired => self.pick("旧マスターキーの破棄", "Old master key retired"),
            Action::Restored => self.pick("データベースの復元", "Database restored"),
            Action::Reissue => self.pick("再発行", "Reissued"),
            Action::ResyncAsked => self.pick("時刻合わせの依頼", "Resync asked for"),
            Action::VoucherMade => self.pick("引換番号の作成", "Voucher made"),
            Action::ApprovalAsked => self.pick("承認の申請", "Approval asked for"),
            Action::Approved => self.pick("承認", "Approved"),
            Action::ApprovalRefused => self.pick("却下", "Refused"),
            Action::StaffAdded => self.pick("職員の追加", "Account added"),
            Action::StaffChanged => self.pick("職員の変更", "Account changed"),
            Action::PasswordChanged => self.pick("パスワードの変更", "Password changed"),
            Action::PasswordReset => self.pick("パスワードの再発行", "Password reset"),
            Action::SignIn => self.pick("サインイン", "Signed in"),
            Action::SignOut => self.pick("サインアウト", "Signed out"),
        }
    }

    /// The action of this word in the trail; the word itself if this program does not know it.
    pub(crate) fn action_named<'w>(&self, word: &'w str) -> &'w str {
        let known = Action::ALL
            .into_iter()
            .find(|action| action.as_str() == word);
        known.map_or(word, |action| self.action(action))
    }

    /// How something ended, and of a refused code why.
    pub(crate) fn outcome<'w>(&self, word: &'w str) -> &'w str {
        match word {
            "done" => self.pick("完了", "Done"),
            "not_moved" => self.pick("状態をお知らせしました", "Told where it stands"),
            "ahead" => self.pick(
                "端末の記録のほうが新しいため、そのままにしました（データベースの復元後など）",
                "The app is ahead of the service, as after a restore: nothing was moved",
            ),
            "accepted" => self.pick("正しい", "Accepted"),
            "refused" => self.pick("受け付けませんでした", "Refused"),
            "rejected" => self.pick(
                "数字が違います（打ち間違い、時刻のずれ、別のトークン）",
                "Wrong digits: mistyped, a clock that is off, or another token",
            ),
            "replayed" => self.pick(
                "一度使われた数字です（次の表示を待つ必要がありました）",
                "Used before: the next code had to be waited for",
            ),
            "locked" => self.pick(
                "受け付けていません（誤入力後の待ち時間、またはロック中）",
                "Not looked at: a wait after wrong codes, or locked",
            ),
            "unknown" => self.pick(
                "確認できるトークンがありません",
                "No token a code could be checked against",
            ),
            other => other,
        }
    }

    pub(crate) fn actor<'w>(&self, word: &'w str) -> &'w str {
        match word {
            "bank" => self.pick("お客さま（金融機関の画面）", "Customer, through the bank"),
            "device" => self.pick("アプリ", "App"),
            "service" => self.pick("自動", "The service"),
            "staff" => self.pick("職員（コマンド）", "Staff, command line"),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_is_japanese_and_english_is_english() {
        let japanese = |text: &str| text.chars().any(|c| c > '\u{3000}');
        for (name, in_japanese, in_english) in TABLE {
            if *name == "other_language" {
                continue;
            }
            assert!(japanese(in_japanese), "{name}");
            assert!(!japanese(in_english) && !in_english.is_empty(), "{name}");
        }
    }

    #[test]
    fn every_action_of_the_trail_has_its_own_words() {
        for language in [Language::Japanese, Language::English] {
            let words = language.words();
            let said: std::collections::BTreeSet<_> = Action::ALL
                .into_iter()
                .map(|action| words.action_named(action.as_str()))
                .collect();
            assert_eq!(said.len(), Action::ALL.len());
        }
    }
}

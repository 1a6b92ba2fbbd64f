//! `skts check`.

use std::process::ExitCode;

use skts_authenticator::ErrorCode;
use skts_authenticator::views::{CheckView, Halt};

use crate::arguments::Lang;
use crate::commands::{Done, Session};
use crate::output::Output;
use crate::words::words;

/// What is refused by the service, as an exit status.
const REFUSED: u8 = 3;

impl Session {
    pub(crate) fn check(&mut self, serial: Option<&str>) -> Done {
        let token = self.choose(serial)?;
        let told = self.authenticator.check(&token.id)?;
        let text = self.check_text(&told);
        self.output.result(&told, &text)?;
        Ok(match refused(&told) {
            None => ExitCode::SUCCESS,
            Some(_) => ExitCode::from(REFUSED),
        })
    }

    fn check_text(&self, told: &CheckView) -> String {
        let output = self.output;
        let mut text = format!(
            "{}  {}\n",
            self.pick(&told.token.institution_name),
            told.token.serial_grouped
        );
        let mut line = |label: &str, value: &str| text += &format!("  {label}  {value}\n");
        line(output.say("状態　　　", "State   "), state(output, told));
        if let Some(until) = &told.register_before {
            let label = output.say("登録の期限", "Register");
            line(label, self.pick(&until.text));
        }
        line(
            output.say("有効期限　", "Until   "),
            self.pick(&told.expires_at.text),
        );
        if told.renewable {
            let renewable = output.say(
                "まもなく期限です。金融機関の案内に従って、新しいトークンを初期設定してください。",
                "It ends soon: set a new token up as your institution tells you.",
            );
            line(output.say("更新　　　", "Renewal "), renewable);
        }
        if let Some(used) = &told.last_used_at {
            let label = output.say("最後の利用", "Last use");
            line(label, self.pick(&used.text));
        }
        line(
            output.say("時計　　　", "Clock   "),
            self.pick(&told.clock.text),
        );
        if told.resync_asked {
            text += output.say(
                "\n金融機関の画面で、続けて表示される2つのワンタイムパスワードを入力してください。\n",
                "\nYour institution asks for two codes in a row, typed on its own page.\n",
            );
        }
        if let Some(code) = refused(told) {
            let words = words(code, output.lang);
            text += &format!("\n{}\n{}\n", words.message, words.next);
            if !told.token.contact.ja.is_empty() {
                text += &format!("{}\n", self.pick(&told.token.contact));
            }
        }
        text
    }
}

/// Why the service accepts no code, if it accepts none.
fn refused(told: &CheckView) -> Option<ErrorCode> {
    let Some(halt) = told.halt else {
        return told.token.expired.then_some(ErrorCode::Expired);
    };
    Some(match halt {
        Halt::Locked => ErrorCode::TokenLocked,
        Halt::Suspended => ErrorCode::TokenSuspended,
        Halt::SuspectedCopy => ErrorCode::SuspectedCopy,
        Halt::Revoked => ErrorCode::Stopped,
        Halt::Replaced => ErrorCode::Replaced,
        Halt::Lapsed => ErrorCode::Lapsed,
    })
}

fn state(output: Output, told: &CheckView) -> &'static str {
    let say = |ja, en| match output.lang {
        Lang::Ja => ja,
        Lang::En => en,
    };
    match told.halt {
        Some(Halt::Locked) => say("ロック中", "locked"),
        Some(Halt::Suspended) => say("利用停止中", "suspended"),
        Some(Halt::SuspectedCopy) => {
            say("利用停止中（複製の疑い）", "suspended: a copy is suspected")
        }
        Some(Halt::Revoked) => say("利用終了", "ended"),
        Some(Halt::Replaced) => say("交換済み", "replaced"),
        Some(Halt::Lapsed) => say("失効", "lapsed"),
        None if told.token.expired => say("期限切れ", "expired"),
        None if told.registered => say("利用中", "in use"),
        None => say(
            "未登録（金融機関の画面で利用開始の登録を行ってください）",
            "not registered: register it on your institution's page",
        ),
    }
}

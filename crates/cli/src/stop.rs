//! `skts stop`.

use std::process::ExitCode;

use skts_authenticator::views::TokenView;
use skts_authenticator::{AppError, ErrorCode};

use crate::commands::{Done, Session};

impl Session {
    /// 利用中止. A call that got no answer is sent again by running it again.
    pub(crate) fn stop(&mut self, serial: &str, yes: bool) -> Done {
        let token = self.choose(Some(serial))?;
        if !token.stopping && token.receipt.is_none() {
            self.be_sure(
                yes,
                "利用を中止します。このトークンのワンタイムパスワードは使えなくなり、お振込等の資金移動のお取引ができなくなります。元に戻せません。よろしいですか [y/N] ",
                "Stop this token? Its codes will no longer be accepted, and transfers will not be possible. It cannot be undone. [y/N] ",
            )?;
        }
        self.authenticator.stop_token(&token.id)?;
        let stopped = self.token(&token.id)?;
        let text = self.stop_text(&stopped);
        self.output.result(&stopped, &text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn token(&self, id: &str) -> Result<TokenView, AppError> {
        let mut tokens = self.authenticator.tokens().into_iter();
        let found = tokens.find(|token| token.id == id);
        found.ok_or_else(|| ErrorCode::UnknownToken.into())
    }

    fn stop_text(&self, token: &TokenView) -> String {
        let output = self.output;
        let mut text = format!(
            "{}  {}\n",
            self.pick(&token.institution_name),
            token.serial_grouped
        );
        match &token.receipt {
            Some(receipt) => {
                text += output.say("利用を中止しました。\n", "Stopped.\n");
                text += &format!(
                    "  {}  {}\n  {}  {}\n\n",
                    output.say("受付番号", "Receipt "),
                    receipt.number,
                    output.say("受付時刻", "Accepted"),
                    self.pick(&receipt.at.text)
                );
            }
            None => {
                text += output.say(
                    "このトークンの利用は、すでに終了しています。\n\n",
                    "This token was over already.\n\n",
                );
            }
        }
        text += output.say(
            "お取引を再開するには、新しいトークンで利用開始の手続きを行ってください。このトークンは `skts remove` で削除できます。\n",
            "To go on, set a new token up and register it at your institution. `skts remove` takes this one away.\n",
        );
        text
    }
}

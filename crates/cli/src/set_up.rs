//! `skts setup`, `provision` and `resume`.

use std::process::ExitCode;

use skts_authenticator::{
    ActivationForm, AppError, AppState, CONSENT_VERSION, ErrorCode, SetUpStep,
};

use crate::commands::{Done, Session, failure};
use crate::input;
use crate::output::Output;

const CONSENT_JA: &str = "\
アプリデータの搾取・複製を防ぐため、トークンを他の端末へ引き継ぐことはできません。
機種変更の際は、新しい端末で初期設定をやり直していただきます。";
const CONSENT_EN: &str = "\
So that nobody can steal or copy it, a token cannot be moved to another device.
On a new device it has to be set up again.";

impl Session {
    pub(crate) fn set_up(&mut self, service_id: Option<String>, user_id: Option<String>) -> Done {
        let typed = |given: Option<String>, ja, en| match given {
            Some(given) => Ok(given),
            None => Ok::<_, AppError>(input::ask(self.output.say(ja, en))?.unwrap_or_default()),
        };
        let mut form = ActivationForm {
            service_id: typed(service_id, "サービスID（8桁）: ", "Service ID (8 digits): ")?,
            user_id: typed(user_id, "ユーザID（12桁）: ", "User ID (12 digits): ")?,
            password: String::new(),
        };
        self.ask_consent()?;
        self.open_if_locked()?;
        form.password = self.ask_password()?;
        let output = self.output;
        let state = self
            .authenticator
            .activate(form, CONSENT_VERSION, &mut |step| progress(output, step))?;
        self.set_up_ended(state)
    }

    pub(crate) fn provision(&mut self, institution: &str) -> Done {
        self.ask_consent()?;
        self.open_if_locked()?;
        let output = self.output;
        let state =
            self.authenticator
                .self_provision(institution, CONSENT_VERSION, &mut |step| {
                    progress(output, step);
                })?;
        self.set_up_ended(state)
    }

    pub(crate) fn resume(&mut self) -> Done {
        let state = self.open()?;
        let pending = match state {
            AppState::NotSetUp { pending } => pending,
            state => match state.listed() {
                Some(listed) => listed.pending.cloned(),
                None => return Err(failure(&state)),
            },
        }
        .ok_or(ErrorCode::NothingPending)?;
        let password = if pending.needs_password {
            self.remark(&format!(
                "{}  {} {}  {} {}",
                self.pick(&pending.institution_name),
                self.output.say("サービスID", "service ID"),
                pending.service_id,
                self.output.say("ユーザID", "user ID"),
                pending.user_id.unwrap_or_default(),
            ));
            Some(self.ask_password()?)
        } else {
            None
        };
        let output = self.output;
        let state = self
            .authenticator
            .resume(password, &mut |step| progress(output, step))?;
        self.set_up_ended(state)
    }

    fn set_up_ended(&mut self, state: AppState) -> Done {
        let AppState::SetUpDone {
            token,
            match_number,
            clock_off,
        } = &state
        else {
            return Err(failure(&state));
        };
        let output = self.output;
        let mut text = format!(
            "{}\n\n  {}\n  {}  {}\n  {}  {}\n  {}  {}\n  {}  {match_number}\n\n{}\n",
            output.say("初期設定が正常に完了しました。", "The token has been set up."),
            self.pick(&token.institution_name),
            output.say("シリアル番号", "Serial number"),
            token.serial_grouped,
            output.say("利用開始日　", "Valid from   "),
            self.pick(&token.started_at.text),
            output.say("有効期限　　", "Valid until  "),
            self.pick(&token.expires_at.text),
            output.say("確認番号　　", "Match number "),
            output.say(
                "金融機関の画面で利用開始の登録を行い、確認番号が同じことをご確認ください。\n`skts code` でワンタイムパスワードを表示します。",
                "Register the token on your institution's page and see that it shows the same match\nnumber. `skts code` shows the one-time password.",
            ),
        );
        if let Some(clock) = clock_off {
            let how = clock.how_to_set.as_ref().map(|how| self.pick(how));
            text += &format!(
                "\n{} {}\n{}\n",
                output.say("この端末の時計：", "The clock of this device:"),
                self.pick(&clock.text),
                how.unwrap_or_default()
            );
        }
        output.result(&state, &text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn ask_consent(&self) -> Result<(), AppError> {
        self.remark(self.output.say(CONSENT_JA, CONSENT_EN));
        let question = self
            .output
            .say("同意しますか [y/N] ", "Do you agree? [y/N] ");
        // Without a terminal, running the command agrees: its help says so.
        if input::confirm(question, true)? {
            Ok(())
        } else {
            Err(ErrorCode::ConsentNeeded.into())
        }
    }

    fn ask_password(&self) -> Result<String, AppError> {
        let prompt = self
            .output
            .say("利用開始パスワード: ", "Activation password: ");
        Ok(std::mem::take(&mut *input::password(prompt)?))
    }
}

fn progress(output: Output, step: SetUpStep) {
    if output.json {
        return;
    }
    eprintln!(
        "  {}…",
        match step {
            SetUpStep::Connect => output.say("接続", "Connecting"),
            SetUpStep::Prove => output.say("本人確認", "Proving"),
            SetUpStep::Register => output.say("登録", "Registering"),
            SetUpStep::Save => output.say("保存", "Saving"),
        }
    );
}

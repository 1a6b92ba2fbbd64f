//! One function a command.

use std::process::ExitCode;

use serde_json::json;
use skts_authenticator::views::{CodeView, FaultyTokenView, LocalizedView, SetUpWay, TokenView};
use skts_authenticator::{AppError, AppState, Authenticator, ErrorCode, Listed};
use skts_otp::SerialNumber;

use crate::arguments::{Command, Lang};
use crate::input;
use crate::output::{Output, print};
use crate::watch;

/// The authenticator and the way to talk.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) authenticator: Authenticator,
    pub(crate) output: Output,
    /// The PIN comes by standard input.
    pub(crate) pin_stdin: bool,
}

pub(crate) type Done = Result<ExitCode, AppError>;

impl Session {
    pub(crate) fn run(mut self, command: Command) -> Done {
        match command {
            Command::Setup {
                service_id,
                user_id,
            } => self.set_up(service_id, user_id),
            Command::Provision { institution } => self.provision(&institution),
            Command::Resume => self.resume(),
            Command::Cancel { yes } => self.cancel(yes),
            Command::Institutions => self.institutions(),
            Command::Tokens => self.tokens(),
            Command::Code {
                serial,
                watch,
                next,
                digits,
            } => self.code(serial.as_deref(), watch, next, digits),
            Command::Sign(arguments) => self.sign(arguments),
            Command::Serial { serial, qr, svg } => self.serial(serial.as_deref(), qr, svg),
            Command::Remove { serial, yes } => self.remove(&serial, yes),
            Command::Check { serial } => self.check(serial.as_deref()),
            Command::Stop { serial, yes } => self.stop(&serial, yes),
            Command::Pin { change } => self.pin(change),
            Command::Doctor => self.doctor(),
            Command::StartOver { yes } => self.start_over(yes),
            // It needs no profile: `main` has printed it.
            Command::Man => Ok(ExitCode::SUCCESS),
        }
    }

    fn cancel(&mut self, yes: bool) -> Done {
        self.open()?;
        let output = self.output;
        self.be_sure(
            yes,
            "途中の初期設定を取りやめます。よろしいですか [y/N] ",
            "Give the unfinished set-up up? [y/N] ",
        )?;
        let state = self.authenticator.cancel_set_up();
        if let Some(error) = state.error() {
            return Err(error);
        }
        output.result(&state, output.say("取りやめました。", "Given up."))?;
        Ok(ExitCode::SUCCESS)
    }

    fn institutions(&mut self) -> Done {
        let institutions = self.authenticator.glance().institutions;
        let mut text = String::new();
        for one in &institutions {
            let way = match one.way {
                SetUpWay::Activated => {
                    format!("skts setup --service-id {} --user-id …", one.service_id)
                }
                SetUpWay::SelfProvisioned => format!("skts provision --institution {}", one.id),
            };
            text += &format!(
                "{}\n  {}\n  {way}\n",
                self.pick(&one.name),
                self.pick(&one.contact)
            );
        }
        self.output
            .result(&json!({ "institutions": institutions }), &text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn tokens(&mut self) -> Done {
        let (tokens, faulty, pending) = match self.open()? {
            AppState::NotSetUp { pending } => (vec![], vec![], pending),
            state => match state.listed() {
                Some(listed) => (
                    listed.tokens.to_vec(),
                    listed.faulty.to_vec(),
                    listed.pending.cloned(),
                ),
                None => return Err(failure(&state)),
            },
        };
        let output = self.output;
        let mut text: String = tokens.iter().map(|token| self.token_line(token)).collect();
        for token in &faulty {
            let name = token.institution_name.as_ref().map(|name| self.pick(name));
            text += &format!(
                "{}  {}\n  ! {}\n",
                name.unwrap_or_default(),
                token.serial_grouped.as_deref().unwrap_or("—"),
                crate::words::words(token.problem, output.lang).message,
            );
        }
        if let Some(pending) = &pending {
            text += &format!(
                "{}  {}\n",
                self.pick(&pending.institution_name),
                output.say(
                    "初期設定の途中です：`skts resume` で続けます",
                    "set-up unfinished: go on with `skts resume`"
                ),
            );
        }
        if text.is_empty() {
            text = crate::words::words(ErrorCode::NotSetUp, output.lang)
                .message
                .to_owned();
        }
        let json = json!({ "tokens": tokens, "faulty": faulty, "pending": pending });
        output.result(&json, &text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn token_line(&self, token: &TokenView) -> String {
        let output = self.output;
        let expired = if token.halt.is_some() {
            output.say(
                "（利用できません：`skts check`）",
                " (not accepted: `skts check`)",
            )
        } else if token.expired {
            output.say("（期限切れ）", " (expired)")
        } else {
            ""
        };
        let mut lines = format!(
            "{}  {}{expired}\n  {} {}  {} {}\n",
            self.pick(&token.institution_name),
            token.serial_grouped,
            output.say("利用開始日", "from"),
            self.pick(&token.started_at.text),
            output.say("有効期限", "until"),
            self.pick(&token.expires_at.text),
        );
        if token.attested {
            lines += output.say(
                "  証明済みのセキュリティチップで守られています\n",
                "  protected by a security chip that has proved itself\n",
            );
        }
        if token.expiring {
            lines += output.say(
                "  まもなく有効期限です：金融機関の案内に従って、新しいトークンを用意してください\n",
                "  ends soon: get a new token as your institution tells you\n",
            );
        }
        if let Some(days) = token.unchecked_days {
            lines += &match output.lang {
                Lang::Ja => format!("  {days}日間確認していません：`skts check`\n"),
                Lang::En => format!("  not checked for {days} days: `skts check`\n"),
            };
        }
        if token.stopping {
            lines += output.say(
                "  利用中止の応答をまだ受け取っていません：`skts stop`\n",
                "  a stop that was not answered yet: `skts stop`\n",
            );
        }
        if let Some(receipt) = &token.receipt {
            let label = output.say("利用中止の受付番号", "stopped, receipt");
            lines += &format!("  {label} {}\n", receipt.number);
        }
        if let Some(number) = &token.match_number {
            lines += &format!("  {} {number}\n", output.say("確認番号", "match number"));
        }
        lines
    }

    fn code(
        &mut self,
        serial: Option<&str>,
        keep_on: bool,
        next: bool,
        digits: Option<u8>,
    ) -> Done {
        let mut token = self.choose(serial)?;
        if let Some(digits) = digits {
            self.authenticator.set_digits(&token.id, digits)?;
            token.digits = digits;
        }
        if keep_on {
            return watch::watch(self, &token, next);
        }
        let code = self.authenticator.code(&token.id)?;
        if self.output.json {
            print(&code_json(&token, &code, next).to_string())?;
        } else {
            print(&self.code_text(&token, &code, next))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn code_text(&self, token: &TokenView, code: &CodeView, next: bool) -> String {
        let output = self.output;
        let left = remaining_secs(code);
        let mut text = format!(
            "{}\n\n    {}",
            self.pick(&token.institution_name),
            code.grouped
        );
        text += &match output.lang {
            Lang::Ja => format!("    残り{left}秒\n"),
            Lang::En => format!("    {left} s left\n"),
        };
        if next {
            text += &format!(
                "    {}    {}\n",
                code.next_grouped,
                output.say("次", "next")
            );
        }
        let label = output.say("シリアル番号", "Serial number");
        text += &format!("\n{label}  {}\n", token.serial_grouped);
        text
    }

    fn serial(&mut self, serial: Option<&str>, qr: bool, svg: bool) -> Done {
        let token = self.choose(serial)?;
        let mut json = json!({ "serial": token.serial, "serialGrouped": token.serial_grouped });
        let mut text = token.serial_grouped.clone();
        if (qr || svg) && self.output.json {
            json["svg"] = self.authenticator.serial_qr(&token.id)?.into();
        } else if svg {
            text = self.authenticator.serial_qr(&token.id)?;
        } else if qr {
            let modules = self.authenticator.serial_qr_modules(&token.id)?;
            text = format!("{}\n    {text}\n", draw(&modules));
        }
        self.output.result(&json, &text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn remove(&mut self, serial: &str, yes: bool) -> Done {
        let state = self.open()?;
        let id = match find(&state, Some(serial)) {
            Ok(token) => token.id,
            Err(error) => faulty(&state, serial)
                .map(|token| token.id.clone())
                .ok_or(error)?,
        };
        self.be_sure(
            yes,
            "このトークンをこの端末から削除します。元に戻せません。よろしいですか [y/N] ",
            "Remove this token from this computer? It cannot be undone. [y/N] ",
        )?;
        let state = self.authenticator.remove(&id)?;
        let output = self.output;
        let text = output.say(
            "削除しました。金融機関での登録は残っています：利用中止は金融機関の画面で行ってください。",
            "Removed. It is still registered at your institution: unregister it on its page.",
        );
        output.result(&state, text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn start_over(&mut self, yes: bool) -> Done {
        self.be_sure(
            yes,
            "このプロファイルのトークンはすべて使えなくなります。よろしいですか [y/N] ",
            "Every token of this profile will be lost. Go on? [y/N] ",
        )?;
        let state = self.authenticator.start_over()?;
        let output = self.output;
        let text = output.say(
            "これまでの記録を別の場所に移しました。初期設定からやり直してください。",
            "The old records were moved aside. Set a token up again.",
        );
        output.result(&state, text)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Opens the profile and finds the token.
    pub(crate) fn choose(&mut self, serial: Option<&str>) -> Result<TokenView, AppError> {
        let state = self.open()?;
        find(&state, serial)
    }

    /// What cannot be undone is asked for, or said with --yes.
    pub(crate) fn be_sure(&self, yes: bool, ja: &str, en: &str) -> Result<(), AppError> {
        if yes || input::confirm(self.output.say(ja, en), false)? {
            Ok(())
        } else {
            Err(ErrorCode::NotAgreed.into())
        }
    }

    /// A line for people, beside the result.
    pub(crate) fn remark(&self, text: &str) {
        if !self.output.json {
            eprintln!("{text}");
        }
    }

    pub(crate) fn pick<'a>(&self, text: &'a LocalizedView) -> &'a str {
        self.output.say(&text.ja, &text.en)
    }
}

/// The fields of `skts code --json`.
pub(crate) fn code_json(token: &TokenView, code: &CodeView, next: bool) -> serde_json::Value {
    let mut json = json!({
        "serial": token.serial,
        "institutionName": token.institution_name,
        "digits": code.digits,
        "grouped": code.grouped,
        "validFromMs": code.valid_from_ms,
        "validUntilMs": code.valid_until_ms,
        "nowMs": code.now_ms,
        "step": code.step,
        "remainingSecs": remaining_secs(code),
        "periodSecs": token.period_secs,
    });
    if next {
        json["next"] = code.next.as_str().into();
        json["nextGrouped"] = code.next_grouped.as_str().into();
    }
    json
}

/// Whole seconds until the code changes, the one that has begun counted.
fn remaining_secs(code: &CodeView) -> u64 {
    code.valid_until_ms
        .saturating_sub(code.now_ms)
        .div_ceil(1000)
}

/// The token of that serial, or the one selected.
fn find(state: &AppState, serial: Option<&str>) -> Result<TokenView, AppError> {
    let Some(Listed {
        tokens, selected, ..
    }) = state.listed()
    else {
        return Err(match state {
            AppState::NotSetUp { .. } => ErrorCode::NotSetUp.into(),
            broken => failure(broken),
        });
    };
    let Some(typed) = serial else {
        let token = tokens.iter().find(|token| token.id == selected);
        return token.cloned().ok_or_else(|| ErrorCode::UnknownToken.into());
    };
    let serial = SerialNumber::parse(typed).map_err(|_| ErrorCode::UnknownToken)?;
    let mut tokens = tokens.iter();
    match tokens.find(|token| token.serial == serial.as_str()) {
        Some(token) => Ok(token.clone()),
        None => {
            let problem = faulty(state, typed).map(|token| token.problem);
            Err(problem.unwrap_or(ErrorCode::UnknownToken).into())
        }
    }
}

/// The unusable token of that serial, or the only one whose serial cannot be read any more.
fn faulty<'a>(state: &'a AppState, typed: &str) -> Option<&'a FaultyTokenView> {
    let faulty = state.listed()?.faulty;
    let grouped = SerialNumber::parse(typed).ok()?.grouped();
    let same = |token: &&FaultyTokenView| token.serial_grouped.as_ref() == Some(&grouped);
    let unread = |token: &&FaultyTokenView| token.serial_grouped.is_none();
    let mut all = faulty.iter();
    all.find(same).or_else(|| faulty.iter().find(unread))
}

/// The error a state stands for; one in order where something else was needed is a fault.
pub(crate) fn failure(state: &AppState) -> AppError {
    match state {
        // Interrupted: what was begun is kept.
        AppState::NotSetUp { .. } | AppState::Ready { .. } => ErrorCode::SetUpPending.into(),
        other => other.error().unwrap_or(ErrorCode::Internal.into()),
    }
}

/// Two rows of modules a line, with the quiet zone of four that scanners need. Drawn light on
/// dark explicitly, whatever the terminal's colours.
fn draw(modules: &[Vec<bool>]) -> String {
    const QUIET: usize = 4;
    let side = modules.len() + 2 * QUIET;
    let dark = |row: usize, column: usize| {
        let at = |index: usize| index.checked_sub(QUIET);
        let row = at(row).and_then(|row| modules.get(row));
        row.and_then(|row| row.get(at(column)?))
            .copied()
            .unwrap_or(false)
    };
    let mut text = String::new();
    for row in (0..side).step_by(2) {
        text += "\u{1b}[30;107m";
        for column in 0..side {
            text.push(match (dark(row, column), dark(row + 1, column)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text += "\u{1b}[0m\n";
    }
    text
}

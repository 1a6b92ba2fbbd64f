//! How results and errors are printed.

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;
use skts_authenticator::{AppError, ErrorClass, ErrorCode, Fault, Field, FieldFault};

use crate::arguments::Lang;
use crate::words::{Words, words};

/// Where and how to print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) lang: Lang,
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    code: ErrorCode,
    class: ErrorClass,
    message: &'a str,
    next: &'a str,
    faults: &'a [FieldFault],
}

impl Output {
    /// One of two texts.
    pub(crate) fn say<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    /// Prints a result: `json` as it is, or `text` for people.
    pub(crate) fn result(&self, json: &impl Serialize, text: &str) -> Result<(), AppError> {
        if self.json {
            let json = serde_json::to_string(json).map_err(|_| ErrorCode::Internal)?;
            print(&json)
        } else {
            print(text)
        }
    }

    /// Prints an error to standard error.
    pub(crate) fn error(&self, error: &AppError) -> ExitCode {
        let Words { message, next } = words(error.code, self.lang);
        let text = if self.json {
            let error = ErrorJson {
                code: error.code,
                class: error.class,
                message,
                next,
                faults: &error.faults,
            };
            serde_json::json!({ "error": error }).to_string()
        } else {
            let faults = error
                .faults
                .iter()
                .map(|fault| format!("{}\n", self.fault(fault)));
            format!("skts: {message}\n{}{next}", faults.collect::<String>())
        };
        // Nobody is left to be told if standard error is closed.
        let _ = writeln!(std::io::stderr(), "{text}");
        ExitCode::from(status(error.code))
    }

    fn fault(&self, fault: &FieldFault) -> String {
        let field = match fault.field {
            Field::ServiceId => self.say("サービスID", "service ID"),
            Field::UserId => self.say("ユーザID", "user ID"),
            Field::Password => self.say("利用開始パスワード", "activation password"),
            Field::CurrentPin => self.say("PIN", "PIN"),
            Field::NewPin => self.say("新しいPIN", "new PIN"),
            Field::PayeeBank => self.say("金融機関コード", "bank"),
            Field::PayeeBranch => self.say("支店コード", "branch"),
            Field::AccountKind => self.say("科目", "kind of account"),
            Field::AccountNumber => self.say("口座番号", "account number"),
            Field::PayeeName => self.say("受取人名", "payee's name"),
            Field::AmountYen => self.say("振込金額", "amount"),
        };
        let problem = match fault.fault {
            Fault::Empty => self
                .say("入力されていません", "nothing was typed")
                .to_owned(),
            Fault::NotDigits => self
                .say(
                    "数字以外の文字が含まれています",
                    "there is something other than digits",
                )
                .to_owned(),
            Fault::Repeated => self
                .say(
                    "同じ数字の繰り返しは、最初に試されやすいため使えません",
                    "the same digits over and over are guessed first",
                )
                .to_owned(),
            Fault::InOrder => self
                .say(
                    "順に並んだ数字は、最初に試されやすいため使えません",
                    "digits in their order are guessed first",
                )
                .to_owned(),
            Fault::Choice => self
                .say(
                    "普通・当座・貯蓄のいずれかです",
                    "it is ordinary, current or savings",
                )
                .to_owned(),
            Fault::Characters => self
                .say(
                    "カナ・英字・数字・スペースと ( ) - . , / ¥ 「 」 だけを使えます",
                    "kana, letters, digits, spaces and ( ) - . , / ¥ 「 」 can be used",
                )
                .to_owned(),
            Fault::TooLong { most } => match self.lang {
                Lang::Ja => format!("{most}文字以内です"),
                Lang::En => format!("{most} characters at most"),
            },
            Fault::Amount => self
                .say(
                    "1円以上の金額を、数字だけで入力してください",
                    "1 yen or more, in digits alone",
                )
                .to_owned(),
            Fault::Length { least, most, found } => {
                let range = if least == most {
                    least.to_string()
                } else {
                    format!("{least}{}{most}", self.say("～", " to "))
                };
                match self.lang {
                    Lang::Ja => format!("{range}桁のところ、{found}桁です"),
                    Lang::En => format!("{range} digits are needed, there are {found}"),
                }
            }
        };
        format!("  {field}: {problem}")
    }
}

/// Prints to standard output; a reader that has gone away ends the program quietly.
pub(crate) fn print(text: &str) -> Result<(), AppError> {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{text}{end}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(_) => Err(ErrorCode::Disk.into()),
        Ok(()) => Ok(()),
    }
}

/// The exit status of an error.
fn status(code: ErrorCode) -> u8 {
    match (code, code.class()) {
        (
            ErrorCode::ActivationRefused
            | ErrorCode::LevelTooLow
            | ErrorCode::UpdateNeeded
            | ErrorCode::Expired
            | ErrorCode::Lapsed
            | ErrorCode::SuspectedCopy
            | ErrorCode::TokenLocked
            | ErrorCode::TokenSuspended
            | ErrorCode::Stopped
            | ErrorCode::Replaced
            | ErrorCode::CheckRefused,
            _,
        ) => 3,
        (
            ErrorCode::PinNeeded | ErrorCode::PinWrong | ErrorCode::PinWait | ErrorCode::PinEnded,
            _,
        ) => 6,
        (_, ErrorClass::UserInput | ErrorClass::Precondition) => 2,
        (_, ErrorClass::Retry) => 5,
        (_, ErrorClass::Environment) => 4,
        (_, ErrorClass::Bug) => 70,
    }
}

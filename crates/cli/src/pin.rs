//! `skts pin`, and the question for the PIN wherever it is needed.

use std::io::IsTerminal;
use std::process::ExitCode;

use serde_json::json;
use skts_authenticator::views::LockView;
use skts_authenticator::{AppError, AppState, ErrorCode};
use zeroize::Zeroizing;

use crate::arguments::{Lang, PinChange};
use crate::commands::{Done, Session, failure};
use crate::input;

const FORGOTTEN_JA: &str = "\
PINを忘れると、どこからも取り戻せません。金融機関で再発行・交換のお手続きが必要です。
10回続けて間違えた場合も同じです。";
const FORGOTTEN_EN: &str = "\
A forgotten PIN can be had back from nobody: your institution then has to reissue or exchange the token.
So it has after ten wrong PINs in a row.";

impl Session {
    pub(crate) fn pin(&mut self, change: Option<PinChange>) -> Done {
        match change {
            None => self.pin_status(),
            Some(PinChange::Set) => self.set_pin(),
            Some(PinChange::Change) => self.change_pin(),
            Some(PinChange::Remove) => self.remove_pin(),
        }
    }

    /// Opens the profile, with the PIN where one locks it.
    pub(crate) fn open(&mut self) -> Result<AppState, AppError> {
        let state = self.authenticator.open();
        match &state {
            AppState::PinLocked { lock, .. } => {
                let lock = lock.clone();
                self.unlock(&lock)
            }
            _ => Ok(state),
        }
    }

    /// Before a set-up, so that the PIN is asked for first. What else is wrong the set-up says.
    pub(crate) fn open_if_locked(&mut self) -> Result<(), AppError> {
        self.open().map(drop)
    }

    fn unlock(&mut self, lock: &LockView) -> Result<AppState, AppError> {
        if lock.tries_left == 0 {
            return Err(ErrorCode::PinEnded.into());
        }
        if lock.wait_until_ms.is_some() {
            self.remark(&self.lock_text(lock));
            return Err(ErrorCode::PinWait.into());
        }
        let typed = self.ask_pin("PIN: ", "PIN: ")?;
        let state = self.authenticator.unlock(taken(typed))?;
        if let AppState::PinLocked { lock, .. } = &state {
            self.remark(&self.lock_text(lock));
            return Err(failure(&state));
        }
        Ok(state)
    }

    fn pin_status(&mut self) -> Done {
        let state = self.authenticator.open();
        let (json, text) = match &state {
            AppState::PinLocked { lock, .. } => (
                json!({
                    "set": true,
                    "triesLeft": lock.tries_left,
                    "waitUntilMs": lock.wait_until_ms,
                    "inHardware": lock.in_hardware,
                }),
                self.lock_text(lock),
            ),
            state => match state.listed() {
                Some(_) => (
                    json!({ "set": false, "triesLeft": null, "waitUntilMs": null, "inHardware": false }),
                    self.output
                        .say("PINは設定されていません。", "No PIN is set.")
                        .to_owned(),
                ),
                None => return Err(state.error().unwrap_or(ErrorCode::NotSetUp.into())),
            },
        };
        self.output.result(&json, &text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn set_pin(&mut self) -> Done {
        let state = self.authenticator.open();
        if let AppState::PinLocked { .. } = state {
            return Err(ErrorCode::PinSet.into());
        }
        if let Some(error) = state.error().filter(|_| state.listed().is_none()) {
            return Err(error);
        }
        self.remark(self.output.say(FORGOTTEN_JA, FORGOTTEN_EN));
        let new = self.ask_new_pin()?;
        let state = self.authenticator.set_pin(taken(new))?;
        self.pin_done(&state, "PINを設定しました。", "The PIN is set.")
    }

    fn change_pin(&mut self) -> Done {
        let current = self.current_pin()?;
        let new = self.ask_new_pin()?;
        let state = self.authenticator.change_pin(taken(current), taken(new))?;
        self.pin_done(&state, "PINを変更しました。", "The PIN is changed.")
    }

    fn remove_pin(&mut self) -> Done {
        let current = self.current_pin()?;
        let state = self.authenticator.remove_pin(taken(current))?;
        self.pin_done(&state, "PINを解除しました。", "The PIN is taken off.")
    }

    /// Asks for the PIN in force and opens the profile with it.
    fn current_pin(&mut self) -> Result<Zeroizing<String>, AppError> {
        let lock = match self.authenticator.open() {
            AppState::PinLocked { lock, .. } => lock,
            state if state.listed().is_some() => return Err(ErrorCode::NoPin.into()),
            state => return Err(state.error().unwrap_or(ErrorCode::NotSetUp.into())),
        };
        if lock.tries_left == 0 {
            return Err(ErrorCode::PinEnded.into());
        }
        let typed = self.ask_pin("いまのPIN: ", "Present PIN: ")?;
        let state = self.authenticator.unlock(typed.as_str().to_owned())?;
        match &state {
            AppState::PinLocked { lock, .. } => {
                self.remark(&self.lock_text(lock));
                Err(failure(&state))
            }
            _ => Ok(typed),
        }
    }

    fn ask_new_pin(&self) -> Result<Zeroizing<String>, AppError> {
        let new = self.ask_pin("新しいPIN（4～12桁の数字）: ", "New PIN (4 to 12 digits): ")?;
        if !self.pin_stdin {
            let again = self.ask_pin("新しいPIN（確認）: ", "New PIN, again: ")?;
            if *again != *new {
                self.remark(
                    self.output
                        .say("2回の入力が違います。", "The two are not the same."),
                );
                return Err(ErrorCode::InvalidPin.into());
            }
        }
        Ok(new)
    }

    fn ask_pin(&self, ja: &str, en: &str) -> Result<Zeroizing<String>, AppError> {
        if self.pin_stdin {
            input::line()
        } else if std::io::stdin().is_terminal() {
            input::password(self.output.say(ja, en))
        } else {
            // Something may be waiting there that is meant for another question.
            Err(ErrorCode::PinNeeded.into())
        }
    }

    fn pin_done(&self, state: &AppState, ja: &str, en: &str) -> Done {
        if let AppState::PinLocked { .. } = state {
            return Err(failure(state));
        }
        if let Some(error) = state.error().filter(|_| state.listed().is_none()) {
            return Err(error);
        }
        self.output
            .result(&json!({ "done": true }), self.output.say(ja, en))?;
        Ok(ExitCode::SUCCESS)
    }

    /// How the lock stands, in a line.
    fn lock_text(&self, lock: &LockView) -> String {
        let left = lock.tries_left;
        let mut text = match self.output.lang {
            Lang::Ja => format!("PINが設定されています。あと{left}回間違えると使えなくなります。"),
            Lang::En => format!("A PIN is set; {left} more wrong ones are the end."),
        };
        if left == 0 {
            text = crate::words::words(ErrorCode::PinEnded, self.output.lang)
                .message
                .to_owned();
        } else if let Some(until) = &lock.wait_until {
            text += &match self.output.lang {
                Lang::Ja => format!("{}まで受け付けません。", until.text.ja),
                Lang::En => format!(" None is looked at until {}.", until.text.en),
            };
        }
        text
    }
}

/// The text itself, which its next owner wipes.
fn taken(mut typed: Zeroizing<String>) -> String {
    std::mem::take(&mut *typed)
}

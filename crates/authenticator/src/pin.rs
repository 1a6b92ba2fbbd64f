//! The app's own lock: a PIN of the customer's, which opens the profile.

use skts_otp::UnixTime;
use skts_vault::{
    MOST_PIN_TRIES, Moment, OpenError, PIN_DIGITS, Pin, PinChange, PinFault, PinStatus, Unlocked,
    Vault, VaultError,
};
use zeroize::Zeroizing;

use crate::app_state::AppState;
use crate::authenticator::{Authenticator, vault_error};
use crate::dates;
use crate::error::{AppError, ErrorCode, Fault, Field, FieldFault};
use crate::views::{LockView, PinSettingView};

impl Authenticator {
    /// Opens a profile that a PIN locks. A wrong PIN is a state: `PinLocked`, with what is left.
    ///
    /// # Errors
    /// `invalid-pin`: it was not looked at.
    pub fn unlock(&mut self, typed: String) -> Result<AppState, AppError> {
        let pin = read(Field::CurrentPin, typed, Pin::parse)?;
        self.outcome = None;
        self.vault = None;
        let unlocked = self.machine().and_then(|machine| {
            self.profile
                .unlock(self.key_store(), &machine, &pin, &self.pin_moment())
        });
        Ok(match unlocked {
            Ok(Unlocked::Open(vault)) => {
                self.vault = Some(vault);
                self.refresh()
            }
            Ok(Unlocked::Refused(status)) => self.locked(status, true),
            Ok(Unlocked::NotNow(status)) => self.locked(status, false),
            Err(OpenError::NotSetUp) => AppState::NotSetUp { pending: None },
            Err(error) => self.broken(error),
        })
    }

    /// Locks the app, where a PIN opens it again; else nothing changes.
    pub fn lock(&mut self) -> AppState {
        if self.vault.as_ref().is_some_and(Vault::has_pin) {
            return self.close();
        }
        self.state()
    }

    /// Whether a PIN is set, for the settings.
    pub fn pin_setting(&self) -> PinSettingView {
        PinSettingView {
            can_be_set: self.vault.is_some(),
            is_set: self.vault.as_ref().is_some_and(Vault::has_pin),
            least_digits: count(*PIN_DIGITS.start()),
            most_digits: count(*PIN_DIGITS.end()),
            most_tries: MOST_PIN_TRIES,
        }
    }

    /// Sets a PIN where none is. Forgotten, it can be had back from nobody: the hosts say so before.
    ///
    /// # Errors
    /// `invalid-pin`, `pin-set`, or why there is no open profile. Where keystore, chip or disk fail the
    /// profile is opened anew, and the state says what came of it.
    pub fn set_pin(&mut self, new: String) -> Result<AppState, AppError> {
        let pin = read(Field::NewPin, new, Pin::parse_new)?;
        let mut rng = self.device.rng();
        let Some(vault) = self.vault.as_mut() else {
            return Err(self.not_open());
        };
        match vault.set_pin(&pin, &mut rng) {
            Ok(()) => Ok(self.state()),
            Err(error) => self.not_changed(error),
        }
    }

    /// Puts a new PIN in the place of the one in force. Wrong ones are counted as at the start.
    ///
    /// # Errors
    /// `invalid-pin`, `pin-wrong`, `no-pin`; else as [`set_pin`](Self::set_pin).
    pub fn change_pin(&mut self, current: String, new: String) -> Result<AppState, AppError> {
        let new = read(Field::NewPin, new, Pin::parse_new);
        let current = read(Field::CurrentPin, current, Pin::parse)?;
        let new = new?;
        let (now, mut rng) = (self.pin_moment(), self.device.rng());
        let Some(vault) = self.vault.as_mut() else {
            return Err(self.not_open());
        };
        let changed = vault.change_pin(&current, &new, &now, &mut rng);
        self.confirmed(changed)
    }

    /// Takes the PIN off. Wrong ones are counted as at the start.
    ///
    /// # Errors
    /// As [`change_pin`](Self::change_pin).
    pub fn remove_pin(&mut self, current: String) -> Result<AppState, AppError> {
        let current = read(Field::CurrentPin, current, Pin::parse)?;
        let now = self.pin_moment();
        let Some(vault) = self.vault.as_mut() else {
            return Err(self.not_open());
        };
        let removed = vault.remove_pin(&current, &now);
        self.confirmed(removed)
    }

    fn confirmed(&mut self, change: Result<PinChange, VaultError>) -> Result<AppState, AppError> {
        match change {
            Ok(PinChange::Done) => Ok(self.state()),
            // Whoever has to wait, waits outside.
            Ok(PinChange::Refused(status)) if status.wait.is_none() && !status.is_over() => {
                Err(ErrorCode::PinWrong.into())
            }
            Ok(PinChange::Refused(_) | PinChange::NotNow(_)) => Ok(self.close()),
            Err(error) => self.not_changed(error),
        }
    }

    /// What failed may have been done all the same: the profile is opened anew, and tells.
    fn not_changed(&mut self, error: VaultError) -> Result<AppState, AppError> {
        match error {
            VaultError::PinSet | VaultError::NoPin => Err(vault_error(error)),
            error => {
                let state = self.open();
                if state.error().is_some() {
                    Ok(state)
                } else {
                    Err(vault_error(error))
                }
            }
        }
    }

    fn close(&mut self) -> AppState {
        self.vault = None;
        self.broken(OpenError::PinLocked)
    }

    /// The state of a profile behind a PIN, or why even that cannot be told.
    pub(crate) fn pin_locked(&mut self) -> AppState {
        let status = self.machine().and_then(|machine| {
            self.profile
                .pin_status(self.key_store(), &machine, &self.pin_moment())
        });
        match status {
            Ok(Some(status)) => self.locked(status, false),
            // Taken off since, by another program.
            Ok(None) => self.open(),
            Err(error) => self.broken(error),
        }
    }

    fn locked(&mut self, status: PinStatus, refused: bool) -> AppState {
        let now_ms = self.clock.now_millis();
        let ends_ms = status.wait.map(|wait| now_ms.saturating_add(wait.left_ms));
        let state = AppState::PinLocked {
            lock: LockView {
                tries_left: status.tries_left,
                refused,
                wait_until_ms: ends_ms,
                wait_until: ends_ms.map(|millis| {
                    // The minute by whose end it is over.
                    dates::minute(UnixTime::from_secs(millis.div_ceil(60_000) * 60))
                }),
                in_hardware: status.in_hardware,
            },
            contacts: self.contacts(None),
        };
        self.outcome = Some(state.clone());
        state
    }

    fn pin_moment(&self) -> Moment {
        Moment {
            wall_ms: self.clock.now_millis(),
            steady: self
                .clock
                .steady()
                .map(|steady| (steady.boot, steady.millis)),
        }
    }
}

fn read(
    field: Field,
    typed: String,
    parse: fn(&str) -> Result<Pin, PinFault>,
) -> Result<Pin, AppError> {
    let typed = Zeroizing::new(typed);
    parse(&typed).map_err(|fault| {
        let fault = match fault {
            PinFault::Empty => Fault::Empty,
            PinFault::NotDigits => Fault::NotDigits,
            PinFault::Length { found_digits } => Fault::Length {
                least: count(*PIN_DIGITS.start()),
                most: count(*PIN_DIGITS.end()),
                found: count(found_digits),
            },
            PinFault::Repeated => Fault::Repeated,
            PinFault::InOrder => Fault::InOrder,
        };
        AppError {
            faults: vec![FieldFault { field, fault }],
            ..AppError::new(ErrorCode::InvalidPin)
        }
    })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

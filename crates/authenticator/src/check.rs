//! トークンの確認: asks the service where a token stands, turns its ratchet and measures the clock.
//!
//! ```text
//! a check-in left over ──send again──► r_{n+1} on disk ──► forgotten        (no clock: its answer may be old)
//! a new one, stored ──send──► r_{n+1}, state and clock on disk ──► forgotten ──► shown
//! ```
//! There is one at a time, and it is given up for nothing that the service has not signed: whoever
//! could have it given up could have the ratchets part, and the token stopped.

use rand_core::CryptoRngCore;
use skts_provisioning::check_in::{CheckInError, CheckedIn, PendingCheckIn};
use skts_provisioning::ids::RequestId;
use skts_provisioning::institution::Institution;
use skts_provisioning::wire::{CheckInResponse, CheckInState, paths};
use skts_vault::{TokenId, TokenRecord, Vault, VaultError};

use crate::authenticator::{Authenticator, vault_error};
use crate::clock::{ClockMark, Reading};
use crate::dates;
use crate::error::{AppError, ErrorCode};
use crate::notes::{Notes, Told, copied};
use crate::ports::{Clock, Network};
use crate::signer::Signer;
use crate::stop::{Stop, ask_of_token, parse};
use crate::views::CheckView;

/// What one check-in works with.
struct Checking<'a> {
    vault: &'a mut Vault,
    clock: &'a dyn Clock,
    network: &'a dyn Network,
    institution: &'a Institution,
    token: &'a TokenId,
    rng: Box<dyn CryptoRngCore>,
}

impl Authenticator {
    /// Asks the service where a token stands. What it says is remembered: `state` and `code` go by
    /// it from now on. A call that got no answer is kept, and sent again by the next.
    ///
    /// # Errors
    /// `unknown-token`, `unknown-institution`; `network`, `busy`, `service-answer`, or
    /// `check-refused` (the service knows no such token of this device): nothing was changed. The
    /// keystore's and the profile's errors.
    pub fn check(&mut self, token_id: &str) -> Result<CheckView, AppError> {
        let (id, institution) = self.with_institution(token_id)?;
        let Some(vault) = self.vault.as_mut() else {
            return Err(self.not_open());
        };
        let told = Checking {
            vault,
            clock: self.clock.as_ref(),
            network: self.network.as_ref(),
            institution: &institution,
            token: &id,
            rng: self.device.rng(),
        }
        .run()
        .map_err(error_of)?;
        self.outcome = None;
        self.check_view(token_id, told)
    }

    /// Forgets a check-in of a token that is removed.
    pub(crate) fn forget_check(vault: &mut Vault, id: &TokenId) {
        // One that stays is of a token that is gone: harmless.
        let _ = vault.clear_pending(&pending_name(id));
    }

    fn check_view(&self, token_id: &str, told: CheckInResponse) -> Result<CheckView, AppError> {
        let record = self.find(token_id)?;
        let notes = Notes::of(record);
        let now = Reading::of(self.clock.as_ref());
        let open = matches!(
            told.state,
            CheckInState::Provisioned | CheckInState::Active | CheckInState::Locked
        );
        Ok(CheckView {
            token: self.token_view(record),
            state: told.state.as_str().to_owned(),
            halt: notes.halt(),
            registered: told.registered,
            checked_at: dates::minute(told.server_time),
            expires_at: dates::minute(told.expires_at),
            renewable: open && told.server_time >= told.renewable_from,
            renewable_from: dates::day(told.renewable_from),
            register_before: told.lapses_at.map(dates::minute),
            last_used_at: told.last_used_at.map(dates::minute),
            resync_asked: told.resync_asked,
            clock: crate::clock::view(notes.clock.as_ref(), &now),
        })
    }
}

impl Checking<'_> {
    fn run(&mut self) -> Result<CheckInResponse, Stop> {
        if let Some(left_over) = self.left_over()? {
            let (opened, _) = self.send(&left_over)?;
            self.take(opened, None)?;
        }
        let id = RequestId::make(&mut self.rng);
        let record = self.record()?;
        let (ratchet, count) = (&record.state.ratchet, record.state.ratchet_count);
        let signer = Signer(self.vault.device());
        let pending = PendingCheckIn::start(&record.serial, ratchet, count, &signer, id)?;
        let state = pending.encode();
        // EXPOSE: the vault seals it.
        let state = state.expose_secret();
        let name = pending_name(self.token);
        self.vault.put_pending(&name, state, &mut self.rng)?;
        let asked = Reading::of(self.clock);
        let (opened, answered) = self.send(&pending)?;
        if opened.told.answered_before {
            // Nobody else has this id.
            return Err(Stop::Fault(ErrorCode::ServiceAnswer));
        }
        let told = opened.told.clone();
        let mark = ClockMark::measure(&asked, &answered, told.server_time);
        self.take(opened, mark)?;
        Ok(told)
    }

    /// The check-in that got no answer; one whose outcome is on disk is done.
    fn left_over(&mut self) -> Result<Option<PendingCheckIn>, Stop> {
        let name = pending_name(self.token);
        let all = self.vault.pending()?;
        let Some((_, state)) = all.iter().find(|(found, _)| *found == name) else {
            return Ok(None);
        };
        // EXPOSE: a request, to be sent.
        let pending = PendingCheckIn::decode(state.expose_secret())?;
        if pending.request.counter <= self.record()?.state.ratchet_count {
            self.vault.clear_pending(&name)?;
            return Ok(None);
        }
        Ok(Some(pending))
    }

    fn record(&self) -> Result<&TokenRecord, Stop> {
        let record = self.vault.token(self.token);
        record.ok_or(Stop::Vault(VaultError::UnknownToken))
    }

    /// Sends a check-in and believes what is signed of the answer; with the clocks at its arrival.
    fn send(&self, pending: &PendingCheckIn) -> Result<(CheckedIn, Reading), Stop> {
        let (path, address) = (paths::CHECK_IN, &self.institution.address);
        let body = ask_of_token(self.network, address, path, pending.body())?;
        let answered = Reading::of(self.clock);
        let reply: CheckInResponse = parse(&body)?;
        let ratchet = &self.record()?.state.ratchet;
        let opened = pending.open(reply, &self.institution.provisioning_keys, ratchet)?;
        Ok((opened, answered))
    }

    /// Writes down what was told, then forgets the check-in: in between, it is seen to be done.
    fn take(&mut self, opened: CheckedIn, mark: Option<ClockMark>) -> Result<(), Stop> {
        let record = self.record()?;
        let mut notes = Notes::of(record);
        let mut state = copied(&record.state);
        notes.told = Some(Told::from(&opened.told));
        if let Some(mark) = mark {
            state.server_offset_secs = mark.offset_secs();
            notes.clock = Some(mark);
        }
        if opened.told.registered {
            state.match_number = None;
        }
        if let Some(next) = opened.ratchet {
            state.ratchet = next;
            state.ratchet_count = state.ratchet_count.saturating_add(1);
        }
        state.notes = notes.to_text();
        self.vault.update_token(self.token, state, &mut self.rng)?;
        Ok(self.vault.clear_pending(&pending_name(self.token))?)
    }
}

fn pending_name(id: &TokenId) -> String {
    format!("check-{id}")
}

impl From<CheckInError> for Stop {
    fn from(error: CheckInError) -> Self {
        match error {
            CheckInError::Message(_) | CheckInError::UnknownKey | CheckInError::Signature => {
                Self::Fault(ErrorCode::ServiceAnswer)
            }
            CheckInError::Sign(error) => error.into(),
            CheckInError::Damaged | CheckInError::Ratchet => {
                Self::Vault(VaultError::Corrupt { saved_aside: None })
            }
        }
    }
}

pub(crate) fn error_of(stop: Stop) -> AppError {
    match stop {
        Stop::Network => ErrorCode::Network.into(),
        Stop::Busy { .. } => ErrorCode::Busy.into(),
        Stop::Fault(code) => code.into(),
        Stop::Vault(error) => vault_error(error),
        Stop::Lapsed => ErrorCode::Lapsed.into(),
        Stop::LevelTooLow => ErrorCode::LevelTooLow.into(),
        Stop::VersionTooOld => ErrorCode::UpdateNeeded.into(),
        Stop::Refused | Stop::Cancelled | Stop::PasswordNeeded => ErrorCode::Internal.into(),
    }
}

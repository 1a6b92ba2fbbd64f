//! 利用中止: ends a token, at the service and here.
//!
//! ```text
//! made, signed, kept with the token ──send──► answer, signed ──► receipt and state on disk ──► shown
//!           └──◄── no answer: the same request again, by the next call, after a restart too ──┘
//! ```
//! There is no way back from it, so no answer is believed that the service has not signed.

use rand_core::CryptoRngCore;
use skts_provisioning::ids::RequestId;
use skts_provisioning::institution::Institution;
use skts_provisioning::stop::{PendingStop, StopError};
use skts_provisioning::wire::{StopResponse, paths};
use skts_vault::{TokenId, TokenRecord, Vault, VaultError};

use crate::app_state::AppState;
use crate::authenticator::Authenticator;
use crate::check::error_of;
use crate::error::{AppError, ErrorCode};
use crate::notes::{Notes, Receipt, Told, copied};
use crate::ports::Network;
use crate::signer::Signer;
use crate::stop::{Stop, ask_of_token, parse};

/// What one stop works with.
struct Stopping<'a> {
    vault: &'a mut Vault,
    network: &'a dyn Network,
    institution: &'a Institution,
    token: &'a TokenId,
    rng: Box<dyn CryptoRngCore>,
}

impl Authenticator {
    /// 利用中止: has the service accept no code of this token any more. It cannot be undone. A call that
    /// got no answer is kept, and sent again by the next; until it is answered the token is as it was.
    ///
    /// # Errors
    /// `unknown-token`, `unknown-institution`; `network`, `busy`, `service-answer`, or
    /// `check-refused` (the service knows no such token of this device): the request is kept. The
    /// keystore's and the profile's errors.
    pub fn stop_token(&mut self, token_id: &str) -> Result<AppState, AppError> {
        let (id, institution) = self.with_institution(token_id)?;
        let Some(vault) = self.vault.as_mut() else {
            return Err(self.not_open());
        };
        let stopped = Stopping {
            vault,
            network: self.network.as_ref(),
            institution: &institution,
            token: &id,
            rng: self.device.rng(),
        }
        .run();
        self.outcome = None;
        stopped.map_err(error_of)?;
        Ok(self.refresh())
    }
}

impl Stopping<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let pending = self.pending()?;
        let (path, address) = (paths::STOP, &self.institution.address);
        let body = ask_of_token(self.network, address, path, pending.body())?;
        let told: StopResponse = parse(&body)?;
        let told = pending.open(told, &self.institution.provisioning_keys)?;
        self.take(told)
    }

    /// The request that got no answer, or a new one; in either case it is on disk.
    fn pending(&mut self) -> Result<PendingStop, Stop> {
        let record = self.record()?;
        let mut notes = Notes::of(record);
        if let Some(body) = &notes.stopping
            && let Ok(pending) = PendingStop::read(body.as_bytes())
        {
            return Ok(pending);
        }
        let serial = record.serial.clone();
        let id = RequestId::make(&mut self.rng);
        let pending = PendingStop::start(&serial, &Signer(self.vault.device()), id)?;
        let body = String::from_utf8(pending.body().to_vec());
        notes.stopping = Some(body.map_err(|_| Stop::Fault(ErrorCode::Internal))?);
        self.write(&notes)?;
        Ok(pending)
    }

    /// Writes down what was told, in place of the request.
    fn take(&mut self, told: StopResponse) -> Result<(), Stop> {
        let mut notes = Notes::of(self.record()?);
        notes.stopping = None;
        notes.told = Some(Told {
            state: told.state,
            copy_suspected: false,
            at: told.server_time,
            renewable_from: None,
        });
        notes.receipt = told.receipt.map(|receipt| Receipt {
            number: receipt.number,
            at: receipt.at,
        });
        self.write(&notes)
    }

    fn write(&mut self, notes: &Notes) -> Result<(), Stop> {
        let mut state = copied(&self.record()?.state);
        state.notes = notes.to_text();
        Ok(self.vault.update_token(self.token, state, &mut self.rng)?)
    }

    fn record(&self) -> Result<&TokenRecord, Stop> {
        let record = self.vault.token(self.token);
        record.ok_or(Stop::Vault(VaultError::UnknownToken))
    }
}

impl From<StopError> for Stop {
    fn from(error: StopError) -> Self {
        match error {
            StopError::Message(_) | StopError::UnknownKey | StopError::Signature => {
                Self::Fault(ErrorCode::ServiceAnswer)
            }
            StopError::Sign(error) => error.into(),
        }
    }
}

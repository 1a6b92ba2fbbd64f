//! What a set-up says of the device, and what its hardware is asked.

use skts_otp::AssuranceLevel;
use skts_provisioning::device::Evidence;
use skts_provisioning::wire::{Bytes, ShortText};
use skts_sealed::SecretBytes;
use skts_vault::DeviceKeyError;

use crate::error::ErrorCode;
use crate::flow::Flow;
use crate::stop::Stop;

/// The most that a service believes of any hardware (docs/adr/0014).
pub(crate) const MOST_PROVED: AssuranceLevel = AssuranceLevel::L3;

impl Flow<'_> {
    /// Stops where the service is sure to refuse. What the device claims of itself is nothing to it:
    /// beyond level 1 it can only be convinced by the hardware, and only so far.
    pub(crate) fn check_level(&self) -> Result<(), Stop> {
        let lowest = self.institution.policy.lowest_level;
        if lowest <= AssuranceLevel::L1 {
            return Ok(());
        }
        if lowest <= MOST_PROVED && !self.statement()?.is_empty() {
            return Ok(());
        }
        Err(Stop::LevelTooLow)
    }

    /// What the hardware says of the key. One that is busy is asked later; one that cannot say
    /// anything says nothing.
    fn statement(&self) -> Result<Vec<u8>, Stop> {
        match self.vault.device().statement() {
            Err(error) if is_for_later(&error) => Err(Stop::Vault(error.into())),
            said => Ok(said.unwrap_or_default()),
        }
    }

    /// Has the hardware open the grant's credential, if there is one. None where it does not: the
    /// service then decides whether the token is enough without.
    pub(crate) fn open_credential(&self, credential: &[u8]) -> Result<Option<SecretBytes>, Stop> {
        if credential.is_empty() {
            return Ok(None);
        }
        match self.vault.device().activate_credential(credential) {
            Err(error) if is_for_later(&error) => Err(Stop::Vault(error.into())),
            opened => Ok(opened.ok()),
        }
    }

    /// What goes to the service with the proof of the set-up.
    pub(crate) fn evidence(&self) -> Result<Evidence, Stop> {
        let text = |text: &str| {
            let printable: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
            ShortText::new(printable).map_err(|_| Stop::Fault(ErrorCode::Internal))
        };
        Ok(Evidence {
            platform: text(self.platform)?,
            device_label: text(&self.device_label)?,
            key_kind: text(self.vault.device().holder())?,
            statement: Bytes(self.statement()?),
        })
    }
}

/// Whether the hardware, or the keystore that has its half of the key, may answer later: the key is in
/// hardware that has worked a moment ago, so hardware that is not there now will be there again.
const fn is_for_later(error: &DeviceKeyError) -> bool {
    matches!(
        error,
        DeviceKeyError::Busy | DeviceKeyError::Absent | DeviceKeyError::KeyStore(_)
    )
}

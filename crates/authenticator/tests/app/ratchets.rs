//! The service's side of check-ins, by the provisioning crate's own code.

use std::collections::BTreeMap;

use rand_core::{OsRng, RngCore};
use skts_otp::{SerialNumber, UnixTime};
use skts_provisioning::check_in::{Standing, answer, judge, turn, verify_device};
use skts_provisioning::ids::RequestId;
use skts_provisioning::s::ProvisioningSigningKey;
use skts_provisioning::stop;
use skts_provisioning::wire::{
    Bytes, CheckInRequest, CheckInResponse, CheckInState, Request, ShortText, StopReceipt,
    StopRequest, StopResponse,
};
use skts_sealed::SecretBytes;

/// Of each token its ratchet.
pub(crate) struct Ratchets {
    by_serial: BTreeMap<String, Ratchet>,
    /// What is said of every token that there are no copies of.
    pub(crate) state: CheckInState,
    last: Option<String>,
}

struct Ratchet {
    value: SecretBytes,
    moved: u64,
    copy_suspected: bool,
    answered: Vec<RequestId>,
}

impl Default for Ratchets {
    fn default() -> Self {
        Self {
            by_serial: BTreeMap::new(),
            state: CheckInState::Active,
            last: None,
        }
    }
}

impl Ratchets {
    pub(crate) fn begin(&mut self, serial: &SerialNumber, ratchet: &SecretBytes) {
        let ratchet = Ratchet {
            value: SecretBytes::from_slice(ratchet.expose_secret()),
            moved: 0,
            copy_suspected: false,
            answered: vec![],
        };
        let serial = serial.to_string();
        self.by_serial.insert(serial.clone(), ratchet);
        self.last = Some(serial);
    }

    pub(crate) fn moved(&self) -> u64 {
        let last = self.last.as_ref().and_then(|last| self.by_serial.get(last));
        last.unwrap().moved
    }

    /// None to a stranger.
    pub(crate) fn answer(
        &mut self,
        request: &CheckInRequest,
        server_time: u64,
        key: &ProvisioningSigningKey,
    ) -> Option<CheckInResponse> {
        verify_device(request).ok()?;
        let token = self.by_serial.get_mut(request.serial.as_str())?;
        let answered_before = token.answered.contains(&request.request_id);
        token.answered.push(request.request_id);
        let in_use = matches!(self.state, CheckInState::Active | CheckInState::Provisioned);
        let mut advance = None;
        if !answered_before && !token.copy_suspected {
            match judge(request, &token.value, token.moved) {
                Standing::Next if in_use => {
                    let mut rho = vec![0; 32];
                    OsRng.fill_bytes(&mut rho);
                    token.value = turn(&token.value, &rho, &request.digest()).ok()?;
                    token.moved += 1;
                    advance = Some(Bytes(rho));
                }
                Standing::Stale => token.copy_suspected = true,
                Standing::Next | Standing::Ahead => {}
            }
        }
        let reply = CheckInResponse {
            advance,
            answered_before,
            state: match token.copy_suspected {
                true => CheckInState::Suspended,
                false => self.state,
            },
            copy_suspected: token.copy_suspected,
            registered: self.state != CheckInState::Provisioned,
            server_time: UnixTime::from_secs(server_time),
            expires_at: UnixTime::from_secs(server_time + 1826 * 86_400),
            renewable_from: UnixTime::from_secs(server_time + 1736 * 86_400),
            lapses_at: None,
            last_used_at: None,
            resync_asked: false,
            key_id: ShortText::new("").ok()?,
            signature: Bytes(vec![]),
        };
        answer(request, reply, key).ok()
    }

    /// Ends every token, or says how it ended before. None to a stranger.
    pub(crate) fn stop(
        &mut self,
        request: &StopRequest,
        server_time: u64,
        key: &ProvisioningSigningKey,
    ) -> Option<StopResponse> {
        stop::verify_device(request).ok()?;
        self.by_serial.get(request.serial.as_str())?;
        let server_time = UnixTime::from_secs(server_time);
        let receipt = (!self.state.is_final()).then(|| StopReceipt {
            number: "4820193756".to_owned(),
            at: server_time,
        });
        if receipt.is_some() {
            self.state = CheckInState::Revoked;
        }
        let reply = StopResponse {
            state: self.state,
            receipt,
            server_time,
            key_id: ShortText::new("").ok()?,
            signature: Bytes(vec![]),
        };
        stop::answer(request, reply, key).ok()
    }
}

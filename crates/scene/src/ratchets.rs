//! What the service of a scene knows of its tokens, and says of them when it is asked.

use std::collections::BTreeMap;

use rand_core::RngCore;
use skts_otp::UnixTime;
use skts_provisioning::check_in::{Standing, answer, judge, turn, verify_device};
use skts_provisioning::s::ProvisioningSigningKey;
use skts_provisioning::stop;
use skts_provisioning::wire::{
    Bytes, CheckInRequest, CheckInResponse, CheckInState, Request, ShortText, StopReceipt,
    StopRequest, StopResponse,
};
use skts_sealed::SecretBytes;

use crate::device::SceneRng;
use crate::file::Token;

/// Days before expiry from which a new token may be had.
const RENEWABLE_DAYS: u64 = 90;
/// Days after its set-up in which a token has to be registered.
const REGISTER_DAYS: u64 = 90;
const DAY: u64 = 86_400;

/// A token at the service.
pub(crate) struct Held {
    value: SecretBytes,
    moved: u64,
    says: CheckInState,
    copied: bool,
    registered: bool,
    used: Option<UnixTime>,
    started: UnixTime,
    expires: UnixTime,
}

/// By serial.
#[derive(Default)]
pub(crate) struct Ratchets(BTreeMap<String, Held>);

impl Ratchets {
    pub(crate) fn begin(&mut self, token: &Token, expires: UnixTime, ratchet: &SecretBytes) {
        let held = Held {
            // EXPOSE: kept in memory as the device keeps it.
            value: SecretBytes::from_slice(ratchet.expose_secret()),
            moved: 0,
            says: token.says,
            copied: token.copied,
            registered: token.registered,
            used: token.used.map(crate::Moment::unix),
            started: token.started.unix(),
            expires,
        };
        self.0.insert(token.serial.to_string(), held);
    }

    /// None to a stranger.
    pub(crate) fn answer(
        &mut self,
        request: &CheckInRequest,
        now: UnixTime,
        key: &ProvisioningSigningKey,
        rng: &mut SceneRng,
    ) -> Option<CheckInResponse> {
        verify_device(request).ok()?;
        let token = self.0.get_mut(request.serial.as_str())?;
        let in_use = matches!(token.says, CheckInState::Active | CheckInState::Provisioned);
        let mut advance = None;
        if in_use && !token.copied && judge(request, &token.value, token.moved) == Standing::Next {
            let mut rho = vec![0; 32];
            rng.fill_bytes(&mut rho);
            token.value = turn(&token.value, &rho, &request.digest()).ok()?;
            token.moved = token.moved.saturating_add(1);
            advance = Some(Bytes(rho));
        }
        let state = match (token.copied, token.says, token.registered) {
            (true, _, _) => CheckInState::Suspended,
            (false, CheckInState::Active, false) => CheckInState::Provisioned,
            (false, said, _) => said,
        };
        let renewable = token.expires.as_secs().saturating_sub(RENEWABLE_DAYS * DAY);
        let registered = token.registered && state != CheckInState::Provisioned;
        let reply = CheckInResponse {
            advance,
            answered_before: false,
            state,
            copy_suspected: token.copied,
            registered,
            server_time: now,
            expires_at: token.expires,
            renewable_from: UnixTime::from_secs(renewable),
            lapses_at: (!registered)
                .then(|| token.started.saturating_add_secs(REGISTER_DAYS * DAY)),
            last_used_at: token.used,
            resync_asked: false,
            key_id: ShortText::new("").ok()?,
            signature: Bytes(vec![]),
        };
        answer(request, reply, key).ok()
    }

    /// Ends the token, or says how it ended before. None to a stranger.
    pub(crate) fn stop(
        &mut self,
        request: &StopRequest,
        now: UnixTime,
        key: &ProvisioningSigningKey,
        rng: &mut SceneRng,
    ) -> Option<StopResponse> {
        stop::verify_device(request).ok()?;
        let token = self.0.get_mut(request.serial.as_str())?;
        let receipt = (!token.says.is_final()).then(|| StopReceipt {
            number: format!("{:010}", rng.next_u64() % 10_000_000_000),
            at: now,
        });
        if receipt.is_some() {
            token.says = CheckInState::Revoked;
        }
        let reply = StopResponse {
            state: token.says,
            receipt,
            server_time: now,
            key_id: ShortText::new("").ok()?,
            signature: Bytes(vec![]),
        };
        stop::answer(request, reply, key).ok()
    }
}

//! A device's part of a check-in, and what a copy of it would hold.

use rand_core::OsRng;
use skts_otp::SerialNumber;
use skts_provisioning::check_in::PendingCheckIn;
use skts_provisioning::ids::RequestId;
use skts_provisioning::institution::SignedList;
use skts_provisioning::wire::{CheckInResponse, Message, paths};
use skts_sealed::SecretBytes;

use crate::world::{Answer, Device, Token, World};

/// Everything a device has of a token but its codes. Cloned, it is a copy.
#[derive(Clone)]
pub(crate) struct Holder {
    device: Device,
    serial: SerialNumber,
    pub(crate) ratchet: Vec<u8>,
    pub(crate) count: u64,
}

impl Holder {
    pub(crate) fn of(token: &Token, device: &Device) -> Self {
        Self {
            device: device.clone(),
            serial: SerialNumber::parse(&token.serial).expect("a serial"),
            ratchet: token.ratchet.clone(),
            count: 0,
        }
    }

    pub(crate) fn pending(&self) -> PendingCheckIn {
        self.pending_as(RequestId::make(&mut OsRng))
    }

    pub(crate) fn pending_as(&self, id: RequestId) -> PendingCheckIn {
        self.pending_by(&self.device, &self.serial, id)
    }

    pub(crate) fn pending_by(
        &self,
        device: &Device,
        serial: &SerialNumber,
        id: RequestId,
    ) -> PendingCheckIn {
        let ratchet = SecretBytes::from_slice(&self.ratchet);
        PendingCheckIn::start(serial, &ratchet, self.count, device, id).expect("a check-in")
    }

    /// Takes an answer as the app does: its signature first.
    pub(crate) async fn take(
        &mut self,
        world: &World,
        pending: &PendingCheckIn,
        answer: &Answer,
    ) -> CheckInResponse {
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status.as_u16(), 200, "{text}");
        let reply = CheckInResponse::parse(&answer.body).expect("an answer of its kind");
        let list = world.issuer.institution_list("http://127.0.0.1:1").await;
        let list = SignedList::verify_outside(&list.expect("a list")).expect("a good list");
        let ratchet = SecretBytes::from_slice(&self.ratchet);
        let pinned = &list.institutions[0].provisioning_keys;
        let opened = pending.open(reply, pinned, &ratchet).expect("signed");
        if let Some(next) = opened.ratchet {
            self.ratchet = next.expose_secret().to_vec();
            self.count += 1;
        }
        opened.told
    }

    /// One check-in, answered and taken.
    pub(crate) async fn check(&mut self, world: &World) -> CheckInResponse {
        let pending = self.pending();
        let answer = world.device(paths::CHECK_IN, pending.body()).await;
        self.take(world, &pending, &answer).await
    }
}

/// A self-provisioned token in use by `subscriber`, and what its device holds of it.
pub(crate) async fn in_use(world: &World, subscriber: &str) -> (Token, Device, Holder) {
    let device = Device::new();
    let token = world.set_up_s(&device).await;
    let code = token.code(world.now());
    let answer = world.register(&token, subscriber, &code).await;
    assert_eq!(answer.verdict(), "accepted");
    world.pass(60);
    let holder = Holder::of(&token, &device);
    (token, device, holder)
}

//! Whoever is not the token's device has one answer, and changes nothing.

use rand_core::OsRng;
use skts_otp::SerialNumber;
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::ids::RequestId;
use skts_provisioning::wire::{CheckInState, Message, paths};

use super::holder::in_use;
use crate::world::{Device, World};

#[tokio::test]
async fn a_bad_signature_another_device_and_an_unknown_serial_have_one_answer() {
    let world = World::new().await;
    let (token, _, mut holder) = in_use(&world, "taro").await;
    holder.check(&world).await;
    let before = world.dump().await;
    let id = RequestId::make(&mut OsRng);
    let serial = SerialNumber::parse(&token.serial).unwrap();
    let good = holder.pending_as(id).request;

    let mut flipped = good.clone();
    flipped.signature.0[9] ^= 1;
    let mut elsewhere = good.clone();
    elsewhere.signature.0 = Device::new().sign(b"anything").unwrap();
    let mut counted = good.clone();
    counted.counter = 1;
    let mut proved = good.clone();
    proved.proof.0[0] ^= 1;
    let other = holder.pending_by(&Device::new(), &serial, id).request;
    let unknown = SerialNumber::parse("SKTS00000000").unwrap();
    let unknown = holder.pending_by(&Device::new(), &unknown, id).request;

    let mut answers = Vec::new();
    for request in [flipped, elsewhere, counted, proved, other, unknown] {
        answers.push(world.device(paths::CHECK_IN, &request.to_body()).await);
    }
    for answer in &answers {
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (404, "not-found")
        );
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(world.dump().await, before);
    assert_eq!(holder.check(&world).await.state, CheckInState::Active);
}

#[tokio::test]
async fn check_ins_are_limited_like_the_other_calls_of_devices() {
    let world = World::with(|config| {
        config.provisioning_burst = 8;
        config.provisioning_per_minute = 1;
    })
    .await;
    let device = Device::new();
    let token = world.set_up_s(&device).await;
    let mut holder = super::Holder::of(&token, &device);
    let mut busy = 0;
    for _ in 0..8 {
        let pending = holder.pending();
        let answer = world.device(paths::CHECK_IN, pending.body()).await;
        match answer.status.as_u16() {
            200 => drop(holder.take(&world, &pending, &answer).await),
            status => {
                assert_eq!((status, answer.code().as_str()), (503, "busy"));
                busy += 1;
            }
        }
    }
    assert_eq!((holder.count, busy), (5, 3));
}

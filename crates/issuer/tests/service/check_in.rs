//! Check-ins: what moves the ratchet, what stops a token, and what does neither.

#[path = "check_in/copies.rs"]
mod copies;
#[path = "check_in/held.rs"]
pub(crate) mod held;
#[path = "check_in/holder.rs"]
pub(crate) mod holder;
#[path = "check_in/strangers.rs"]
mod strangers;

use skts_provisioning::wire::{CheckInState, Message, paths};

use self::holder::{Holder, in_use};
use crate::world::{Device, SHINKIN, World};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_check_in_tells_where_the_token_stands_and_moves_the_ratchet() {
    let world = World::new().await;
    let device = Device::new();
    let token = world.set_up_s(&device).await;
    let mut holder = Holder::of(&token, &device);
    let told = holder.check(&world).await;
    assert_eq!(told.state, CheckInState::Provisioned);
    assert!(!told.registered && !told.copy_suspected && told.last_used_at.is_none());
    assert_eq!(told.server_time.as_secs(), world.now());
    assert_eq!(told.lapses_at.unwrap().as_secs(), world.now() + 90 * DAY);
    assert_eq!(holder.count, 1);

    let used = world.now();
    let code = token.code(used);
    world.register(&token, "taro", &code).await;
    world.pass(60);
    let told = holder.check(&world).await;
    assert_eq!(told.state, CheckInState::Active);
    assert!(told.registered && told.lapses_at.is_none());
    assert_eq!(
        told.renewable_from.as_secs() + 90 * DAY,
        told.expires_at.as_secs()
    );
    for count in 3..=6 {
        holder.check(&world).await;
        assert_eq!(holder.count, count);
    }
    assert_eq!(world.number("SELECT moved FROM check_ins").await, 6);
    // The codes are what they were: only the ratchet moved.
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
    let told = holder.check(&world).await;
    assert_eq!(told.last_used_at.unwrap().as_secs(), world.now());
    let checked = "SELECT count(*) FROM audit WHERE action = 'check_in' AND outcome = 'done'";
    assert_eq!(world.number(checked).await, 7);
    let news = "SELECT count(*) FROM events WHERE kind = 'check_in'";
    assert_eq!(world.number(news).await, 0);
}

#[tokio::test]
async fn a_lost_reply_is_given_again_byte_for_byte_and_the_ratchet_moves_once() {
    let mut world = World::new().await;
    let (_, _, mut holder) = in_use(&world, "taro").await;
    let pending = holder.pending();
    let first = world.device(paths::CHECK_IN, pending.body()).await;
    world.pass(3600);
    let before = world.dump().await;
    world.restart().await;
    for _ in 0..3 {
        assert_eq!(world.device(paths::CHECK_IN, pending.body()).await, first);
    }
    assert_eq!(world.dump().await, before);
    holder.take(&world, &pending, &first).await;
    assert_eq!(holder.check(&world).await.state, CheckInState::Active);
    assert_eq!(world.number("SELECT moved FROM check_ins").await, 2);
}

#[tokio::test]
async fn another_body_under_the_same_id_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let (_, _, mut holder) = in_use(&world, "taro").await;
    let pending = holder.pending();
    let answer = world.device(paths::CHECK_IN, pending.body()).await;
    holder.take(&world, &pending, &answer).await;
    let other = holder.pending_as(pending.request.request_id);
    let before = world.dump().await;
    let refused = world.device(paths::CHECK_IN, other.body()).await;
    assert_eq!(refused.code(), "conflict");
    assert_eq!(world.dump().await, before);
    // An id of long ago under another body, too.
    holder.check(&world).await;
    let other = holder.pending_as(pending.request.request_id);
    let before = world.dump().await;
    let refused = world.device(paths::CHECK_IN, other.body()).await;
    let told = holder.take(&world, &other, &refused).await;
    assert!(told.answered_before && told.advance.is_none(), "{told:?}");
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn an_old_call_made_again_by_whoever_recorded_it_changes_nothing() {
    let world = World::new().await;
    let (_, _, mut holder) = in_use(&world, "taro").await;
    let mut recorded = Vec::new();
    for _ in 0..4 {
        let pending = holder.pending();
        let answer = world.device(paths::CHECK_IN, pending.body()).await;
        holder.take(&world, &pending, &answer).await;
        recorded.push((pending, answer));
    }
    let before = world.dump().await;
    let (last, given) = recorded.pop().unwrap();
    assert_eq!(world.device(paths::CHECK_IN, last.body()).await, given);
    for (old, _) in &recorded {
        let answer = world.device(paths::CHECK_IN, old.body()).await;
        let told = holder.take(&world, old, &answer).await;
        assert!(told.answered_before && told.advance.is_none(), "{told:?}");
        assert_eq!(told.state, CheckInState::Active);
    }
    assert_eq!(world.dump().await, before);
    assert_eq!(holder.check(&world).await.state, CheckInState::Active);
}

#[tokio::test]
async fn a_call_told_while_the_token_was_locked_cannot_be_used_up_by_a_stranger_later() {
    let world = World::new().await;
    let (token, _, mut holder) = in_use(&world, "taro").await;
    held::lock(&world, &token, "taro").await;
    let recorded = holder.pending();
    let told = world.device(paths::CHECK_IN, recorded.body()).await;
    holder.take(&world, &recorded, &told).await;
    assert_eq!(holder.count, 0);
    let second = holder.check(&world).await;
    assert_eq!(second.state, CheckInState::Locked);
    held::unlock(&world, "taro").await;
    let answer = world.device(paths::CHECK_IN, recorded.body()).await;
    let told = holder.take(&world, &recorded, &answer).await;
    assert!(told.answered_before && told.advance.is_none(), "{told:?}");
    assert_eq!(holder.check(&world).await.state, CheckInState::Active);
    assert_eq!(holder.count, 1);
}

#[tokio::test]
async fn a_check_in_forgets_what_was_learnt_of_the_clock() {
    let world = World::new().await;
    let (token, _, mut holder) = in_use(&world, "taro").await;
    for _ in 0..3 {
        world.pass(300);
        let code = token.code(world.now() + 30);
        assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
    }
    assert!(world.number("SELECT drift FROM tokens").await > 0);
    holder.check(&world).await;
    assert_eq!(world.number("SELECT drift FROM tokens").await, 0);
}

#[tokio::test]
async fn a_token_lapses_90_days_after_its_last_check_in() {
    let world = World::new().await;
    let device = Device::new();
    let token = world.set_up_s(&device).await;
    let mut holder = Holder::of(&token, &device);
    for _ in 0..2 {
        world.pass(60 * DAY);
        world.issuer.tidy().await.unwrap();
        assert_eq!(holder.check(&world).await.state, CheckInState::Provisioned);
    }
    world.pass(90 * DAY - 1);
    let code = token.code(world.now());
    assert_eq!(
        world.register(&token, "taro", &code).await.verdict(),
        "accepted"
    );

    let other = Device::new();
    let never = world.set_up_s(&other).await;
    let mut late = Holder::of(&never, &other);
    late.check(&world).await;
    world.pass(90 * DAY);
    let told = late.check(&world).await;
    assert_eq!((told.state, told.advance), (CheckInState::Lapsed, None));
    world.issuer.tidy().await.unwrap();
    assert_eq!(late.check(&world).await.state, CheckInState::Lapsed);
}

#[tokio::test]
async fn a_rotation_of_the_master_key_takes_ratchet_and_kept_answer_along() {
    let mut world = World::new().await;
    let (token, _, mut holder) = in_use(&world, "taro").await;
    let pending = holder.pending();
    let first = world.device(paths::CHECK_IN, pending.body()).await;
    world.issuer.rotate_keys().await.unwrap();
    assert!(world.issuer.retire_key(1).await.is_err());
    world.issuer.reseal().await.unwrap();
    world.issuer.retire_key(1).await.unwrap();
    world.restart().await;
    assert_eq!(world.device(paths::CHECK_IN, pending.body()).await, first);
    holder.take(&world, &pending, &first).await;
    assert_eq!(holder.check(&world).await.state, CheckInState::Active);
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
}

#[tokio::test]
async fn an_older_database_put_back_stops_no_token() {
    let world = World::new().await;
    let (_, _, mut holder) = in_use(&world, "taro").await;
    holder.check(&world).await;
    let copy = world.back_up().await;
    holder.check(&world).await;
    holder.check(&world).await;
    let back = world.put_back(&copy).await;
    back.issuer.restored().await.unwrap();
    let told = holder.check(&back).await;
    assert_eq!(
        (told.state, told.copy_suspected),
        (CheckInState::Active, false)
    );
    assert_eq!((told.advance, holder.count), (None, 3));
    let ahead = "SELECT count(*) FROM audit WHERE action = 'check_in' AND outcome = 'ahead'";
    assert_eq!(back.number(ahead).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_check_ins_alike_at_once_move_the_ratchet_once() {
    let world = World::new().await;
    let (_, _, mut holder) = in_use(&world, "taro").await;
    let pending = holder.pending();
    let body: serde_json::Value = serde_json::from_slice(&pending.request.to_body()).unwrap();
    let answers =
        crate::concurrency::answers_at_once(&world, paths::CHECK_IN, vec![body; 200]).await;
    assert_eq!(answers.len(), 200);
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(world.number("SELECT moved FROM check_ins").await, 1);
    let entries = "SELECT count(*) FROM audit WHERE action = 'check_in'";
    assert_eq!(world.number(entries).await, 1);
    let answer = world.device(paths::CHECK_IN, pending.body()).await;
    holder.take(&world, &pending, &answer).await;
    assert_eq!(holder.check(&world).await.state, CheckInState::Active);
    assert_eq!(token_state(&world).await, 1);
}

async fn token_state(world: &World) -> i64 {
    let active = format!(
        "SELECT count(*) FROM tokens WHERE state = 'active' AND institution_id = '{SHINKIN}'"
    );
    world.number(&active).await
}

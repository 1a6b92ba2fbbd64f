//! What banks are told: each event once and in order, fetched or sent, and nothing lost while the bank
//! is away.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use skts_issuer::{StaffChange, WebhookError};
use skts_provisioning::wire::paths;

use crate::world::{Device, RENGO, SHINKIN, SHINKUMI, World};

async fn fetch(world: &World, bank: &str, after: u64, most: u32) -> Vec<Value> {
    let body = json!({"after": after, "most": most});
    let answer = world.bank(bank, paths::RP_EVENTS_FETCH, &body).await;
    answer.json()["events"].as_array().unwrap().clone()
}

fn kinds(events: &[Value]) -> Vec<String> {
    let kind = |event: &Value| {
        let state = event["state"].as_str().unwrap_or("-");
        format!(
            "{} {} {state}",
            event["number"],
            event["kind"].as_str().unwrap()
        )
    };
    events.iter().map(kind).collect()
}

async fn suspend_and_resume(world: &World) {
    for change in [StaffChange::Suspend, StaffChange::Resume] {
        world
            .issuer
            .change_token(SHINKIN, "taro", change, "asked")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_bank_fetches_what_changed_for_its_customers_and_no_verdicts() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
    suspend_and_resume(&world).await;
    for _ in 0..token.policy.lock_after {
        world.pass(1000);
        let wrong = token.wrong_code(world.now());
        world.verify(&token, "taro", &wrong).await;
    }
    let events = fetch(&world, SHINKIN, 0, 100).await;
    let all = [
        "1 register active",
        "2 suspend suspended",
        "3 resume active",
        "4 verify locked",
    ];
    assert_eq!(kinds(&events), all);
    assert_eq!(events[0]["subscriber_ref"], "taro");
    assert_eq!(events[0]["serial"], token.serial);
    assert_eq!(kinds(&fetch(&world, SHINKIN, 1, 2).await), all[1..3]);
    assert_eq!(fetch(&world, RENGO, 0, 100).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_change_given_up_leaves_no_event_and_no_gap() {
    let world = World::new().await;
    world.active("taro").await;
    let refused = world
        .issuer
        .change_token(SHINKIN, "taro", StaffChange::Unlock, "asked")
        .await;
    assert!(refused.is_err());
    suspend_and_resume(&world).await;
    let numbers: Vec<Value> = fetch(&world, SHINKIN, 0, 100)
        .await
        .iter()
        .map(|event| event["number"].clone())
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test]
async fn another_device_with_the_right_password_is_told_to_the_bank() {
    let world = World::new().await;
    let (device, other) = (Device::new(), Device::new());
    let user_id = world.activation(SHINKUMI, "taro").await;
    let begin = world.k_begin(SHINKUMI, &user_id, crate::world::PASSWORD, &device);
    let late = world.k_begin(SHINKUMI, &user_id, crate::world::PASSWORD, &other);
    let finish = world
        .k_finish(&begin, crate::world::PASSWORD, &device)
        .await
        .unwrap();
    world.k_open(&finish).await;
    let finish = world
        .k_finish(&late, crate::world::PASSWORD, &other)
        .await
        .unwrap();
    world.device(paths::ACTIVATION_FINISH, finish.body()).await;
    let events = kinds(&fetch(&world, SHINKUMI, 0, 10).await);
    assert_eq!(
        events,
        ["1 activation_claimed provisioned", "2 other_device -"]
    );
}

#[tokio::test]
async fn a_renewal_is_told_once_ninety_days_before_the_end() {
    let world = World::new().await;
    world.active("taro").await;
    world.pass((1826 - 91) * 24 * 3600);
    world.issuer.tidy().await.unwrap();
    assert_eq!(fetch(&world, SHINKIN, 1, 10).await.len(), 0);
    world.pass(24 * 3600);
    for _ in 0..2 {
        world.issuer.tidy().await.unwrap();
    }
    assert_eq!(
        kinds(&fetch(&world, SHINKIN, 1, 10).await),
        ["2 renewal_due -"]
    );
}

/// A request's headers and body.
type Taken = (HeaderMap, Vec<u8>);

/// What a receiver does that does not take events.
#[derive(Clone, Copy, Default)]
enum Away {
    #[default]
    Unavailable,
    Fails,
    Hangs,
}

#[derive(Clone, Default)]
struct Receiver {
    away: Arc<AtomicBool>,
    how: Away,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Receiver {
    async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let take = |State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes| async move {
            if receiver.away.load(Ordering::SeqCst) {
                return match receiver.how {
                    Away::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                    Away::Fails => StatusCode::INTERNAL_SERVER_ERROR,
                    Away::Hangs => std::future::pending().await,
                };
            }
            receiver
                .taken
                .lock()
                .unwrap()
                .push((headers, body.to_vec()));
            StatusCode::NO_CONTENT
        };
        let router = Router::new()
            .route("/events", post(take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn numbers(&self) -> Vec<u64> {
        let taken = self.taken.lock().unwrap();
        let bodies = taken
            .iter()
            .map(|(_, body)| serde_json::from_slice::<Value>(body).unwrap());
        bodies
            .flat_map(|body| body["events"].as_array().unwrap().clone())
            .map(|event| event["number"].as_u64().unwrap())
            .collect()
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_for_an_hour_gets_everything_later_in_order_and_once() {
    let world = World::new().await;
    world.active("taro").await;
    let receiver = Receiver::default();
    let url = format!("http://{}/events", receiver.start().await);
    let secret = world.issuer.set_webhook(SHINKIN, &url).await.unwrap();
    receiver.away.store(true, Ordering::SeqCst);
    for _ in 0..12 {
        suspend_and_resume(&world).await;
        world.issuer.send_events().await.unwrap();
        world.pass(300);
    }
    assert_eq!(receiver.numbers(), Vec::<u64>::new());
    receiver.away.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        world.pass(3600);
        world.issuer.send_events().await.unwrap();
    }
    // What was before the webhook is for fetching.
    assert_eq!(receiver.numbers(), (2..=25).collect::<Vec<u64>>());
    let (headers, body) = receiver.taken.lock().unwrap()[0].clone();
    let header = headers["skts-signature"].to_str().unwrap().to_owned();
    let (time, mac) = header
        .strip_prefix("t=")
        .unwrap()
        .split_once(",v1=")
        .unwrap();
    let mut expected = Hmac::<Sha256>::new_from_slice(&hex::decode(secret).unwrap()).unwrap();
    expected.update(time.as_bytes());
    expected.update(b".");
    expected.update(&body);
    assert_eq!(hex::encode(expected.finalize().into_bytes()), mac);
}

#[tokio::test]
async fn a_receiver_that_fails_or_hangs_keeps_back_its_own_events_and_nobody_elses() {
    for how in [Away::Fails, Away::Hangs] {
        let world = World::with(|config| config.events_within_secs = 1).await;
        let (first, other) = (world.active("taro").await, Receiver::default());
        let ill = Receiver {
            how,
            ..Receiver::default()
        };
        for (bank, receiver) in [(SHINKIN, &ill), (SHINKUMI, &other)] {
            let url = format!("http://{}/events", receiver.start().await);
            world.issuer.set_webhook(bank, &url).await.unwrap();
        }
        world.set_up_k(SHINKUMI, "hanako", &Device::new()).await;
        suspend_and_resume(&world).await;
        ill.away.store(true, Ordering::SeqCst);
        // Another process looks while the first waits for the one that hangs, longer than it was held.
        let second = async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            world.pass(60);
            world.issuer.send_events().await.unwrap();
        };
        let (done, ()) = tokio::join!(world.issuer.send_events(), second);
        done.unwrap();
        assert_eq!(other.numbers(), [1]);
        assert_eq!(ill.numbers(), Vec::<u64>::new());
        let code = first.code(world.now());
        assert_eq!(world.verify(&first, "taro", &code).await, "accepted");
        ill.away.store(false, Ordering::SeqCst);
        world.pass(3600);
        for _ in 0..2 {
            world.issuer.send_events().await.unwrap();
        }
        assert_eq!(ill.numbers(), [2, 3]);
        assert_eq!(other.numbers(), [1]);
    }
}

#[tokio::test]
async fn a_process_leaves_alone_what_another_is_sending() {
    let world = World::new().await;
    world.active("taro").await;
    let receiver = Receiver::default();
    let url = format!("http://{}/events", receiver.start().await);
    world.issuer.set_webhook(SHINKIN, &url).await.unwrap();
    suspend_and_resume(&world).await;
    let (first, second) = tokio::join!(world.issuer.send_events(), world.issuer.send_events());
    first.unwrap();
    second.unwrap();
    assert_eq!(receiver.numbers(), [2, 3]);
}

#[tokio::test]
async fn events_go_over_tls_or_stay_on_this_machine() {
    let world = World::new().await;
    for url in [
        "http://bank.example/events",
        "ftp://bank.example",
        "",
        "http://127.0.0.1.evil/",
    ] {
        let refused = world.issuer.set_webhook(SHINKIN, url).await;
        assert!(matches!(refused, Err(WebhookError::Address)), "{url}");
    }
    assert!(
        world
            .issuer
            .set_webhook(SHINKIN, "https://bank.example/events")
            .await
            .is_ok()
    );
    let nobody = world
        .issuer
        .set_webhook("nobody", "https://bank.example/events")
        .await;
    assert!(matches!(nobody, Err(WebhookError::NoInstitution)));
    // Ended, nothing is tried any more.
    world.issuer.end_webhook(SHINKIN).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM webhooks").await, 0);
}

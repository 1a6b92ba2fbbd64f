//! Two processes on one database: what one has accepted, counted or answered holds for the other.
//! On SQLite as on PostgreSQL (`world/database.rs`).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use skts_otp::Digits;
use skts_provisioning::wire::paths;

use crate::world::process::Process;
use crate::world::{Device, SHINKIN, Token, World, new_id, verify_body};

/// A service whose clock is the processes' own, and two processes on its database.
async fn world() -> (World, [Process; 2]) {
    let world = World::new().await;
    #[expect(
        clippy::disallowed_methods,
        reason = "the processes' clock is the real one"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    world.set_time(now.as_secs());
    let processes = [Process::start(&world), Process::start(&world)];
    (world, processes)
}

/// A token in use, whose next code was not used.
async fn in_use(world: &World, subscriber: &str) -> Token {
    let token = world.set_up_s(&Device::new()).await;
    let code = token.code(world.now());
    assert_eq!(
        world.register(&token, subscriber, &code).await.verdict(),
        "accepted"
    );
    token
}

/// The code after the one it was registered with: inside the window for a minute.
fn next_code(world: &World, token: &Token) -> String {
    token.code_of(token.step(world.now()).next(), Digits::Six)
}

/// Sends all `bodies` at once, to the one process and the other in turn; returns the answers.
fn all_at_once(world: &World, processes: &[Process], path: &str, bodies: &[Value]) -> Vec<Value> {
    let key = format!("Bearer {}", world.api_key(SHINKIN));
    let barrier = Barrier::new(bodies.len());
    thread::scope(|scope| {
        let calls: Vec<_> = bodies
            .iter()
            .zip(processes.iter().cycle())
            .map(|(body, process)| {
                let (key, barrier) = (&key, &barrier);
                let url = format!("{}{path}", process.address);
                scope.spawn(move || {
                    barrier.wait();
                    let mut answer = ureq::post(&url)
                        .config()
                        .http_status_as_error(false)
                        .build()
                        .header("authorization", key)
                        .content_type("application/json")
                        .send(body.to_string())
                        .unwrap();
                    answer.body_mut().read_json().unwrap()
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

/// How often each verdict, or code of a problem, was answered.
fn tally(answers: &[Value]) -> BTreeMap<&str, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        let word = answer.get("verdict").unwrap_or_else(|| &answer["code"]);
        *tally.entry(word.as_str().unwrap()).or_default() += 1;
    }
    tally
}

#[tokio::test]
async fn a_code_sent_to_both_at_once_is_accepted_once() {
    let (world, processes) = world().await;
    let token = in_use(&world, "customer").await;
    let code = next_code(&world, &token);
    let bodies: Vec<Value> = (0..100).map(|_| verify_body("customer", &code)).collect();
    let answers = all_at_once(&world, &processes, paths::RP_TOKEN_VERIFY, &bodies);
    assert_eq!(tally(&answers), [("accepted", 1), ("replayed", 99)].into());
    assert_eq!(world.number("SELECT sum(accepted) FROM tokens").await, 2);
}

#[tokio::test]
async fn codes_of_many_customers_are_each_accepted_once_whichever_process_has_them() {
    let (world, processes) = world().await;
    let mut bodies = Vec::new();
    for number in 0..40 {
        let subscriber = format!("customer-{number}");
        let token = in_use(&world, &subscriber).await;
        let code = next_code(&world, &token);
        // An odd distance, so that both processes are asked for each customer.
        bodies.extend((0..3).map(|_| verify_body(&subscriber, &code)));
    }
    let answers = all_at_once(&world, &processes, paths::RP_TOKEN_VERIFY, &bodies);
    assert_eq!(tally(&answers), [("accepted", 40), ("replayed", 80)].into());
    assert_eq!(world.number("SELECT sum(accepted) FROM tokens").await, 80);
}

#[tokio::test]
async fn wrong_codes_at_both_at_once_are_counted_exactly() {
    let (world, processes) = world().await;
    let token = in_use(&world, "customer").await;
    let wrong = token.wrong_code(world.now());
    let bodies: Vec<Value> = (0..100).map(|_| verify_body("customer", &wrong)).collect();
    let answers = all_at_once(&world, &processes, paths::RP_TOKEN_VERIFY, &bodies);
    // The second begins a wait, in which nothing is looked at and nothing counted.
    assert_eq!(tally(&answers), [("locked", 98), ("rejected", 2)].into());
    assert_eq!(world.number("SELECT fails FROM tokens").await, 2);
    assert_eq!(world.number("SELECT wrong_in_a_row FROM tokens").await, 2);
}

#[tokio::test]
async fn wrong_codes_at_registration_at_both_at_once_are_counted_exactly() {
    let (world, processes) = world().await;
    let token = world.set_up_s(&Device::new()).await;
    let wrong = token.wrong_code(world.now());
    let bodies: Vec<Value> = (0..60)
        .map(|_| {
            json!({
                "request_id": new_id(), "subscriber_ref": "customer", "serial": token.serial,
                "code": wrong,
            })
        })
        .collect();
    let answers = all_at_once(&world, &processes, paths::RP_TOKEN_REGISTER, &bodies);
    assert_eq!(tally(&answers), [("locked", 58), ("rejected", 2)].into());
    let fails = "SELECT sum(fails) FROM registration_tries";
    assert_eq!(world.number(fails).await, 2);
}

#[tokio::test]
async fn a_call_repeated_at_the_other_has_the_first_answer() {
    let (world, processes) = world().await;
    let token = in_use(&world, "customer").await;
    let bodies = vec![verify_body("customer", &next_code(&world, &token)); 60];
    let answers = all_at_once(&world, &processes, paths::RP_TOKEN_VERIFY, &bodies);
    assert_eq!(tally(&answers), [("accepted", 60)].into());
    assert!(
        answers.iter().all(|answer| answer == &answers[0]),
        "{answers:?}"
    );
    assert_eq!(world.number("SELECT sum(accepted) FROM tokens").await, 2);
}

#[tokio::test]
async fn a_token_claimed_by_many_customers_at_both_becomes_one_customers() {
    let (world, processes) = world().await;
    let token = world.set_up_s(&Device::new()).await;
    let code = token.code(world.now());
    let bodies: Vec<Value> = (0..40)
        .map(|number| {
            json!({
                "request_id": new_id(), "subscriber_ref": format!("customer-{number}"),
                "serial": token.serial, "code": code,
            })
        })
        .collect();
    let answers = all_at_once(&world, &processes, paths::RP_TOKEN_REGISTER, &bodies);
    assert_eq!(tally(&answers), [("accepted", 1), ("rejected", 39)].into());
    let in_use = "SELECT count(*) FROM tokens WHERE state = 'active'";
    assert_eq!(world.number(in_use).await, 1);
}

/// Asks `url` as the bank of `key` does; none if there was no answer.
fn ask(url: &str, key: &str, body: &Value) -> Option<Value> {
    let answer = ureq::post(url)
        .config()
        .http_status_as_error(false)
        .build()
        .header("authorization", key)
        .content_type("application/json")
        .send(body.to_string());
    answer.ok()?.body_mut().read_json().ok()
}

#[tokio::test]
async fn a_process_killed_under_load_costs_no_call_its_one_verdict() {
    const CUSTOMERS: usize = 24;
    const KILLS: usize = 3;
    let (world, [process, _other]) = world().await;
    let mut calls = Vec::new();
    for number in 0..CUSTOMERS {
        let subscriber = format!("customer-{number}");
        let token = in_use(&world, &subscriber).await;
        let wrong = verify_body(&subscriber, &token.wrong_code(world.now()));
        calls.push([
            (wrong, "rejected"),
            (
                verify_body(&subscriber, &next_code(&world, &token)),
                "accepted",
            ),
        ]);
    }
    let key = format!("Bearer {}", world.api_key(SHINKIN));
    let (process, unanswered) = (Mutex::new(process), AtomicUsize::new(0));
    let over = AtomicBool::new(false);
    let insist = |body: &Value, verdict: &str| {
        loop {
            let address = process.lock().unwrap().address.clone();
            match ask(&format!("{address}{}", paths::RP_TOKEN_VERIFY), &key, body) {
                Some(answer) => return assert_eq!(answer["verdict"], verdict, "{answer}"),
                None => unanswered.fetch_add(1, Ordering::Relaxed),
            };
        }
    };
    thread::scope(|scope| {
        for some in calls.chunks(CUSTOMERS / 4) {
            let (insist, over) = (&insist, &over);
            scope.spawn(move || {
                let all = || some.iter().flatten();
                all().for_each(|(body, verdict)| insist(body, verdict));
                // Asked again and again, whatever happens, the verdict stays.
                while !over.load(Ordering::Relaxed) {
                    all().for_each(|(body, verdict)| insist(body, verdict));
                }
            });
        }
        for _ in 0..KILLS {
            thread::sleep(Duration::from_millis(40));
            let mut process = process.lock().unwrap();
            process.program.kill().unwrap();
            process.program.wait().unwrap();
            // Whoever asks meanwhile waits at the lock for the new address.
            *process = Process::start(&world);
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(unanswered.into_inner() > 0, "no call was interrupted");
    let expected = i64::try_from(CUSTOMERS).unwrap();
    for outcome in ["accepted", "rejected"] {
        let sql =
            format!("SELECT count(*) FROM audit WHERE action = 'verify' AND outcome = '{outcome}'");
        assert_eq!(world.number(&sql).await, expected, "{outcome}");
    }
    let accepted = world.number("SELECT sum(accepted) FROM tokens").await;
    assert_eq!(accepted, 2 * expected);
}

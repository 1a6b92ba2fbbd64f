//! Accepted codes a second over HTTP on PostgreSQL, durable as in use: each against a bare handler
//! that does one conditional UPDATE there, among a thousand, a hundred thousand and a million tokens;
//! and two processes on one database against one. `./x bench --only verify-postgres` starts a private
//! server; otherwise `SKTS_TEST_POSTGRES` names one.

#[expect(
    dead_code,
    reason = "shared with the tests and the other benches, which use the rest"
)]
mod support;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use support::client::{self, Turns};
use support::contest::{CLIENTS, Contest};
use support::tokens::Tokens;
use support::world::World;
use support::world::process::Process;
use support::{now, rounded, time_of_day};
use tokio::runtime::Runtime;

/// Tokens in the table, and what the figure is called.
const SIZES: [(usize, &str); 3] = [
    (1000, "verify_postgres_1k"),
    (100_000, "verify_postgres_100k"),
    (1_000_000, "verify_postgres_1m"),
];
const ROUNDS: usize = 15;
const WARM_UPS: usize = 3;
const REQUESTS: usize = 1000;
/// Of what the floor does.
const AIM: f64 = 0.6;
/// The fastest size against the slowest.
const FLAT: f64 = 1.3;
const P99_MS: f64 = 10.0;
/// Two processes on one machine have no more of it than one; they must not stand in each other's way.
const TWO_AGAINST_ONE: f64 = 0.9;

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let mut contests = SIZES.map(|(tokens, _)| {
        let started = now();
        let contest = Contest::new(&runtime, tokens);
        eprintln!("{tokens} tokens: filled in {:?}", started.elapsed());
        contest
    });
    for contest in &mut contests {
        (0..WARM_UPS).for_each(|_| contest.warm_up(REQUESTS));
    }
    for _ in 0..ROUNDS {
        contests
            .iter_mut()
            .for_each(|contest| contest.turn(REQUESTS));
    }
    for (contest, (_, name)) in contests.iter().zip(SIZES) {
        contest.check(&runtime);
        println!("{}", contest.line(name, AIM));
    }
    println!("{}", flat(&contests));
    println!("{}", slowest(&contests));
    drop(contests);
    println!("{}", two_processes(&runtime));
}

/// How much the number of tokens is felt.
fn flat(contests: &[Contest]) -> Value {
    let rates = || contests.iter().map(|contest| contest.ours.rate());
    let (slowest, fastest) = (
        rates().fold(f64::INFINITY, f64::min),
        rates().fold(0.0, f64::max),
    );
    json!({
        "name": "verify_postgres_flat", "unit": "checks/s", "ours": slowest.round(),
        "other": fastest.round(), "ratio": rounded(fastest / slowest), "aim": FLAT,
    })
}

/// The longest that all but one in a hundred waited, whatever the size.
fn slowest(contests: &[Contest]) -> Value {
    let of = |turns: fn(&Contest) -> &Turns| {
        let p99 = contests
            .iter()
            .map(|contest| turns(contest).within_ms(0.99));
        p99.fold(0.0, f64::max)
    };
    let (ours, other) = (of(|contest| &contest.ours), of(|contest| &contest.other));
    json!({
        "name": "verify_postgres_p99", "unit": "ms", "ours": rounded(ours), "other": rounded(other),
        "ratio": rounded(ours / other), "aim": P99_MS, "pass": ours <= P99_MS, "clients": CLIENTS,
    })
}

/// The programs themselves, sealing their audit trail and writing their log, by the real clock.
fn two_processes(runtime: &Runtime) -> Value {
    const TOKENS: usize = 100_000;
    let (world, tokens) = runtime.block_on(async {
        let world = World::new().await;
        // Registered a while ago, so that the code of now was not used.
        world.set_time(time_of_day() - 600);
        let tokens = Tokens::fill(&world, TOKENS).await;
        (world, tokens)
    });
    let processes = [Process::start(&world), Process::start(&world)];
    let addresses = processes
        .each_ref()
        .map(|process| client::address_of(&process.address));
    // Each tidies when it starts.
    std::thread::sleep(Duration::from_secs(2));
    let mut sent = 0;
    let mut turn = |addresses: &[SocketAddr]| {
        let numbers = sent..sent + REQUESTS;
        sent += REQUESTS;
        let time = time_of_day();
        let requests = numbers.map(|number| tokens.request(&world, number, time));
        let turn = client::turn(addresses, CLIENTS, requests.collect());
        for answer in &turn.answers {
            assert!(answer.accepts(), "not accepted: {answer:?}");
        }
        turn
    };
    let (mut two, mut one) = (Turns::default(), Turns::default());
    for round in 0..WARM_UPS + ROUNDS {
        let (with_two, with_one) = (turn(&addresses), turn(&addresses[..1]));
        if round >= WARM_UPS {
            two.add(with_two);
            one.add(with_one);
        }
    }
    let accepted = runtime.block_on(world.number("SELECT sum(accepted) FROM tokens")) - 1;
    assert_eq!(accepted, i64::try_from(sent).expect("a count"));
    let ratio = two.rate() / one.rate();
    json!({
        "name": "verify_postgres_two_processes", "unit": "checks/s", "ours": two.rate().round(),
        "other": one.rate().round(), "ratio": rounded(ratio), "aim": TWO_AGAINST_ONE,
        "pass": ratio >= TWO_AGAINST_ONE, "p50_ms": rounded(two.within_ms(0.5)),
        "p99_ms": rounded(two.within_ms(0.99)), "other_p50_ms": rounded(one.within_ms(0.5)),
        "other_p99_ms": rounded(one.within_ms(0.99)), "tokens": TOKENS, "clients": CLIENTS,
        "accepted_in_database": accepted,
    })
}

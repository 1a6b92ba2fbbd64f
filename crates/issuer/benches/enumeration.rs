//! Whether the time of an answer tells who is known: answers about a customer or a user ID that
//! exists, against answers about one that does not, in turns on one connection. The bank is told the
//! difference for its own customers; what it passes on must not tell it once more by its time.

#[expect(
    dead_code,
    reason = "shared with the tests and the other benches, which use the rest"
)]
mod support;

use rand_core::OsRng;
use serde_json::{Value, json};
use skts_provisioning::ids::UserId;
use skts_provisioning::wire::paths;
use support::client::{self, Connection};
use support::tokens::{Tokens, subscriber};
use support::world::{Device, PASSWORD, SHINKIN, SHINKUMI, World, verify_body};
use support::{median, rounded};
use tokio::runtime::Runtime;

/// Tokens in the table; each gets one wrong code, so that none is ever waiting.
const TOKENS: usize = 2000;
const ACTIVATIONS: usize = 60;
/// Begins of each; the fifth would be its last.
const BEGINS: usize = 4;
/// The longer median against the shorter.
const AIM: f64 = 1.1;

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let world = runtime.block_on(World::new());
    let tokens = runtime.block_on(Tokens::fill(&world, TOKENS));
    let mut connection = Connection::to(client::serve_service(&runtime, &world));
    let bank = |path: &str, body: &Value| {
        client::request(path, &body.to_string(), Some(world.api_key(SHINKIN)))
    };

    let now = world.now();
    let verify = |subscriber: &str, number| {
        let code = tokens.token(number).wrong_code(now);
        bank(paths::RP_TOKEN_VERIFY, &verify_body(subscriber, &code))
    };
    let pairs = (0..TOKENS).map(|number| Pair {
        known: verify(&subscriber(number), number),
        unknown: verify(&nobody(number), number),
    });
    let verified = compare(&mut connection, pairs);
    println!("{}", verified.line("enumeration_verify"));
    let fails = runtime.block_on(world.number("SELECT sum(fails) FROM tokens"));
    assert_eq!(fails, i64::try_from(TOKENS).expect("a count"));

    let state = |subscriber: String| {
        bank(
            paths::RP_TOKEN_STATE,
            &json!({ "subscriber_ref": subscriber }),
        )
    };
    let pairs = (0..TOKENS).map(|number| Pair {
        known: state(subscriber(number)),
        unknown: state(nobody(number)),
    });
    println!(
        "{}",
        compare(&mut connection, pairs).line("enumeration_state")
    );

    let user_ids: Vec<UserId> = runtime.block_on(async {
        let mut user_ids = Vec::new();
        for number in 0..ACTIVATIONS {
            user_ids.push(world.activation(SHINKUMI, &subscriber(number)).await);
        }
        user_ids
    });
    let device = Device::new();
    let begin = |user_id: &UserId| {
        let begin = world.k_begin(SHINKUMI, user_id, PASSWORD, &device);
        let body = std::str::from_utf8(begin.body()).expect("a body is JSON");
        client::request(paths::ACTIVATION_BEGIN, body, None)
    };
    let pairs = (0..ACTIVATIONS * BEGINS).map(|number| Pair {
        known: begin(&user_ids[number % ACTIVATIONS]),
        unknown: begin(&UserId::make(&mut OsRng)),
    });
    println!(
        "{}",
        compare(&mut connection, pairs).line("enumeration_begin")
    );
    let counted = runtime.block_on(world.number("SELECT sum(attempts) FROM activations"));
    let expected = i64::try_from(ACTIVATIONS * BEGINS).expect("a count");
    assert_eq!(counted, expected, "the known ones were known");
}

/// A customer the service has no token of, with a name as long as the others have.
fn nobody(number: usize) -> String {
    subscriber(number).replace("customer", "stranger")
}

/// The same call about somebody known and somebody who is not.
struct Pair {
    known: Vec<u8>,
    unknown: Vec<u8>,
}

/// How long the answers took, in microseconds.
struct Times {
    known: Vec<f64>,
    unknown: Vec<f64>,
}

/// Sends each pair, in either order by turns.
fn compare(connection: &mut Connection, pairs: impl Iterator<Item = Pair>) -> Times {
    // Made before any is sent: both calls of a pair then find the machine alike.
    let pairs: Vec<Pair> = pairs.collect();
    let mut times = Times {
        known: Vec::new(),
        unknown: Vec::new(),
    };
    let mut send = |request: &[u8]| {
        let (took, answer) = connection.timed(request);
        assert!(answer.is_ok(), "refused: {answer:?}");
        took.as_secs_f64() * 1e6
    };
    for (at, pair) in pairs.iter().enumerate() {
        if at % 2 == 0 {
            times.known.push(send(&pair.known));
            times.unknown.push(send(&pair.unknown));
        } else {
            times.unknown.push(send(&pair.unknown));
            times.known.push(send(&pair.known));
        }
    }
    times
}

impl Times {
    fn line(self, name: &str) -> Value {
        let calls = self.known.len();
        let (known, unknown) = (median(self.known), median(self.unknown));
        let ratio = known.max(unknown) / known.min(unknown);
        json!({
            "name": name, "unit": "µs", "ours": rounded(unknown), "other": rounded(known),
            "ratio": rounded(ratio), "aim": AIM, "ours_is": "unknown", "calls": calls,
        })
    }
}

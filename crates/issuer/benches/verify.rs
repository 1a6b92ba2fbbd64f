//! Accepted codes a second over HTTP on SQLite, against a bare handler that does one conditional
//! UPDATE at the same durability. Four clients that keep their connections, turns of either in one
//! process; what was accepted is counted in the database afterwards.

#[expect(
    dead_code,
    reason = "shared with the tests and the other benches, which use the rest"
)]
mod support;

use support::contest::Contest;

const TOKENS: usize = 10_000;
const ROUNDS: usize = 9;
const REQUESTS: usize = 2000;
const AIM: f64 = 0.6;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut contest = Contest::new(&runtime, TOKENS);
    contest.warm_up(REQUESTS);
    for _ in 0..ROUNDS {
        contest.turn(REQUESTS);
    }
    contest.check(&runtime);
    println!("{}", contest.line("verify", AIM));
}

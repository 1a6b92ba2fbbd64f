//! Accepted codes a second over HTTP, against the floor: turns of either in one process, on one
//! database. What was accepted is counted in the database afterwards.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::client::{self, Turns};
use super::floor::Floor;
use super::rounded;
use super::tokens::Tokens;
use super::world::World;

/// Clients that send at once.
pub(crate) const CLIENTS: usize = 4;
/// Spreads the tokens that are verified over the table; shares no factor with its size.
const STRIDE: usize = 7919;

/// A service with so many tokens, and the floor with as many rows.
pub(crate) struct Contest {
    world: World,
    tokens: Tokens,
    floor: Floor,
    ours_at: SocketAddr,
    floor_at: SocketAddr,
    sent: usize,
    pub(crate) ours: Turns,
    pub(crate) other: Turns,
}

impl Contest {
    pub(crate) fn new(runtime: &Runtime, tokens: usize) -> Self {
        let (world, filled, floor) = runtime.block_on(async {
            let world = World::new().await;
            let filled = Tokens::fill(&world, tokens).await;
            let floor = Floor::beside(&world, tokens).await;
            (world, filled, floor)
        });
        Self {
            ours_at: client::serve_service(runtime, &world),
            floor_at: client::serve_bare(runtime, floor.router()),
            world,
            tokens: filled,
            floor,
            sent: 0,
            ours: Turns::default(),
            other: Turns::default(),
        }
    }

    /// One turn of either that is not counted: connections are opened and statements prepared.
    pub(crate) fn warm_up(&mut self, requests: usize) {
        self.turn(requests);
        (self.ours, self.other) = (Turns::default(), Turns::default());
    }

    /// One turn of either. So many requests are at most the tokens there are.
    pub(crate) fn turn(&mut self, requests: usize) {
        let (count, now) = (self.tokens.count, self.world.now());
        let calls = self.sent..self.sent + requests;
        let number = |call: usize| call * STRIDE % count;
        let ours = calls
            .clone()
            .map(|call| self.tokens.request(&self.world, number(call), now));
        let ours = client::turn(&[self.ours_at], CLIENTS, ours.collect());
        let floor = calls.map(|call| Floor::request(number(call), call / count + 1));
        let floor = client::turn(&[self.floor_at], CLIENTS, floor.collect());
        for answer in ours.answers.iter().chain(&floor.answers) {
            assert!(answer.accepts(), "not accepted: {answer:?}");
        }
        self.ours.add(ours);
        self.other.add(floor);
        self.sent += requests;
        // The next codes, and the bank's calls may be as many again.
        self.world.pass(60);
    }

    /// What the clients saw is what the database holds, the audit trail too; returns how many.
    pub(crate) fn check(&self, runtime: &Runtime) -> usize {
        let sent = i64::try_from(self.sent).expect("a count");
        runtime.block_on(async {
            // One was accepted at registration.
            let accepted = self.world.number("SELECT sum(accepted) FROM tokens").await - 1;
            assert_eq!(accepted, sent, "accepted codes in the database");
            let entries =
                "SELECT count(*) FROM audit WHERE action = 'verify' AND outcome = 'accepted'";
            assert_eq!(self.world.number(entries).await, sent, "audit lines");
            assert_eq!(self.floor.accepted().await, sent, "the floor's steps");
        });
        self.sent
    }

    /// The figure: codes a second, of which `aim` of the floor's are good.
    pub(crate) fn line(&self, name: &str, aim: f64) -> Value {
        let (ours, other) = (self.ours.rate(), self.other.rate());
        json!({
            "name": name, "unit": "checks/s", "ours": ours.round(), "other": other.round(),
            "ratio": rounded(ours / other), "aim": aim, "pass": ours / other >= aim,
            "p50_ms": rounded(self.ours.within_ms(0.5)), "p99_ms": rounded(self.ours.within_ms(0.99)),
            "other_p50_ms": rounded(self.other.within_ms(0.5)),
            "other_p99_ms": rounded(self.other.within_ms(0.99)),
            "tokens": self.tokens.count, "clients": CLIENTS, "accepted_in_database": self.sent,
        })
    }
}

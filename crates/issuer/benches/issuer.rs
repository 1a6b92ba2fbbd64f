//! The service beside verifying codes, on SQLite: activations begun and finished a second, what one
//! that is pending costs, how long the program takes to listen and what it holds while idle.
//!
//! That wrong and used codes are counted exactly when a thousand come at once is no figure but a
//! test: `tests/service/concurrency.rs`.

#[expect(
    dead_code,
    reason = "shared with the tests and the other benches, which use the rest"
)]
mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand_core::OsRng;
use serde_json::json;
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::ids::{ActivationPassword, UserId};
use skts_provisioning::wire::{KBeginResponse, Message, paths};
use support::client::{self, Turn, Turns};
use support::contest::CLIENTS;
use support::floor::Floor;
use support::world::process::Process;
use support::world::{Device, PASSWORD, SHINKUMI, World, evidence};
use support::{median, now, rounded, time_of_day};
use tokio::runtime::Runtime;

const ACTIVATIONS: usize = 100;
/// Begins of each; the fifth would be its last.
const BEGINS: usize = 4;
const PENDING: usize = 4000;
/// Bytes of memory that a pending activation may cost: it is in the database.
const PENDING_BYTES: f64 = 256.0;
const STARTS: usize = 15;
const START_MS: f64 = 300.0;
const IDLE_MIB: f64 = 40.0;

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    activations(&runtime);
    let world = runtime.block_on(World::new());
    start(&world);
    idle_and_pending(&runtime, &world);
}

/// Both steps of an activation, by four clients.
fn activations(runtime: &Runtime) {
    let world = runtime.block_on(World::new());
    let floor = runtime.block_on(Floor::beside(&world, ACTIVATIONS * BEGINS));
    let ours_at = client::serve_service(runtime, &world);
    let floor_at = client::serve_bare(runtime, floor.router());
    let devices: Vec<Device> = (0..ACTIVATIONS).map(|_| Device::new()).collect();
    let user_ids: Vec<UserId> = runtime.block_on(async {
        let mut user_ids = Vec::new();
        for number in 0..ACTIVATIONS {
            let subscriber = format!("customer-{number}");
            user_ids.push(world.activation(SHINKUMI, &subscriber).await);
        }
        user_ids
    });
    let pending: Vec<_> = (0..ACTIVATIONS * BEGINS)
        .map(|number| {
            let at = number % ACTIVATIONS;
            world.k_begin(SHINKUMI, &user_ids[at], PASSWORD, &devices[at])
        })
        .collect();

    let bodies = pending.iter().map(|begin| begin.body());
    let begun = client::turn(&[ours_at], CLIENTS, posts(paths::ACTIVATION_BEGIN, bodies));
    // The customer's own work: the password is stretched here, once for each.
    let password = ActivationPassword::parse(PASSWORD).expect("4 to 8 digits");
    let finishes: Vec<_> = pending
        .iter()
        .zip(&begun.answers)
        .zip(&devices)
        .map(|((begin, answer), device)| {
            let reply = KBeginResponse::parse(answer.body()).expect("an answer of its kind");
            begin
                .finish(&password, &reply, device, &evidence(), &mut OsRng)
                .expect("the right password")
        })
        .collect();
    let bodies = finishes.iter().map(|finish| finish.body());
    let finished = client::turn(&[ours_at], CLIENTS, posts(paths::ACTIVATION_FINISH, bodies));

    let claimed = "SELECT count(*) FROM activations WHERE state = 'claimed'";
    let claimed = runtime.block_on(world.number(claimed));
    assert_eq!(claimed, i64::try_from(ACTIVATIONS).expect("a count"));
    let steps = (0..ACTIVATIONS * BEGINS).map(|id| Floor::request(id, 1));
    let bare = client::turn(&[floor_at], CLIENTS, steps.collect());
    assert!(bare.answers.iter().all(client::Answer::accepts));
    let bare = turns(bare);
    for (name, turn) in [("activation_begin", begun), ("activation_finish", finished)] {
        let (count, ours) = (turn.took.len(), turns(turn));
        println!(
            "{}",
            json!({
                "name": name, "unit": "calls/s", "ours": ours.rate().round(),
                "other": bare.rate().round(), "ratio": rounded(ours.rate() / bare.rate()),
                "p50_ms": rounded(ours.within_ms(0.5)), "p99_ms": rounded(ours.within_ms(0.99)),
                "calls": count, "clients": CLIENTS,
            })
        );
    }
}

fn posts<B: AsRef<[u8]>>(path: &str, bodies: impl Iterator<Item = B>) -> Vec<Vec<u8>> {
    bodies
        .map(|body| {
            let body = std::str::from_utf8(body.as_ref()).expect("a body is JSON");
            client::request(path, body, None)
        })
        .collect()
}

/// The only turn there is; every call must have been taken.
fn turns(turn: Turn) -> Turns {
    for answer in &turn.answers {
        assert!(answer.is_ok(), "refused: {answer:?}");
    }
    let mut turns = Turns::default();
    turns.add(turn);
    turns
}

/// From the start of the program until it says that it listens, against the program saying its version.
fn start(world: &World) {
    let (mut ours, mut other) = (Vec::new(), Vec::new());
    for _ in 0..=STARTS {
        let started = now();
        let process = Process::start(world);
        ours.push(millis(started.elapsed()));
        drop(process);
        let started = now();
        let mut version = Command::new(env!("CARGO_BIN_EXE_skts-issuer"));
        let done = version.arg("--version").stdout(Stdio::null()).status();
        assert!(done.expect("started").success());
        other.push(millis(started.elapsed()));
    }
    // The first round reads the program from the disk.
    let (ours, other) = (ours.split_off(1), other.split_off(1));
    let worst = ours.iter().copied().fold(0.0, f64::max);
    let (ours, other) = (median(ours), median(other));
    println!(
        "{}",
        json!({
            "name": "issuer_start", "unit": "ms", "ours": rounded(ours), "other": rounded(other),
            "ratio": rounded(ours / other), "aim": START_MS, "pass": ours < START_MS,
            "worst_ms": rounded(worst), "rounds": STARTS,
        })
    );
}

/// Memory after the start, and by how much it and the database grow with activations that were begun.
fn idle_and_pending(runtime: &Runtime, world: &World) {
    if !cfg!(target_os = "linux") {
        eprintln!("the memory of a process is read on Linux only");
        return;
    }
    let settings = world.config.data.join("bench.toml");
    // All calls are from one address.
    let limits = "provisioning_burst = 1000000\nprovisioning_per_minute = 1000000\n";
    fs::write(&settings, limits).expect("settings");
    let process = Process::with(world, |command| {
        command.env("SKTS_ISSUER_CONFIG", &settings);
    });
    // It has tidied and sealed by then.
    std::thread::sleep(Duration::from_secs(6));
    let idle = Memory::of(&process);
    println!(
        "{}",
        json!({
            "name": "issuer_idle", "unit": "MiB", "ours": rounded(idle.pss_bytes / MIB),
            "aim": IDLE_MIB, "pass": idle.rss_bytes / MIB < IDLE_MIB,
            "rss_mib": rounded(idle.rss_bytes / MIB),
        })
    );

    world.set_time(time_of_day());
    let at = client::address_of(&process.address);
    let device = Device::new();
    let begin = |count: usize| {
        // Unknown user IDs: they are answered and kept as known ones are.
        let begun = (0..count).map(|_| {
            let user_id = UserId::make(&mut OsRng);
            world.k_begin(SHINKUMI, &user_id, PASSWORD, &device)
        });
        let bodies = begun.map(|begin| begin.body().to_vec());
        let turn = client::turn(&[at], CLIENTS, posts(paths::ACTIVATION_BEGIN, bodies));
        turns(turn);
    };
    let database = || {
        let pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        runtime.block_on(world.number(pages)) as f64
    };
    // Buffers and the database's cache have their size after these.
    begin(PENDING);
    let (before, kept_before) = (Memory::of(&process), database());
    begin(PENDING);
    let (after, kept) = (Memory::of(&process), database());
    let each = |bytes: f64| (bytes / PENDING as f64).round();
    let grown = each((after.pss_bytes - before.pss_bytes).max(0.0));
    println!(
        "{}",
        json!({
            "name": "activation_pending", "unit": "bytes", "ours": grown, "aim": PENDING_BYTES,
            "pass": grown <= PENDING_BYTES, "database_bytes": each(kept - kept_before),
            "pss_mib": rounded(after.pss_bytes / MIB), "pending": 2 * PENDING,
            "device_key_bytes": device.spki().len(),
        })
    );
}

const MIB: f64 = 1_048_576.0;

/// What a process holds; proportionally, where it shares with others.
struct Memory {
    pss_bytes: f64,
    rss_bytes: f64,
}

impl Memory {
    fn of(process: &Process) -> Self {
        let path = format!("/proc/{}/smaps_rollup", process.program.id());
        let text = fs::read_to_string(path).expect("the kernel's account of it");
        let kib = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            number.expect("a number")
        };
        Self {
            pss_bytes: kib("Pss:") * 1024.0,
            rss_bytes: kib("Rss:") * 1024.0,
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

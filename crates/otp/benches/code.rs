//! One six-digit code, ours against the bare crates under it.
//!
//! Both compute `HMAC-SHA-256` of the step with a 32-byte key and truncate it to six digits. The
//! floor keeps the digits in an array on the stack and leaves them there; ours goes through totp-rs,
//! checks the key's length, and wipes its copy of the key and the code.

use std::hint::black_box;
use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use skts_otp::{Digits, HashAlgorithm, TimeStep, totp};

const AIM: f64 = 1.5;
const ROUNDS: usize = 301;
const CODES_A_ROUND: u64 = 2_000;

fn main() {
    let key: [u8; 32] = std::array::from_fn(|index| index as u8);
    for index in [0, 1, 55_000_000, u64::MAX] {
        let ours = totp(
            &key,
            HashAlgorithm::Sha256,
            TimeStep::from_index(index),
            Digits::Six,
        );
        let ours = ours.map(|otp| otp.expose_digits().to_owned());
        let bare = String::from_utf8(bare(&key, index).to_vec());
        assert!(
            ours.ok().is_some_and(|ours| Some(ours) == bare.ok()),
            "other codes at {index}"
        );
    }
    // `cargo test --benches` wants to know that it runs; only `cargo bench` measures.
    let measured = std::env::args().any(|arg| arg == "--bench");
    let rounds = if measured { ROUNDS } else { 3 };
    let (mut ours_ns, mut bare_ns) = (Vec::new(), Vec::new());
    for round in 0..rounds as u64 {
        let first = 55_000_000 + round * CODES_A_ROUND;
        let run_ours = || {
            time_ns(first, |index| {
                let step = TimeStep::from_index(index);
                let _ = black_box(totp(
                    black_box(&key),
                    HashAlgorithm::Sha256,
                    step,
                    Digits::Six,
                ));
            })
        };
        let run_bare = || {
            time_ns(first, |index| {
                let _ = black_box(bare(black_box(&key), index));
            })
        };
        // Taking turns at going first, so that neither always finds the caches warm.
        if round % 2 == 0 {
            ours_ns.push(run_ours());
            bare_ns.push(run_bare());
        } else {
            bare_ns.push(run_bare());
            ours_ns.push(run_ours());
        }
    }
    let (ours_ns, bare_ns) = (median(ours_ns), median(bare_ns));
    let ratio = ours_ns / bare_ns;
    println!(
        "{{\"name\":\"one 6-digit code\",\"ours\":{ours_ns:.1},\"other\":{bare_ns:.1},\
         \"unit\":\"ns\",\"ratio\":{ratio:.3},\"aim\":{AIM},\"against\":\"bare hmac and sha2\",\
         \"rounds\":{rounds},\"codes_a_round\":{CODES_A_ROUND}}}"
    );
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn time_ns(first: u64, code: impl Fn(u64)) -> f64 {
    let started = Instant::now();
    for index in first..first + CODES_A_ROUND {
        code(index);
    }
    started.elapsed().as_nanos() as f64 / CODES_A_ROUND as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn bare(key: &[u8], index: u64) -> [u8; 6] {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    hmac.update(&index.to_be_bytes());
    let mac = hmac.finalize().into_bytes();
    let offset = usize::from(mac[31] & 0x0f);
    let word = [
        mac[offset] & 0x7f,
        mac[offset + 1],
        mac[offset + 2],
        mac[offset + 3],
    ];
    let mut rest = u32::from_be_bytes(word) % 1_000_000;
    let mut digits = [0; 6];
    for place in digits.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

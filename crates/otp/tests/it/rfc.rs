//! The published test values, and equality with the library that computes the HMAC.

use proptest::prelude::*;
use serde::Deserialize;
use skts_otp::{Digits, HashAlgorithm, Mac, Period, TimeStep, UnixTime, hotp, mac, totp, truncate};
use totp_rs::{Algorithm, Builder};

#[derive(Deserialize)]
struct Rfc4226 {
    source: String,
    key: String,
    hash: HashAlgorithm,
    worked_example: Truncated,
    values: Vec<Counted>,
}

#[derive(Deserialize)]
struct Truncated {
    mac: String,
    truncated: u32,
    code: String,
}

#[derive(Deserialize)]
struct Counted {
    counter: u64,
    #[serde(flatten)]
    truncated: Truncated,
}

#[derive(Deserialize)]
struct Rfc6238 {
    source: String,
    period_secs: Period,
    digits: Digits,
    keys: std::collections::BTreeMap<String, String>,
    values: Vec<Timed>,
}

#[derive(Deserialize)]
struct Timed {
    time_secs: UnixTime,
    step: TimeStep,
    hash: HashAlgorithm,
    code: String,
}

fn rfc4226() -> Rfc4226 {
    serde_json::from_str(include_str!("../vectors/rfc4226.json")).unwrap()
}

fn rfc6238() -> Rfc6238 {
    serde_json::from_str(include_str!("../vectors/rfc6238.json")).unwrap()
}

#[test]
fn every_value_of_rfc_4226_comes_out_step_by_step() {
    let vectors = rfc4226();
    assert!(vectors.source.starts_with("RFC 4226"));
    assert_eq!(vectors.values.len(), 10);
    let key = hex::decode(&vectors.key).unwrap();
    for value in &vectors.values {
        let step = TimeStep::from_index(value.counter);
        let computed = mac(&key, vectors.hash, step).unwrap();
        assert_eq!(hex::encode(computed.as_bytes()), value.truncated.mac);
        check_truncation(&value.truncated);
        let code = hotp(&key, vectors.hash, value.counter, Digits::Six).unwrap();
        assert_eq!(code.expose_digits(), value.truncated.code);
    }
}

#[test]
fn the_worked_example_of_rfc_4226_comes_out() {
    check_truncation(&rfc4226().worked_example);
}

/// Six and eight digits are both the tail of the same 31-bit number.
fn check_truncation(expected: &Truncated) {
    let mac = Mac::from_bytes(&hex::decode(&expected.mac).unwrap()).unwrap();
    let tail = |digits: u32| {
        let width = digits as usize;
        format!("{:0width$}", expected.truncated % 10_u32.pow(digits))
    };
    assert_eq!(expected.code, tail(6));
    assert_eq!(truncate(&mac, Digits::Six).expose_digits(), tail(6));
    assert_eq!(truncate(&mac, Digits::Eight).expose_digits(), tail(8));
}

#[test]
fn every_value_of_rfc_6238_comes_out() {
    let vectors = rfc6238();
    assert!(vectors.source.starts_with("RFC 6238"));
    assert_eq!(vectors.values.len(), 18);
    for value in &vectors.values {
        assert_eq!(vectors.period_secs.step_at(value.time_secs), value.step);
        let name = serde_json::to_value(value.hash).unwrap();
        let key = hex::decode(&vectors.keys[name.as_str().unwrap()]).unwrap();
        assert_eq!(key.len(), value.hash.mac_bytes());
        let code = totp(&key, value.hash, value.step, vectors.digits).unwrap();
        assert_eq!(code.expose_digits(), value.code, "{:?}", value.time_secs);
    }
}

#[test]
fn the_short_key_of_the_prose_gives_another_code_than_the_table() {
    let vectors = rfc6238();
    let key = hex::decode(&vectors.keys["sha1"]).unwrap();
    let step = TimeStep::from_index(1);
    let code = totp(&key, HashAlgorithm::Sha256, step, Digits::Eight).unwrap();
    assert_eq!(code.expose_digits(), "32247374");
}

fn hashes() -> impl Strategy<Value = (HashAlgorithm, Algorithm)> {
    prop_oneof![
        Just((HashAlgorithm::Sha1, Algorithm::SHA1)),
        Just((HashAlgorithm::Sha256, Algorithm::SHA256)),
        Just((HashAlgorithm::Sha512, Algorithm::SHA512)),
    ]
}

proptest! {
    /// Our truncation, which also takes MACs made in hardware, gives what the library would.
    #[test]
    fn our_codes_equal_the_librarys(
        key in prop::collection::vec(any::<u8>(), 16..=64),
        (ours, theirs) in hashes(),
        digits in prop_oneof![Just(Digits::Six), Just(Digits::Eight)],
        period_secs in prop_oneof![Just(30_u32), Just(60_u32), 1..=86_400_u32],
        time_secs in any::<u64>(),
    ) {
        let period = Period::from_secs(period_secs).unwrap();
        let step = period.step_at(UnixTime::from_secs(time_secs));
        let library = Builder::new()
            .with_algorithm(theirs)
            .with_digits(digits.count() as u8)
            .with_step_duration(u64::from(period_secs))
            .with_secret(key.clone())
            .build_noncompliant();
        let code = truncate(&mac(&key, ours, step).unwrap(), digits);
        // The way without the MAC in hand is the same way.
        prop_assert!(totp(&key, ours, step, digits).unwrap() == code);
        prop_assert_eq!(code.expose_digits(), library.generate(time_secs).to_string());
    }
}

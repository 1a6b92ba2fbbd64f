//! Laws of verification, steps and times.

use proptest::prelude::*;
use skts_otp::{
    AcceptanceWindow, Digits, Drift, HashAlgorithm, KeyLengthError, Mac, Otp, Period, TimeStep,
    UnixTime, mac, totp, verify,
};

fn any_hash() -> impl Strategy<Value = HashAlgorithm> {
    prop_oneof![
        Just(HashAlgorithm::Sha1),
        Just(HashAlgorithm::Sha256),
        Just(HashAlgorithm::Sha512),
    ]
}

fn any_digits() -> impl Strategy<Value = Digits> {
    prop_oneof![Just(Digits::Six), Just(Digits::Eight)]
}

/// The candidates of a window, one by one and without haste: what `verify` must agree with.
fn matching(key: &[u8], hash: HashAlgorithm, steps: &[TimeStep], otp: &Otp) -> Vec<TimeStep> {
    let equal = |step: &&TimeStep| totp(key, hash, **step, otp.digits()).unwrap() == *otp;
    steps.iter().filter(equal).copied().collect()
}

proptest! {
    #[test]
    fn a_code_is_accepted_if_and_only_if_its_step_is_in_the_window(
        key in prop::collection::vec(any::<u8>(), 16..=64),
        hash in any_hash(),
        digits in any_digits(),
        base in 0..u64::MAX / 2,
        distance in -6_i64..=6,
        behind in 0_u8..=4,
        ahead in 0_u8..=4,
    ) {
        let base = TimeStep::from_index(base);
        let Some(at) = base.offset(distance) else { return Ok(()) };
        let otp = totp(&key, hash, at, digits).unwrap();
        let window = AcceptanceWindow { behind, ahead };
        let found = verify(&key, hash, base, window, &otp).unwrap();
        let steps: Vec<TimeStep> =
            (-i64::from(behind)..=i64::from(ahead)).filter_map(|d| base.offset(d)).collect();
        // Two steps may share a code by chance: then the latest step is told.
        prop_assert_eq!(found, matching(&key, hash, &steps, &otp).last().copied());
        if steps.contains(&at) {
            prop_assert!(found.is_some_and(|step| step >= at));
        }
    }

    #[test]
    fn at_the_edges_of_time_nothing_is_accepted_that_is_not_there(
        key in prop::collection::vec(any::<u8>(), 16..=64),
        base in prop_oneof![0_u64..3, u64::MAX - 2..=u64::MAX],
        distance in -3_i64..=3,
    ) {
        let base = TimeStep::from_index(base);
        if let Some(at) = base.offset(distance) {
            let otp = totp(&key, HashAlgorithm::Sha256, at, Digits::Eight).unwrap();
            let found =
                verify(&key, HashAlgorithm::Sha256, base, AcceptanceWindow::HARDWARE, &otp);
            prop_assert_eq!(found.unwrap().is_some(), distance.abs() <= 2);
        }
    }

    #[test]
    fn a_key_outside_16_to_64_bytes_is_refused_everywhere(
        key in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..16),
            prop::collection::vec(any::<u8>(), 65..200),
        ],
        hash in any_hash(),
        index in any::<u64>(),
    ) {
        let step = TimeStep::from_index(index);
        let refused = KeyLengthError { found_bytes: key.len() };
        prop_assert_eq!(mac(&key, hash, step).err(), Some(refused));
        prop_assert_eq!(totp(&key, hash, step, Digits::Six).err(), Some(refused));
        let otp = Otp::parse("123456", &[Digits::Six]).unwrap();
        let verdict = verify(&key, hash, step, AcceptanceWindow::SOFT, &otp);
        prop_assert_eq!(verdict.err(), Some(refused));
    }

    #[test]
    fn a_mac_has_the_length_of_a_hash(bytes in prop::collection::vec(any::<u8>(), 0..=80)) {
        match Mac::from_bytes(&bytes) {
            Ok(mac) => prop_assert_eq!(mac.as_bytes(), &bytes[..]),
            Err(error) => prop_assert_eq!(error.found_bytes, bytes.len()),
        }
        prop_assert_eq!(Mac::from_bytes(&bytes).is_ok(), [20, 32, 64].contains(&bytes.len()));
    }

    #[test]
    fn every_second_lies_in_its_own_step_and_in_no_other(
        secs in 0..u64::MAX - 200_000,
        period_secs in 1_u32..=86_400,
    ) {
        let period = Period::from_secs(period_secs).unwrap();
        let time = UnixTime::from_secs(secs);
        let step = period.step_at(time);
        prop_assert!(period.starts_at(step) <= time && time < period.ends_at(step));
        prop_assert_eq!(period.step_at(period.starts_at(step)), step);
        prop_assert_eq!(period.step_at(period.ends_at(step)), step.next());
        prop_assert_eq!(
            period.ends_at(step).secs_since(period.starts_at(step)),
            u64::from(period_secs)
        );
    }

    #[test]
    fn times_steps_periods_and_drifts_survive_writing_and_reading(
        number in any::<u64>(),
        period_secs in 1_u32..=86_400,
        steps in any::<i32>(),
    ) {
        fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
            serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
        }
        let period = Period::from_secs(period_secs).unwrap();
        prop_assert_eq!(again(&UnixTime::from_secs(number)).as_secs(), number);
        prop_assert_eq!(again(&TimeStep::from_index(number)).index(), number);
        prop_assert_eq!(again(&period), period);
        prop_assert_eq!(again(&Drift::from_steps(steps)).steps(), steps);
        prop_assert_eq!(
            serde_json::to_string(&period).unwrap(),
            period_secs.to_string()
        );
    }

    #[test]
    fn a_step_moved_there_and_back_is_the_same(index in any::<u64>(), by in -1_000_i64..=1_000) {
        let step = TimeStep::from_index(index);
        if let Some(moved) = step.offset(by) {
            prop_assert_eq!(moved.offset(-by), Some(step));
        }
    }
}

#[test]
fn refuses_periods_of_no_length_and_beyond_a_day() {
    for secs in [0, 86_401, u32::MAX] {
        assert_eq!(Period::from_secs(secs).unwrap_err().found_secs, secs);
        assert!(serde_json::from_str::<Period>(&secs.to_string()).is_err());
    }
}

#[test]
fn the_years_2038_and_2106_and_beyond_32_bits_are_times_like_any_other() {
    // The last seconds of signed and unsigned 32-bit clocks, RFC 6238's own far time, and the end.
    let secs = [
        i32::MAX as u64,
        u64::from(u32::MAX),
        20_000_000_000,
        u64::MAX - 60,
    ];
    let key = [7; 32];
    for secs in secs {
        for period in [Period::THIRTY, Period::SIXTY] {
            let step = period.step_at(UnixTime::from_secs(secs));
            assert_eq!(step.index(), secs / u64::from(period.as_secs()));
            let later = period.step_at(UnixTime::from_secs(secs.saturating_add(60)));
            assert!(later > step);
            let code = totp(&key, HashAlgorithm::Sha256, step, Digits::Eight).unwrap();
            let next = totp(&key, HashAlgorithm::Sha256, later, Digits::Eight).unwrap();
            assert!(code != next);
            let found = verify(
                &key,
                HashAlgorithm::Sha256,
                step,
                AcceptanceWindow::SOFT,
                &code,
            );
            assert_eq!(found.unwrap(), Some(step));
        }
    }
}

#[test]
fn the_end_of_time_saturates_and_does_not_wrap() {
    let end = UnixTime::from_secs(u64::MAX);
    assert_eq!(end.checked_add_secs(1), None);
    assert_eq!(end.saturating_add_secs(1), end);
    let last = TimeStep::from_index(u64::MAX);
    assert_eq!(last.next(), last);
    assert_eq!(last.offset(1), None);
    assert_eq!(TimeStep::from_index(0).offset(-1), None);
    assert_eq!(Period::SIXTY.ends_at(last), end);
}

#[test]
fn codes_of_other_lengths_are_other_codes() {
    let key = [1; 32];
    let step = TimeStep::from_index(9);
    let six = totp(&key, HashAlgorithm::Sha256, step, Digits::Six).unwrap();
    let eight = totp(&key, HashAlgorithm::Sha256, step, Digits::Eight).unwrap();
    assert!(six != eight);
    assert!(eight.expose_digits().ends_with(six.expose_digits()));
    for otp in [&six, &eight] {
        let found = verify(
            &key,
            HashAlgorithm::Sha256,
            step,
            AcceptanceWindow::SOFT,
            otp,
        );
        assert_eq!(found.unwrap(), Some(step));
    }
    // Padding is not part of a code: "123456" is not "12345600".
    let short = Otp::parse("123456", &[Digits::Six]).unwrap();
    let long = Otp::parse("12345600", &[Digits::Eight]).unwrap();
    assert!(short != long);
}

//! Laws of verification, steps and times.

use proptest::prelude::*;
use skts_otp::{
    AcceptanceWindow, Digits, Drift, HashAlgorithm, KeyLengthError, Mac, Otp, Period, TimeStep,
    UnixTime, hotp, mac, totp, verify, verify_counter, verify_counter_pair,
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
    fn a_press_is_accepted_if_and_only_if_it_is_not_used_and_within_the_look_ahead(
        key in prop::collection::vec(any::<u8>(), 16..=64),
        hash in any_hash(),
        digits in any_digits(),
        next in prop_oneof![0_u64..20, any::<u64>(), u64::MAX - 20..=u64::MAX],
        distance in -6_i64..=20,
        look_ahead in 0_u8..=15,
    ) {
        let Some(pressed) = next.checked_add_signed(distance) else { return Ok(()) };
        let otp = hotp(&key, hash, pressed, digits).unwrap();
        let found = verify_counter(&key, hash, next, look_ahead, &otp).unwrap();
        let counters: Vec<u64> =
            (0..=u64::from(look_ahead)).filter_map(|presses| next.checked_add(presses)).collect();
        let equal = |counter: &&u64| hotp(&key, hash, **counter, digits).unwrap() == otp;
        // Two counters may share a code by chance: then the latest is told.
        prop_assert_eq!(found, counters.iter().rfind(equal).copied());
        if counters.contains(&pressed) {
            prop_assert!(found.is_some_and(|counter| counter >= pressed));
        }
    }

    #[test]
    fn a_pair_of_presses_is_found_in_their_order_and_next_to_each_other_only(
        key in prop::collection::vec(any::<u8>(), 16..=64),
        hash in any_hash(),
        lengths in (any_digits(), any_digits()),
        next in prop_oneof![0_u64..20, any::<u64>(), u64::MAX - 120..=u64::MAX],
        distance in -3_i64..=105,
        apart in -2_i64..=3,
        look_ahead in prop_oneof![Just(0_u8), Just(100), 0..=100_u8],
    ) {
        let Some(pressed) = next.checked_add_signed(distance) else { return Ok(()) };
        let Some(then) = pressed.checked_add_signed(apart) else { return Ok(()) };
        let first = hotp(&key, hash, pressed, lengths.0).unwrap();
        let second = hotp(&key, hash, then, lengths.1).unwrap();
        let found = verify_counter_pair(&key, hash, next, look_ahead, &first, &second).unwrap();
        let expected = apart == 1 && (0..=i64::from(look_ahead)).contains(&distance);
        // A pair of six digits is there by chance once in 10^12: not in these cases.
        prop_assert_eq!(found, expected.then_some(then));
    }

    #[test]
    fn no_counter_is_accepted_twice_in_any_order(
        key in any::<[u8; 32]>(),
        presses in prop::collection::vec(0_u64..12, 1..40),
    ) {
        let (mut next, mut accepted) = (0, Vec::new());
        for pressed in presses {
            let otp = hotp(&key, HashAlgorithm::Sha1, pressed, Digits::Six).unwrap();
            if let Some(counter) = verify_counter(&key, HashAlgorithm::Sha1, next, 10, &otp).unwrap() {
                prop_assert!(accepted.iter().all(|before| *before < counter));
                accepted.push(counter);
                next = counter + 1;
            }
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
        let verdict = verify_counter(&key, hash, index, 0, &otp);
        prop_assert_eq!(verdict.err(), Some(refused));
        let verdict = verify_counter_pair(&key, hash, index, 0, &otp, &otp);
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
fn of_two_counters_with_the_same_code_the_latest_is_told() {
    // A search that ends at the first match, and so tells by its time where that is, fails here.
    let (key, hash) = ([5; 20], HashAlgorithm::Sha1);
    let mut seen = std::collections::HashMap::new();
    let (earlier, later) = (0_u64..)
        .find_map(|counter| {
            let otp = hotp(&key, hash, counter, Digits::Six).unwrap();
            let before = seen.insert(otp.expose_digits().to_owned(), counter)?;
            (counter - before < 100).then_some((before, counter))
        })
        .unwrap();
    let otp = hotp(&key, hash, earlier, Digits::Six).unwrap();
    assert_eq!(
        verify_counter(&key, hash, earlier, 100, &otp),
        Ok(Some(later))
    );
    assert_eq!(verify_counter(&key, hash, later + 1, 0, &otp), Ok(None));
    let window = AcceptanceWindow {
        behind: 0,
        ahead: 100,
    };
    let found = verify(&key, hash, TimeStep::from_index(earlier), window, &otp);
    assert_eq!(found, Ok(Some(TimeStep::from_index(later))));
}

#[test]
fn after_a_resync_the_very_next_press_is_accepted_and_neither_of_the_pair() {
    let (key, hash) = ([5; 20], HashAlgorithm::Sha1);
    let press = |counter| hotp(&key, hash, counter, Digits::Six).unwrap();
    // Sixty presses in a pocket: too many for one code, not for two.
    assert_eq!(verify_counter(&key, hash, 8, 10, &press(68)), Ok(None));
    let found = verify_counter_pair(&key, hash, 8, 100, &press(68), &press(69));
    assert_eq!(found, Ok(Some(69)));
    assert_eq!(verify_counter(&key, hash, 70, 10, &press(70)), Ok(Some(70)));
    for used in [68, 69] {
        assert_eq!(verify_counter(&key, hash, 70, 10, &press(used)), Ok(None));
    }
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

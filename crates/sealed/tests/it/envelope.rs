//! What is sealed opens where it was sealed, and nowhere else.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use skts_sealed::{Namespace, SealingKey, UnsealError, seal, unseal};

pub(crate) const NAMESPACES: [Namespace; 10] = [
    Namespace::DeviceKey,
    Namespace::TokenSeed,
    Namespace::TokenRecord,
    Namespace::PendingSetUp,
    Namespace::ActivationRequest,
    Namespace::ActivationGrant,
    Namespace::ServiceSeed,
    Namespace::ServiceKey,
    Namespace::ServiceState,
    Namespace::StoredReply,
];

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn namespaces() -> impl Strategy<Value = Namespace> {
    prop::sample::select(&NAMESPACES[..])
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

/// What the outside of an envelope says, byte by byte, before anything is decrypted.
fn expected_of_flip(at: usize, envelope: &[u8]) -> UnsealError {
    match at {
        0..4 => UnsealError::NotAnEnvelope,
        4 => UnsealError::UnknownVersion(envelope[4]),
        5 => UnsealError::WrongNamespace,
        _ => UnsealError::Refused,
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens(
        key in any::<[u8; 32]>(),
        namespace in namespaces(),
        context in bytes(),
        plaintext in bytes(),
        seed in any::<u64>(),
    ) {
        let key = SealingKey::from_bytes(&key);
        let envelope = seal(&key, namespace, &context, &plaintext, &mut rng(seed));
        prop_assert_eq!(envelope.len(), plaintext.len() + 34);
        let header = [b"SKSE".as_slice(), &[1, namespace as u8]].concat();
        prop_assert!(envelope.starts_with(&header));
        let opened = unseal(&key, namespace, &context, &envelope).unwrap();
        prop_assert_eq!(opened.expose_secret(), &plaintext[..]);
    }

    #[test]
    fn any_flipped_bit_of_any_envelope_fails(
        plaintext in bytes(),
        seed in any::<u64>(),
        at in any::<prop::sample::Index>(),
        bit in 0..8,
    ) {
        let key = SealingKey::make(&mut rng(seed));
        let mut envelope = seal(&key, Namespace::TokenSeed, b"here", &plaintext, &mut rng(seed));
        let at = at.index(envelope.len());
        envelope[at] ^= 1_u8 << bit;
        let expected = expected_of_flip(at, &envelope);
        let refused = unseal(&key, Namespace::TokenSeed, b"here", &envelope).unwrap_err();
        prop_assert_eq!(refused, expected);
    }

    #[test]
    fn another_key_context_or_namespace_opens_nothing(
        seed in any::<u64>(),
        contexts in (bytes(), bytes()).prop_filter("two contexts", |(a, b)| a != b),
        spaces in (namespaces(), namespaces()).prop_filter("two namespaces", |(a, b)| a != b),
        flip in 0_usize..256,
    ) {
        let mut rng = rng(seed);
        let key = SealingKey::make(&mut rng);
        let envelope = seal(&key, spaces.0, &contexts.0, b"a seed", &mut rng);
        let refused = |key: &SealingKey, namespace, context: &[u8]| {
            unseal(key, namespace, context, &envelope).map(|_| ()).unwrap_err()
        };
        prop_assert_eq!(refused(&key, spaces.0, &contexts.1), UnsealError::Refused);
        prop_assert_eq!(refused(&key, spaces.1, &contexts.0), UnsealError::WrongNamespace);
        let mut near = *key.expose_secret();
        near[flip / 8] ^= 1_u8 << (flip % 8);
        let near = SealingKey::from_bytes(&near);
        prop_assert_eq!(refused(&near, spaces.0, &contexts.0), UnsealError::Refused);
    }

    #[test]
    fn a_namespace_written_over_opens_nothing(
        seed in any::<u64>(),
        spaces in (namespaces(), namespaces()).prop_filter("two namespaces", |(a, b)| a != b),
    ) {
        let mut rng = rng(seed);
        let key = SealingKey::make(&mut rng);
        let mut envelope = seal(&key, spaces.0, b"", b"a seed", &mut rng);
        envelope[5] = spaces.1 as u8;
        let refused = unseal(&key, spaces.1, b"", &envelope).unwrap_err();
        prop_assert_eq!(refused, UnsealError::Refused);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(
        garbage in bytes(),
        dressed in any::<bool>(),
        namespace in namespaces(),
    ) {
        let envelope = if dressed {
            [b"SKSE".as_slice(), &[1, namespace as u8], &garbage].concat()
        } else {
            garbage
        };
        let key = SealingKey::from_bytes(&[0; 32]);
        prop_assert!(unseal(&key, namespace, b"", &envelope).is_err());
    }
}

#[test]
fn every_single_flipped_bit_fails_as_what_it_broke() {
    let key = SealingKey::from_bytes(&[7; 32]);
    let sealed = seal(
        &key,
        Namespace::TokenRecord,
        b"serial",
        b"0123456789",
        &mut rng(1),
    );
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut envelope = sealed.clone();
            envelope[at] ^= 1_u8 << bit;
            let refused = unseal(&key, Namespace::TokenRecord, b"serial", &envelope).unwrap_err();
            assert_eq!(
                refused,
                expected_of_flip(at, &envelope),
                "byte {at}, bit {bit}"
            );
        }
    }
}

#[test]
fn every_truncation_fails_as_what_it_is() {
    let key = SealingKey::from_bytes(&[7; 32]);
    let sealed = seal(
        &key,
        Namespace::TokenRecord,
        b"serial",
        b"0123456789",
        &mut rng(2),
    );
    for len in 0..sealed.len() {
        let refused = unseal(&key, Namespace::TokenRecord, b"serial", &sealed[..len]).unwrap_err();
        // Shorter than an empty envelope is told; a lost tail is only seen by the tag.
        let expected = if len < 34 {
            UnsealError::Truncated
        } else {
            UnsealError::Refused
        };
        assert_eq!(refused, expected, "{len} bytes");
    }
    let longer = [sealed.as_slice(), b"\0"].concat();
    let refused = unseal(&key, Namespace::TokenRecord, b"serial", &longer).unwrap_err();
    assert_eq!(refused, UnsealError::Refused);
}

#[test]
fn other_versions_and_other_files_are_told_before_decrypting() {
    let key = SealingKey::from_bytes(&[7; 32]);
    let sealed = seal(&key, Namespace::DeviceKey, b"", b"x", &mut rng(3));
    for version in [0, 2, 255] {
        let mut envelope = sealed.clone();
        envelope[4] = version;
        let refused = unseal(&key, Namespace::DeviceKey, b"", &envelope).unwrap_err();
        assert_eq!(refused, UnsealError::UnknownVersion(version));
        // Even when only the header is left of it: it may be shorter in another version.
        let refused = unseal(&key, Namespace::DeviceKey, b"", &envelope[..5]).unwrap_err();
        assert_eq!(refused, UnsealError::UnknownVersion(version));
    }
    for other in [b"SKVF".as_slice(), b"skse\x01\x01", b"{\"a\":1}", &[0; 64]] {
        let refused = unseal(&key, Namespace::DeviceKey, b"", other).unwrap_err();
        assert_eq!(refused, UnsealError::NotAnEnvelope);
    }
}

#[test]
fn the_same_secret_is_never_sealed_into_the_same_bytes() {
    let mut rng = rng(4);
    let key = SealingKey::make(&mut rng);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1_000 {
        let envelope = seal(&key, Namespace::TokenSeed, b"", b"seed", &mut rng);
        assert!(seen.insert(envelope[6..18].to_vec()), "a nonce came twice");
    }
}

#[test]
fn namespaces_have_the_numbers_they_had() {
    let numbers: Vec<u8> = NAMESPACES
        .iter()
        .map(|namespace| *namespace as u8)
        .collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<u8>>());
}

//! Nothing secret is printed or copied: every type and every error is built around a known secret,
//! printed in each way, and searched.

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use proptest::prelude::*;
use skts_sealed::{
    FieldReader, FieldWriter, LabelledHash, Namespace, SealingKey, SecretBytes, UnsealError,
    derive_secret, seal, unseal,
};

use crate::envelope::rng;

const SECRET: &[u8; 32] = b"planted-secret-of-32-bytes-here!";

fn printed(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}")
}

fn told<E: Debug + Display>(error: E) -> String {
    format!("{error} {}", printed(&error))
}

/// Whether `text` holds a part of the secret: as it is, in hexadecimal, in base64 or as a list of
/// bytes.
fn leaks(text: &str) -> bool {
    let spread: String = text.split_whitespace().collect();
    let lower = spread.to_lowercase();
    SECRET.windows(6).any(|part| {
        let list = format!("{part:?}").replace(' ', "");
        text.contains(&*String::from_utf8_lossy(part))
            || lower.contains(&hex::encode(part))
            || spread.contains(list.trim_matches(['[', ']']))
    }) || text.contains("cGxhbnRlZC1zZWNyZXQ")
}

#[test]
fn the_search_finds_a_planted_leak_in_each_form() {
    #[derive(Debug)]
    struct Careless {
        #[expect(dead_code, reason = "read by Debug")]
        key: Vec<u8>,
    }
    assert!(leaks(&printed(&Careless {
        key: SECRET.to_vec()
    })));
    assert!(leaks("the key planted-secret is no key"));
    assert!(leaks(&format!(
        "refused: {}",
        hex::encode_upper(&SECRET[8..20])
    )));
    assert!(leaks("cGxhbnRlZC1zZWNyZXQtb2YtMzItYnl0ZXMtaGVyZSE="));
    assert!(!leaks("SealingKey(redacted)"));
}

#[test]
fn secrets_print_as_redacted() {
    let secret = SecretBytes::from_slice(SECRET);
    let key = SealingKey::from_bytes(SECRET);
    for text in [
        printed(&secret),
        printed(&key),
        printed(&Some(&secret)),
        printed(&[&key]),
        printed(&SecretBytes::new(SECRET.to_vec())),
        printed(&FieldWriter::new().bytes(SECRET).finish()),
        printed(&SealingKey::try_from_slice(SECRET)),
        printed(&SealingKey::derive(SECRET, SECRET, "label", SECRET)),
        printed(&derive_secret(SECRET, SECRET, "label", SECRET, 32)),
    ] {
        assert!(!leaks(&text) && text.contains("redacted"), "{text}");
    }
}

#[test]
fn no_error_tells_what_it_refused() {
    let key = SealingKey::from_bytes(SECRET);
    let envelope = seal(&key, Namespace::TokenSeed, SECRET, SECRET, &mut rng(5));
    let other = SealingKey::from_bytes(&[0; 32]);
    let refused = |key: &SealingKey, namespace, context: &[u8], envelope: &[u8]| {
        told(unseal(key, namespace, context, envelope).unwrap_err())
    };
    let newer = [b"SKSE\x02".as_slice(), SECRET].concat();
    let told = [
        refused(&other, Namespace::TokenSeed, SECRET, &envelope),
        refused(&key, Namespace::TokenSeed, b"", &envelope),
        refused(&key, Namespace::DeviceKey, SECRET, &envelope),
        refused(&key, Namespace::TokenSeed, SECRET, &envelope[..20]),
        refused(&key, Namespace::TokenSeed, SECRET, SECRET),
        refused(&key, Namespace::TokenSeed, SECRET, &newer),
        told(SealingKey::try_from_slice(&SECRET[..31]).unwrap_err()),
        told(derive_secret(SECRET, SECRET, "label", SECRET, 9_000).unwrap_err()),
        told(FieldReader::new(SECRET).bytes().unwrap_err()),
        told(FieldReader::new(SECRET).end().unwrap_err()),
        told(
            FieldReader::new(&[b"\0\0\0\x20".as_slice(), SECRET].concat())
                .u64()
                .unwrap_err(),
        ),
    ];
    for text in told {
        assert!(!leaks(&text), "{text}");
    }
    // A wrong key and a wrong context are one answer.
    assert_eq!(
        unseal(&other, Namespace::TokenSeed, SECRET, &envelope).unwrap_err(),
        UnsealError::Refused
    );
}

/// Whether a type implements a trait: the inherent constant, there only if it does, comes first.
macro_rules! implements {
    ($type:ty: $trait:path) => {{
        struct Probe<T>(PhantomData<T>);
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T> Otherwise for Probe<T> {}
        impl<T: $trait> Probe<T> {
            const ANSWER: bool = true;
        }
        #[expect(dead_code, reason = "keeps both answers in use, whichever is taken")]
        fn both<T: $trait>() -> [bool; 2] {
            [<Probe<T>>::ANSWER, <Probe<T> as Otherwise>::ANSWER]
        }
        <Probe<$type>>::ANSWER
    }};
}

#[test]
fn secrets_cannot_be_copied_printed_written_or_compared_by_accident() {
    let sure = [
        implements!(Vec<u8>: Clone),
        implements!(Vec<u8>: PartialEq),
        implements!(Vec<u8>: serde::Serialize),
        implements!(String: Display),
        implements!(SecretBytes: Debug),
    ];
    assert_eq!(sure, [true; 5], "the question itself is answered wrongly");
    let accidents = [
        implements!(SecretBytes: Clone),
        implements!(SecretBytes: PartialEq),
        implements!(SecretBytes: serde::Serialize),
        implements!(SecretBytes: Display),
        implements!(SecretBytes: std::ops::Deref),
        implements!(SealingKey: Clone),
        implements!(SealingKey: PartialEq),
        implements!(SealingKey: serde::Serialize),
        implements!(SealingKey: Display),
        implements!(FieldWriter: Debug),
        implements!(FieldWriter: Clone),
        implements!(FieldReader<'static>: Debug),
        implements!(LabelledHash: Debug),
    ];
    assert_eq!(accidents, [false; 13]);
}

proptest! {
    #[test]
    fn secrets_are_compared_by_their_bytes(
        one in prop::collection::vec(0_u8..2, 0..4),
        other in prop::collection::vec(0_u8..2, 0..4),
    ) {
        let secrets = (SecretBytes::from_slice(&one), SecretBytes::from_slice(&other));
        prop_assert_eq!(secrets.0.ct_eq(&secrets.1), one == other);
        prop_assert_eq!(secrets.0.len(), one.len());
        prop_assert_eq!(secrets.0.is_empty(), one.is_empty());
    }

    #[test]
    fn made_secrets_have_their_length_and_are_not_made_twice(seed in any::<u64>(), len in 16_usize..100) {
        let mut rng = rng(seed);
        let (one, other) = (SecretBytes::make(len, &mut rng), SecretBytes::make(len, &mut rng));
        prop_assert_eq!((one.len(), other.len()), (len, len));
        prop_assert!(!one.ct_eq(&other));
    }
}

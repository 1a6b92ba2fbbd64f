//! The published test values of what the envelope is made of, and our formulas computed elsewhere.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use skts_sealed::{LabelledHash, Namespace, SealingKey, derive_secret, seal};

use crate::envelope::rng;

#[derive(Deserialize)]
struct Vectors<T> {
    source: String,
    values: Vec<T>,
}

fn vectors<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let vectors: Vectors<T> = serde_json::from_str(text).unwrap();
    assert!(!vectors.source.is_empty() && !vectors.values.is_empty());
    vectors.values
}

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[derive(Deserialize)]
struct Gcm {
    key: String,
    nonce: String,
    plaintext: String,
    aad: String,
    ciphertext: String,
    tag: String,
}

#[test]
fn the_cipher_under_the_envelope_gives_nists_values() {
    let values = vectors::<Gcm>(include_str!("../vectors/aes256gcm.json"));
    assert_eq!(values.len(), 50);
    for value in values {
        let cipher = Aes256Gcm::new_from_slice(&hex(&value.key)).unwrap();
        let nonce = hex(&value.nonce);
        let nonce = Nonce::from_slice(&nonce);
        let (msg, aad) = (hex(&value.plaintext), hex(&value.aad));
        let sealed = cipher
            .encrypt(
                nonce,
                Payload {
                    msg: &msg,
                    aad: &aad,
                },
            )
            .unwrap();
        assert_eq!(hex::encode(&sealed), value.ciphertext + &value.tag);
        let opened = cipher
            .decrypt(
                nonce,
                Payload {
                    msg: &sealed,
                    aad: &aad,
                },
            )
            .unwrap();
        assert_eq!(opened, msg);
    }
}

proptest! {
    /// The documented layout, read without our code.
    #[test]
    fn an_envelope_is_the_documented_bytes(
        key in any::<[u8; 32]>(),
        context in prop::collection::vec(any::<u8>(), 0..100),
        plaintext in prop::collection::vec(any::<u8>(), 0..100),
        seed in any::<u64>(),
    ) {
        let sealing_key = SealingKey::from_bytes(&key);
        let envelope =
            seal(&sealing_key, Namespace::TokenSeed, &context, &plaintext, &mut rng(seed));
        let length = u32::try_from(context.len()).unwrap().to_be_bytes();
        let aad = [b"SKSE\x01\x02".as_slice(), &length, &context].concat();
        prop_assert_eq!(&envelope[..6], b"SKSE\x01\x02");
        let opened = Aes256Gcm::new(&key.into()).decrypt(
            Nonce::from_slice(&envelope[6..18]),
            Payload { msg: &envelope[18..], aad: &aad },
        );
        prop_assert_eq!(opened.ok(), Some(plaintext));
    }
}

#[derive(Deserialize)]
struct Rfc5869 {
    ikm: String,
    salt: String,
    info: String,
    prk: String,
    okm: String,
}

#[test]
fn the_derivation_under_our_keys_gives_rfc_5869s_values() {
    let values = vectors::<Rfc5869>(include_str!("../vectors/rfc5869.json"));
    assert_eq!(values.len(), 3);
    for value in values {
        let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(&hex(&value.salt)), &hex(&value.ikm));
        assert_eq!(hex::encode(prk), value.prk);
        let mut okm = vec![0; value.okm.len() / 2];
        hkdf.expand(&hex(&value.info), &mut okm).unwrap();
        assert_eq!(hex::encode(okm), value.okm);
    }
}

#[derive(Deserialize)]
struct Derived {
    ikm: String,
    salt: String,
    label: String,
    context: String,
    len_bytes: usize,
    okm: Option<String>,
    okm_sha256: Option<String>,
}

#[test]
fn our_derivation_gives_what_others_compute_by_its_formula() {
    for value in vectors::<Derived>(include_str!("../vectors/derive.json")) {
        let (ikm, salt, context) = (hex(&value.ikm), hex(&value.salt), hex(&value.context));
        let secret = derive_secret(&ikm, &salt, &value.label, &context, value.len_bytes).unwrap();
        let okm = secret.expose_secret();
        assert_eq!(okm.len(), value.len_bytes);
        match (value.okm, value.okm_sha256) {
            (Some(expected), None) => assert_eq!(hex::encode(okm), expected),
            (None, Some(expected)) => assert_eq!(hex::encode(Sha256::digest(okm)), expected),
            _ => panic!("a value has an output or its hash"),
        }
        if value.len_bytes == 32 {
            let key = SealingKey::derive(&ikm, &salt, &value.label, &context);
            assert_eq!(key.expose_secret(), okm);
        }
    }
}

#[test]
fn derives_up_to_255_blocks_and_refuses_more() {
    assert!(derive_secret(&[1; 32], b"", "l", b"", 8_160).is_ok());
    for len in [8_161, 1 << 20] {
        let refused = derive_secret(&[1; 32], b"", "l", b"", len).unwrap_err();
        assert_eq!(refused.asked_bytes, len);
    }
    assert!(
        derive_secret(&[1; 32], b"", "l", b"", 0)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn each_part_of_a_derivation_makes_another_key() {
    let keys = [
        SealingKey::derive(&[1; 32], b"s", "l", b"c"),
        SealingKey::derive(&[2; 32], b"s", "l", b"c"),
        SealingKey::derive(&[1; 32], b"t", "l", b"c"),
        SealingKey::derive(&[1; 32], b"s", "m", b"c"),
        SealingKey::derive(&[1; 32], b"s", "l", b"d"),
        // The border between label and context counts.
        SealingKey::derive(&[1; 32], b"s", "lc", b""),
        SealingKey::derive(&[1; 32], b"s", "", b"lc"),
    ];
    let distinct: std::collections::HashSet<[u8; 32]> =
        keys.iter().map(|key| *key.expose_secret()).collect();
    assert_eq!(distinct.len(), keys.len());
}

#[test]
fn a_key_has_32_bytes() {
    for len in [0, 16, 31, 33, 64] {
        let refused = SealingKey::try_from_slice(&vec![1; len]).unwrap_err();
        assert_eq!(refused.found_bytes, len);
    }
    let key = SealingKey::try_from_slice(&[9; 32]).unwrap();
    assert_eq!(key.expose_secret(), &[9; 32]);
}

#[derive(Deserialize)]
struct Hashed {
    label: String,
    fields: Vec<String>,
    sha256: String,
    sha512: String,
}

#[test]
fn labelled_hashes_are_what_others_compute_by_their_formula() {
    for value in vectors::<Hashed>(include_str!("../vectors/labelled-hash.json")) {
        let fields = value.fields.iter().map(|field| hex(field));
        let hash = fields.fold(LabelledHash::new(&value.label), |hash, field| {
            hash.field(&field)
        });
        assert_eq!(hex::encode(hash.clone().sha256()), value.sha256);
        assert_eq!(hex::encode(hash.sha512()), value.sha512);
    }
}

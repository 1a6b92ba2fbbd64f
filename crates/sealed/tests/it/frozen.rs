//! Envelopes written once by version 1: they open in every later version.

use rand_core::RngCore;
use serde::{Deserialize, Serialize};
use skts_sealed::{SealingKey, seal, unseal};

use crate::envelope::{NAMESPACES, rng};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/frozen/envelope-v1.json");
const SEED: u64 = 20_261_120;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sample {
    namespace: u8,
    key: String,
    context: String,
    plaintext: String,
    envelope: String,
}

#[derive(Serialize, Deserialize)]
struct Samples {
    source: String,
    values: Vec<Sample>,
}

/// One of each namespace, contexts and plaintexts of growing length, from a fixed generator.
fn made() -> Vec<Sample> {
    let mut rng = rng(SEED);
    let sample = |(index, namespace): (usize, &_)| {
        let mut random = |len: usize| {
            let mut bytes = vec![0; len];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        let key = random(32);
        let (context, plaintext) = (random(index * 7), random(index * index));
        let sealing_key = SealingKey::try_from_slice(&key).unwrap();
        let envelope = seal(&sealing_key, *namespace, &context, &plaintext, &mut rng);
        Sample {
            namespace: *namespace as u8,
            key: hex::encode(key),
            context: hex::encode(context),
            plaintext: hex::encode(plaintext),
            envelope: hex::encode(envelope),
        }
    };
    NAMESPACES.iter().enumerate().map(sample).collect()
}

fn frozen() -> Vec<Sample> {
    let text = std::fs::read_to_string(FILE).unwrap();
    serde_json::from_str::<Samples>(&text).unwrap().values
}

#[test]
fn every_frozen_envelope_opens() {
    let samples = frozen();
    assert_eq!(samples.len(), NAMESPACES.len());
    for (sample, namespace) in samples.iter().zip(NAMESPACES) {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let key = SealingKey::try_from_slice(&bytes(&sample.key)).unwrap();
        let (context, envelope) = (bytes(&sample.context), bytes(&sample.envelope));
        assert_eq!(sample.namespace, namespace as u8);
        let opened = unseal(&key, namespace, &context, &envelope).unwrap();
        assert_eq!(opened.expose_secret(), bytes(&sample.plaintext));
    }
}

#[test]
fn what_is_sealed_today_is_what_was_frozen() {
    assert_eq!(made(), frozen());
}

#[test]
#[ignore = "writes the samples of version 1, which never change again"]
fn writes_the_frozen_samples() {
    let samples = Samples {
        source: format!("our own, version 1, ChaCha20Rng::seed_from_u64({SEED})"),
        values: made(),
    };
    std::fs::write(FILE, serde_json::to_string_pretty(&samples).unwrap() + "\n").unwrap();
}

//! RFC 9807 Appendix C through the functions above, with the RFC's own (no) stretching.

use std::collections::HashMap;

use opaque_ke::ksf::Identity;
use rand_core::{CryptoRng, RngCore};

use super::*;

/// Gives out prepared bytes in order, and fails when they do not suffice.
struct Script(std::vec::IntoIter<u8>);

impl Script {
    fn new(parts: &[&[u8]]) -> Self {
        Self(parts.concat().into_iter())
    }

    fn is_used_up(&self) -> bool {
        self.0.as_slice().is_empty()
    }
}

impl CryptoRng for Script {}

impl RngCore for Script {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0.next().expect("the script has bytes left");
        }
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

type Vector = HashMap<String, Vec<u8>>;

fn vectors() -> HashMap<String, Vector> {
    let mut hex: HashMap<String, HashMap<String, String>> = HashMap::new();
    let (mut vector, mut field) = (String::new(), String::new());
    for line in include_str!("../../tests/vectors/rfc9807.txt").lines() {
        if line.starts_with("source:") || line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix("vector: ") {
            vector = name.to_owned();
            continue;
        }
        let digits = match line.trim().split_once(": ") {
            Some((name, digits)) => {
                field = name.to_owned();
                digits
            }
            None => line.trim(),
        };
        hex.entry(vector.clone())
            .or_default()
            .entry(field.clone())
            .or_default()
            .push_str(digits);
    }
    hex.into_iter()
        .map(|(name, fields)| {
            let bytes = |(field, digits): (String, String)| (field, hex::decode(digits).unwrap());
            (name, fields.into_iter().map(bytes).collect())
        })
        .collect()
}

fn setup(vector: &Vector, fake_client_public_key: &[u8]) -> OpaqueSetup {
    let bytes = [
        &vector["oprf_seed"],
        &vector["server_private_key"],
        fake_client_public_key,
    ]
    .concat();
    OpaqueSetup::decode(&bytes).unwrap()
}

/// A missing identity is the public key (RFC 9807 §4.1).
fn vector_parties(vector: &Vector) -> Parties<'_> {
    let or = |name: &str, key: &str| vector.get(name).unwrap_or_else(|| &vector[key]).as_slice();
    Parties {
        client: or("client_identity", "client_public_key"),
        server: or("server_identity", "server_public_key"),
    }
}

fn runs_a_real_vector(name: &str) {
    let vector = &vectors()[name];
    let (parties, zeros) = (vector_parties(vector), [0; 32]);
    let setup = setup(vector, &vector["server_public_key"]);

    // A scalar is drawn as 64 bytes reduced modulo the group order; behind zeros it stays itself.
    let mut rng = Script::new(&[
        &vector["blind_registration"],
        &zeros,
        &vector["envelope_nonce"],
    ]);
    let record = register(
        setup.encode().expose_secret(),
        &vector["credential_identifier"],
        parties,
        &vector["password"],
        &Identity,
        &mut rng,
    )
    .unwrap();
    assert!(rng.is_used_up());
    assert_eq!(record, vector["registration_upload"]);

    let mut rng = Script::new(&[
        &vector["blind_login"],
        &zeros,
        &vector["client_keyshare_seed"],
        &vector["client_nonce"],
    ]);
    let (ke1, client) = client_start(&vector["password"], &mut rng).unwrap();
    assert!(rng.is_used_up());
    assert_eq!(ke1, vector["KE1"]);

    // The first 64 bytes make the fake record, which is made even when it is not needed.
    let mut rng = Script::new(&[
        &[0; 64],
        &vector["masking_nonce"],
        &vector["server_keyshare_seed"],
        &vector["server_nonce"],
    ]);
    let (ke2, server) = server_start(
        &setup,
        Some(&record),
        &vector["credential_identifier"],
        &ke1,
        &vector["Context"],
        parties,
        &mut rng,
    )
    .unwrap();
    assert!(rng.is_used_up());
    assert_eq!(ke2, vector["KE2"]);

    let finished = client_finish(
        client.expose_secret(),
        &vector["password"],
        &ke2,
        &vector["Context"],
        parties,
        &Identity,
        &mut Script::new(&[]),
    )
    .unwrap();
    assert_eq!(finished.ke3, vector["KE3"]);
    assert_eq!(finished.session_key.expose_secret(), vector["session_key"]);
    let session_key = server_finish(
        server.expose_secret(),
        &finished.ke3,
        &vector["Context"],
        parties,
    )
    .unwrap();
    assert_eq!(session_key.expose_secret(), vector["session_key"]);
}

#[test]
fn gives_the_numbers_of_rfc_9807_without_identities() {
    runs_a_real_vector("C.1.1");
}

#[test]
fn gives_the_numbers_of_rfc_9807_with_identities() {
    runs_a_real_vector("C.1.2");
}

#[test]
fn gives_the_fake_answer_of_rfc_9807() {
    let vector = &vectors()["C.2.1"];
    let mut rng = Script::new(&[
        &vector["masking_key"],
        &vector["masking_nonce"],
        &vector["server_keyshare_seed"],
        &vector["server_nonce"],
    ]);
    let (ke2, _) = server_start(
        &setup(vector, &vector["client_public_key"]),
        None,
        &vector["credential_identifier"],
        &vector["KE1"],
        &vector["Context"],
        vector_parties(vector),
        &mut rng,
    )
    .unwrap();
    assert!(rng.is_used_up());
    assert_eq!(ke2, vector["KE2"]);
}

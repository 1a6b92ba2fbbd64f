//! What an eavesdropper, a thief of the record and a thief of the OPRF key can find out offline.
//!
//! A four-digit password is searched with everything a search could use. Cheap stretching changes
//! what one guess costs, not which guesses can be checked.

use opaque_ke::ksf::Ksf;
use rand_core::OsRng;

use super::*;

const IDENTIFIER: &[u8] = b"10000001|123456789012";
const PARTIES: Parties<'_> = Parties {
    client: b"123456789012",
    server: b"skts/issuer/mihon",
};
const PASSWORD: &[u8] = b"4821";

/// The bytes of one run that crossed the network, and what the service stored.
struct Run {
    setup: OpaqueSetup,
    record: Vec<u8>,
    ke2: Vec<u8>,
}

fn run(ksf: &Argon2<'static>) -> Run {
    let setup = OpaqueSetup::make(&mut OsRng);
    let encoded = setup.encode();
    let record = register(
        encoded.expose_secret(),
        IDENTIFIER,
        PARTIES,
        PASSWORD,
        ksf,
        &mut OsRng,
    )
    .unwrap();
    let (ke1, client) = client_start(PASSWORD, &mut OsRng).unwrap();
    let (ke2, server) = server_start(
        &setup,
        Some(&record),
        IDENTIFIER,
        &ke1,
        b"context",
        PARTIES,
        &mut OsRng,
    )
    .unwrap();
    let finished = client_finish(
        client.expose_secret(),
        PASSWORD,
        &ke2,
        b"context",
        PARTIES,
        ksf,
        &mut OsRng,
    )
    .unwrap();
    server_finish(server.expose_secret(), &finished.ke3, b"context", PARTIES).unwrap();
    Run { setup, record, ke2 }
}

/// The masking key a guess leads to under an OPRF key: bytes 32..96 of the record it would give.
/// It does not depend on anything drawn at random.
fn masking_key<K: Ksf>(setup: &OpaqueSetup, guess: &[u8], ksf: &K) -> Vec<u8> {
    let encoded = setup.encode();
    let record = register(
        encoded.expose_secret(),
        IDENTIFIER,
        PARTIES,
        guess,
        ksf,
        &mut OsRng,
    )
    .unwrap();
    record[32..96].to_vec()
}

/// Whether the masked response inside KE2 opens under `masking_key` to some server's public key
/// (RFC 9807 §6.3.2.3): what a guess can be checked by without the record.
fn unmasks(ke2: &[u8], masking_key: &[u8], server_public_key: Option<&[u8]>) -> bool {
    let (nonce, masked) = (&ke2[32..64], &ke2[64..192]);
    let info = [nonce, b"CredentialResponsePad"].concat();
    let mut pad = [0_u8; 128];
    expand_sha512(masking_key, &info, &mut pad);
    let plain: Vec<u8> = masked.iter().zip(pad).map(|(a, b)| a ^ b).collect();
    server_public_key.is_some_and(|key| plain[..32] == *key)
}

/// HKDF-Expand with HMAC-SHA-512 (RFC 5869 §2.3).
fn expand_sha512(key: &[u8], info: &[u8], out: &mut [u8]) {
    use hmac::{Hmac, Mac};
    let mut previous = Vec::new();
    for (number, chunk) in (1_u8..).zip(out.chunks_mut(64)) {
        let mut mac = <Hmac<Sha512> as Mac>::new_from_slice(key).unwrap();
        mac.update(&previous);
        mac.update(info);
        mac.update(&[number]);
        previous = mac.finalize().into_bytes().to_vec();
        let length = chunk.len();
        chunk.copy_from_slice(&previous[..length]);
    }
}

/// Tries every four-digit password under `setup`'s OPRF key against the record and the transcript.
fn search(run: &Run, setup: &OpaqueSetup, ksf: &Argon2<'static>) -> Vec<String> {
    let encoded = run.setup.encode();
    let server_public_key = public_key_of(&encoded);
    (0..10_000)
        .map(|number| format!("{number:04}"))
        .filter(|guess| {
            let key = masking_key(setup, guess.as_bytes(), ksf);
            key == run.record[32..96] || unmasks(&run.ke2, &key, Some(&server_public_key))
        })
        .collect()
}

/// The server's public key is no secret to a searcher: every honest login learns it.
fn public_key_of(encoded: &SecretBytes) -> Vec<u8> {
    ServerSetup::<Login>::deserialize(encoded.expose_secret())
        .unwrap()
        .keypair()
        .public()
        .serialize()
        .to_vec()
}

#[test]
fn the_oprf_key_with_record_and_transcript_gives_the_password_away() {
    let ksf = stretching_of(8, 1);
    let run = run(&ksf);
    assert_eq!(search(&run, &run.setup, &ksf), ["4821"]);
}

#[test]
fn the_oprf_key_with_the_transcript_alone_already_suffices() {
    let ksf = stretching_of(8, 1);
    let run = run(&ksf);
    let public_key = public_key_of(&run.setup.encode());
    let opens = |guess: &[u8]| {
        unmasks(
            &run.ke2,
            &masking_key(&run.setup, guess, &ksf),
            Some(&public_key),
        )
    };
    assert!(opens(PASSWORD));
    assert!(!opens(b"4822"));
}

#[test]
fn record_and_transcript_without_the_oprf_key_give_nothing_away() {
    let ksf = stretching_of(8, 1);
    let run = run(&ksf);
    // The thief has all but the seed: every OPRF key is as likely as any other, so he takes one.
    let stolen = run.setup.encode();
    let mut other = OpaqueSetup::make(&mut OsRng)
        .encode()
        .expose_secret()
        .to_vec();
    other[64..].copy_from_slice(&stolen.expose_secret()[64..]);
    let setup = OpaqueSetup::decode(&other).unwrap();
    assert_eq!(search(&run, &setup, &ksf), Vec::<String>::new());
}

#[test]
fn the_transcript_alone_fits_every_password_alike() {
    // Whatever the password, KE1 is the same distribution: a blinded point can be explained by
    // each guess, and two runs with one password share no byte field.
    let (first, _) = client_start(PASSWORD, &mut OsRng).unwrap();
    let (second, _) = client_start(PASSWORD, &mut OsRng).unwrap();
    assert_ne!(first[..32], second[..32]);
    let ksf = stretching_of(8, 1);
    let run = run(&ksf);
    let stranger = OpaqueSetup::make(&mut OsRng);
    let public_key = public_key_of(&run.setup.encode());
    let found = (0..10_000)
        .map(|number| format!("{number:04}"))
        .filter(|guess| {
            let key = masking_key(&stranger, guess.as_bytes(), &ksf);
            unmasks(&run.ke2, &key, Some(&public_key))
        })
        .count();
    assert_eq!(found, 0);
}

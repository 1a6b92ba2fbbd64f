//! Nothing secret lies in the clear in any file, nor a token's keys in the keystore.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use skts_sealed::{FieldWriter, Namespace, SealingKey};

use super::*;
use crate::record::{Kind, decode_frame};

/// Every text a secret could be written as: as it is, hex, base64 at each of its three offsets.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![
        secret.to_vec(),
        hex::encode(secret).into_bytes(),
        hex::encode_upper(secret).into_bytes(),
    ];
    for skipped in 0..3 {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let whole = (secret.len() - skipped) / 3 * 3;
            forms.push(
                engine
                    .encode(&secret[skipped..skipped + whole])
                    .into_bytes(),
            );
        }
    }
    forms
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    forms(secret)
        .iter()
        .any(|form| bytes.windows(form.len()).any(|window| window == form))
}

/// Names of files and items in which one of the secrets lies.
fn places(site: &Site, secrets: &[Vec<u8>]) -> Vec<String> {
    let (files, items) = site.everything();
    let files = files
        .into_iter()
        .map(|(name, bytes)| (name.display().to_string(), bytes));
    files
        .chain(items)
        .filter(|(_, bytes)| secrets.iter().any(|secret| holds(bytes, secret)))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn no_file_and_no_item_holds_a_secret_in_the_clear() {
    let site = Site::new();
    let mut vault = site.create().unwrap();
    let make = || SecretBytes::make(32, &mut OsRng).expose_secret().to_vec();
    let [seed, signing_key, ratchet, pending] = [make(), make(), make(), make()];
    let mut token = new_token("SKTS00000001");
    token.ratchet = SecretBytes::from_slice(&ratchet);
    let [sealed_seed, sealed_key] = [&seed, &signing_key].map(|key| SecretBytes::from_slice(key));
    vault
        .add_token(token, sealed_seed, sealed_key, &mut OsRng)
        .unwrap();
    vault.put_pending("k", &pending, &mut OsRng).unwrap();

    // With both pieces in hand, the device's piece opens: its two secrets are looked for as well.
    let items = site.store.items();
    let (name, wrap_key) = items
        .iter()
        .find(|(name, _)| name.ends_with(".device"))
        .unwrap();
    let file = fs::read(site.path().join("device.skts")).unwrap();
    let piece = decode_frame(Kind::Device, &file).unwrap();
    let context = FieldWriter::new()
        .bytes(&name.as_bytes()[..32])
        .bytes(APP.as_bytes())
        .bytes(site.machine.as_bytes())
        .finish();
    let key = SealingKey::try_from_slice(wrap_key).unwrap();
    let context = context.expose_secret();
    let both = skts_sealed::unseal(&key, Namespace::DeviceKey, context, piece).unwrap();
    let (scalar, data_key) = both.expose_secret().split_at(32);
    assert_eq!(data_key.len(), 32);

    let secrets = [
        seed.clone(),
        signing_key,
        ratchet,
        pending,
        scalar.to_vec(),
        data_key.to_vec(),
    ];
    assert_eq!(places(&site, &secrets), Vec::<String>::new());
    assert_eq!(
        places(&site, std::slice::from_ref(wrap_key)),
        std::slice::from_ref(name)
    );

    // The control: each form of the seed, planted in a file, is found.
    for planted in [
        seed.clone(),
        hex::encode(&seed).into_bytes(),
        STANDARD.encode(&seed).into_bytes(),
        STANDARD
            .encode([b"x".as_slice(), &seed].concat())
            .into_bytes(),
        URL_SAFE_NO_PAD
            .encode([b"xy".as_slice(), &seed].concat())
            .into_bytes(),
    ] {
        fs::write(
            site.path().join("planted"),
            [b"before ".as_slice(), &planted].concat(),
        )
        .unwrap();
        assert_eq!(places(&site, &secrets), ["planted"]);
    }
}

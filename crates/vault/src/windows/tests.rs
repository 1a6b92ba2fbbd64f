//! What runs on Windows and under Wine only.
#![expect(unsafe_code, reason = "asks the system itself what was kept")]

use std::sync::Arc;

use rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha256};
use skts_otp::{HashAlgorithm, TimeStep};
use skts_sealed::SecretBytes;
use windows_sys::Win32::Foundation::GetLastError;
use windows_sys::Win32::Security::Credentials::{
    CRED_PERSIST_LOCAL_MACHINE, CRED_TYPE_GENERIC, CREDENTIALW, CredFree, CredReadW,
};
use windows_sys::Win32::Security::Cryptography::MS_PLATFORM_CRYPTO_PROVIDER;

use super::ncrypt::{NCrypt, PLATFORM_PROVIDER, is_wine};
use super::{dpapi, open};
use crate::keyring::VALUE_LIMIT_BYTES;
use crate::platform_provider::{Claims, Platform, Provider};
use crate::tests::{APP, STEP, Site, add, assert_computes};
use crate::{DeviceKeyBackend, DeviceKeyError, KeyStore, KeyStoreError, platform_key_store};

/// The name of a key or an item that no other run has.
fn name_of_our_own() -> String {
    format!("skts-test-{:016x}", OsRng.next_u64())
}

#[test]
fn an_item_is_put_replaced_got_and_deleted() {
    let (store, name) = (open(APP), name_of_our_own());
    assert_eq!(store.probe(), Ok(()));
    assert_eq!(store.get(&name).err(), Some(KeyStoreError::Missing));
    // No text in any coding, and an odd number of bytes.
    for value in [
        &[0x00, 0xff, 0xfe, 0xd8, 0x00, 0xdc, 0x0a][..],
        b"second",
        b"",
    ] {
        store.put(&name, value).unwrap();
        assert_eq!(store.get(&name).unwrap().expose_secret(), value);
    }
    store.delete(&name).unwrap();
    assert_eq!(store.get(&name).err(), Some(KeyStoreError::Missing));
    assert_eq!(store.delete(&name), Err(KeyStoreError::Missing));
}

#[test]
fn the_longest_value_fits_and_a_longer_one_is_refused() {
    let (store, name) = (open(APP), name_of_our_own());
    let longest = vec![0xa5; VALUE_LIMIT_BYTES];
    store.put(&name, &longest).unwrap();
    assert_eq!(store.get(&name).unwrap().expose_secret(), longest);
    let longer = vec![0x5a; VALUE_LIMIT_BYTES + 1];
    assert_eq!(store.put(&name, &longer), Err(KeyStoreError::Refused));
    assert_eq!(store.get(&name).unwrap().expose_secret(), longest);
    store.delete(&name).unwrap();
}

#[test]
fn two_applications_do_not_see_each_others_items() {
    let (ours, theirs, name) = (open(APP), open("jp.example.other"), name_of_our_own());
    ours.put(&name, b"ours").unwrap();
    assert_eq!(theirs.get(&name).err(), Some(KeyStoreError::Missing));
    theirs.put(&name, b"theirs").unwrap();
    assert_eq!(ours.get(&name).unwrap().expose_secret(), b"ours");
    theirs.delete(&name).unwrap();
    assert_eq!(ours.get(&name).unwrap().expose_secret(), b"ours");
    ours.delete(&name).unwrap();
}

/// How long Windows keeps the credential `target`, and its user's name.
fn kept(target: &str) -> Result<(u32, Vec<u16>), u32> {
    let target: Vec<u16> = target.encode_utf16().chain([0]).collect();
    let mut found: *mut CREDENTIALW = std::ptr::null_mut();
    // SAFETY: the name ends with 0; what is found is read before it is freed, once, and its user's
    // name ends with 0 too.
    unsafe {
        if CredReadW(target.as_ptr(), CRED_TYPE_GENERIC, 0, &mut found) == 0 {
            return Err(GetLastError());
        }
        let persistence = (*found).Persist;
        let mut user = Vec::new();
        while *(*found).UserName.add(user.len()) != 0 {
            user.push(*(*found).UserName.add(user.len()));
        }
        CredFree(found.cast());
        Ok((persistence, user))
    }
}

#[test]
fn an_item_stays_on_this_machine_under_its_name_and_its_application() {
    let (store, name) = (open(APP), name_of_our_own());
    let target = format!("{name}/{APP}");
    assert!(
        kept(&target).is_err(),
        "the control: it is not there before"
    );
    store.put(&name, b"value").unwrap();
    let (persistence, user) = kept(&target).unwrap();
    assert_eq!(persistence, CRED_PERSIST_LOCAL_MACHINE);
    assert_eq!(user, name.encode_utf16().collect::<Vec<_>>());
    store.delete(&name).unwrap();
    assert!(kept(&target).is_err());
}

#[test]
fn a_profile_lives_with_credential_manager_and_leaves_nothing_in_it() {
    let site = Site::new();
    let store = platform_key_store(APP);
    let profile = site.profile();
    let mut vault = profile
        .create(store.clone(), &site.machine, &mut OsRng)
        .unwrap();
    let id = add(&mut vault, 7, "SKTS00000001").unwrap();
    drop(vault);
    let vault = profile.open(store.clone(), &site.machine).unwrap();
    assert_computes(&vault, &id, 7);
    drop(vault);
    let text = std::fs::read_to_string(site.path().join("marker.json")).unwrap();
    let marker: serde_json::Value = serde_json::from_str(&text).unwrap();
    let item = format!("{}.device", marker["profile_id"].as_str().unwrap());
    assert!(store.get(&item).is_ok());
    profile
        .start_over(store.clone(), Some(&site.machine))
        .unwrap();
    assert_eq!(store.get(&item).err(), Some(KeyStoreError::Missing));
}

#[test]
fn the_machine_has_an_identifier() {
    assert_eq!(crate::machine_id(), crate::machine_id());
    assert!(crate::machine_id().is_ok());
}

#[test]
fn dpapi_gives_back_what_it_guards_to_the_same_entropy_only() {
    let entropy = SecretBytes::from_slice(&[1; 32]);
    let secret = b"what is guarded";
    let protected = dpapi::protect(secret, &entropy).unwrap();
    assert!(
        !protected
            .windows(secret.len())
            .any(|found| found == secret.as_slice())
    );
    assert_eq!(dpapi::unprotect(&protected, &entropy).unwrap(), secret);
    let other = SecretBytes::from_slice(&[2; 32]);
    assert!(dpapi::unprotect(&protected, &other).is_err());
    let mut changed = protected.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(dpapi::unprotect(&changed, &entropy).is_err());
    assert!(dpapi::unprotect(b"", &entropy).is_err());
}

#[test]
fn the_platform_providers_name_is_that_of_windows() {
    let ours: Vec<u16> = PLATFORM_PROVIDER.encode_utf16().chain([0]).collect();
    // SAFETY: a constant text of the system, which ends with 0 and is of this length.
    let theirs = unsafe { std::slice::from_raw_parts(MS_PLATFORM_CRYPTO_PROVIDER, ours.len()) };
    assert_eq!(ours, theirs);
}

/// Wine opens a provider of any name, and there is software behind each.
#[test]
fn under_wine_no_provider_is_hardware_even_where_wine_itself_is_not_seen() {
    if !is_wine() {
        return;
    }
    let anybody = NCrypt::named("a provider that nobody made").claims();
    assert!(anybody.is_ok(), "the control: Wine opens any");
    let claims = NCrypt::named(PLATFORM_PROVIDER).claims().unwrap();
    assert!(claims.wine);
    assert_eq!(claims.level(), Err(DeviceKeyError::NotHardware));
    let unseen = Claims {
        wine: false,
        ..claims
    };
    assert_eq!(unseen.level(), Err(DeviceKeyError::NotHardware));
    let probed = super::hardware().probe();
    assert_eq!(probed, Err(DeviceKeyError::NotHardware));
}

/// The calls themselves, on the software provider that every Windows has.
#[test]
#[ignore = "run by hand on Windows: Wine 8 keeps no keys"]
fn every_call_of_ncrypt_does_what_is_asked() {
    let provider = NCrypt::named("Microsoft Software Key Storage Provider");
    provider.makes_both().unwrap();
    let (signing, unwrapping) = (name_of_our_own(), name_of_our_own());
    // Twice: the second comes into the place of the first.
    provider.make_signing_key(&signing).unwrap();
    let first = provider.public_point(&signing).unwrap();
    provider.make_signing_key(&signing).unwrap();
    let point = provider.public_point(&signing).unwrap();
    assert_ne!(first, point);
    let signed = provider.sign(&signing, &Sha256::digest(b"message").into());
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&[&[4], &*point].concat()).unwrap();
    let signature = p256::ecdsa::Signature::from_slice(&signed.unwrap()).unwrap();
    p256::ecdsa::signature::Verifier::verify(&key, b"message", &signature).unwrap();

    provider.make_unwrapping_key(&unwrapping).unwrap();
    let secret = SecretBytes::from_slice(&[7; 32]);
    let wrapped = provider.wrap_key(&unwrapping, &secret).unwrap();
    let opened = provider.unwrap_key(&unwrapping, &wrapped).unwrap();
    assert!(opened.ct_eq(&secret));

    for name in [&signing, &unwrapping] {
        provider.delete_key(name).unwrap();
        provider.delete_key(name).unwrap();
    }
    assert!(provider.public_point(&signing).is_err());
}

/// The whole, on a computer with a TPM.
#[test]
#[ignore = "run by hand on Windows with a TPM"]
fn a_token_lives_in_the_tpm_of_this_computer() {
    let site = Site::new();
    let hardware: Arc<dyn DeviceKeyBackend> =
        Arc::new(Platform::new(NCrypt::named(PLATFORM_PROVIDER)));
    hardware.probe().unwrap();
    let profile = site.profile().with_hardware(Some(hardware));
    let store = platform_key_store(APP);
    let mut vault = profile
        .create(store.clone(), &site.machine, &mut OsRng)
        .unwrap();
    assert_eq!(
        vault.device().kind(),
        crate::DeviceKeyKind::PlatformProvider
    );
    let id = add(&mut vault, 7, "SKTS00000001").unwrap();
    drop(vault);
    let vault = profile.open(store.clone(), &site.machine).unwrap();
    assert_computes(&vault, &id, 7);
    let steps = [STEP, TimeStep::from_index(0)];
    assert_eq!(vault.macs(&id, &steps).unwrap().len(), 2);
    let item = vault.device().import_hmac_key(
        &SecretBytes::from_slice(&[1; 32]),
        b"here",
        HashAlgorithm::Sha512,
        &mut OsRng,
    );
    assert!(item.unwrap().len() <= 600);
    drop(vault);
    profile.start_over(store, Some(&site.machine)).unwrap();
}

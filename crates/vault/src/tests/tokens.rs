//! Tokens and set-ups under way, on a profile that is well.

use std::collections::HashMap;
use std::sync::Mutex;

use rand_core::CryptoRngCore;
use skts_otp::AssuranceLevel;
use skts_sealed::SealingKey;

use super::*;

#[test]
fn computes_the_same_codes_after_opening_again() {
    let (site, first) = Site::with_token(1);
    let second = add(&mut site.open().unwrap(), 5, "SKTS00000002").unwrap();
    let vault = site.open().unwrap();
    assert_computes(&vault, &first, 1);
    assert_computes(&vault, &second, 5);
    let steps = [STEP, STEP.next()];
    let macs = vault.macs(&first, &steps).unwrap();
    assert_eq!(
        macs[1].as_bytes(),
        vault.mac(&first, steps[1]).unwrap().as_bytes()
    );
    let record = vault.token(&first).unwrap();
    let told = new_token("SKTS00000001");
    assert_eq!(record.serial, told.serial);
    assert_eq!(record.policy, told.policy);
    assert_eq!(record.state.match_number, told.match_number);
    assert_eq!(record.state.server_offset_secs, -3);
    assert!(record.state.ratchet.ct_eq(&told.ratchet));
    vault.self_test().unwrap();
}

#[test]
fn signs_with_the_signing_key_and_not_with_the_seed() {
    let (site, id) = Site::with_token(1);
    let vault = site.open().unwrap();
    for message in [b"".as_slice(), b"a payment", &[7; 1024]] {
        let signed = vault.signing_mac(&id, message).unwrap();
        let by = |secret: u8| skts_otp::keyed_hash(&[secret; 32], HashAlgorithm::Sha256, message);
        assert_eq!(signed.as_bytes(), by(2).unwrap().as_bytes());
        assert_ne!(signed.as_bytes(), by(1).unwrap().as_bytes());
    }
    site.store.fail_with(Some(KeyStoreError::Locked));
    let locked = vault.signing_mac(&id, b"a payment");
    assert_eq!(
        locked.err(),
        Some(VaultError::KeyStore(KeyStoreError::Locked))
    );
}

#[test]
fn replaces_a_token_of_the_same_serial() {
    let (site, first) = Site::with_token(1);
    let mut vault = site.open().unwrap();
    let second = add(&mut vault, 7, "SKTS00000001").unwrap();
    assert!(vault.token(&first).is_none());
    assert_computes(&vault, &second, 7);
    drop(vault);
    assert_eq!(site.open().unwrap().tokens().len(), 1);
    assert_eq!(site.counts(), (2, 1));
}

#[test]
fn removes_every_piece_of_a_token() {
    let (site, id) = Site::with_token(1);
    let mut vault = site.open().unwrap();
    vault.remove_token(&id).unwrap();
    assert_eq!(vault.remove_token(&id), Err(VaultError::UnknownToken));
    assert_eq!(vault.mac(&id, STEP).err(), Some(VaultError::UnknownToken));
    assert_eq!(site.counts(), (1, 0));
}

#[test]
fn removes_the_rest_of_a_token_once_the_keystore_answers_again() {
    let (site, id) = Site::with_token(1);
    let mut vault = site.open().unwrap();
    site.store.fail_with(Some(KeyStoreError::Locked));
    vault.remove_token(&id).unwrap();
    drop(vault);
    site.store.fail_with(None);
    assert!(site.open().unwrap().tokens().is_empty());
    assert_eq!(site.counts(), (1, 0));
}

#[test]
fn lists_a_faulty_token_beside_those_that_work_and_lets_it_be_removed() {
    let (site, first) = Site::with_token(1);
    let second = add(&mut site.open().unwrap(), 5, "SKTS00000002").unwrap();
    let profile_id = site.store.items().keys().next().unwrap()[..32].to_owned();
    site.store.delete(&format!("{profile_id}.{first}")).unwrap();
    let mut vault = site.open().unwrap();
    assert_computes(&vault, &second, 5);
    let faulty = &vault.faulty_tokens()[0];
    assert_eq!(
        (&faulty.id, &faulty.fault),
        (&first, &TokenFault::ItemMissing)
    );
    assert_eq!(faulty.institution_id.as_deref(), Some("mihon-shinkin"));
    vault.remove_token(&first).unwrap();
    assert!(vault.faulty_tokens().is_empty());
    assert_eq!(site.counts(), (2, 1));
}

#[test]
fn keeps_what_changes_of_a_token() {
    let (site, id) = Site::with_token(1);
    let state = || TokenState {
        match_number: None,
        server_offset_secs: 12,
        ratchet: SecretBytes::new(vec![0x66; 32]),
        ratchet_count: 1,
        notes: Some("{}".to_owned()),
    };
    let mut vault = site.open().unwrap();
    vault.update_token(&id, state(), &mut OsRng).unwrap();
    assert_eq!(vault.tokens()[0].state.server_offset_secs, 12);
    drop(vault);
    let vault = site.open().unwrap();
    let kept = &vault.tokens()[0].state;
    assert_eq!((kept.match_number.as_ref(), kept.ratchet_count), (None, 1));
    assert!(kept.ratchet.ct_eq(&state().ratchet));
    assert_eq!(kept.notes.as_deref(), Some("{}"));
}

#[test]
fn a_program_that_knows_no_notes_calls_a_record_with_some_newer() {
    let (site, id) = Site::with_token(1);
    let record = || {
        let (files, _) = site.everything();
        let mut tokens = files.into_iter();
        let found = tokens.find(|(name, _)| name.starts_with("tokens"));
        found.unwrap().1
    };
    assert_eq!(record()[4], 1);
    let mut vault = site.open().unwrap();
    let state = TokenState {
        match_number: None,
        server_offset_secs: 0,
        ratchet: SecretBytes::new(vec![0x66; 32]),
        ratchet_count: 1,
        notes: Some("{}".to_owned()),
    };
    vault.update_token(&id, state, &mut OsRng).unwrap();
    // What it refuses by: the fifth byte, as in every frame.
    assert_eq!(record()[4], 2);
    drop(vault);
    let path = site.path().join(format!("tokens/{id}.skts"));
    let mut file = fs::read(&path).unwrap();
    file[4] = 1;
    fs::write(&path, file).unwrap();
    let opened = site.open();
    assert!(matches!(opened, Err(OpenError::Corrupt { .. })));
}

#[test]
fn keeps_set_ups_under_way_until_they_are_cleared() {
    let site = Site::new();
    let mut vault = site.create().unwrap();
    vault
        .put_pending("k-1", b"first state", &mut OsRng)
        .unwrap();
    vault.put_pending("s-2", b"second", &mut OsRng).unwrap();
    vault.put_pending("k-1", b"next state", &mut OsRng).unwrap();
    drop(vault);
    let mut vault = site.open().unwrap();
    let pending = vault.pending().unwrap();
    let names: Vec<&str> = pending.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["k-1", "s-2"]);
    assert_eq!(pending[0].1.expose_secret(), b"next state");
    vault.clear_pending("k-1").unwrap();
    vault.clear_pending("k-1").unwrap();
    assert_eq!(vault.pending().unwrap().len(), 1);
    for name in ["", "../x", "A", "a/b", &"a".repeat(65)] {
        assert_eq!(
            vault.put_pending(name, b"", &mut OsRng),
            Err(VaultError::Name),
            "{name}"
        );
    }
}

#[test]
fn tells_damaged_newer_and_exchanged_set_ups() {
    let site = Site::new();
    let mut vault = site.create().unwrap();
    vault.put_pending("a", b"state", &mut OsRng).unwrap();
    vault.put_pending("b", b"state", &mut OsRng).unwrap();
    let (a, b) = (
        site.path().join("pending/a.skts"),
        site.path().join("pending/b.skts"),
    );
    let mut file = fs::read(&a).unwrap();
    fs::copy(&b, &a).unwrap();
    assert!(matches!(
        vault.pending(),
        Err(VaultError::Corrupt {
            saved_aside: Some(_)
        })
    ));
    file[4] = 2;
    fs::write(&a, file).unwrap();
    assert_eq!(vault.pending().err(), Some(VaultError::NewerFormat));
}

/// A keystore that gives back other bytes than were put.
struct Forgetful(MemoryKeyStore);

impl KeyStore for Forgetful {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        let mut value = value.to_vec();
        if !name.ends_with(".device") {
            value[30] ^= 1;
        }
        self.0.put(name, &value)
    }
    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        self.0.get(name)
    }
    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.0.delete(name)
    }
    fn probe(&self) -> Result<(), KeyStoreError> {
        Ok(())
    }
    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::Memory
    }
}

#[test]
fn sets_no_token_up_that_does_not_come_back_from_the_keystore() {
    let site = Site::new();
    let store = Arc::new(Forgetful(MemoryKeyStore::new()));
    let mut vault = site
        .profile()
        .create(store.clone(), &site.machine, &mut OsRng)
        .unwrap();
    let added = add(&mut vault, 1, "SKTS00000001");
    assert_eq!(added, Err(VaultError::DeviceKey(DeviceKeyError::WrongItem)));
    assert!(vault.tokens().is_empty());
    assert_eq!(store.0.items().len(), 1, "the failed item is cleared away");
    assert!(matches!(
        site.profile().presence(),
        Ok(Presence::Prepared(_))
    ));
}

/// A chip that keeps HMAC keys itself, and may compute wrongly.
struct Chip(Arc<ChipState>);

struct ChipState {
    keys: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
    wrong_from_step: Mutex<u64>,
}

struct ChipKey(Arc<ChipState>);

impl DeviceKeyBackend for Chip {
    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Tpm
    }
    fn probe(&self) -> Result<(), DeviceKeyError> {
        Ok(())
    }
    fn make(
        &self,
        _: &DeviceKeyContext<'_>,
        _: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError> {
        Ok((Box::new(ChipKey(Arc::clone(&self.0))), b"handle".to_vec()))
    }
    fn open(
        &self,
        _: &DeviceKeyContext<'_>,
        piece: &[u8],
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        assert_eq!(piece, b"handle");
        Ok(Box::new(ChipKey(Arc::clone(&self.0))))
    }
}

fn new_chip() -> Arc<Chip> {
    Arc::new(Chip(Arc::new(ChipState {
        keys: Mutex::default(),
        wrong_from_step: Mutex::new(u64::MAX),
    })))
}

impl DeviceKey for ChipKey {
    fn spki(&self) -> &[u8] {
        b"spki"
    }
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        Err(DeviceKeyError::Refused)
    }
    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Tpm
    }
    fn level(&self) -> AssuranceLevel {
        AssuranceLevel::L4
    }
    fn import_hmac_key(
        &self,
        key: &SecretBytes,
        context: &[u8],
        _hash: HashAlgorithm,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        let mut handle = vec![0; 8];
        rng.fill_bytes(&mut handle);
        let name = [handle.as_slice(), context].concat();
        self.0
            .keys
            .lock()
            .unwrap()
            .insert(name, key.expose_secret().to_vec());
        Ok(handle)
    }
    fn hmacs(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        let keys = self.0.keys.lock().unwrap();
        let key = keys
            .get(&[item, context].concat())
            .ok_or(DeviceKeyError::WrongItem)?;
        let wrong_from = *self.0.wrong_from_step.lock().unwrap();
        let mac = |message: &&[u8]| {
            let step = <[u8; 8]>::try_from(*message).map(u64::from_be_bytes);
            match step {
                Ok(step) if step >= wrong_from => {
                    skts_otp::keyed_hash(key, hash, &(step + 1).to_be_bytes())
                }
                _ => skts_otp::keyed_hash(key, hash, message),
            }
            .unwrap()
        };
        Ok(messages.iter().map(mac).collect())
    }
    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError> {
        Ok(SealingKey::derive(b"inside the chip", &[], label, &[]))
    }
}

#[test]
fn lets_hardware_compute_and_holds_nothing_of_the_seed_itself() {
    let chip = new_chip();
    let site = Site::new();
    let profile = site.profile().with_hardware(Some(chip.clone()));
    let mut vault = profile
        .create(site.store.clone(), &site.machine, &mut OsRng)
        .unwrap();
    let id = add(&mut vault, 0x77, "SKTS00000001").unwrap();
    assert_computes(&vault, &id, 0x77);
    assert_eq!(vault.device().level(), AssuranceLevel::L4);
    let (files, items) = site.everything();
    assert!(
        items
            .values()
            .chain(files.values())
            .all(|b| !b.windows(8).any(|w| w == [0x77; 8]))
    );

    chip.0.keys.lock().unwrap().clear();
    drop(vault);
    let cleared = profile.open(site.store.clone(), &site.machine);
    assert!(matches!(cleared, Err(OpenError::Corrupt { .. })));
}

#[test]
fn finds_hardware_that_computes_wrongly_at_set_up_and_at_each_start() {
    let chip = new_chip();
    let site = Site::new();
    let profile = site.profile().with_hardware(Some(chip.clone()));
    let mut vault = profile
        .create(site.store.clone(), &site.machine, &mut OsRng)
        .unwrap();
    *chip.0.wrong_from_step.lock().unwrap() = 1 << 32;
    assert_eq!(
        add(&mut vault, 1, "SKTS00000001"),
        Err(VaultError::SelfTest)
    );
    assert!(vault.tokens().is_empty());
    *chip.0.wrong_from_step.lock().unwrap() = u64::MAX;
    add(&mut vault, 1, "SKTS00000001").unwrap();
    *chip.0.wrong_from_step.lock().unwrap() = 0;
    assert_eq!(vault.self_test(), Err(VaultError::SelfTest));
    drop(vault);
    let opened = profile.open(site.store.clone(), &site.machine);
    assert_eq!(opened.err(), Some(OpenError::Corrupt { saved_aside: None }));
}

//! Everything around the system's hardware, with an element in software that counts and fails as told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey};
use rand_core::{CryptoRngCore, OsRng};
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac, TimeStep};
use skts_sealed::SecretBytes;

use super::*;
use crate::{MachineId, MemoryKeyStore};

/// What one pretended piece of hardware holds.
#[derive(Default)]
struct Inside {
    keys: BTreeMap<String, (SigningKey, [u8; 32])>,
    held: BTreeMap<String, Vec<u8>>,
    holds: bool,
    fails: Option<DeviceKeyError>,
    forgetful: bool,
    counter: u8,
}

#[derive(Clone, Default)]
struct Pretended(Arc<Mutex<Inside>>);

impl Pretended {
    fn holding(holds: bool) -> Self {
        let element = Self::default();
        element.0.lock().unwrap().holds = holds;
        element
    }

    fn with<T>(
        &self,
        act: impl FnOnce(&mut Inside) -> Result<T, DeviceKeyError>,
    ) -> Result<T, DeviceKeyError> {
        let mut inside = self.0.lock().unwrap();
        match inside.fails {
            Some(error) => Err(error),
            None => act(&mut inside),
        }
    }
}

impl Element for Pretended {
    const KIND: DeviceKeyKind = DeviceKeyKind::SecureEnclave;

    fn probe(&self) -> Result<(), DeviceKeyError> {
        self.with(|_| Ok(()))
    }

    fn make(
        &self,
        profile_id: &str,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<Handle, DeviceKeyError> {
        let key = SigningKey::random(&mut rng);
        let public = key.verifying_key().to_public_key_der().unwrap();
        self.with(|inside| {
            inside.keys.insert(profile_id.to_owned(), (key, [7; 32]));
            Ok(())
        })?;
        let handle = Handle {
            profile_id: profile_id.to_owned(),
            spki: public.into_vec(),
            place: Place::Trusted,
            note: b"note".to_vec(),
        };
        prove(self, &handle)?;
        Ok(handle)
    }

    fn spki(&self, handle: &Handle) -> Result<Vec<u8>, DeviceKeyError> {
        self.with(|inside| {
            let (key, _) = inside
                .keys
                .get(&handle.profile_id)
                .ok_or(DeviceKeyError::Gone)?;
            spki_of(Some(key.verifying_key().into()))
        })
    }

    fn sign(&self, handle: &Handle, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        self.with(|inside| {
            let (key, _) = inside
                .keys
                .get(&handle.profile_id)
                .ok_or(DeviceKeyError::Gone)?;
            let signature: Signature = key.sign(message);
            Ok(signature.to_der().as_bytes().to_vec())
        })
    }

    fn secret(&self, handle: &Handle) -> Result<SecretBytes, DeviceKeyError> {
        self.with(|inside| {
            inside.counter = inside.counter.wrapping_add(1);
            let varied = if inside.forgetful { inside.counter } else { 0 };
            let (_, secret) = inside
                .keys
                .get(&handle.profile_id)
                .ok_or(DeviceKeyError::Gone)?;
            Ok(SecretBytes::new(
                secret.iter().map(|byte| byte ^ varied).collect(),
            ))
        })
    }

    fn hold(
        &self,
        handle: &Handle,
        key: &SecretBytes,
        _hash: HashAlgorithm,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Option<String>, DeviceKeyError> {
        self.with(|inside| {
            if !inside.holds {
                return Ok(None);
            }
            let name = key_name(&handle.profile_id, &rng.next_u64().to_string());
            let key = key.expose_secret().to_vec();
            inside.held.insert(name.clone(), key);
            Ok(Some(name))
        })
    }

    fn hmacs(
        &self,
        name: &str,
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        self.with(|inside| {
            let key = inside.held.get(name).ok_or(DeviceKeyError::Gone)?;
            let mac = |message: &&[u8]| skts_otp::keyed_hash(key, hash, message).unwrap();
            Ok(messages.iter().map(mac).collect())
        })
    }

    fn forget(&self, name: &str) -> Result<(), DeviceKeyError> {
        self.with(|inside| {
            inside.held.remove(name);
            Ok(())
        })
    }

    fn clear(&self, profile_id: &str) -> Result<(), DeviceKeyError> {
        let mut inside = self.0.lock().unwrap();
        inside.keys.remove(profile_id);
        inside
            .held
            .retain(|name, _| !is_named_for(name, profile_id));
        Ok(())
    }
}

struct World {
    element: Pretended,
    store: Arc<dyn KeyStore>,
    memory: Arc<MemoryKeyStore>,
    machine: MachineId,
}

impl World {
    fn new(holds: bool) -> Self {
        let memory = Arc::new(MemoryKeyStore::new());
        Self {
            element: Pretended::holding(holds),
            store: Arc::clone(&memory) as Arc<dyn KeyStore>,
            memory,
            machine: MachineId::from_system_text("one").unwrap(),
        }
    }

    fn context<'a>(&'a self, profile_id: &'a str) -> DeviceKeyContext<'a> {
        DeviceKeyContext {
            profile_id,
            app_id: "jp.example.skts",
            machine: &self.machine,
            key_store: &self.store,
        }
    }

    fn hardware(&self) -> PlatformHardware<Pretended> {
        PlatformHardware::new(self.element.clone())
    }

    fn make(&self) -> (Box<dyn DeviceKey>, Vec<u8>) {
        let made = self.hardware().make(&self.context("p"), &mut OsRng);
        made.unwrap_or_else(|error| panic!("{error}"))
    }

    fn open(&self, piece: &[u8]) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        self.hardware().open(&self.context("p"), piece)
    }
}

const SEED: [u8; 32] = [0x31; 32];

fn import(key: &dyn DeviceKey, context: &[u8]) -> Vec<u8> {
    let seed = SecretBytes::from_slice(&SEED);
    key.import_hmac_key(&seed, context, HashAlgorithm::Sha256, &mut OsRng)
        .unwrap()
}

fn mac(key: &dyn DeviceKey, item: &[u8], context: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
    let step = TimeStep::from_index(37_037_036);
    let macs = key.macs(item, context, HashAlgorithm::Sha256, &[step])?;
    Ok(macs[0].as_bytes().to_vec())
}

fn expected() -> Vec<u8> {
    let step = TimeStep::from_index(37_037_036);
    let mac = skts_otp::mac(&SEED, HashAlgorithm::Sha256, step).unwrap();
    mac.as_bytes().to_vec()
}

#[test]
fn opens_as_the_platform_key_it_made_and_signs_for_it() {
    let world = World::new(true);
    let (made, piece) = world.make();
    let opened = world.open(&piece).unwrap();
    assert_eq!(made.spki(), opened.spki());
    assert_eq!(made.spki().len(), 91);
    assert_eq!(opened.kind(), DeviceKeyKind::SecureEnclave);
    assert_eq!(opened.level(), AssuranceLevel::L2);
    let key = VerifyingKey::from_public_key_der(made.spki()).unwrap();
    let signature = opened.sign(b"message").unwrap();
    assert_eq!(signature.len(), 64);
    let signature = Signature::from_slice(&signature).unwrap();
    p256::ecdsa::signature::Verifier::verify(&key, b"message", &signature).unwrap();
    let label = "skts/vault-record/v1";
    let sealing_key = |key: &dyn DeviceKey| *key.derive_sealing_key(label).unwrap().expose_secret();
    assert_eq!(sealing_key(made.as_ref()), sealing_key(opened.as_ref()));
}

#[test]
fn computes_a_held_and_a_sealed_key_alike_and_only_in_its_context() {
    for holds in [true, false] {
        let world = World::new(holds);
        let (_, piece) = world.make();
        let key = world.open(&piece).unwrap();
        let item = import(key.as_ref(), b"here");
        assert!(item.len() <= 600, "{}", item.len());
        assert_eq!(
            world.element.0.lock().unwrap().held.len(),
            usize::from(holds)
        );
        assert_eq!(mac(key.as_ref(), &item, b"here"), Ok(expected()));
        let elsewhere = mac(key.as_ref(), &item, b"there");
        assert_eq!(elsewhere, Err(DeviceKeyError::WrongItem));
    }
}

#[test]
fn the_name_of_one_held_key_in_anothers_item_is_refused() {
    let world = World::new(true);
    let (key, _) = world.make();
    let (one, other) = (import(key.as_ref(), b"one"), import(key.as_ref(), b"one"));
    let (Ok(Item::Held { name, .. }), Ok(Item::Held { bound, .. })) =
        (Item::decode(&one), Item::decode(&other))
    else {
        panic!("both are held");
    };
    let mixed = Item::Held { name, bound }.encode();
    assert_eq!(
        mac(key.as_ref(), &mixed, b"one"),
        Err(DeviceKeyError::WrongItem)
    );
}

/// The hardware without the keystore's half, and the half without the hardware.
#[test]
fn neither_half_of_a_platform_key_opens_anything() {
    let world = World::new(false);
    let (key, piece) = world.make();
    let item = import(key.as_ref(), b"here");

    let half = world.memory.get("p.device").unwrap();
    world.memory.put("p.device", &[1; 32]).unwrap();
    assert_eq!(world.open(&piece).err(), Some(DeviceKeyError::Damaged));
    assert_eq!(
        mac(key.as_ref(), &item, b"here"),
        Err(DeviceKeyError::WrongItem)
    );
    world.memory.delete("p.device").unwrap();
    let missing = DeviceKeyError::KeyStore(KeyStoreError::Missing);
    assert_eq!(world.open(&piece).err(), Some(missing));
    world.memory.put("p.device", half.expose_secret()).unwrap();
    assert_eq!(mac(key.as_ref(), &item, b"here"), Ok(expected()));

    world.element.0.lock().unwrap().keys.get_mut("p").unwrap().1 = [8; 32];
    assert_eq!(
        mac(key.as_ref(), &item, b"here"),
        Err(DeviceKeyError::WrongItem)
    );
    world.element.0.lock().unwrap().keys.clear();
    assert_eq!(world.open(&piece).err(), Some(DeviceKeyError::Gone));
}

#[test]
fn another_key_under_the_same_name_is_a_key_that_is_gone() {
    let world = World::new(true);
    let (_, piece) = world.make();
    world.element.make("p", &mut OsRng).unwrap();
    assert_eq!(world.open(&piece).err(), Some(DeviceKeyError::Gone));
}

#[test]
fn a_held_key_that_was_deleted_is_a_missing_item_and_no_more() {
    let world = World::new(true);
    let (key, _) = world.make();
    let (lost, kept) = (import(key.as_ref(), b"a"), import(key.as_ref(), b"b"));
    key.forget_hmac_key(&lost).unwrap();
    key.forget_hmac_key(&lost).unwrap();
    let missing = DeviceKeyError::KeyStore(KeyStoreError::Missing);
    assert_eq!(mac(key.as_ref(), &lost, b"a"), Err(missing));
    assert_eq!(mac(key.as_ref(), &kept, b"b"), Ok(expected()));
}

#[test]
fn an_item_that_names_another_profiles_key_deletes_nothing() {
    let world = World::new(true);
    let (key, _) = world.make();
    let name = key_name("q", "1");
    world
        .element
        .0
        .lock()
        .unwrap()
        .held
        .insert(name.clone(), SEED.to_vec());
    let bound = Vec::new();
    let item = Item::Held { name, bound }.encode();
    key.forget_hmac_key(&item).unwrap();
    assert_eq!(world.element.0.lock().unwrap().held.len(), 1);
}

#[test]
fn hardware_that_gives_another_secret_each_time_is_not_used() {
    let world = World::new(true);
    world.element.0.lock().unwrap().forgetful = true;
    let made = world.hardware().make(&world.context("p"), &mut OsRng);
    assert_eq!(made.err(), Some(DeviceKeyError::Refused));
    assert_eq!(
        world.memory.get("p.device").err(),
        Some(KeyStoreError::Missing),
        "nothing was written"
    );
}

#[test]
fn a_key_that_could_not_be_made_is_absent_and_one_that_is_busy_is_waited_for() {
    for (said, told) in [
        (DeviceKeyError::Gone, DeviceKeyError::Absent),
        (DeviceKeyError::Absent, DeviceKeyError::Absent),
        (DeviceKeyError::Busy, DeviceKeyError::Busy),
    ] {
        let world = World::new(true);
        world.element.0.lock().unwrap().fails = Some(said);
        let made = world.hardware().make(&world.context("p"), &mut OsRng);
        assert_eq!(made.err(), Some(told));
    }
}

#[test]
fn a_keystore_that_fails_leaves_no_key_in_the_hardware() {
    let world = World::new(true);
    world.memory.fail_with(Some(KeyStoreError::Locked));
    let made = world.hardware().make(&world.context("p"), &mut OsRng);
    assert_eq!(
        made.err(),
        Some(DeviceKeyError::KeyStore(KeyStoreError::Locked))
    );
    assert!(world.element.0.lock().unwrap().keys.is_empty());
}

#[test]
fn a_handle_and_an_item_are_read_as_written_and_nothing_else_is() {
    let handle = Handle {
        profile_id: "p".to_owned(),
        spki: vec![1; 91],
        place: Place::StrongBox,
        note: vec![2; 113],
    };
    let bytes = handle.encode();
    assert_eq!(Handle::decode("p", &bytes), Ok(handle));
    for length in 0..bytes.len() {
        let cut = Handle::decode("p", &bytes[..length]);
        assert_eq!(cut.err(), Some(DeviceKeyError::Damaged));
    }
    let mut newer = bytes.clone();
    newer[7] = 2;
    let newer = Handle::decode("p", &newer);
    assert_eq!(newer.err(), Some(DeviceKeyError::NewerFormat));
    let bytes = Item::Sealed(vec![3; 70]).encode();
    for length in 0..bytes.len() {
        let cut = Item::decode(&bytes[..length]);
        assert_eq!(cut.err(), Some(DeviceKeyError::Damaged));
    }
}

/// A profile on the pretended hardware, from the first set-up to the end.
#[test]
fn a_token_that_is_removed_leaves_no_key_in_the_hardware_and_starting_over_leaves_none_at_all() {
    use crate::tests::{Site, add, machine};

    let site = Site::new();
    let element = Pretended::holding(true);
    let profile = || {
        let hardware: Arc<dyn DeviceKeyBackend> = Arc::new(PlatformHardware::new(element.clone()));
        site.profile().with_hardware(Some(hardware))
    };
    let held = || element.0.lock().unwrap().held.len();
    let mut vault = profile()
        .create(site.store.clone(), &machine("first machine"), &mut OsRng)
        .unwrap();
    assert_eq!(vault.device().kind(), DeviceKeyKind::SecureEnclave);
    let id = add(&mut vault, 1, "SKTS00000001").unwrap();
    add(&mut vault, 2, "SKTS00000002").unwrap();
    assert_eq!(held(), 4, "a seed and a signing key each");
    vault.remove_token(&id).unwrap();
    assert_eq!(held(), 2);
    drop(vault);
    let opened = profile().open(site.store.clone(), &machine("first machine"));
    assert_eq!(opened.unwrap().tokens().len(), 1);

    let machine = machine("first machine");
    let started_over = profile().start_over(site.store.clone(), Some(&machine));
    started_over.unwrap();
    assert_eq!(held(), 0);
    assert!(element.0.lock().unwrap().keys.is_empty());
}

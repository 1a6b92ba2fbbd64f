use std::collections::BTreeMap;
use std::sync::Mutex;

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rand_core::{OsRng, RngCore};

use super::*;
use crate::tests::{APP, Site, add, assert_computes};
use crate::{MachineId, MemoryKeyStore, OpenError, Profile};

/// A provider whose chip is a map; what it cannot do is told as Windows would.
#[derive(Default)]
struct FakeProvider {
    claims: Mutex<Claims>,
    signing: Mutex<BTreeMap<String, SigningKey>>,
    /// A pad that "encrypts" the one thing each of these is for.
    unwrapping: Mutex<BTreeMap<String, Vec<u8>>>,
    /// From now on this call gives this status; `*` is every call.
    failing: Mutex<Option<(&'static str, u32)>>,
}

const BAD_KEYSET: u32 = 0x8009_0016;
const BAD_DATA: u32 = 0x8009_0005;
const LOCKOUT: u32 = 0x8028_0921;
const NOT_READY: u32 = 0x8009_0030;
/// Stands for an answer that is none.
const NO_ANSWER: u32 = 0;

impl FakeProvider {
    fn of_intel() -> Arc<Self> {
        let fake = Self::default();
        *fake.claims.lock().unwrap() = Claims {
            hardware: true,
            platform: Some("TPM-Version:2.0 -Level:0-VendorID:'INTC'-Firmware:1.0".to_owned()),
            ..Claims::default()
        };
        Arc::new(fake)
    }

    fn fail(&self, call: &'static str, status: u32) {
        *self.failing.lock().unwrap() = Some((call, status));
    }

    fn works(&self) {
        *self.failing.lock().unwrap() = None;
    }

    fn may(&self, call: &str) -> Answer<()> {
        match *self.failing.lock().unwrap() {
            Some((failing, status)) if failing == call || failing == "*" => Err(match status {
                NO_ANSWER => ProviderError::Unreadable,
                status => ProviderError::Status(status),
            }),
            _ => Ok(()),
        }
    }

    fn clear(&self) {
        self.signing.lock().unwrap().clear();
        self.unwrapping.lock().unwrap().clear();
    }

    fn key_count(&self) -> usize {
        self.signing.lock().unwrap().len() + self.unwrapping.lock().unwrap().len()
    }

    fn pad(&self, name: &str) -> Answer<Vec<u8>> {
        let keys = self.unwrapping.lock().unwrap();
        keys.get(name)
            .cloned()
            .ok_or(ProviderError::Status(BAD_KEYSET))
    }
}

/// Adds `pad` and a check to `bytes`, or takes them off.
fn padded(bytes: &[u8], pad: &[u8]) -> Vec<u8> {
    bytes.iter().zip(pad).map(|(a, b)| a ^ b).collect()
}

fn check(pad: &[u8]) -> Vec<u8> {
    Sha256::digest(pad).to_vec()
}

impl Provider for Arc<FakeProvider> {
    fn claims(&self) -> Answer<Claims> {
        self.may("claims")?;
        Ok(self.claims.lock().unwrap().clone())
    }

    fn makes_both(&self) -> Answer<()> {
        self.may("makes_both")
    }

    fn make_signing_key(&self, name: &str) -> Answer<()> {
        self.may("make_signing_key")?;
        let key = SigningKey::random(&mut OsRng);
        self.signing.lock().unwrap().insert(name.to_owned(), key);
        Ok(())
    }

    fn make_unwrapping_key(&self, name: &str) -> Answer<()> {
        self.may("make_unwrapping_key")?;
        let mut pad = vec![0; 32];
        OsRng.fill_bytes(&mut pad);
        self.unwrapping.lock().unwrap().insert(name.to_owned(), pad);
        Ok(())
    }

    fn public_point(&self, name: &str) -> Answer<Vec<u8>> {
        self.may("public_point")?;
        let keys = self.signing.lock().unwrap();
        let key = keys.get(name).ok_or(ProviderError::Status(BAD_KEYSET))?;
        Ok(key.verifying_key().to_encoded_point(false).as_bytes()[1..].to_vec())
    }

    fn sign(&self, name: &str, digest: &[u8; 32]) -> Answer<Vec<u8>> {
        self.may("sign")?;
        let keys = self.signing.lock().unwrap();
        let key = keys.get(name).ok_or(ProviderError::Status(BAD_KEYSET))?;
        let signature: Signature = key.sign_prehash(digest).unwrap();
        Ok(signature.to_bytes().to_vec())
    }

    fn wrap_key(&self, name: &str, key: &SecretBytes) -> Answer<Vec<u8>> {
        self.may("wrap_key")?;
        let pad = self.pad(name)?;
        Ok([padded(key.expose_secret(), &pad), check(&pad)].concat())
    }

    fn unwrap_key(&self, name: &str, wrapped: &[u8]) -> Answer<SecretBytes> {
        self.may("unwrap_key")?;
        let pad = self.pad(name)?;
        let (key, checked) = wrapped.split_at(32);
        if checked != check(&pad) {
            return Err(ProviderError::Status(BAD_DATA));
        }
        Ok(SecretBytes::new(padded(key, &pad)))
    }

    fn delete_key(&self, name: &str) -> Answer<()> {
        self.may("delete_key")?;
        self.signing.lock().unwrap().remove(name);
        self.unwrapping.lock().unwrap().remove(name);
        Ok(())
    }

    fn protect(&self, bytes: &[u8], entropy: &SecretBytes) -> Answer<Vec<u8>> {
        self.may("protect")?;
        Ok([check(entropy.expose_secret()), bytes.to_vec()].concat())
    }

    fn unprotect(&self, protected: &[u8], entropy: &SecretBytes) -> Answer<Vec<u8>> {
        self.may("unprotect")?;
        let (checked, bytes) = protected.split_at(32);
        if checked != check(entropy.expose_secret()) {
            return Err(ProviderError::Status(0x8007_000d));
        }
        Ok(bytes.to_vec())
    }
}

fn profile(site: &Site, fake: &Arc<FakeProvider>) -> Profile {
    let hardware = Arc::new(Platform::new(Arc::clone(fake)));
    site.profile().with_hardware(Some(hardware))
}

fn create(site: &Site, fake: &Arc<FakeProvider>) -> Result<crate::Vault, OpenError> {
    profile(site, fake).create(site.store.clone(), &site.machine, &mut OsRng)
}

fn open(site: &Site, fake: &Arc<FakeProvider>) -> Result<crate::Vault, OpenError> {
    profile(site, fake).open(site.store.clone(), &site.machine)
}

#[test]
fn a_token_lives_behind_the_provider_and_opens_again() {
    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    let mut vault = create(&site, &fake).unwrap();
    assert_eq!(vault.device().kind(), DeviceKeyKind::PlatformProvider);
    assert_eq!(vault.device().level(), AssuranceLevel::L2);
    let id = add(&mut vault, 7, "SKTS00000001").unwrap();
    let signed = vault.device().sign(b"message").unwrap();
    drop(vault);
    let vault = open(&site, &fake).unwrap();
    assert_computes(&vault, &id, 7);
    use p256::pkcs8::DecodePublicKey;
    let key = VerifyingKey::from_public_key_der(vault.device().spki()).unwrap();
    key.verify(b"message", &Signature::from_slice(&signed).unwrap())
        .unwrap();
    // The chip is asked for every code.
    fake.fail("unwrap_key", LOCKOUT);
    assert!(vault.mac(&id, crate::tests::STEP).is_err());
    fake.works();
    assert_computes(&vault, &id, 7);
}

#[test]
fn what_is_no_hardware_gets_no_key_and_the_profile_one_in_software() {
    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    fake.claims.lock().unwrap().wine = true;
    let hardware = Platform::new(Arc::clone(&fake));
    assert_eq!(hardware.probe(), Err(DeviceKeyError::NotHardware));
    let vault = create(&site, &fake).unwrap();
    assert_eq!(vault.device().kind(), DeviceKeyKind::Software);
    assert_eq!(vault.device().level(), AssuranceLevel::L1);
    assert_eq!(fake.key_count(), 0);
}

#[test]
fn a_failure_while_making_leaves_nothing_behind() {
    for (call, status) in [
        ("make_signing_key", BAD_DATA),
        ("public_point", NO_ANSWER),
        ("make_unwrapping_key", 0x8009_0029),
        ("wrap_key", BAD_DATA),
        ("protect", BAD_DATA),
        ("unprotect", BAD_DATA),
        ("unwrap_key", BAD_DATA),
        ("sign", LOCKOUT),
    ] {
        let (store, fake) = (Arc::new(MemoryKeyStore::new()), FakeProvider::of_intel());
        let machine = MachineId::from_system_text("one").unwrap();
        let key_store: Arc<dyn KeyStore> = store.clone();
        let context = DeviceKeyContext {
            profile_id: "p",
            app_id: APP,
            machine: &machine,
            key_store: &key_store,
        };
        fake.fail(call, status);
        let made = Platform::new(Arc::clone(&fake)).make(&context, &mut OsRng);
        assert!(made.is_err(), "{call}");
        assert_eq!(fake.key_count(), 0, "{call}");
        assert!(store.items().is_empty(), "{call}");
    }
}

#[test]
fn a_chip_that_is_not_ready_is_absent_at_first_and_waited_for_afterwards() {
    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    fake.fail("*", LOCKOUT);
    assert_eq!(create(&site, &fake).err(), Some(OpenError::ChipBusy));
    fake.works();
    let mut vault = create(&site, &fake).unwrap();
    let id = add(&mut vault, 7, "SKTS00000001").unwrap();
    drop(vault);
    for status in [LOCKOUT, NOT_READY] {
        fake.fail("*", status);
        assert_eq!(open(&site, &fake).err(), Some(OpenError::ChipBusy));
    }
    fake.works();
    assert_computes(&open(&site, &fake).unwrap(), &id, 7);

    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    fake.fail("*", NOT_READY);
    let vault = create(&site, &fake).unwrap();
    assert_eq!(vault.device().kind(), DeviceKeyKind::Software);
}

#[test]
fn what_the_chip_has_lost_is_gone_and_nothing_is_made_in_its_place() {
    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    add(&mut create(&site, &fake).unwrap(), 7, "SKTS00000001").unwrap();
    let names = fake
        .signing
        .lock()
        .unwrap()
        .keys()
        .cloned()
        .collect::<Vec<_>>();
    let unwrapping = fake.unwrapping.lock().unwrap().clone();
    // Another key under the name of each.
    for name in unwrapping.keys() {
        fake.make_unwrapping_key(name).unwrap();
    }
    assert_eq!(open(&site, &fake).err(), Some(OpenError::DeviceKeyGone));
    *fake.unwrapping.lock().unwrap() = unwrapping;
    assert!(open(&site, &fake).is_ok());
    fake.make_signing_key(&names[0]).unwrap();
    assert_eq!(open(&site, &fake).err(), Some(OpenError::DeviceKeyGone));
    fake.clear();
    assert_eq!(open(&site, &fake).err(), Some(OpenError::DeviceKeyGone));
    // DPAPI forgets its keys when somebody else resets the user's password.
    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    add(&mut create(&site, &fake).unwrap(), 7, "SKTS00000001").unwrap();
    fake.fail("unprotect", 0x8009_000b);
    assert_eq!(open(&site, &fake).err(), Some(OpenError::DeviceKeyGone));
    fake.works();
    assert!(open(&site, &fake).is_ok());
}

#[test]
fn without_the_keystores_half_or_with_another_the_chip_is_of_no_use() {
    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    add(&mut create(&site, &fake).unwrap(), 7, "SKTS00000001").unwrap();
    let items = site.store.items();
    let mut without = items.clone();
    without.retain(|name, _| !name.ends_with(".device"));
    site.store.set_items(without);
    let missing = OpenError::ItemMissing {
        institution_id: None,
    };
    assert_eq!(open(&site, &fake).err(), Some(missing));
    let mut other = items.clone();
    other
        .iter_mut()
        .filter(|(name, _)| name.ends_with(".device"))
        .for_each(|(_, half)| half[0] ^= 1);
    site.store.set_items(other);
    let refused = open(&site, &fake).err();
    assert!(matches!(refused, Some(OpenError::Corrupt { .. })));
    site.store.set_items(items);
    assert!(open(&site, &fake).is_ok());
}

#[test]
fn starting_over_deletes_the_keys_in_the_provider_on_its_own_machine_only() {
    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    add(&mut create(&site, &fake).unwrap(), 7, "SKTS00000001").unwrap();
    assert_eq!(fake.key_count(), 2);
    let elsewhere = MachineId::from_system_text("another machine").unwrap();
    let copy = site.copy();
    profile(&copy, &fake)
        .start_over(copy.store.clone(), Some(&elsewhere))
        .unwrap();
    assert_eq!(fake.key_count(), 2);
    profile(&site, &fake)
        .start_over(site.store.clone(), Some(&site.machine))
        .unwrap();
    assert_eq!(fake.key_count(), 0);
    assert!(site.store.items().is_empty());
}

#[test]
fn a_set_up_that_was_cut_off_is_begun_again_under_its_own_names() {
    let (site, fake) = (Site::new(), FakeProvider::of_intel());
    let fuse = crate::tests::Fuse::new(6, crate::tests::Cut::Killed);
    let hardware = Arc::new(Platform::new(Arc::clone(&fake)));
    let cut = fuse.profile(&site).with_hardware(Some(hardware));
    assert!(
        cut.create(site.store.clone(), &site.machine, &mut OsRng)
            .is_err()
    );
    assert_eq!(
        fake.key_count(),
        2,
        "it was cut off after the keys were made"
    );
    drop(create(&site, &fake).unwrap());
    assert_eq!(fake.key_count(), 2);
    assert_eq!(site.store.items().len(), 1);
}

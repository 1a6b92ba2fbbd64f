//! The vault on a real TPM 2.0, which is `swtpm` here.
#![cfg(target_os = "linux")]

mod endorsement;
mod pin;
mod simulator;

use std::sync::Arc;

use rand_core::OsRng;
use simulator::{COUNTING_ROOT, ECC_ROOT, RSA_ROOT, Simulator};
use skts_otp::{AssuranceLevel, HashAlgorithm, SerialNumber, TimeStep, TokenPolicy, UnixTime};
use skts_sealed::SecretBytes;
use skts_vault::{
    DeviceKeyBackend, DeviceKeyError, DeviceKeyKind, MachineId, MemoryKeyStore, NewToken,
    OpenError, Profile, TokenId, Tpm, Vault, VaultError,
};
use tempfile::TempDir;

const APP: &str = "jp.example.skts";
const TRANSIENT: u32 = 0x8000_0000;
const STEPS: [TimeStep; 2] = [TimeStep::from_index(0), TimeStep::from_index(59_000_001)];

/// A profile and a keystore on a machine with a chip.
struct Site {
    folder: TempDir,
    store: Arc<MemoryKeyStore>,
}

impl Site {
    fn new() -> Self {
        Self {
            folder: tempfile::Builder::new()
                .prefix("skts-tpm-site-")
                .tempdir()
                .unwrap(),
            store: Arc::new(MemoryKeyStore::new()),
        }
    }

    /// The same files and items, in another place.
    fn copy(&self) -> Self {
        let copy = Self::new();
        let status = std::process::Command::new("cp")
            .arg("-a")
            .arg(self.folder.path().join("."))
            .arg(copy.folder.path())
            .status();
        assert!(status.unwrap().success());
        copy.store.set_items(self.store.items());
        copy
    }

    fn profile(&self, chip: &Simulator) -> Profile {
        Profile::at(self.folder.path().join("profile"), APP)
            .with_hardware(Some(Arc::new(Tpm::at(chip.path()))))
    }

    fn create(&self, chip: &Simulator) -> Result<Vault, OpenError> {
        self.profile(chip)
            .create(self.store.clone(), &machine(), &mut OsRng)
    }

    fn open(&self, chip: &Simulator) -> Result<Vault, OpenError> {
        self.profile(chip).open(self.store.clone(), &machine())
    }
}

fn machine() -> MachineId {
    MachineId::from_system_text("0123456789abcdef").unwrap()
}

fn seed() -> SecretBytes {
    SecretBytes::new((0x40..0x60).collect())
}

fn add(vault: &mut Vault, hash: HashAlgorithm) -> Result<TokenId, VaultError> {
    add_as(vault, "SKTS00000001", hash)
}

fn add_as(vault: &mut Vault, serial: &str, hash: HashAlgorithm) -> Result<TokenId, VaultError> {
    let token = NewToken {
        serial: SerialNumber::parse(serial).unwrap(),
        institution_id: "mihon-shinkin".to_owned(),
        service_id: "10000001".to_owned(),
        policy: TokenPolicy {
            hash,
            ..TokenPolicy::self_provisioned()
        },
        started_at: UnixTime::from_secs(1_763_000_000),
        expires_at: UnixTime::from_secs(1_921_000_000),
        match_number: None,
        server_offset_secs: 0,
        ratchet: SecretBytes::new(vec![0x5a; 32]),
        notes: None,
    };
    vault.add_token(token, seed(), SecretBytes::new(vec![9; 32]), &mut OsRng)
}

fn assert_computes(vault: &Vault, id: &TokenId, hash: HashAlgorithm) {
    let macs = vault.macs(id, &STEPS).unwrap();
    let expected = STEPS.map(|step| skts_otp::mac(seed().expose_secret(), hash, step).unwrap());
    for (mac, expected) in macs.iter().zip(&expected) {
        assert_eq!(mac.as_bytes(), expected.as_bytes(), "{hash:?}");
    }
    assert_eq!(macs.len(), STEPS.len());
}

#[test]
fn computes_the_codes_of_each_hash_in_the_chip_and_again_after_a_restart() {
    for hash in [
        HashAlgorithm::Sha1,
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha512,
    ] {
        let (mut chip, site) = (Simulator::start(), Site::new());
        let mut vault = site.create(&chip).unwrap();
        assert_eq!(vault.device().kind(), DeviceKeyKind::Tpm);
        // A chip that is a program counts as software.
        assert_eq!(vault.device().level(), AssuranceLevel::L1);
        let id = add(&mut vault, hash).unwrap();
        assert_computes(&vault, &id, hash);
        let device_id = vault.device_id();
        drop(vault);
        chip.restart();
        let vault = site.open(&chip).unwrap();
        assert_eq!(vault.device_id(), device_id);
        assert_computes(&vault, &id, hash);
        assert!(chip.handles(TRANSIENT).is_empty(), "everything was flushed");
    }
}

#[test]
fn signs_payments_in_the_chip() {
    let (mut chip, site) = (Simulator::start(), Site::new());
    let id = add(&mut site.create(&chip).unwrap(), HashAlgorithm::Sha1).unwrap();
    chip.restart();
    let vault = site.open(&chip).unwrap();
    // What a payment takes, and the most that a chip takes at once.
    for message in [[0x5a; 166].as_slice(), &[7; 1024]] {
        let signed = vault.signing_mac(&id, message).unwrap();
        let expected = skts_otp::keyed_hash(&[9; 32], HashAlgorithm::Sha256, message).unwrap();
        assert_eq!(signed.as_bytes(), expected.as_bytes());
    }
    assert!(chip.handles(TRANSIENT).is_empty(), "everything was flushed");
}

#[test]
fn signs_as_the_key_it_shows() {
    use p256::ecdsa::signature::Verifier;
    use p256::ecdsa::{Signature, VerifyingKey};
    use p256::pkcs8::DecodePublicKey;

    let (chip, site) = (Simulator::start(), Site::new());
    let vault = site.create(&chip).unwrap();
    let key = VerifyingKey::from_public_key_der(vault.device().spki()).unwrap();
    for message in [b"".as_slice(), b"message", &[7; 10_000]] {
        let signature = vault.device().sign(message).unwrap();
        let signature = Signature::from_slice(&signature).unwrap();
        key.verify(message, &signature).unwrap();
        assert!(key.verify(b"another", &signature).is_err());
    }
}

#[test]
fn is_of_no_use_without_the_chip_it_was_made_in() {
    let (mut chip, site) = (Simulator::start(), Site::new());
    add(&mut site.create(&chip).unwrap(), HashAlgorithm::Sha256).unwrap();
    // The whole disk and the whole keyring, in a machine that says it is the same.
    let copy = site.copy();
    let other = Simulator::start();
    assert_eq!(copy.open(&other).err(), Some(OpenError::DeviceKeyGone));
    chip.switch_off();
    assert_eq!(site.open(&chip).err(), Some(OpenError::ChipAbsent));
    chip.switch_on();
    site.open(&chip).unwrap();
    chip.clear();
    assert_eq!(site.open(&chip).err(), Some(OpenError::DeviceKeyGone));
    // And nothing was made in its place.
    assert_eq!(site.open(&chip).err(), Some(OpenError::DeviceKeyGone));
}

#[test]
fn works_on_a_clone_of_the_chip_which_only_the_service_can_tell() {
    let (mut chip, site) = (Simulator::start(), Site::new());
    let id = add(&mut site.create(&chip).unwrap(), HashAlgorithm::Sha256).unwrap();
    chip.switch_off();
    let (copy, clone) = (site.copy(), Simulator::clone_of(&chip));
    assert_computes(&copy.open(&clone).unwrap(), &id, HashAlgorithm::Sha256);
}

#[test]
fn is_of_no_use_without_the_keystore_item_or_with_another() {
    let (chip, site) = (Simulator::start(), Site::new());
    add(&mut site.create(&chip).unwrap(), HashAlgorithm::Sha256).unwrap();
    let items = site.store.items();
    let name = items.keys().find(|name| name.ends_with(".device")).unwrap();

    let mut without = items.clone();
    without.remove(name);
    site.store.set_items(without);
    let missing = OpenError::ItemMissing {
        institution_id: None,
    };
    assert_eq!(site.open(&chip).err(), Some(missing));

    for wrong in [vec![0; 32], vec![], vec![1; 31]] {
        let mut with_another = items.clone();
        with_another.insert(name.clone(), wrong);
        site.store.set_items(with_another);
        let opened = site.open(&chip);
        assert!(
            matches!(opened, Err(OpenError::Corrupt { .. })),
            "{opened:?}"
        );
    }
    site.store.set_items(items);
    // Ten wrong tries later the chip is not locked: its objects do not count them.
    site.open(&chip).unwrap();
}

#[test]
fn an_item_works_in_its_own_place_only() {
    let (chip, site) = (Simulator::start(), Site::new());
    let vault = site.create(&chip).unwrap();
    let device = vault.device();
    for (hash, other) in [
        (HashAlgorithm::Sha1, HashAlgorithm::Sha256),
        (HashAlgorithm::Sha256, HashAlgorithm::Sha512),
        (HashAlgorithm::Sha512, HashAlgorithm::Sha1),
    ] {
        let item = device
            .import_hmac_key(&seed(), b"here", hash, &mut OsRng)
            .unwrap();
        assert!(item.len() <= 600, "{} bytes", item.len());
        // Two numbers behind their lengths: the version, and where the key is (1: in the chip).
        assert_eq!(item[16..24], 1_u64.to_be_bytes(), "{hash:?}");
        device.macs(&item, b"here", hash, &STEPS).unwrap();
        let elsewhere = device.macs(&item, b"there", hash, &STEPS);
        assert_eq!(elsewhere.err(), Some(DeviceKeyError::WrongItem));
        // Nor does the chip compute another hash with it.
        assert!(device.macs(&item, b"here", other, &STEPS).is_err());
    }
}

#[test]
fn damage_at_any_byte_is_told_and_nothing_is_made_anew() {
    let (chip, site) = (Simulator::start(), Site::new());
    let id = add(&mut site.create(&chip).unwrap(), HashAlgorithm::Sha256).unwrap();
    let file = site.folder.path().join("profile/device.skts");
    let whole = std::fs::read(&file).unwrap();
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&file, &damaged).unwrap();
        let error = site.open(&chip).expect_err("damage at a byte");
        let told = matches!(error, OpenError::Corrupt { .. } | OpenError::NewerFormat);
        assert!(told, "byte {at}: {error:?}");
    }
    for length in [0, 6, 7, 40, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        let error = site.open(&chip).expect_err("a cut");
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    }
    std::fs::write(&file, &whole).unwrap();
    assert_computes(&site.open(&chip).unwrap(), &id, HashAlgorithm::Sha256);
}

#[test]
fn a_busy_chip_is_waited_for_and_no_weaker_key_is_made() {
    let (chip, site) = (Simulator::start(), Site::new());
    // Somebody else holds the only line to it.
    let held = std::os::unix::net::UnixStream::connect(chip.path()).unwrap();
    let hardware = Tpm::at(chip.path()).with_time_limit(std::time::Duration::from_millis(300));
    let hardware = Arc::new(hardware);
    let profile =
        Profile::at(site.folder.path().join("profile"), APP).with_hardware(Some(hardware.clone()));
    let create = || profile.create(site.store.clone(), &machine(), &mut OsRng);
    assert_eq!(create().err(), Some(OpenError::ChipBusy));
    assert_eq!(create().err(), Some(OpenError::ChipBusy));
    drop(held);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(create().unwrap().device().kind(), DeviceKeyKind::Tpm);
}

#[test]
fn without_a_chip_the_key_is_made_in_software_and_stays_there() {
    let site = Site::new();
    let mut chip = Simulator::start();
    chip.switch_off();
    let mut vault = site.create(&chip).unwrap();
    assert_eq!(vault.device().kind(), DeviceKeyKind::Software);
    let id = add(&mut vault, HashAlgorithm::Sha256).unwrap();
    drop(vault);
    chip.switch_on();
    let vault = site.open(&chip).unwrap();
    assert_eq!(vault.device().kind(), DeviceKeyKind::Software);
    assert_computes(&vault, &id, HashAlgorithm::Sha256);
}

#[test]
fn a_device_that_is_no_chip_is_none() {
    let site = Site::new();
    let not_a_chip = site.folder.path().join("file");
    std::fs::write(&not_a_chip, "hello").unwrap();
    let profile = Profile::at(site.folder.path().join("profile"), APP)
        .with_hardware(Some(Arc::new(Tpm::at(&not_a_chip))));
    let vault = profile.create(site.store.clone(), &machine(), &mut OsRng);
    assert_eq!(vault.unwrap().device().kind(), DeviceKeyKind::Software);
    let kept = std::fs::read(&not_a_chip).unwrap();
    assert_eq!(kept, b"hello", "it was written to");
}

#[test]
fn what_the_system_keeps_in_the_chip_is_the_parent_and_may_go_and_come_back() {
    for (root, lasts) in [(ECC_ROOT, true), (RSA_ROOT, false)] {
        let (chip, site) = (Simulator::start(), Site::new());
        chip.keep_root(root, "");
        let id = add(&mut site.create(&chip).unwrap(), HashAlgorithm::Sha256).unwrap();
        assert_computes(&site.open(&chip).unwrap(), &id, HashAlgorithm::Sha256);
        assert!(chip.handles(TRANSIENT).is_empty(), "everything was flushed");
        chip.drop_root();
        match site.open(&chip) {
            // The template makes the same key.
            Ok(vault) if lasts => assert_computes(&vault, &id, HashAlgorithm::Sha256),
            opened => assert_eq!(opened.err(), Some(OpenError::ChipAbsent)),
        }
        chip.keep_root(root, "");
        assert_computes(&site.open(&chip).unwrap(), &id, HashAlgorithm::Sha256);
        chip.clear();
        assert_eq!(site.open(&chip).err(), Some(OpenError::DeviceKeyGone));
    }
}

#[test]
fn a_kept_key_that_is_no_parent_for_us_is_passed_over() {
    for (root, password) in [(COUNTING_ROOT, ""), (ECC_ROOT, "70617373")] {
        let (chip, site) = (Simulator::start(), Site::new());
        chip.keep_root(root, password);
        let mut vault = site.create(&chip).unwrap();
        assert_eq!(vault.device().kind(), DeviceKeyKind::Tpm);
        let id = add(&mut vault, HashAlgorithm::Sha256).unwrap();
        drop(vault);
        chip.drop_root();
        assert_computes(&site.open(&chip).unwrap(), &id, HashAlgorithm::Sha256);
    }
}

#[test]
fn an_owner_who_keeps_the_chip_to_himself_leaves_us_the_software() {
    let (chip, site) = (Simulator::start(), Site::new());
    chip.set_owner_password();
    let tpm = Tpm::at(chip.path());
    assert_eq!(tpm.probe(), Err(DeviceKeyError::Denied));
    let vault = site.create(&chip).unwrap();
    assert_eq!(vault.device().kind(), DeviceKeyKind::Software);

    // Where the password comes later, nothing is lost by it and nothing is called damaged.
    let (chip, site) = (Simulator::start(), Site::new());
    add(&mut site.create(&chip).unwrap(), HashAlgorithm::Sha256).unwrap();
    chip.set_owner_password();
    assert_eq!(site.open(&chip).err(), Some(OpenError::ChipAbsent));
}

#[test]
fn one_damaged_item_costs_one_token() {
    let (chip, site) = (Simulator::start(), Site::new());
    let mut vault = site.create(&chip).unwrap();
    let good = add(&mut vault, HashAlgorithm::Sha256).unwrap();
    let bad = add_as(&mut vault, "SKTS00000002", HashAlgorithm::Sha256).unwrap();
    drop(vault);
    let items = site.store.items();
    let name = items.keys().find(|name| name.ends_with(bad.as_str()));
    let name = name.unwrap().clone();
    for at in (10..items[&name].len()).step_by(11) {
        let mut damaged = items.clone();
        damaged.get_mut(&name).unwrap()[at] ^= 0x40;
        site.store.set_items(damaged);
        let vault = site.open(&chip).unwrap();
        assert_computes(&vault, &good, HashAlgorithm::Sha256);
        // The second half is the signing key, which no code needs.
        assert!(vault.faulty_tokens().len() <= 1, "byte {at}");
    }
}

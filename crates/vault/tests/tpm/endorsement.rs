//! What a chip says of a key, and what it opens.

use rand_core::OsRng;
use sha2::{Digest, Sha256};
use skts_sealed::FieldReader;
use skts_vault::{DeviceKeyError, Vault};

use crate::simulator::{ENDORSEMENT_P256, ENDORSEMENT_RSA, Simulator};
use crate::{Site, TRANSIENT};

const SESSION: u32 = 0x0300_0000;
const SECRET: [u8; 32] = [0x5c; 32];

fn fields(statement: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = FieldReader::new(statement);
    let mut fields = Vec::new();
    while !reader.is_at_end() {
        fields.push(reader.bytes().unwrap().to_vec());
    }
    fields
}

/// Name of the device key.
fn name(vault: &Vault) -> Vec<u8> {
    let statement = vault.device().statement().unwrap();
    let public = fields(&statement).remove(1);
    [&[0, 11], Sha256::digest(public).as_slice()].concat()
}

fn assert_flushed(chip: &Simulator) {
    assert!(chip.handles(TRANSIENT).is_empty(), "objects are left");
    assert!(chip.handles(SESSION).is_empty(), "a session is left");
}

#[test]
fn a_chip_with_a_certificate_says_so_and_opens_what_is_made_for_it_and_its_key() {
    for kind in [ENDORSEMENT_P256, ENDORSEMENT_RSA] {
        let (chip, site) = (Simulator::start(), Site::new());
        let certificate = chip.certify(&kind);
        let vault = site.create(&chip).unwrap();
        let device = vault.device();
        let said = fields(&device.statement().unwrap());
        assert_eq!(said.len(), 3, "tag, public area, certificate");
        assert_eq!(said[0], b"tpm-ek/v1");
        let point = &device.spki()[27..];
        assert_eq!(said[1][22..54], point[..32]);
        assert_eq!(said[1][56..], point[32..]);
        assert_eq!(said[2], certificate, "without the filling");
        assert_flushed(&chip);

        let credential = chip.credential(&kind, &name(&vault), &SECRET);
        for _ in 0..3 {
            let opened = device.activate_credential(&credential).unwrap();
            assert_eq!(opened.expose_secret(), SECRET);
        }
        assert_flushed(&chip);
        // For another key, cut, or changed: not opened, and nothing is left behind.
        let mut other = name(&vault);
        other[9] ^= 1;
        let other = chip.credential(&kind, &other, &SECRET);
        device.activate_credential(&other).unwrap_err();
        for at in [0, 10, credential.len() - 1] {
            let mut changed = credential.clone();
            changed[at] ^= 1;
            device.activate_credential(&changed).unwrap_err();
            device.activate_credential(&credential[..at]).unwrap_err();
        }
        assert_flushed(&chip);
        // And still, after the others.
        device.activate_credential(&credential).unwrap();
    }
}

#[test]
fn what_is_made_for_one_chip_opens_in_no_other() {
    let (chip, site) = (Simulator::start(), Site::new());
    chip.certify(&ENDORSEMENT_P256);
    let vault = site.create(&chip).unwrap();
    let stranger = Simulator::start();
    let credential = stranger.credential(&ENDORSEMENT_P256, &name(&vault), &SECRET);
    let opened = vault.device().activate_credential(&credential);
    assert_eq!(opened.err(), Some(DeviceKeyError::WrongItem));
}

#[test]
fn the_certificates_between_are_said_too() {
    let (chip, site) = (Simulator::start(), Site::new());
    chip.certify(&ENDORSEMENT_P256);
    let one = [&[0x30, 0x82, 0x02, 0x58][..], &[1; 600]].concat();
    let two = [&[0x30, 0x82, 0x01, 0x90][..], &[2; 400]].concat();
    // One after another, across the indices that they fill.
    let both = [one.as_slice(), &two].concat();
    let (first, second) = both.split_at(700);
    chip.keep("01c00100", first);
    chip.keep("01c00101", second);
    let vault = site.create(&chip).unwrap();
    let said = fields(&vault.device().statement().unwrap());
    assert_eq!(said[3..], [one, two]);
}

#[test]
fn a_chip_that_can_prove_nothing_says_nothing() {
    let (chip, site) = (Simulator::start(), Site::new());
    let vault = site.create(&chip).unwrap();
    let nothing: &[u8] = &[];
    assert_eq!(
        vault.device().statement().unwrap(),
        nothing,
        "no certificate"
    );
    chip.keep(ENDORSEMENT_P256.index, b"not a certificate");
    assert_eq!(vault.device().statement().unwrap(), nothing, "filling");
    let other = [&[0x30, 0x82, 0x02, 0x58][..], &[1; 600]].concat();
    chip.keep(ENDORSEMENT_RSA.index, &other);
    assert_eq!(
        vault.device().statement().unwrap(),
        nothing,
        "another key's"
    );
    let opened = vault.device().activate_credential(&[0; 8]);
    assert_eq!(opened.err(), Some(DeviceKeyError::Unsupported));
    assert_flushed(&chip);

    let (chip, site) = (Simulator::start(), Site::new());
    chip.certify(&ENDORSEMENT_P256);
    let vault = site.create(&chip).unwrap();
    let credential = chip.credential(&ENDORSEMENT_P256, &name(&vault), &SECRET);
    chip.set_endorsement_password();
    assert_eq!(vault.device().statement().unwrap(), nothing, "an owner's");
    let opened = vault.device().activate_credential(&credential);
    assert_eq!(opened.err(), Some(DeviceKeyError::Unsupported));
    // The token goes on: signing needs no endorsement.
    vault.device().sign(b"message").unwrap();
}

#[test]
fn a_chip_that_is_busy_is_not_one_that_says_nothing() {
    let (chip, site) = (Simulator::start(), Site::new());
    chip.certify(&ENDORSEMENT_P256);
    let hardware = skts_vault::Tpm::at(chip.path());
    let hardware = hardware.with_time_limit(std::time::Duration::from_millis(300));
    let profile = skts_vault::Profile::at(site.folder.path().join("profile"), crate::APP);
    let profile = profile.with_hardware(Some(std::sync::Arc::new(hardware)));
    let vault = profile.create(site.store.clone(), &crate::machine(), &mut OsRng);
    let vault = vault.unwrap();
    // Somebody else holds the only line to it.
    let held = std::os::unix::net::UnixStream::connect(chip.path()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    let said = vault.device().statement();
    assert_eq!(said.err(), Some(DeviceKeyError::Busy));
    drop(held);
}

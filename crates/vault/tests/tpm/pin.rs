//! A PIN that the chip counts.

use skts_vault::{MOST_PIN_TRIES, Moment, Pin, PinChange, PinStatus, Unlocked};

use super::simulator::NO_PASSWORD;
use super::*;

const PIN: &str = "835107";
const OTHER: &str = "4926";
/// What the TCG leaves to the owner.
const INDICES: u32 = 0x0100_0000;

fn pin(digits: &str) -> Pin {
    Pin::parse(digits).unwrap()
}

fn at(secs: u64) -> Moment {
    Moment {
        wall_ms: (1_800_000_000 + secs) * 1000,
        steady: None,
    }
}

/// What the owner of the chip can do with an index, whose password is empty.
impl Simulator {
    /// `TPM2_NV_ReadPublic`, as one that was never written.
    fn unwritten_public(&self, index: u32) -> Vec<u8> {
        let answer = self.send_sized("8001", &format!("00000169{index:08x}"));
        assert_eq!(answer[6..10], [0; 4], "TPM2_NV_ReadPublic");
        let length = usize::from(u16::from_be_bytes([answer[10], answer[11]]));
        let mut public = answer[12..12 + length].to_vec();
        // The attribute `WRITTEN`.
        public[6] &= !0x20;
        public
    }

    fn delete_index(&self, index: u32) {
        let body = format!("0000012240000001{index:08x}{NO_PASSWORD}");
        let answer = self.send_sized("8002", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_NV_UndefineSpace");
    }

    fn define_index(&self, public: &[u8], password: &[u8]) {
        let body = format!(
            "0000012a40000001{NO_PASSWORD}{:04x}{}{:04x}{}",
            password.len(),
            hex::encode(password),
            public.len(),
            hex::encode(public)
        );
        let answer = self.send_sized("8002", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_NV_DefineSpace");
    }

    fn write_index_as_owner(&self, index: u32, content: &[u8]) -> bool {
        let body = format!(
            "0000013740000001{index:08x}{NO_PASSWORD}{:04x}{}0000",
            content.len(),
            hex::encode(content)
        );
        self.send_sized("8002", &body)[6..10] == [0; 4]
    }
}

impl Site {
    fn unlock(&self, chip: &Simulator, digits: &str, secs: u64) -> Result<Unlocked, OpenError> {
        self.profile(chip)
            .unlock(self.store.clone(), &machine(), &pin(digits), &at(secs))
    }

    fn status(&self, chip: &Simulator, secs: u64) -> PinStatus {
        self.profile(chip)
            .pin_status(self.store.clone(), &machine(), &at(secs))
            .unwrap()
            .expect("a lock")
    }

    /// Tries wrong PINs, waiting out what there is to wait; the moment of the last.
    fn try_wrong(&self, chip: &Simulator, times: u32, from_secs: u64) -> u64 {
        let mut secs = from_secs;
        for _ in 0..times {
            if let Some(wait) = self.status(chip, secs).wait {
                secs += wait.left_ms.div_ceil(1000);
            }
            let tried = self.unlock(chip, OTHER, secs);
            assert!(matches!(tried, Ok(Unlocked::Refused(_))), "{tried:?}");
        }
        secs
    }
}

fn locked(chip: &Simulator) -> (Site, TokenId) {
    let site = Site::new();
    let mut vault = site.create(chip).unwrap();
    let id = add(&mut vault, HashAlgorithm::Sha256).unwrap();
    vault.set_pin(&pin(PIN), &mut OsRng).unwrap();
    assert_computes(&vault, &id, HashAlgorithm::Sha256);
    (site, id)
}

fn assert_opens(opened: Result<Unlocked, OpenError>, id: &TokenId) {
    match opened {
        Ok(Unlocked::Open(vault)) => assert_computes(&vault, id, HashAlgorithm::Sha256),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_chip_counts_wrong_pins_and_a_right_one_sets_it_back() {
    let mut chip = Simulator::start();
    let (site, id) = locked(&chip);
    assert!(site.status(&chip, 0).in_hardware);
    assert_eq!(site.open(&chip).err(), Some(OpenError::PinLocked));
    site.try_wrong(&chip, 2, 0);
    chip.restart();
    assert_eq!(site.status(&chip, 0).tries_left, 8);
    assert_opens(site.unlock(&chip, PIN, 0), &id);
    assert_eq!(site.status(&chip, 0).tries_left, MOST_PIN_TRIES);
    assert!(chip.handles(TRANSIENT).is_empty(), "everything was flushed");
}

#[test]
fn files_and_items_put_back_give_no_try_back_where_the_chip_counts() {
    let chip = Simulator::start();
    let (site, id) = locked(&chip);
    let items = site.store.items();
    let secs = site.try_wrong(&chip, 6, 0);
    site.store.set_items(items.clone());
    // The wait of the sixth begins anew, as nobody knows when that was.
    let status = site.status(&chip, secs);
    assert_eq!((status.tries_left, status.wait.is_some()), (4, true));
    let tried = site.unlock(&chip, PIN, secs + 1);
    assert!(matches!(tried, Ok(Unlocked::NotNow(_))), "{tried:?}");
    assert_opens(site.unlock(&chip, PIN, secs + 1000), &id);

    // Put back before each try, until the chip takes none any more.
    let mut secs = secs + 2000;
    for _ in 0..MOST_PIN_TRIES {
        site.store.set_items(items.clone());
        // The first look raises the count, and begins the wait.
        secs += site
            .status(&chip, secs)
            .wait
            .map_or(0, |wait| wait.left_ms / 1000);
        let tried = site.unlock(&chip, OTHER, secs);
        assert!(matches!(tried, Ok(Unlocked::Refused(_))), "{tried:?}");
    }
    site.store.set_items(items);
    // What was there before the end does not bring back what the chip has thrown away.
    let tried = site.unlock(&chip, PIN, secs + 100_000);
    assert_eq!(tried.err(), Some(OpenError::DeviceKeyGone));
}

#[test]
fn the_pin_cannot_be_tried_without_the_chip_it_was_set_on() {
    let (chip, other) = (Simulator::start(), Simulator::start());
    let (site, _) = locked(&chip);
    let tried = site.copy().unlock(&other, PIN, 0);
    assert_eq!(tried.err(), Some(OpenError::DeviceKeyGone));
}

#[test]
fn its_place_is_given_back_when_it_is_changed_taken_off_or_started_over() {
    let chip = Simulator::start();
    let before = chip.handles(INDICES).len();
    let (site, id) = locked(&chip);
    assert_eq!(chip.handles(INDICES).len(), before + 1);
    let Ok(Unlocked::Open(mut vault)) = site.unlock(&chip, PIN, 0) else {
        panic!()
    };
    let changed = vault.change_pin(&pin(PIN), &pin(OTHER), &at(0), &mut OsRng);
    assert_eq!(changed, Ok(PinChange::Done));
    assert_eq!(chip.handles(INDICES).len(), before + 1);
    drop(vault);
    assert!(matches!(
        site.unlock(&chip, PIN, 0),
        Ok(Unlocked::Refused(_))
    ));
    let Ok(Unlocked::Open(mut vault)) = site.unlock(&chip, OTHER, 0) else {
        panic!()
    };
    assert_eq!(vault.remove_pin(&pin(OTHER), &at(0)), Ok(PinChange::Done));
    assert_computes(&vault, &id, HashAlgorithm::Sha256);
    assert_eq!(chip.handles(INDICES).len(), before);

    vault.set_pin(&pin(PIN), &mut OsRng).unwrap();
    drop(vault);
    assert_eq!(chip.handles(INDICES).len(), before + 1);
    site.profile(&chip)
        .start_over(site.store.clone(), Some(&machine()))
        .unwrap();
    assert_eq!(chip.handles(INDICES).len(), before);
}

/// What stands last in a record of fields.
fn last_field(record: &[u8]) -> Vec<u8> {
    let mut rest = &record[6..];
    let mut field: &[u8] = &[];
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        (field, rest) = tail.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
    }
    field.to_vec()
}

/// The owner of the chip, whose password is empty, can delete the index and make one like it.
#[test]
fn an_index_made_anew_in_its_place_opens_nothing() {
    let chip = Simulator::start();
    let (site, _) = locked(&chip);
    let place = chip.handles(INDICES)[0];
    let public = chip.unwritten_public(place);
    let items = site.store.items();
    let item = items.iter().find(|(name, _)| name.ends_with(".device"));
    let guard = last_field(item.unwrap().1);
    let guards = Tpm::at(chip.path());
    let half = |password: [u8; 32]| {
        let password = SecretBytes::from_slice(&password);
        let guards = guards.pin_guards().unwrap();
        guards.half(&place.to_be_bytes(), &guard, &password)
    };
    assert_eq!(half([0x11; 32]).err(), Some(DeviceKeyError::WrongItem));
    chip.delete_index(place);
    chip.define_index(&public, &[0x11; 32]);
    assert!(
        half([0x11; 32]).is_err(),
        "with the password of the new one"
    );
    let tried = site.unlock(&chip, PIN, 0);
    assert!(
        matches!(tried, Ok(Unlocked::Refused(_)) | Err(_)),
        "{tried:?}"
    );
    // Nor can the count of the first be written by its owner.
    let (site, _) = locked(&chip);
    let place = *chip
        .handles(INDICES)
        .iter()
        .find(|one| **one != place)
        .unwrap();
    site.try_wrong(&chip, 2, 0);
    assert!(!chip.write_index_as_owner(place, &[0; 8]));
    assert_eq!(site.status(&chip, 0).tries_left, 8);
}

#[test]
fn a_chip_whose_owner_has_a_password_leaves_the_count_to_the_keystore() {
    let chip = Simulator::start();
    let site = Site::new();
    chip.keep_root(ECC_ROOT, "");
    chip.set_owner_password();
    let mut vault = site.create(&chip).unwrap();
    let id = add(&mut vault, HashAlgorithm::Sha256).unwrap();
    vault.set_pin(&pin(PIN), &mut OsRng).unwrap();
    drop(vault);
    let status = site.status(&chip, 0);
    assert!(!status.in_hardware);
    site.try_wrong(&chip, 2, 0);
    assert_eq!(site.status(&chip, 0).tries_left, 8);
    assert_opens(site.unlock(&chip, PIN, 0), &id);
}

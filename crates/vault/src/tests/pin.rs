//! A profile behind a PIN.

use super::*;

const PIN: &str = "835107";
const OTHER: &str = "4926";
const START: u64 = 1_800_000_000;

fn pin(digits: &str) -> Pin {
    Pin::parse(digits).unwrap()
}

/// So many seconds after the start, in one run of the computer.
fn at(secs: u64) -> Moment {
    Moment {
        wall_ms: (START + secs) * 1000,
        steady: Some(("run".to_owned(), secs * 1000)),
    }
}

fn unlock(site: &Site, digits: &str, now: &Moment) -> Unlocked {
    site.profile()
        .unlock(site.store.clone(), &site.machine, &pin(digits), now)
        .unwrap()
}

fn status(site: &Site, now: &Moment) -> PinStatus {
    let status = site
        .profile()
        .pin_status(site.store.clone(), &site.machine, now);
    status.unwrap().expect("a lock")
}

fn assert_opens(site: &Site, id: &TokenId, digits: &str, now: &Moment) {
    match unlock(site, digits, now) {
        Unlocked::Open(vault) => assert_computes(&vault, id, 1),
        other => panic!("{other:?}"),
    }
}

fn assert_refused(site: &Site, digits: &str, now: &Moment, left: u32) {
    match unlock(site, digits, now) {
        Unlocked::Refused(status) => assert_eq!(status.tries_left, left),
        other => panic!("{other:?}"),
    }
}

/// A site with a token behind the PIN.
fn locked() -> (Site, TokenId) {
    let (site, id) = Site::with_token(1);
    let mut vault = site.open().unwrap();
    vault.set_pin(&pin(PIN), &mut OsRng).unwrap();
    assert!(vault.has_pin());
    assert_computes(&vault, &id, 1);
    (site, id)
}

/// Tries wrong PINs until `times` were counted, waiting out what there is to wait.
fn try_wrong(site: &Site, times: u32, from_secs: u64) -> u64 {
    let mut secs = from_secs;
    for _ in 0..times {
        if let Some(wait) = status(site, &at(secs)).wait {
            secs += wait.left_ms.div_ceil(1000);
        }
        assert!(matches!(
            unlock(site, OTHER, &at(secs)),
            Unlocked::Refused(_)
        ));
    }
    secs
}

#[test]
fn a_pin_is_asked_for_at_each_opening_and_no_other_opens_it() {
    let (site, id) = locked();
    assert_eq!(site.open().err(), Some(OpenError::PinLocked));
    assert_eq!(site.create().err(), Some(OpenError::PinLocked));
    assert_refused(&site, OTHER, &at(0), 9);
    assert_opens(&site, &id, PIN, &at(1));
    assert_eq!(status(&site, &at(1)).tries_left, MOST_PIN_TRIES, "set back");
    assert_eq!(site.open().err(), Some(OpenError::PinLocked));
}

#[test]
fn without_a_pin_nothing_is_kept_of_it_and_any_opens() {
    let (site, id) = Site::with_token(1);
    let before = site.everything();
    assert_opens(&site, &id, PIN, &at(0));
    assert!(!site.open().unwrap().has_pin());
    let now = at(0);
    let status = site
        .profile()
        .pin_status(site.store.clone(), &site.machine, &now);
    assert_eq!(status, Ok(None));
    assert_eq!(site.everything(), before);
}

#[test]
fn a_wrong_pin_is_counted_before_it_is_tried() {
    let (site, _) = locked();
    // Killed at the first write after the count: what the PIN is has not been said yet.
    let fuse = Fuse::new(0, Cut::Killed);
    let killed = fuse
        .profile(&site)
        .unlock(fuse.store(&site), &site.machine, &pin(PIN), &at(0));
    assert!(killed.is_err(), "nothing is looked at that was not counted");
    let fuse = Fuse::new(1, Cut::Killed);
    let killed = fuse
        .profile(&site)
        .unlock(fuse.store(&site), &site.machine, &pin(PIN), &at(0));
    assert!(
        killed.is_err(),
        "right, but the count could not be set back"
    );
    assert_eq!(status(&site, &at(0)).tries_left, 9);
}

#[test]
fn a_wait_is_kept_by_restarts_and_by_a_clock_set_back_and_no_pin_is_looked_at() {
    let (site, id) = locked();
    let secs = try_wrong(&site, 5, 0);
    for now in [
        at(secs + 299),
        // The clock an hour back, and ahead, in the same run.
        Moment {
            wall_ms: (START - 3600) * 1000,
            ..at(secs + 299)
        },
        Moment {
            wall_ms: (START + 90_000) * 1000,
            ..at(secs + 299)
        },
        // Another run, with the clock set back.
        Moment {
            wall_ms: (START - 3600) * 1000,
            steady: None,
        },
    ] {
        match unlock(&site, PIN, &now) {
            Unlocked::NotNow(status) => assert_eq!(status.tries_left, 5),
            other => panic!("{other:?} at {now:?}"),
        }
    }
    // The last had the wait begin anew, from that clock.
    let later = |secs| Moment {
        wall_ms: (START - 3600 + secs) * 1000,
        steady: None,
    };
    assert!(matches!(
        unlock(&site, PIN, &later(299)),
        Unlocked::NotNow(_)
    ));
    assert_opens(&site, &id, PIN, &later(300));
}

#[test]
fn a_restored_profile_gives_no_try_back() {
    let (site, _) = locked();
    let (files, _) = site.everything();
    let secs = try_wrong(&site, 6, 0);
    let (_, items) = site.everything();
    site.restore(&(files, items));
    let status = status(&site, &at(secs));
    assert_eq!(status.tries_left, 4);
    assert!(status.wait.is_some());
}

#[test]
fn a_count_that_was_deleted_is_missing_and_none_begins_anew() {
    let (site, _) = locked();
    let items = site.store.items();
    let tries = items.keys().find(|name| name.ends_with(".tries")).unwrap();
    site.store.delete(tries).unwrap();
    let unlocked = site
        .profile()
        .unlock(site.store.clone(), &site.machine, &pin(PIN), &at(0));
    let missing = OpenError::ItemMissing {
        institution_id: None,
    };
    assert_eq!(unlocked.err(), Some(missing));
    assert!(!site.store.items().contains_key(tries));
}

#[test]
fn the_tenth_wrong_pin_is_the_end_and_a_new_set_up_the_way_on() {
    let (site, _) = locked();
    let before = site.store.items();
    let secs = try_wrong(&site, 10, 0);
    assert!(status(&site, &at(secs)).is_over());
    match unlock(&site, PIN, &at(secs + 1_000_000)) {
        Unlocked::NotNow(status) => assert!(status.is_over()),
        other => panic!("{other:?}"),
    }
    // Not only refused: what the PIN opened is not there any more. The records are.
    let device = before
        .keys()
        .find(|name| name.ends_with(".device"))
        .unwrap();
    assert!(site.store.items()[device].len() < 32);
    assert!(site.only_token_file().exists());
    assert_eq!(site.open().err(), Some(OpenError::PinLocked));

    site.profile()
        .start_over(site.store.clone(), Some(&site.machine))
        .unwrap();
    assert!(site.store.items().is_empty(), "the count, too");
    let mut vault = site.create().unwrap();
    let id = add(&mut vault, 3, "SKTS00000009").unwrap();
    drop(vault);
    assert_computes(&site.open().unwrap(), &id, 3);
}

#[test]
fn it_is_changed_and_taken_off_with_the_one_in_force_only() {
    let (site, id) = locked();
    let Unlocked::Open(mut vault) = unlock(&site, PIN, &at(0)) else {
        panic!()
    };
    assert_eq!(
        vault.set_pin(&pin(OTHER), &mut OsRng),
        Err(VaultError::PinSet)
    );
    let wrong = vault.change_pin(&pin(OTHER), &pin("9071"), &at(0), &mut OsRng);
    assert!(matches!(wrong, Ok(PinChange::Refused(status)) if status.tries_left == 9));
    let wrong = vault.remove_pin(&pin(OTHER), &at(0));
    assert!(matches!(wrong, Ok(PinChange::Refused(status)) if status.tries_left == 8));
    let changed = vault.change_pin(&pin(PIN), &pin("9071"), &at(0), &mut OsRng);
    assert_eq!(changed, Ok(PinChange::Done));
    assert_computes(&vault, &id, 1);
    drop(vault);
    assert_refused(&site, PIN, &at(0), 9);

    let Unlocked::Open(mut vault) = unlock(&site, "9071", &at(0)) else {
        panic!()
    };
    assert_eq!(vault.remove_pin(&pin("9071"), &at(0)), Ok(PinChange::Done));
    assert!(!vault.has_pin());
    assert_computes(&vault, &id, 1);
    assert_eq!(
        vault.remove_pin(&pin("9071"), &at(0)),
        Err(VaultError::NoPin)
    );
    drop(vault);
    assert_computes(&site.open().unwrap(), &id, 1);
    assert_eq!(site.counts(), (2, 1), "the count is gone with the lock");
}

#[test]
fn killed_at_any_step_the_old_or_the_new_pin_opens_it() {
    let (start, id) = locked();
    let (open_start, _) = {
        let copy = start.copy();
        let Unlocked::Open(mut vault) = unlock(&copy, PIN, &at(0)) else {
            panic!()
        };
        assert_eq!(vault.remove_pin(&pin(PIN), &at(0)), Ok(PinChange::Done));
        drop(vault);
        (copy, ())
    };
    let mut seen = [0; 3];
    for steps in 0..12 {
        // Set.
        let site = open_start.copy();
        let fuse = Fuse::new(steps, Cut::Killed);
        let opened = fuse.profile(&site).open(fuse.store(&site), &site.machine);
        let _ = opened.unwrap().set_pin(&pin(OTHER), &mut OsRng);
        match site.open() {
            Ok(vault) => assert_computes(&vault, &id, 1),
            Err(OpenError::PinLocked) => {
                assert_opens(&site, &id, OTHER, &at(0));
                seen[0] += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
        // Changed, and taken off.
        for taken_off in [false, true] {
            let site = start.copy();
            let fuse = Fuse::new(steps, Cut::Killed);
            let unlocked =
                fuse.profile(&site)
                    .unlock(fuse.store(&site), &site.machine, &pin(PIN), &at(0));
            if let Ok(Unlocked::Open(mut vault)) = unlocked {
                let _ = if taken_off {
                    vault.remove_pin(&pin(PIN), &at(0))
                } else {
                    vault.change_pin(&pin(PIN), &pin(OTHER), &at(0), &mut OsRng)
                };
            }
            match (site.open(), taken_off) {
                (Ok(vault), true) => {
                    assert_computes(&vault, &id, 1);
                    seen[1] += 1;
                }
                (Err(OpenError::PinLocked), _) => match unlock(&site, PIN, &at(0)) {
                    Unlocked::Open(vault) => assert_computes(&vault, &id, 1),
                    Unlocked::Refused(_) if !taken_off => {
                        assert_opens(&site, &id, OTHER, &at(0));
                        seen[2] += 1;
                    }
                    other => panic!("{other:?}"),
                },
                (other, _) => panic!("{other:?}"),
            }
        }
    }
    assert!(seen.iter().all(|times| (1..12).contains(times)), "{seen:?}");
}

#[test]
fn damage_is_told_from_a_wrong_pin_and_costs_no_try() {
    let (site, _) = locked();
    let file = site.path().join("device.skts");
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let unlocked = site
        .profile()
        .unlock(site.store.clone(), &site.machine, &pin(PIN), &at(0));
    assert!(matches!(unlocked, Err(OpenError::Corrupt { .. })));
    assert_eq!(status(&site, &at(0)).tries_left, MOST_PIN_TRIES);
}

#[test]
fn a_keystore_that_fails_costs_no_try() {
    let (site, id) = locked();
    for said in [
        KeyStoreError::Locked,
        KeyStoreError::Absent,
        KeyStoreError::Slow,
    ] {
        site.store.fail_with(Some(said));
        let unlocked = site
            .profile()
            .unlock(site.store.clone(), &site.machine, &pin(PIN), &at(0));
        assert_eq!(unlocked.err(), Some(said.into()));
        site.store.fail_with(None);
    }
    assert_eq!(status(&site, &at(0)).tries_left, MOST_PIN_TRIES);
    assert_opens(&site, &id, PIN, &at(0));
}

/// Of files alone and of items alone every PIN fits alike: nobody can guess with one of them.
#[test]
fn neither_files_nor_items_alone_tell_a_right_pin_from_a_wrong_one() {
    use crate::pin::item::Lock;

    let (site, _) = locked();
    let (files, items) = site.everything();
    let item = items
        .iter()
        .find(|(name, _)| name.ends_with(".device"))
        .unwrap()
        .1;
    let lock = Lock::decode(&SecretBytes::from_slice(item))
        .unwrap()
        .unwrap();
    let Lock::Closed(closed) = &lock else {
        panic!()
    };
    // With the items: whatever pad a PIN makes, 32 bytes come of it, and nothing there fits or not.
    let opened = [7, 8].map(|byte| closed.open(&SecretBytes::new(vec![byte; 32])));
    assert!(opened.iter().all(|secret| secret.len() == 32));
    // With the files: what is sealed there is sealed under 32 random bytes, of which no PIN is part.
    let (unlocked, _) = Site::with_token(1);
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.len();
    assert_eq!(
        names(&files),
        names(&unlocked.everything().0),
        "no file is about a PIN"
    );
}

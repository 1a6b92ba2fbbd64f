//! Every way a profile can fail to open, told apart; nothing repaired, nothing lost.

use super::*;

fn error(site: &Site) -> OpenError {
    site.open().expect_err("must not open")
}

/// Opens to `expected`, changes nothing but what is saved aside, and makes no key.
fn assert_refuses_and_keeps(site: &Site, expected: &OpenError) {
    let (files, items) = site.everything();
    assert_eq!(error(site), *expected);
    let (files_after, items_after) = site.everything();
    assert_eq!(items, items_after);
    for (name, bytes) in files {
        assert_eq!(files_after.get(&name), Some(&bytes), "{}", name.display());
    }
}

#[test]
fn says_not_set_up_where_nothing_is() {
    let site = Site::new();
    assert_eq!(site.profile().presence(), Ok(Presence::NotSetUp));
    assert_eq!(error(&site), OpenError::NotSetUp);
    assert!(!site.path().exists(), "looking must not make a folder");
}

#[test]
fn tells_a_begun_set_up_from_one_with_a_token() {
    let site = Site::new();
    let mut vault = site.create().unwrap();
    assert!(matches!(
        site.profile().presence(),
        Ok(Presence::Prepared(_))
    ));
    let id = add(&mut vault, 1, "SKTS00000001").unwrap();
    let Ok(Presence::SetUp(marker)) = site.profile().presence() else {
        panic!("not set up")
    };
    assert_eq!(marker.tokens(), [id]);
    assert_eq!(marker.device_id(), Some(vault.device_id()));
}

#[test]
fn passes_on_what_the_keystore_says() {
    for (said, expected) in [
        (KeyStoreError::Locked, OpenError::KeyStoreLocked),
        (KeyStoreError::Absent, OpenError::KeyStoreAbsent),
        (KeyStoreError::Slow, OpenError::KeyStoreSlow),
        (KeyStoreError::NotEntitled, OpenError::KeyStoreNotEntitled),
        (KeyStoreError::Refused, OpenError::KeyStoreAbsent),
        (
            KeyStoreError::Missing,
            OpenError::ItemMissing {
                institution_id: None,
            },
        ),
        (
            KeyStoreError::Damaged,
            OpenError::Corrupt { saved_aside: None },
        ),
    ] {
        let (site, id) = Site::with_token(1);
        site.store.fail_with(Some(said));
        assert_refuses_and_keeps(&site, &expected);
        site.store.fail_with(None);
        assert_computes(&site.open().unwrap(), &id, 1);
    }
}

#[test]
fn makes_no_profile_without_a_keystore_and_one_when_it_is_back() {
    for said in [
        KeyStoreError::Locked,
        KeyStoreError::Absent,
        KeyStoreError::Slow,
    ] {
        let site = Site::new();
        site.store.fail_with(Some(said));
        assert_eq!(site.create().err(), Some(said.into()));
        assert_eq!(site.profile().presence(), Ok(Presence::NotSetUp));
        site.store.fail_with(None);
        site.create().unwrap();
        assert_eq!(site.counts(), (1, 0));
    }
}

#[test]
fn says_item_missing_and_whose_when_the_tokens_item_was_deleted() {
    let (site, id) = Site::with_token(1);
    let profile_id = site.store.items().keys().next().unwrap()[..32].to_owned();
    site.store.delete(&format!("{profile_id}.{id}")).unwrap();
    let institution_id = Some("mihon-shinkin".to_owned());
    assert_refuses_and_keeps(&site, &OpenError::ItemMissing { institution_id });
}

#[test]
fn says_item_missing_when_every_item_was_deleted() {
    let (site, _) = Site::with_token(1);
    site.store.set_items(BTreeMap::new());
    assert_refuses_and_keeps(
        &site,
        &OpenError::ItemMissing {
            institution_id: None,
        },
    );
    // Nor does setting up again make a new key in its place.
    assert_eq!(
        site.create().err(),
        Some(OpenError::ItemMissing {
            institution_id: None
        })
    );
    assert!(site.store.items().is_empty());
}

#[test]
fn says_device_key_gone_when_its_file_was_deleted() {
    let (site, _) = Site::with_token(1);
    fs::remove_file(site.path().join("device.skts")).unwrap();
    assert_refuses_and_keeps(&site, &OpenError::DeviceKeyGone);
    assert_eq!(site.create().err(), Some(OpenError::DeviceKeyGone));
    assert!(!site.path().join("device.skts").exists());
}

#[test]
fn refuses_a_copied_profile_and_changes_not_one_byte_of_it() {
    let (site, _) = Site::with_token(1);
    let mut copy = site.copy();
    copy.machine = machine("second machine");
    fs::remove_file(copy.path().join("lock")).unwrap();
    let before = copy.everything();
    assert_eq!(error(&copy), OpenError::CopiedProfile);
    assert_eq!(copy.create().err(), Some(OpenError::CopiedProfile));
    assert_eq!(copy.everything(), before);
    // The control: on its own machine the same bytes open.
    copy.machine = machine("first machine");
    copy.open().unwrap();
}

#[test]
fn is_corrupt_and_not_open_when_the_machine_check_was_forged() {
    let (site, _) = Site::with_token(1);
    let mut copy = site.copy();
    copy.machine = machine("second machine");
    let path = copy.path().join("marker.json");
    let mut marker = marker::Marker::decode(&fs::read(&path).unwrap()).unwrap();
    let forged = marker::Marker::preparing(marker.profile_id.clone(), &copy.machine);
    marker.machine_check = forged.machine_check;
    fs::write(&path, marker.encode()).unwrap();
    assert!(matches!(error(&copy), OpenError::Corrupt { .. }));
}

#[test]
fn is_corrupt_when_any_file_is_cut_changed_or_taken_from_another_profile() {
    let (site, _) = Site::with_token(1);
    let (other, _) = Site::with_token(1);
    let token = site.only_token_file();
    let others_token = other.only_token_file();
    for (name, others) in [
        (
            PathBuf::from("marker.json"),
            other.path().join("marker.json"),
        ),
        (
            PathBuf::from("device.skts"),
            other.path().join("device.skts"),
        ),
        (
            token.strip_prefix(site.path()).unwrap().to_owned(),
            others_token,
        ),
    ] {
        let whole = fs::read(site.path().join(&name)).unwrap();
        let mut damages = vec![vec![], whole[..whole.len() / 2].to_vec(), vec![0; 300_000]];
        for at in [0, whole.len() / 2, whole.len() - 3] {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            damages.push(changed);
        }
        if !name.ends_with("marker.json") {
            damages.push(fs::read(others).unwrap());
        }
        for damaged in damages {
            let site = site.copy();
            fs::write(site.path().join(&name), &damaged).unwrap();
            let OpenError::Corrupt { saved_aside } = error(&site) else {
                panic!("{}: {:?}", name.display(), error(&site))
            };
            let copy = saved_aside.expect("a copy");
            let kept = fs::read(site.path().join(&name)).unwrap();
            assert_eq!(kept, damaged, "the original stays");
            let same =
                damaged.len() > files::FILE_LIMIT_BYTES || fs::read(copy).unwrap() == damaged;
            assert!(same, "the copy is whole");
            let (before, _) = site.everything();
            assert!(matches!(error(&site), OpenError::Corrupt { .. }));
            assert_eq!(
                site.everything().0,
                before,
                "a second try makes no second copy"
            );
        }
    }
}

#[test]
fn says_newer_for_every_file_and_item_of_a_later_version() {
    let (site, id) = Site::with_token(1);
    let profile_id = site.store.items().keys().next().unwrap()[..32].to_owned();
    for (name, later) in [
        ("device.skts".to_owned(), 2),
        (format!("tokens/{id}.skts"), 3),
    ] {
        let site = site.copy();
        let path = site.path().join(name);
        let mut file = fs::read(&path).unwrap();
        file[4] = later;
        fs::write(&path, file).unwrap();
        assert_refuses_and_keeps(&site, &OpenError::NewerFormat);
    }
    let with_item = site.copy();
    let mut items = with_item.store.items();
    items.get_mut(&format!("{profile_id}.{id}")).unwrap()[4] = 2;
    with_item.store.set_items(items);
    assert_refuses_and_keeps(&with_item, &OpenError::NewerFormat);

    let with_marker = site.copy();
    let path = with_marker.path().join("marker.json");
    fs::write(&path, r#"{"format": 2, "new": true}"#).unwrap();
    assert_refuses_and_keeps(&with_marker, &OpenError::NewerFormat);
    assert_eq!(
        with_marker.profile().presence(),
        Err(OpenError::NewerFormat)
    );
}

#[test]
fn a_marker_taken_away_is_no_first_run() {
    let (site, _) = Site::with_token(1);
    fs::remove_file(site.path().join("marker.json")).unwrap();
    assert_refuses_and_keeps(&site, &OpenError::Corrupt { saved_aside: None });
    assert_eq!(
        site.create().err(),
        Some(OpenError::Corrupt { saved_aside: None })
    );
}

#[test]
fn an_item_swapped_for_another_tokens_item_is_corrupt() {
    let (site, id) = Site::with_token(1);
    let second = add(&mut site.open().unwrap(), 3, "SKTS00000002").unwrap();
    let mut items = site.store.items();
    let profile_id = items.keys().next().unwrap()[..32].to_owned();
    let others = items[&format!("{profile_id}.{second}")].clone();
    items.insert(format!("{profile_id}.{id}"), others);
    site.store.set_items(items);
    let vault = site.open().unwrap();
    assert_eq!(
        vault.faulty_tokens()[0].fault,
        TokenFault::Corrupt { saved_aside: None }
    );
    assert_eq!(vault.faulty_tokens()[0].id, id);
    assert_computes(&vault, &second, 3);
}

#[test]
fn lets_one_program_in_at_a_time() {
    let (site, id) = Site::with_token(1);
    let first = site.open().unwrap();
    assert_eq!(error(&site), OpenError::InUse);
    assert_eq!(site.create().err(), Some(OpenError::InUse));
    let over = site
        .profile()
        .start_over(site.store.clone(), Some(&site.machine));
    assert_eq!(over, Err(OpenError::InUse));
    drop(first);
    assert_computes(&site.open().unwrap(), &id, 1);
}

#[cfg(unix)]
#[test]
fn keeps_everything_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (site, _) = Site::with_token(1);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in ["", "tokens", "pending"] {
        assert_eq!(mode(site.path().join(folder)), 0o700, "{folder}");
    }
    for file in site.everything().0.into_keys() {
        assert_eq!(mode(site.path().join(&file)), 0o600, "{}", file.display());
    }
}

#[test]
fn starts_over_by_moving_files_aside_and_only_on_its_own_machine_touches_the_keystore() {
    let (site, _) = Site::with_token(1);
    let (files, items) = site.everything();
    let elsewhere = site.copy();
    let other = machine("second machine");
    elsewhere
        .profile()
        .start_over(elsewhere.store.clone(), Some(&other))
        .unwrap();
    assert_eq!(elsewhere.store.items(), items);

    let aside = site
        .profile()
        .start_over(site.store.clone(), Some(&site.machine))
        .unwrap();
    assert!(site.store.items().is_empty());
    assert_eq!(site.profile().presence(), Ok(Presence::NotSetUp));
    for (name, bytes) in files {
        if !name.ends_with("lock") {
            assert_eq!(
                fs::read(aside.join(&name)).unwrap(),
                bytes,
                "{}",
                name.display()
            );
        }
    }
    let id = add(&mut site.create().unwrap(), 9, "SKTS00000009").unwrap();
    assert_computes(&site.open().unwrap(), &id, 9);
    let second = site
        .profile()
        .start_over(site.store.clone(), Some(&site.machine))
        .unwrap();
    assert_ne!(second, aside);
}

#[test]
fn no_error_says_a_secret_or_a_serial() {
    let (site, _) = Site::with_token(0x41);
    site.store.set_items(BTreeMap::new());
    let vault_errors = [
        VaultError::UnknownToken,
        VaultError::Name,
        VaultError::KeyStore(KeyStoreError::Damaged),
        VaultError::DeviceKey(DeviceKeyError::WrongItem),
        VaultError::Corrupt { saved_aside: None },
        VaultError::SelfTest,
        VaultError::Disk(io::ErrorKind::StorageFull),
    ];
    let mut shown = format!("{:?} {}", error(&site), error(&site));
    for error in vault_errors {
        shown += &format!("{error:?} {error} {:?}", OpenError::from(error.clone()));
    }
    let (other, _) = Site::with_token(0x41);
    let vault = other.open().unwrap();
    shown += &format!("{vault:?} {:?}", vault.tokens()[0].state);
    let planted = format!("{shown} AAAAAAAA");
    let leaks = |text: &str| {
        text.contains("AAAAAAAA") || text.contains("65, 65") || text.contains("90, 90")
    };
    assert!(leaks(&planted), "the control");
    assert!(!leaks(&shown), "{shown}");
}

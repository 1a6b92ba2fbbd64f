//! Killed, or out of disk, after every number of steps: what opens then is the old or the new.

use super::*;

const CUTS: [Cut; 3] = [Cut::Killed, Cut::KilledHalfway, Cut::Full];

/// Runs `change` on copies of `start`, cut after 0, 1, 2, … steps until it gets through, and shows
/// each outcome to `check`. Returns how many times it was cut off.
fn at_every_step(
    start: &Site,
    mut change: impl FnMut(&Site, &Fuse) -> bool,
    mut check: impl FnMut(&Site, bool, Cut),
) -> usize {
    let mut cut_off = 0;
    for cut in CUTS {
        for steps in 0.. {
            assert!(steps < 200, "never gets through");
            let site = start.copy();
            let fuse = Fuse::new(steps, cut);
            let done = change(&site, &fuse);
            check(&site, done, cut);
            if !fuse.is_burnt() {
                assert!(done, "nothing failed, so it must be done");
                break;
            }
            cut_off += 1;
        }
    }
    cut_off
}

fn open(site: &Site, fuse: &Fuse) -> Vault {
    fuse.profile(site)
        .open(fuse.store(site), &site.machine)
        .unwrap()
}

#[test]
fn making_a_profile_leaves_none_or_a_whole_one() {
    let cut_off = at_every_step(
        &Site::new(),
        |site, fuse| {
            let profile = fuse.profile(site);
            profile
                .create(fuse.store(site), &site.machine, &mut OsRng)
                .is_ok()
        },
        |site, done, _| {
            let presence = site.profile().presence().unwrap();
            assert!(!done || matches!(presence, Presence::Prepared(_)));
            let mut vault = site.create().unwrap();
            let id = add(&mut vault, 1, "SKTS00000001").unwrap();
            drop(vault);
            assert_computes(&site.open().unwrap(), &id, 1);
            assert_eq!(site.counts(), (2, 1), "no item is left over");
        },
    );
    assert!(cut_off > 15, "{cut_off}");
}

#[test]
fn adding_a_token_leaves_those_before_or_one_more() {
    let (start, first) = Site::with_token(1);
    let mut seen = [false; 2];
    let cut_off = at_every_step(
        &start,
        |site, fuse| add(&mut open(site, fuse), 5, "SKTS00000002").is_ok(),
        |site, done, _| {
            let vault = site.open().unwrap();
            assert_computes(&vault, &first, 1);
            assert!(vault.faulty_tokens().is_empty());
            let added = vault.tokens().len() == 2;
            assert!(added || (!done && vault.tokens().len() == 1));
            seen[usize::from(added)] = true;
            if added {
                assert_computes(&vault, &vault.tokens()[1].id.clone(), 5);
            }
            let tokens = vault.tokens().len();
            assert_eq!(site.counts(), (tokens + 1, tokens), "no piece is left over");
        },
    );
    assert!(cut_off > 20 && seen == [true; 2], "{cut_off}");
}

#[test]
fn replacing_a_token_leaves_the_old_or_the_new() {
    let (start, _) = Site::with_token(1);
    let mut seen = [false; 2];
    at_every_step(
        &start,
        |site, fuse| add(&mut open(site, fuse), 9, "SKTS00000001").is_ok(),
        |site, done, _| {
            let vault = site.open().unwrap();
            assert_eq!((vault.tokens().len(), vault.faulty_tokens().len()), (1, 0));
            let mac = vault.mac(&vault.tokens()[0].id, STEP).unwrap();
            let replaced = mac.as_bytes() == expected_mac(9).as_bytes();
            assert!(replaced || (!done && mac.as_bytes() == expected_mac(1).as_bytes()));
            seen[usize::from(replaced)] = true;
            assert_eq!(site.counts(), (2, 1));
        },
    );
    assert_eq!(seen, [true; 2]);
}

#[test]
fn removing_a_token_leaves_it_whole_or_gone() {
    let (start, first) = Site::with_token(1);
    let second = add(&mut start.open().unwrap(), 5, "SKTS00000002").unwrap();
    at_every_step(
        &start,
        |site, fuse| open(site, fuse).remove_token(&first).is_ok(),
        |site, done, _| {
            let vault = site.open().unwrap();
            assert_computes(&vault, &second, 5);
            assert!(vault.faulty_tokens().is_empty());
            if vault.token(&first).is_some() {
                assert!(!done);
                assert_computes(&vault, &first, 1);
            }
            let tokens = vault.tokens().len();
            assert_eq!(site.counts(), (tokens + 1, tokens));
        },
    );
}

#[test]
fn changing_a_token_leaves_the_old_state_or_the_new() {
    let (start, id) = Site::with_token(1);
    let state = || TokenState {
        match_number: None,
        server_offset_secs: 40,
        ratchet: SecretBytes::new(vec![0x66; 32]),
        ratchet_count: 1,
        notes: Some("{}".to_owned()),
    };
    at_every_step(
        &start,
        |site, fuse| {
            let mut vault = open(site, fuse);
            let done = vault.update_token(&id, state(), &mut OsRng).is_ok();
            assert!(
                done || vault.tokens()[0].state.ratchet_count == 0,
                "memory follows the disk"
            );
            done
        },
        |site, done, _| {
            let vault = site.open().unwrap();
            assert_computes(&vault, &id, 1);
            let kept = &vault.tokens()[0].state;
            let new = kept.ratchet.ct_eq(&state().ratchet) && kept.ratchet_count == 1;
            let old = kept.ratchet.ct_eq(&SecretBytes::new(vec![0x5a; 32]));
            assert!(new || (old && !done));
        },
    );
}

#[test]
fn putting_and_clearing_a_set_up_leaves_the_old_or_the_new() {
    let (start, _) = Site::with_token(1);
    start
        .open()
        .unwrap()
        .put_pending("k", b"old", &mut OsRng)
        .unwrap();
    at_every_step(
        &start,
        |site, fuse| {
            open(site, fuse)
                .put_pending("k", b"new", &mut OsRng)
                .is_ok()
        },
        |site, done, _| {
            let pending = site.open().unwrap().pending().unwrap();
            let state = pending[0].1.expose_secret();
            assert!(state == b"new" || (!done && state == b"old"));
        },
    );
    at_every_step(
        &start,
        |site, fuse| open(site, fuse).clear_pending("k").is_ok(),
        |site, done, _| {
            let pending = site.open().unwrap().pending().unwrap();
            assert!(pending.is_empty() || (!done && pending[0].1.expose_secret() == b"old"));
        },
    );
}

#[test]
fn starting_over_can_always_be_finished() {
    let (start, _) = Site::with_token(1);
    at_every_step(
        &start,
        |site, fuse| {
            let profile = fuse.profile(site);
            profile
                .start_over(fuse.store(site), Some(&site.machine))
                .is_ok()
        },
        |site, done, _| {
            if !done {
                site.profile()
                    .start_over(site.store.clone(), Some(&site.machine))
                    .unwrap();
            }
            assert_eq!(site.profile().presence(), Ok(Presence::NotSetUp));
            assert!(site.store.items().is_empty());
            site.create().unwrap();
        },
    );
}

#[test]
fn says_that_the_disk_is_full() {
    let (start, _) = Site::with_token(1);
    let fuse = Fuse::new(0, Cut::Full);
    let mut vault = open(&start, &fuse);
    let full = VaultError::Disk(io::ErrorKind::StorageFull);
    assert_eq!(add(&mut vault, 5, "SKTS00000002"), Err(full.clone()));
    assert_eq!(vault.put_pending("k", b"state", &mut OsRng), Err(full));
    let site = Site::new();
    let made = fuse
        .profile(&site)
        .create(fuse.store(&site), &site.machine, &mut OsRng);
    assert_eq!(
        made.err(),
        Some(OpenError::Disk(io::ErrorKind::StorageFull))
    );
}

/// A folder that really cannot be written, where the system makes one possible.
#[cfg(target_os = "linux")]
mod real_disks {
    use std::process::{Command, Stdio};

    use super::*;

    /// A small file system of its own, unmounted when dropped; `None` without the right to mount.
    struct Mount(PathBuf);

    impl Mount {
        fn on(path: &Path, options: &str) -> Option<Self> {
            let mounted = Command::new("mount")
                .args(["-t", "tmpfs", "-o", options, "tmpfs"])
                .arg(path)
                .stderr(Stdio::null())
                .status();
            mounted
                .is_ok_and(|status| status.success())
                .then(|| Self(path.to_owned()))
        }

        fn make_read_only(&self) {
            let done = Command::new("mount")
                .args(["-o", "remount,ro"])
                .arg(&self.0)
                .status();
            assert!(done.unwrap().success());
        }
    }

    impl Drop for Mount {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        }
    }

    #[test]
    fn loses_nothing_on_a_disk_that_is_full() {
        let (start, first) = Site::with_token(1);
        let site = Site::new();
        let Some(_mount) = Mount::on(site.folder.path(), "size=64k,mode=700") else {
            eprintln!("no right to mount here: the injected full disk stands for this");
            return;
        };
        site.restore(&start.everything());
        let mut vault = site.open().unwrap();
        let filler = site.folder.path().join("filler");
        let mut chunk = 4096;
        let mut file = fs::File::create(&filler).unwrap();
        while chunk > 0 {
            if io::Write::write_all(&mut file, &vec![0; chunk]).is_err() {
                chunk /= 2;
            }
        }
        let added = add(&mut vault, 5, "SKTS00000002");
        assert_eq!(added, Err(VaultError::Disk(io::ErrorKind::StorageFull)));
        assert_computes(&vault, &first, 1);
        drop(vault);
        assert_computes(&site.open().unwrap(), &first, 1);
        drop(file);
        fs::remove_file(filler).unwrap();
        let mut vault = site.open().unwrap();
        add(&mut vault, 5, "SKTS00000002").unwrap();
        assert_eq!(vault.tokens().len(), 2);
    }

    #[test]
    fn shows_codes_from_a_read_only_profile_and_says_why_it_cannot_change() {
        let (start, first) = Site::with_token(1);
        let site = Site::new();
        let Some(mount) = Mount::on(site.folder.path(), "size=256k,mode=700") else {
            eprintln!("no right to mount here: the folder without write right stands for this");
            return;
        };
        site.restore(&start.everything());
        mount.make_read_only();
        let before = site.everything();
        let mut vault = site.open().unwrap();
        assert_computes(&vault, &first, 1);
        let read_only = VaultError::Disk(io::ErrorKind::ReadOnlyFilesystem);
        assert_eq!(add(&mut vault, 5, "SKTS00000002"), Err(read_only.clone()));
        assert_eq!(vault.remove_token(&first), Err(read_only));
        drop(vault);
        let over = site
            .profile()
            .start_over(site.store.clone(), Some(&site.machine));
        assert_eq!(
            over,
            Err(OpenError::Disk(io::ErrorKind::ReadOnlyFilesystem))
        );
        assert_eq!(site.everything().0, before.0);
    }

    #[test]
    fn says_that_the_folder_may_not_be_written() {
        use std::os::unix::fs::PermissionsExt;
        let site = Site::new();
        let mode = |mode| fs::set_permissions(site.folder.path(), fs::Permissions::from_mode(mode));
        mode(0o500).unwrap();
        if fs::create_dir(site.folder.path().join("may i")).is_ok() {
            eprintln!("this user may write everywhere: the read-only mount stands for this");
            return;
        }
        let denied = OpenError::Disk(io::ErrorKind::PermissionDenied);
        assert_eq!(site.create().err(), Some(denied));
        assert!(site.store.items().is_empty());
        mode(0o700).unwrap();
        site.create().unwrap();
    }
}

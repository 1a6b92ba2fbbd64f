//! A profile and its keystore items as versions 1 and 2 of the token's record wrote them, and behind a
//! PIN: they open for ever.

use super::*;

const MACHINE: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const SEED: u8 = 0x2b;

const NOTES: &str = r#"{"told":null}"#;

/// The digits that open the sample behind a PIN.
const PIN: &str = "835107";

fn sample(version: &str) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    data.join(format!("profile-{version}"))
}

/// A site as the sample has it.
fn restored(version: &str) -> Site {
    let site = Site {
        machine: machine(MACHINE),
        ..Site::new()
    };
    let mut files = BTreeMap::new();
    let profile = sample(version).join("profile");
    collect(&profile, &profile, &mut files);
    let text = fs::read_to_string(sample(version).join("keystore.json")).unwrap();
    let items: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
    let decode = |(name, value)| (name, hex::decode::<String>(value).unwrap());
    site.restore(&(files, items.into_iter().map(decode).collect()));
    site
}

#[test]
fn opens_the_frozen_profiles() {
    for (version, notes) in [("v1", None), ("v2", Some(NOTES))] {
        assert_is_the_sample(&restored(version).open().unwrap(), notes);
    }
}

#[test]
fn opens_the_frozen_profile_behind_a_pin() {
    let site = restored("pin-v1");
    assert_eq!(site.open().err(), Some(OpenError::PinLocked));
    let now = Moment {
        wall_ms: 1_800_000_000_000,
        steady: None,
    };
    let pin = Pin::parse(PIN).unwrap();
    let unlocked = site
        .profile()
        .unlock(site.store.clone(), &site.machine, &pin, &now);
    match unlocked {
        Ok(Unlocked::Open(vault)) => assert_is_the_sample(&vault, Some(NOTES)),
        other => panic!("{other:?}"),
    }
}

fn assert_is_the_sample(vault: &Vault, notes: Option<&str>) {
    let [record] = vault.tokens() else {
        panic!("one token")
    };
    assert_eq!(record.serial.to_string(), "SKTS00000042");
    assert_eq!(record.institution_id, "mihon-shinkin");
    assert_eq!(record.service_id, "10000001");
    assert_eq!(record.policy, TokenPolicy::self_provisioned());
    assert_eq!(record.started_at, UnixTime::from_secs(1_763_000_000));
    assert!(
        record
            .state
            .ratchet
            .ct_eq(&SecretBytes::new(vec![0x5a; 32]))
    );
    assert_eq!(record.state.notes.as_deref(), notes);
    assert_computes(vault, &record.id, SEED);
    let pending = vault.pending().unwrap();
    assert_eq!(
        (pending[0].0.as_str(), pending[0].1.expose_secret()),
        ("k", b"state".as_slice())
    );
}

/// Wrote the samples. One that is there is left alone: a new version gets one of its own beside it.
#[test]
#[ignore = "writes the samples of the current version"]
fn write_the_samples() {
    for (version, pin) in [("v2", None), ("pin-v1", Some(PIN))] {
        if !sample(version).exists() {
            write_the_sample(version, pin);
        }
    }
}

fn write_the_sample(version: &str, pin: Option<&str>) {
    let sample = sample(version);
    let site = Site {
        machine: machine(MACHINE),
        ..Site::new()
    };
    let mut vault = site.create().unwrap();
    let id = add(&mut vault, SEED, "SKTS00000042").unwrap();
    let state = TokenState {
        match_number: None,
        server_offset_secs: -3,
        ratchet: SecretBytes::new(vec![0x5a; 32]),
        ratchet_count: 0,
        notes: Some(NOTES.to_owned()),
    };
    vault.update_token(&id, state, &mut OsRng).unwrap();
    vault.put_pending("k", b"state", &mut OsRng).unwrap();
    if let Some(pin) = pin {
        vault
            .set_pin(&Pin::parse(pin).unwrap(), &mut OsRng)
            .unwrap();
    }
    drop(vault);
    let (files, items) = site.everything();
    for (name, bytes) in files {
        let path = sample.join("profile").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let items: BTreeMap<String, String> = items
        .into_iter()
        .map(|(name, value)| (name, hex::encode(value)))
        .collect();
    let text = serde_json::to_string_pretty(&items).unwrap();
    fs::write(sample.join("keystore.json"), text + "\n").unwrap();
}

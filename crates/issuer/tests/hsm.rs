//! The master key in an HSM: SoftHSM 2, told by `SKTS_TEST_PKCS11` (the ring `hsm` sets it); without
//! one there is nothing to test.

use std::path::{Path, PathBuf};
use std::process::Command;

use rand_core::OsRng;
use skts_issuer::{
    Config, Entropy, HsmConfig, Issuer, KeyError, OpenError, ServiceKeys, SystemClock,
};

const PIN: &str = "48271605";

/// A token of its own in SoftHSM, and the service's configuration for it.
fn hsm(folder: &Path) -> Option<HsmConfig> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests' own host: which HSM they run on"
    )]
    let module = std::env::var("SKTS_TEST_PKCS11").ok().map(PathBuf::from)?;
    let token = format!("skts-{}", std::process::id());
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", &token])
        .args(["--so-pin", PIN, "--pin", PIN])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let pin_file = folder.join("pin");
    write_own(&pin_file, PIN);
    Some(HsmConfig {
        module,
        token,
        key: "skts-master".to_owned(),
        pin_file,
    })
}

fn write_own(path: &Path, text: &str) {
    write_bytes(path, text.as_bytes());
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

// One test: an HSM is one for the whole process.
#[tokio::test]
async fn a_service_whose_master_key_is_in_an_hsm() {
    let folder = tempfile::tempdir().unwrap();
    let Some(hsm) = hsm(folder.path()) else {
        return;
    };
    let config = Config {
        data: folder.path().join("data"),
        hsm: Some(hsm.clone()),
        ..Config::default()
    };
    Issuer::init(&config, &Entropy::new(OsRng)).await.unwrap();
    // Never in the clear: the file does not open without the HSM.
    assert!(!config.data.join("master.key").exists());
    let wrapped = std::fs::read(config.data.join("master.wrapped")).unwrap();
    assert_eq!(wrapped.len(), 12 + 32 + 16);
    let issuer = Issuer::open(config.clone(), SystemClock, Entropy::new(OsRng))
        .await
        .unwrap();
    issuer.add_samples().await.unwrap();
    assert_eq!(issuer.rotate_keys().await.unwrap(), 2);
    issuer.reseal().await.unwrap();
    issuer.retire_key(1).await.unwrap();
    let issuer = Issuer::open(config.clone(), SystemClock, Entropy::new(OsRng))
        .await
        .unwrap();
    assert_eq!(issuer.verify_audit(&[]).await.unwrap().sealed, 0);

    // A file put in another version's place, a changed byte, a wrong key, a wrong PIN.
    let path = config.data.join("master-2.wrapped");
    let whole = std::fs::read(&path).unwrap();
    write_bytes(&config.data.join("master-3.wrapped"), &whole);
    assert_eq!(opened(&config), Some(KeyError::Damaged));
    std::fs::remove_file(config.data.join("master-3.wrapped")).unwrap();
    for place in [0, 20, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        write_bytes(&path, &damaged);
        assert_eq!(opened(&config), Some(KeyError::Damaged), "{place}");
    }
    write_bytes(&path, &whole);
    set_mode(&hsm.pin_file, 0o640);
    assert_eq!(opened(&config), Some(KeyError::ReadableByOthers));
    set_mode(&hsm.pin_file, 0o600);
    assert_eq!(opened(&config), None);
    let elsewhere = Config {
        hsm: Some(HsmConfig {
            key: "no such key".to_owned(),
            ..hsm.clone()
        }),
        ..config.clone()
    };
    assert!(matches!(opened(&elsewhere), Some(KeyError::Hsm(_))));
    let no_token = Config {
        hsm: Some(HsmConfig {
            token: "no such token".to_owned(),
            ..hsm.clone()
        }),
        ..config.clone()
    };
    let refused = Issuer::open(no_token, SystemClock, Entropy::new(OsRng)).await;
    assert!(matches!(refused, Err(OpenError::Keys(KeyError::Hsm(_)))));
}

fn write_bytes(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    set_mode(path, 0o600);
}

fn opened(config: &Config) -> Option<KeyError> {
    ServiceKeys::open(&config.data, config.hsm.as_ref()).err()
}

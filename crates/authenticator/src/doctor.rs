//! Looks at everything a token needs, without changing anything that matters.

use std::path::Path;

use skts_otp::UnixTime;
use skts_vault::{DeviceKeyError, DeviceKeyKind, KeyStoreError, KeyStoreKind, Presence, Vault};

use crate::authenticator::{Authenticator, InstitutionSource};
use crate::clock::{self, Reading};
use crate::dates;
use crate::error::ErrorCode;
use crate::notes::Notes;
use crate::views::{ChipUse, ClockView, DoctorReport, Health};

/// The year 2100: no token lives so long.
const FAR_FUTURE: UnixTime = UnixTime::from_secs(4_102_444_800);

impl Authenticator {
    /// Looks at everything a token needs. May take as long as the keystore takes; sends nothing.
    pub fn doctor(&mut self) -> DoctorReport {
        let store = self.key_store();
        let keystore = store.probe().err().map(keystore_problem);
        // Whoever has given the PIN is not asked for it again.
        let state = match &self.vault {
            Some(vault) if vault.has_pin() => self.state(),
            _ => self.open(),
        };
        let now = self.clock.now();
        let issued_at = self.institutions.issued_at();
        let self_test = self.vault.as_ref().map(|vault| {
            let passed = vault.self_test().is_ok() && vault.faulty_tokens().is_empty();
            if passed { Health::Good } else { Health::Bad }
        });
        let mut report = DoctorReport {
            app_version: self.config.app_version.clone(),
            platform: self.config.platform.clone(),
            keystore_kind: Some(kind_name(store.kind()).to_owned()),
            keystore: health(keystore.is_none(), Health::Bad),
            keystore_problem: keystore,
            chip: self.chip_use(),
            device_key: self.device_key_kind().map(|kind| kind.as_str().to_owned()),
            machine_id: health(self.device.machine_id().is_ok(), Health::Bad),
            level: self.vault.as_ref().map(|_| self.level()),
            clock: dates::minute(now),
            clock_trust: self.clock_view(),
            clock_health: health(issued_at <= now && now < FAR_FUTURE, Health::Bad),
            profile_dir: self.config.profile_dir.display().to_string(),
            profile_permissions: health(is_private(&self.config.profile_dir), Health::Notice),
            profile_problem: state.error().map(|error| error.code),
            list_source: match self.config.institutions {
                InstitutionSource::BuiltIn => "built-in",
                InstitutionSource::Outside(_) => "outside",
            }
            .to_owned(),
            list_issued_at: dates::minute(issued_at),
            list_institutions: count(self.institutions.count()),
            tokens: count(self.tokens().len()),
            self_test,
            pending: u32::from(matches!(self.read_pending(), Ok(Some(_)) | Err(_))),
            findings: Vec::new(),
        };
        report.findings = self.findings(&report);
        report
    }
}

impl Authenticator {
    fn chip_use(&self) -> ChipUse {
        let Some(hardware) = self.device.hardware() else {
            return ChipUse::Unsupported;
        };
        match hardware.probe() {
            Err(DeviceKeyError::NotHardware) => return ChipUse::NotHardware,
            Err(DeviceKeyError::Denied) => return ChipUse::Denied,
            Err(DeviceKeyError::Busy) => return ChipUse::Busy,
            Err(_) => return ChipUse::Absent,
            Ok(()) => {}
        }
        match self.device_key_kind() {
            Some(kind) if kind == hardware.kind() => ChipUse::Used,
            Some(_) => ChipUse::NotUsed,
            None => ChipUse::Ready,
        }
    }

    /// What the marker says of the device key.
    fn device_key_kind(&self) -> Option<DeviceKeyKind> {
        match self.profile.presence() {
            Ok(Presence::Prepared(marker) | Presence::SetUp(marker)) => marker.device_kind(),
            Ok(Presence::NotSetUp) | Err(_) => None,
        }
    }

    /// The device's clock against the service's, by the last measurement of any token.
    fn clock_view(&self) -> ClockView {
        let now = Reading::of(self.clock.as_ref());
        let tokens = self.vault.as_ref().map_or(&[][..], Vault::tokens);
        let marks = tokens.iter().map(|record| Notes::of(record).clock);
        let views = marks.map(|mark| clock::view(mark.as_ref(), &now));
        let youngest = views.min_by_key(|view| view.measured_secs_ago.unwrap_or(u64::MAX));
        youngest.unwrap_or_else(|| clock::view(None, &now))
    }
}

fn health(good: bool, otherwise: Health) -> Health {
    if good { Health::Good } else { otherwise }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn keystore_problem(error: KeyStoreError) -> ErrorCode {
    match error {
        KeyStoreError::Absent | KeyStoreError::Refused => ErrorCode::KeystoreAbsent,
        KeyStoreError::Locked => ErrorCode::KeystoreLocked,
        KeyStoreError::NotEntitled => ErrorCode::KeystoreNotEntitled,
        KeyStoreError::Slow => ErrorCode::KeystoreSlow,
        KeyStoreError::Missing => ErrorCode::ItemMissing,
        KeyStoreError::Damaged => ErrorCode::Corrupt,
    }
}

fn kind_name(kind: KeyStoreKind) -> &'static str {
    match kind {
        KeyStoreKind::SecretService => "secret-service",
        KeyStoreKind::AppleKeychain => "apple-keychain",
        KeyStoreKind::WindowsCredentials => "windows-credentials",
        KeyStoreKind::AndroidKeystore => "android-keystore",
        KeyStoreKind::Memory => "memory",
    }
}

/// Whether only its owner can look into the folder; one that is not there yet will be private.
#[cfg(unix)]
fn is_private(dir: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(dir).map_or(true, |folder| folder.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_dir: &Path) -> bool {
    // Folders under the user's profile inherit its access list.
    true
}

//! Which machine this is.

use std::fmt;

use skts_sealed::LabelledHash;

/// Names the machine a profile was made on: a check that refuses a copied profile, not a secret.
///
/// Only a hash of the system's identifier is kept, as machine-id(5) asks of applications.
#[derive(Clone, PartialEq, Eq)]
pub struct MachineId([u8; 32]);

/// The system does not say which machine this is, so a copy could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system does not say which machine this is")]
pub struct NoMachineId;

impl MachineId {
    /// Takes the system's identifier; surrounding white space does not count.
    ///
    /// # Errors
    /// [`NoMachineId`] if nothing is left, or only zeros, or systemd's `uninitialized`.
    pub fn from_system_text(text: &str) -> Result<Self, NoMachineId> {
        let text = text.trim();
        let blank = text.chars().all(|c| matches!(c, '0' | '-'));
        if blank || text == "uninitialized" {
            return Err(NoMachineId);
        }
        let folded = text.to_ascii_lowercase();
        Ok(Self(
            LabelledHash::new("skts/machine-id/v1")
                .field(folded.as_bytes())
                .sha256(),
        ))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MachineId(..)")
    }
}

/// Asks the system which machine this is.
///
/// Linux: `/etc/machine-id`, then `/var/lib/dbus/machine-id`. Windows: `MachineGuid` in the
/// registry. macOS: `IOPlatformUUID`. Android and iOS: one constant, because their keystores do
/// not leave the device.
///
/// # Errors
/// [`NoMachineId`] if the system has no usable identifier.
pub fn machine_id() -> Result<MachineId, NoMachineId> {
    MachineId::from_system_text(&system::identifier().ok_or(NoMachineId)?)
}

#[cfg(target_os = "linux")]
mod system {
    pub(super) fn identifier() -> Option<String> {
        ["/etc/machine-id", "/var/lib/dbus/machine-id"]
            .into_iter()
            .find_map(|path| {
                let text = std::fs::read_to_string(path).ok()?;
                super::MachineId::from_system_text(&text)
                    .is_ok()
                    .then_some(text)
            })
    }
}

#[cfg(windows)]
mod system {
    pub(super) fn identifier() -> Option<String> {
        windows_registry::LOCAL_MACHINE
            .open(r"SOFTWARE\Microsoft\Cryptography")
            .and_then(|key| key.get_string("MachineGuid"))
            .ok()
    }
}

#[cfg(target_os = "macos")]
mod system {
    /// `ioreg` is part of the system; by its full path, nobody's PATH can put another in its
    /// place.
    pub(super) fn identifier() -> Option<String> {
        let output = std::process::Command::new("/usr/sbin/ioreg")
            .args(["-rd1", "-c", "IOPlatformExpertDevice"])
            .output()
            .ok()?;
        super::platform_uuid(&String::from_utf8_lossy(&output.stdout))
    }
}

#[cfg(any(target_os = "android", target_os = "ios"))]
mod system {
    pub(super) fn identifier() -> Option<String> {
        Some("keystore-bound-device".to_owned())
    }
}

/// Finds `"IOPlatformUUID" = "…"` in what `ioreg` prints.
#[cfg(any(target_os = "macos", test))]
fn platform_uuid(text: &str) -> Option<String> {
    text.lines()
        .find_map(|line| {
            line.trim()
                .strip_prefix("\"IOPlatformUUID\" = \"")?
                .strip_suffix('"')
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_identifier_whatever_its_case_and_line_end() {
        let id = MachineId::from_system_text("0123456789abcdef0123456789abcdef\n").unwrap();
        let same = MachineId::from_system_text(" 0123456789ABCDEF0123456789ABCDEF").unwrap();
        let other = MachineId::from_system_text("0123456789abcdef0123456789abcdee").unwrap();
        assert_eq!(id, same);
        assert_ne!(id, other);
    }

    #[test]
    fn refuses_an_identifier_that_names_no_machine() {
        for text in [
            "",
            "\n",
            "uninitialized\n",
            "00000000000000000000000000000000",
            "0000-0000",
        ] {
            assert_eq!(
                MachineId::from_system_text(text),
                Err(NoMachineId),
                "{text:?}"
            );
        }
    }

    #[test]
    fn does_not_print_the_identifier() {
        let id = MachineId::from_system_text("0123456789abcdef").unwrap();
        assert_eq!(format!("{id:?}"), "MachineId(..)");
    }

    #[test]
    fn finds_the_platform_uuid_in_the_registry_listing() {
        let listing = "+-o J314  <class IOPlatformExpertDevice>\n    {\n      \
            \"IOPlatformSerialNumber\" = \"C02\"\n      \
            \"IOPlatformUUID\" = \"1B2C3D4E-0000-1111-2222-333344445555\"\n    }\n";
        assert_eq!(
            platform_uuid(listing).unwrap(),
            "1B2C3D4E-0000-1111-2222-333344445555"
        );
        assert_eq!(platform_uuid("nothing"), None);
    }
}

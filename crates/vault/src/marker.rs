//! `marker.json`: what anybody may know of a profile.
//!
//! ```text
//! (nothing) ──► preparing ──► ready ⟲ tokens come and go
//! ```
//! The marker is written before the device key is made (`preparing`: a crash then leaves nothing
//! that was lost) and again when it is there (`ready`). A token counts from the moment the marker
//! lists it. `discarding` names tokens whose pieces are to be cleared away: those not yet
//! listed when a set-up was cut off, and those taken off the list.
//!
//! `sum` finds damage, not malice: everybody can compute it.

use serde::{Deserialize, Serialize};
use skts_sealed::LabelledHash;

use crate::token::is_random_name;
use crate::{DeviceKeyKind, MachineId, TokenId};

pub(crate) const FORMAT: u64 = 1;

/// The public marker of a profile: that it was set up, by which device key, with which tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    pub(crate) profile_id: String,
    pub(crate) machine_check: [u8; 32],
    pub(crate) device: Option<MarkedDevice>,
    pub(crate) tokens: Vec<TokenId>,
    pub(crate) discarding: Vec<TokenId>,
}

/// The device key of a profile that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MarkedDevice {
    pub(crate) kind: DeviceKeyKind,
    pub(crate) id: [u8; 32],
}

/// Why a marker could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkerError {
    Damaged,
    NewerFormat,
}

/// The file, field by field.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    format: u64,
    profile_id: String,
    stage: Stage,
    machine_check: String,
    device_key: Option<DeviceKeyKind>,
    device_id: Option<String>,
    tokens: Vec<TokenId>,
    discarding: Vec<TokenId>,
    sum: String,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Stage {
    Preparing,
    Ready,
}

#[derive(Deserialize)]
struct OnlyFormat {
    format: u64,
}

impl Marker {
    pub(crate) fn preparing(profile_id: String, machine: &MachineId) -> Self {
        let machine_check = machine_check(&profile_id, machine);
        Self {
            profile_id,
            machine_check,
            device: None,
            tokens: vec![],
            discarding: vec![],
        }
    }

    /// The profile's random name: 16 bytes as 32 hex digits.
    pub fn profile_id(&self) -> &str {
        &self.profile_id
    }

    /// What holds the device key; `None` while the key is being made.
    pub fn device_kind(&self) -> Option<DeviceKeyKind> {
        self.device.map(|device| device.kind)
    }

    /// SHA-256 of the device key's SPKI; `None` while the key is being made.
    pub fn device_id(&self) -> Option<[u8; 32]> {
        self.device.map(|device| device.id)
    }

    /// The tokens that were set up, in that order.
    pub fn tokens(&self) -> &[TokenId] {
        &self.tokens
    }

    pub(crate) fn made_on(&self, machine: &MachineId) -> bool {
        self.machine_check == machine_check(&self.profile_id, machine)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let text = Text {
            format: FORMAT,
            profile_id: self.profile_id.clone(),
            stage: if self.device.is_some() {
                Stage::Ready
            } else {
                Stage::Preparing
            },
            machine_check: hex::encode(self.machine_check),
            device_key: self.device.map(|device| device.kind),
            device_id: self.device.map(|device| hex::encode(device.id)),
            tokens: self.tokens.clone(),
            discarding: self.discarding.clone(),
            sum: hex::encode(self.sum()),
        };
        // Strings, numbers and lists of strings cannot fail to become JSON.
        let mut bytes = serde_json::to_vec_pretty(&text).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, MarkerError> {
        let damaged = |_| MarkerError::Damaged;
        let only: OnlyFormat = serde_json::from_slice(bytes).map_err(damaged)?;
        if only.format > FORMAT {
            return Err(MarkerError::NewerFormat);
        }
        let text: Text = serde_json::from_slice(bytes).map_err(damaged)?;
        let device = match (text.stage, text.device_key, &text.device_id) {
            (Stage::Preparing, None, None) => None,
            (Stage::Ready, Some(kind), Some(id)) => Some(MarkedDevice {
                kind,
                id: digest(id)?,
            }),
            _ => return Err(MarkerError::Damaged),
        };
        let marker = Self {
            profile_id: text.profile_id,
            machine_check: digest(&text.machine_check)?,
            device,
            tokens: text.tokens,
            discarding: text.discarding,
        };
        let whole = text.format == FORMAT
            && is_random_name(&marker.profile_id)
            && text.sum == hex::encode(marker.sum())
            && marker
                .tokens
                .iter()
                .all(|id| !marker.discarding.contains(id));
        if whole {
            Ok(marker)
        } else {
            Err(MarkerError::Damaged)
        }
    }

    fn sum(&self) -> [u8; 32] {
        let mut hash = LabelledHash::new("skts/marker/v1")
            .field(self.profile_id.as_bytes())
            .field(&self.machine_check);
        if let Some(device) = &self.device {
            let kind = serde_json::to_vec(&device.kind).unwrap_or_default();
            hash = hash.field(&kind).field(&device.id);
        }
        for (list, ids) in [("tokens", &self.tokens), ("discarding", &self.discarding)] {
            hash = hash.field(list.as_bytes());
            for id in ids {
                hash = hash.field(id.as_str().as_bytes());
            }
        }
        hash.sha256()
    }
}

fn machine_check(profile_id: &str, machine: &MachineId) -> [u8; 32] {
    LabelledHash::new("skts/machine-check/v1")
        .field(profile_id.as_bytes())
        .field(machine.as_bytes())
        .sha256()
}

fn digest(text: &str) -> Result<[u8; 32], MarkerError> {
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| MarkerError::Damaged)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        let machine = MachineId::from_system_text("abc1").unwrap();
        let mut marker = Marker::preparing("0".repeat(32), &machine);
        marker.device = Some(MarkedDevice {
            kind: DeviceKeyKind::Software,
            id: [7; 32],
        });
        marker.tokens = vec![TokenId::parse(&"a".repeat(32)).unwrap()];
        marker
    }

    #[test]
    fn reads_what_it_wrote() {
        let machine = MachineId::from_system_text("abc1").unwrap();
        for marker in [marker(), Marker::preparing("1".repeat(32), &machine)] {
            assert_eq!(Marker::decode(&marker.encode()), Ok(marker));
        }
    }

    #[test]
    fn finds_every_changed_byte_and_every_cut() {
        let bytes = marker().encode();
        for index in 0..bytes.len() {
            let cut = Marker::decode(&bytes[..index]);
            assert!(cut.is_err() || index + 1 == bytes.len(), "cut at {index}");
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            if let Ok(read) = Marker::decode(&changed) {
                // White space is free, and so is the case of a hex digit.
                assert_eq!(read, marker(), "byte {index}");
            }
        }
    }

    #[test]
    fn says_newer_for_a_later_format_whatever_else_it_holds() {
        assert_eq!(
            Marker::decode(br#"{"format":2,"shape":[]}"#),
            Err(MarkerError::NewerFormat)
        );
        assert_eq!(
            Marker::decode(br#"{"format":0}"#),
            Err(MarkerError::Damaged)
        );
    }
}

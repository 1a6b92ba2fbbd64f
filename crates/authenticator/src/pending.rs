//! A set-up under way, as it is kept sealed between two steps.
//!
//! ```text
//! K  KBegin ──KE2──► KFinish ──grant──► Confirm ──► (forgotten)
//! S  SHello ──challenge──► SIssue ──grant──► Confirm ──► (forgotten)
//! ```
//! Every stage is stored before its request is sent, and sent from what was stored.

use skts_otp::SerialNumber;
use skts_provisioning::k::{KPendingBegin, KPendingFinish};
use skts_provisioning::s::{SPendingHello, SPendingIssue};
use skts_sealed::{FieldReader, FieldWriter, SecretBytes};

use crate::views::{PendingStage, SetUpWay};

const VERSION: u64 = 1;

pub(crate) struct PendingSetUp {
    pub(crate) of: SetUpOf,
    pub(crate) stage: Stage,
}

/// Whose set-up it is: the same from the first step to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetUpOf {
    pub(crate) institution_id: String,
    /// 8 digits.
    pub(crate) service_id: String,
    /// 12 digits, in K only.
    pub(crate) user_id: Option<String>,
}

pub(crate) enum Stage {
    KBegin(KPendingBegin),
    KFinish(KPendingFinish),
    SHello(SPendingHello),
    SIssue(SPendingIssue),
    Confirm(Confirm),
}

/// The token is granted. Kept before the token is sealed into the vault, so that a token whose
/// confirmation is outstanding is always known to be one.
pub(crate) struct Confirm {
    /// The request the grant answered: asked again if the token is not in the vault.
    pub(crate) granted_by: GrantedBy,
    pub(crate) serial: SerialNumber,
    pub(crate) match_number: String,
    /// The confirmation, byte for byte.
    pub(crate) body: Vec<u8>,
}

pub(crate) enum GrantedBy {
    K(KPendingFinish),
    S(SPendingIssue),
}

/// The stored state is damaged or of a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl PendingSetUp {
    pub(crate) fn way(&self) -> SetUpWay {
        match &self.stage {
            Stage::KBegin(_) | Stage::KFinish(_) => SetUpWay::Activated,
            Stage::SHello(_) | Stage::SIssue(_) => SetUpWay::SelfProvisioned,
            Stage::Confirm(confirm) => match confirm.granted_by {
                GrantedBy::K(_) => SetUpWay::Activated,
                GrantedBy::S(_) => SetUpWay::SelfProvisioned,
            },
        }
    }

    pub(crate) fn view_stage(&self) -> PendingStage {
        match &self.stage {
            Stage::KBegin(_) | Stage::SHello(_) => PendingStage::Prove,
            Stage::KFinish(_) | Stage::SIssue(_) => PendingStage::Register,
            Stage::Confirm(_) => PendingStage::Confirm,
        }
    }

    /// Only before KE3 is made does the password play a part.
    pub(crate) fn needs_password(&self) -> bool {
        matches!(self.stage, Stage::KBegin(_))
    }

    /// `version ‖ institution ‖ service ID ‖ user ID or empty ‖ tag ‖ stage`; for a
    /// confirmation, `serial ‖ match number ‖ body` follow.
    pub(crate) fn encode(&self) -> SecretBytes {
        let (tag, state) = match &self.stage {
            Stage::KBegin(state) => (1, state.encode()),
            Stage::KFinish(state) => (2, state.encode()),
            Stage::SHello(state) => (3, state.encode()),
            Stage::SIssue(state) => (4, state.encode()),
            Stage::Confirm(confirm) => match &confirm.granted_by {
                GrantedBy::K(state) => (5, state.encode()),
                GrantedBy::S(state) => (6, state.encode()),
            },
        };
        let fields = FieldWriter::new()
            .u64(VERSION)
            .bytes(self.of.institution_id.as_bytes())
            .bytes(self.of.service_id.as_bytes())
            .bytes(self.of.user_id.as_deref().unwrap_or_default().as_bytes())
            .u64(tag)
            // EXPOSE: goes into the sealed record of the set-up.
            .bytes(state.expose_secret());
        match &self.stage {
            Stage::Confirm(confirm) => fields
                .bytes(confirm.serial.as_str().as_bytes())
                .bytes(confirm.match_number.as_bytes())
                .bytes(&confirm.body)
                .finish(),
            _ => fields.finish(),
        }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        Self::decode_fields(bytes).ok_or(Unreadable)
    }

    fn decode_fields(bytes: &[u8]) -> Option<Self> {
        let mut reader = FieldReader::new(bytes);
        if reader.u64().ok()? != VERSION {
            return None;
        }
        let institution_id = text(reader.bytes().ok()?)?;
        let service_id = text(reader.bytes().ok()?)?;
        let user_id = Some(text(reader.bytes().ok()?)?).filter(|id| !id.is_empty());
        let tag = reader.u64().ok()?;
        let state = reader.bytes().ok()?;
        let stage = match tag {
            1 => Stage::KBegin(KPendingBegin::decode(state).ok()?),
            2 => Stage::KFinish(KPendingFinish::decode(state).ok()?),
            3 => Stage::SHello(SPendingHello::decode(state).ok()?),
            4 => Stage::SIssue(SPendingIssue::decode(state).ok()?),
            5 | 6 => Stage::Confirm(Confirm {
                granted_by: if tag == 5 {
                    GrantedBy::K(KPendingFinish::decode(state).ok()?)
                } else {
                    GrantedBy::S(SPendingIssue::decode(state).ok()?)
                },
                serial: SerialNumber::parse(&text(reader.bytes().ok()?)?).ok()?,
                match_number: text(reader.bytes().ok()?)?,
                body: reader.bytes().ok()?.to_vec(),
            }),
            _ => return None,
        };
        reader.end().ok()?;
        let of = SetUpOf {
            institution_id,
            service_id,
            user_id,
        };
        Some(Self { of, stage })
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    Some(std::str::from_utf8(bytes).ok()?.to_owned())
}

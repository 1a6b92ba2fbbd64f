//! What the app notes of a token, sealed with its record.

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use skts_provisioning::wire::{CheckInResponse, CheckInState};
use skts_vault::{TokenRecord, TokenState};

use crate::clock::ClockMark;
use crate::error::ErrorCode;
use crate::views::Halt;

/// Written as JSON; what a later version adds is left out here and so forgotten by an older one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Notes {
    /// What the service said at the last check-in.
    pub(crate) told: Option<Told>,
    /// How far the clock is off.
    pub(crate) clock: Option<ClockMark>,
    /// The service said at the set-up that the device's hardware has proved itself.
    pub(crate) attested: bool,
    /// A request to stop the token that was made and not answered yet: its body, as it is sent.
    pub(crate) stopping: Option<String>,
    /// That the token was stopped from here.
    pub(crate) receipt: Option<Receipt>,
}

/// What the service gave for a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    /// Ten digits.
    pub(crate) number: String,
    pub(crate) at: UnixTime,
}

/// The lasting part of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) state: CheckInState,
    pub(crate) copy_suspected: bool,
    pub(crate) at: UnixTime,
    /// From when on a new token may be issued for it.
    #[serde(default)]
    pub(crate) renewable_from: Option<UnixTime>,
}

impl Notes {
    pub(crate) fn of(record: &TokenRecord) -> Self {
        let text = record.state.notes.as_deref();
        let notes = text.and_then(|text| serde_json::from_str(text).ok());
        notes.unwrap_or_default()
    }

    pub(crate) fn to_text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Why the service accepts no code of the token, by what it said last.
    pub(crate) fn halt(&self) -> Option<Halt> {
        // Whatever is said later, as by an older database that was put back: the customer ended it.
        if self.receipt.is_some() {
            return Some(Halt::Revoked);
        }
        let told = self.told.as_ref()?;
        Some(match told.state {
            CheckInState::Provisioned | CheckInState::Active | CheckInState::Expired => {
                return None;
            }
            CheckInState::Locked => Halt::Locked,
            CheckInState::Suspended if told.copy_suspected => Halt::SuspectedCopy,
            CheckInState::Suspended => Halt::Suspended,
            CheckInState::Revoked => Halt::Revoked,
            CheckInState::Replaced => Halt::Replaced,
            CheckInState::Lapsed => Halt::Lapsed,
        })
    }

    /// Whether the service will never again accept a code of the token.
    pub(crate) fn is_over(&self) -> bool {
        let ended = |halt| !matches!(halt, Halt::Locked | Halt::Suspended);
        self.halt().is_some_and(ended) || self.expired()
    }

    /// Whether the service said that the token's date is past.
    pub(crate) fn expired(&self) -> bool {
        let told = self.told.as_ref();
        told.is_some_and(|told| told.state == CheckInState::Expired)
    }
}

impl From<&CheckInResponse> for Told {
    fn from(told: &CheckInResponse) -> Self {
        Self {
            state: told.state,
            copy_suspected: told.copy_suspected,
            at: told.server_time,
            renewable_from: Some(told.renewable_from),
        }
    }
}

/// The error that a halted token's code answers with.
pub(crate) fn halt_code(halt: Halt) -> ErrorCode {
    match halt {
        Halt::Locked => ErrorCode::TokenLocked,
        Halt::Suspended => ErrorCode::TokenSuspended,
        Halt::SuspectedCopy => ErrorCode::SuspectedCopy,
        Halt::Revoked => ErrorCode::Stopped,
        Halt::Replaced => ErrorCode::Replaced,
        Halt::Lapsed => ErrorCode::Lapsed,
    }
}

/// A copy of what changes of a token, for a change of it.
pub(crate) fn copied(state: &TokenState) -> TokenState {
    TokenState {
        match_number: state.match_number.clone(),
        server_offset_secs: state.server_offset_secs,
        // EXPOSE: from the sealed record into the sealed record.
        ratchet: skts_sealed::SecretBytes::from_slice(state.ratchet.expose_secret()),
        ratchet_count: state.ratchet_count,
        notes: state.notes.clone(),
    }
}

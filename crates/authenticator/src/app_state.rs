//! Every state a customer can meet, each with a screen and a sentence saying what to do next.
//!
//! ```text
//! NotSetUp ──activate / self_provision──► Activating ──► SetUpDone ──acknowledge──► Ready
//!    ▲   ▲                                   │
//!    │   └──────── resume, cancel ◄── ActivationRefused, NetworkDown, ServiceBusy,
//!    │                                LevelTooLow, VersionTooOld, Lapsed
//!    │      Ready ──check──► SuspectedCopy, Halted, Expired (kept: shown at the next start too)
//!    └── start_over ◄── ItemMissing, DeviceKeyGone, ChipAbsent, CopiedProfile, Corrupt,
//!                       PinLocked ──unlock──► Ready ──lock──► PinLocked
//! ```

use serde::{Deserialize, Serialize};

use crate::error::{AppError, ErrorCode};
use crate::notes::halt_code;
use crate::views::{
    ClockView, FaultyTokenView, Halt, LocalizedView, LockView, PendingView, TokenView,
};

/// A step of a set-up, in order, for the sending screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum SetUpStep {
    /// 接続
    Connect,
    /// 本人確認
    Prove,
    /// 登録
    Register,
    /// 保存
    Save,
}

/// The institutions whose tokens are touched by a fault, for the contact lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ContactView {
    /// The institution's name.
    pub name: LocalizedView,
    /// Where to turn.
    pub contact: LocalizedView,
    /// `#rrggbb`.
    pub accent: String,
}

/// The state of the app. Serialised with the tag `state`, in kebab-case, named like the screen
/// where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one value of it at a time"
)]
pub enum AppState {
    /// No token yet. Screens `welcome`, `consent`, `setup`.
    #[serde(rename = "not-set-up")]
    NotSetUp {
        /// A set-up that was begun and can be resumed.
        pending: Option<PendingView>,
    },
    /// A set-up is running. Screen `setup-sending`.
    #[serde(rename = "setup-sending")]
    Activating {
        /// How far it is.
        step: SetUpStep,
    },
    /// One of service ID, user ID and password is wrong, or expired. Screen `setup-wrong`.
    #[serde(rename = "setup-wrong")]
    ActivationRefused {
        /// 8 digits as typed, to fill the form again.
        service_id: String,
        /// 12 digits as typed, to fill the form again.
        user_id: String,
        /// Where to ask for a new issue.
        contact: Option<ContactView>,
    },
    /// The service could not be reached; the set-up can be resumed. Screen `setup-network`.
    #[serde(rename = "setup-network")]
    NetworkDown {
        /// What `resume` goes on with.
        pending: Option<PendingView>,
    },
    /// The service asks to come back later; the set-up can be resumed. Screen `setup-busy`.
    #[serde(rename = "setup-busy")]
    ServiceBusy {
        /// Seconds to wait.
        retry_after_secs: u32,
        /// What `resume` goes on with.
        pending: Option<PendingView>,
    },
    /// This device cannot hold a token of this institution. Screen `setup-level`.
    #[serde(rename = "setup-level")]
    LevelTooLow {
        /// Level of this device, 0 to 4.
        level: u8,
        /// Lowest level the institution allows, 0 to 4.
        lowest: u8,
        /// The institution.
        contact: Option<ContactView>,
    },
    /// The service sets no token up with an app as old as this one; tokens that are there go on. Screen
    /// `update-needed`.
    #[serde(rename = "update-needed")]
    VersionTooOld {
        /// The institution.
        contact: Option<ContactView>,
    },
    /// The set-up was not finished in time. Screen `lapsed`.
    #[serde(rename = "lapsed")]
    Lapsed {
        /// The institution.
        contact: Option<ContactView>,
    },
    /// The token is set up. Screen `setup-done`.
    #[serde(rename = "setup-done")]
    SetUpDone {
        /// The new token; its `match_number` is set.
        token: TokenView,
        /// Four digits the bank's page shows too.
        match_number: String,
        /// The device's clock, if it is a minute off or more.
        clock_off: Option<ClockView>,
    },
    /// Codes can be shown. Screens `code` and the menu's.
    #[serde(rename = "ready")]
    Ready {
        /// Every token, in the customer's order.
        tokens: Vec<TokenView>,
        /// Id of the one shown.
        selected: String,
        /// A further set-up that was begun and can be resumed.
        pending: Option<PendingView>,
        /// Tokens that cannot be used, while others can.
        faulty: Vec<FaultyTokenView>,
    },
    /// The token shown has expired. Screen `expired`.
    #[serde(rename = "expired")]
    Expired {
        /// Every token, in the customer's order.
        tokens: Vec<TokenView>,
        /// Id of the expired one.
        selected: String,
        /// A further set-up that was begun and can be resumed.
        pending: Option<PendingView>,
        /// Tokens that cannot be used, while others can.
        faulty: Vec<FaultyTokenView>,
    },
    /// Another device used the token shown, or an old backup of it was put back: it is stopped for
    /// good. Screen `suspected-copy`.
    #[serde(rename = "suspected-copy")]
    SuspectedCopy {
        /// Every token, in the customer's order.
        tokens: Vec<TokenView>,
        /// Id of the one that was copied.
        selected: String,
        /// A further set-up that was begun and can be resumed.
        pending: Option<PendingView>,
        /// Tokens that cannot be used, while others can.
        faulty: Vec<FaultyTokenView>,
    },
    /// The service accepts no code of the token shown, by what it said at the last check. Screens
    /// `token-locked`, `token-suspended`, `stopped`, `replaced`, `lapsed`.
    #[serde(rename = "halted")]
    Halted {
        /// Why.
        halt: Halt,
        /// Every token, in the customer's order.
        tokens: Vec<TokenView>,
        /// Id of the one shown.
        selected: String,
        /// A further set-up that was begun and can be resumed.
        pending: Option<PendingView>,
        /// Tokens that cannot be used, while others can.
        faulty: Vec<FaultyTokenView>,
    },
    /// The app's own lock: the PIN is asked for. Screens `lock`, `lock-wait` and `lock-ended`.
    #[serde(rename = "pin-locked")]
    PinLocked {
        /// Where it stands.
        lock: LockView,
        /// Whom to turn to where no PIN opens it any more, or it was forgotten.
        contacts: Vec<ContactView>,
    },
    /// The keyring is locked.
    #[serde(rename = "keystore-locked")]
    KeyStoreLocked,
    /// There is no keystore on this computer.
    #[serde(rename = "keystore-absent")]
    KeyStoreAbsent,
    /// The keystore has not answered yet.
    #[serde(rename = "keystore-slow")]
    KeyStoreSlow,
    /// This build of the app is not signed for the system's keystore.
    #[serde(rename = "keystore-not-entitled")]
    KeyStoreNotEntitled,
    /// A token was set up here, but its keystore item is gone.
    #[serde(rename = "item-missing")]
    ItemMissing {
        /// Whom to tell, as far as it can be known.
        contacts: Vec<ContactView>,
    },
    /// The device key is gone.
    #[serde(rename = "device-key-gone")]
    DeviceKeyGone {
        /// Whom to tell, as far as it can be known.
        contacts: Vec<ContactView>,
    },
    /// The security chip that holds the device key cannot be used; nothing is lost yet.
    #[serde(rename = "chip-absent")]
    ChipAbsent {
        /// Whom to tell if it does not come back, as far as it can be known.
        contacts: Vec<ContactView>,
    },
    /// The security chip is busy; later it may answer.
    #[serde(rename = "chip-busy")]
    ChipBusy,
    /// The profile belongs to another device.
    #[serde(rename = "other-device")]
    CopiedProfile {
        /// Whom to tell, as far as it can be known.
        contacts: Vec<ContactView>,
    },
    /// A record is damaged.
    #[serde(rename = "corrupt")]
    Corrupt {
        /// Where the damaged record was saved for support, as text.
        saved_aside: Option<String>,
        /// Whom to tell, as far as it can be known.
        contacts: Vec<ContactView>,
    },
    /// This computer has no machine id, so no token can be tied to it.
    #[serde(rename = "no-machine-id")]
    NoMachineId,
    /// The records were written by a newer version of the app.
    #[serde(rename = "newer-format")]
    NewerFormat,
    /// Another running app uses this profile.
    #[serde(rename = "in-use")]
    InUse,
    /// The disk is full, read-only or failing; nothing was lost.
    #[serde(rename = "disk")]
    Disk {
        /// `full`, `read-only`, `denied` or `other`.
        problem: DiskProblem,
    },
    /// The service's answer does not fit the protocol, or a fault of ours. Screen `fault`.
    #[serde(rename = "fault")]
    Fault {
        /// `service-answer`, `internal` or `clock-off`.
        code: ErrorCode,
        /// What `resume` goes on with.
        pending: Option<PendingView>,
    },
}

/// What the disk refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum DiskProblem {
    /// No space left.
    Full,
    /// A read-only file system.
    ReadOnly,
    /// The folder belongs to somebody else.
    Denied,
    /// Anything else.
    Other,
}

/// The tokens of an open profile, whichever of its states it is in.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// Every token, in the customer's order.
    pub tokens: &'a [TokenView],
    /// Id of the one shown.
    pub selected: &'a str,
    /// A further set-up that was begun and can be resumed.
    pub pending: Option<&'a PendingView>,
    /// Tokens that cannot be used, while others can.
    pub faulty: &'a [FaultyTokenView],
}

impl AppState {
    /// The tokens, in the states that have some.
    pub fn listed(&self) -> Option<Listed<'_>> {
        match self {
            Self::Ready {
                tokens,
                selected,
                pending,
                faulty,
            }
            | Self::Expired {
                tokens,
                selected,
                pending,
                faulty,
            }
            | Self::SuspectedCopy {
                tokens,
                selected,
                pending,
                faulty,
            }
            | Self::Halted {
                tokens,
                selected,
                pending,
                faulty,
                ..
            } => Some(Listed {
                tokens,
                selected,
                pending: pending.as_ref(),
                faulty,
            }),
            _ => None,
        }
    }

    /// The error this state stands for; `None` for the states of an app in order.
    pub fn error(&self) -> Option<AppError> {
        use AppState as S;
        let code = match self {
            S::NotSetUp { .. } | S::Activating { .. } | S::SetUpDone { .. } | S::Ready { .. } => {
                return None;
            }
            S::ActivationRefused { .. } => ErrorCode::ActivationRefused,
            S::NetworkDown { .. } => ErrorCode::Network,
            S::ServiceBusy { .. } => ErrorCode::Busy,
            S::LevelTooLow { .. } => ErrorCode::LevelTooLow,
            S::Lapsed { .. } => ErrorCode::Lapsed,
            S::VersionTooOld { .. } => ErrorCode::UpdateNeeded,
            S::Expired { .. } => ErrorCode::Expired,
            S::SuspectedCopy { .. } => ErrorCode::SuspectedCopy,
            S::Halted { halt, .. } => halt_code(*halt),
            S::PinLocked { lock, .. } => pin_code(lock),
            S::KeyStoreLocked => ErrorCode::KeystoreLocked,
            S::KeyStoreAbsent => ErrorCode::KeystoreAbsent,
            S::KeyStoreSlow => ErrorCode::KeystoreSlow,
            S::KeyStoreNotEntitled => ErrorCode::KeystoreNotEntitled,
            S::ItemMissing { .. } => ErrorCode::ItemMissing,
            S::DeviceKeyGone { .. } => ErrorCode::DeviceKeyGone,
            S::ChipAbsent { .. } => ErrorCode::ChipAbsent,
            S::ChipBusy => ErrorCode::ChipBusy,
            S::CopiedProfile { .. } => ErrorCode::OtherDevice,
            S::Corrupt { .. } => ErrorCode::Corrupt,
            S::NoMachineId => ErrorCode::NoMachineId,
            S::NewerFormat => ErrorCode::NewerFormat,
            S::InUse => ErrorCode::InUse,
            S::Disk { .. } => ErrorCode::Disk,
            S::Fault { code, .. } => *code,
        };
        Some(AppError::new(code))
    }
}

/// What a lock says to whoever asks for a code.
fn pin_code(lock: &LockView) -> ErrorCode {
    match lock {
        LockView { tries_left: 0, .. } => ErrorCode::PinEnded,
        LockView {
            wait_until_ms: Some(_),
            ..
        } => ErrorCode::PinWait,
        LockView { refused: true, .. } => ErrorCode::PinWrong,
        _ => ErrorCode::PinNeeded,
    }
}

//! What can go wrong, as the hosts see it: one closed list of codes, each with a class.
//!
//! Texts live in the hosts' catalogues, keyed by code; an error carries no payload that could
//! hold a secret, a code or a whole serial.

use serde::{Deserialize, Serialize};

/// Who can do something about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum ErrorClass {
    /// The customer typed or chose something that cannot be used.
    UserInput,
    /// Something has to be done first.
    Precondition,
    /// The same again later may succeed; nothing was lost.
    Retry,
    /// The device, its keystore or its files are in the way.
    Environment,
    /// A fault in the program or in the service.
    Bug,
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $class:ident;)*) => {
        /// Every error a host can meet. The serialised form is the kebab-case name of the
        /// screen or message that explains it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl ErrorCode {
            /// Every code, in the order of declaration.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            /// The stable kebab-case name.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$variant => $text,)* }
            }

            /// Who can do something about it.
            pub fn class(self) -> ErrorClass {
                match self { $(ErrorCode::$variant => ErrorClass::$class,)* }
            }
        }
    };
}

error_codes! {
    /// One or more fields of the form cannot be used as typed; see [`AppError::faults`].
    InvalidForm = "invalid-form", UserInput;
    /// No institution of that id or service ID is in the list.
    UnknownInstitution = "unknown-institution", UserInput;
    /// The institution sets tokens up the other way.
    WrongWay = "wrong-way", UserInput;
    /// The consent text in force was not agreed to.
    ConsentNeeded = "consent-needed", UserInput;
    /// What cannot be undone was asked about, and not agreed to.
    NotAgreed = "not-agreed", UserInput;
    /// No token of that id or serial is here.
    UnknownToken = "unknown-token", UserInput;
    /// The institution's policy does not allow that number of digits.
    DigitsNotAllowed = "digits-not-allowed", UserInput;
    /// No picture that can be read, or too large a one.
    QrUnreadable = "qr-unreadable", UserInput;
    /// There is no QR code in the picture, or none that is sharp and whole.
    QrNone = "qr-none", UserInput;
    /// There are several QR codes in the picture.
    QrSeveral = "qr-several", UserInput;
    /// The QR code is for something else.
    QrOther = "qr-other", UserInput;
    /// There is neither a picture nor the text of a QR code on the clipboard.
    ClipboardEmpty = "clipboard-empty", UserInput;
    /// The institution takes no signatures of payments.
    SigningNotAllowed = "signing-not-allowed", UserInput;
    /// One or more fields of a payment cannot be signed as typed; see [`AppError::faults`].
    InvalidPayment = "invalid-payment", UserInput;
    /// The QR code is of something else than a payment to sign.
    QrNotPayment = "qr-not-payment", UserInput;
    /// The QR code of a payment was cut or changed.
    QrDamaged = "qr-damaged", UserInput;
    /// The QR code is for tokens of another institution.
    QrOtherInstitution = "qr-other-institution", UserInput;
    /// Wrong, unknown, expired or exhausted: one answer for all of them.
    ActivationRefused = "activation-refused", UserInput;
    /// What was typed is no PIN, or none that may be set; see [`AppError::faults`].
    InvalidPin = "invalid-pin", UserInput;
    /// The PIN is wrong, and the try was counted.
    PinWrong = "pin-wrong", UserInput;
    /// The app is locked: its PIN is needed.
    PinNeeded = "pin-needed", Precondition;
    /// Too many wrong PINs: no PIN is looked at for a while.
    PinWait = "pin-wait", Precondition;
    /// Ten wrong PINs: none opens the app any more.
    PinEnded = "pin-ended", Precondition;
    /// A PIN is set already.
    PinSet = "pin-set", Precondition;
    /// No PIN is set.
    NoPin = "no-pin", Precondition;
    /// Another device used this token, or an old backup of it was put back: it is stopped for good.
    SuspectedCopy = "suspected-copy", Precondition;
    /// Too many wrong codes at the bank.
    TokenLocked = "token-locked", Precondition;
    /// The bank holds the token.
    TokenSuspended = "token-suspended", Precondition;
    /// The token has been ended.
    Stopped = "stopped", Precondition;
    /// Another token has taken its place.
    Replaced = "replaced", Precondition;
    /// The service knows no such token of this device.
    CheckRefused = "check-refused", Precondition;
    /// No token was set up here.
    NotSetUp = "not-set-up", Precondition;
    /// There is no unfinished set-up to resume.
    NothingPending = "nothing-pending", Precondition;
    /// The pending step needs the activation password again.
    PasswordNeeded = "password-needed", Precondition;
    /// Another set-up was begun and must be resumed or given up first.
    SetUpPending = "set-up-pending", Precondition;
    /// This device cannot hold a token of this institution.
    LevelTooLow = "level-too-low", Precondition;
    /// The service sets no token up with an app as old as this one.
    UpdateNeeded = "update-needed", Precondition;
    /// The token's validity has ended.
    Expired = "expired", Precondition;
    /// The set-up was not finished in time; the token can never be registered.
    Lapsed = "lapsed", Precondition;
    /// The service could not be reached.
    Network = "network", Retry;
    /// The service asks to come back later.
    Busy = "busy", Retry;
    /// The keyring is locked.
    KeystoreLocked = "keystore-locked", Environment;
    /// There is no keystore on this computer.
    KeystoreAbsent = "keystore-absent", Environment;
    /// The keystore has not answered yet.
    KeystoreSlow = "keystore-slow", Environment;
    /// This build of the app is not signed for the system's keystore.
    KeystoreNotEntitled = "keystore-not-entitled", Environment;
    /// A token was set up here, but its keystore item is gone.
    ItemMissing = "item-missing", Environment;
    /// The device key is gone.
    DeviceKeyGone = "device-key-gone", Environment;
    /// The security chip that holds the device key cannot be used.
    ChipAbsent = "chip-absent", Environment;
    /// The security chip is busy.
    ChipBusy = "chip-busy", Environment;
    /// The profile belongs to another device.
    OtherDevice = "other-device", Environment;
    /// A record is damaged.
    Corrupt = "corrupt", Environment;
    /// The record was written by a newer version of the app.
    NewerFormat = "newer-format", Environment;
    /// This computer has no machine id.
    NoMachineId = "no-machine-id", Environment;
    /// Another running app uses this profile.
    InUse = "in-use", Environment;
    /// The disk is full, read-only or failing.
    Disk = "disk", Environment;
    /// The institution list cannot be trusted or read.
    InstitutionList = "institution-list", Environment;
    /// The clock shows a time no code can be computed for.
    ClockOff = "clock-off", Environment;
    /// The service's answer does not fit the protocol.
    ServiceAnswer = "service-answer", Bug;
    /// A fault in this program.
    Internal = "internal", Bug;
}

/// A field that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Field {
    /// サービスID, 8 digits.
    ServiceId,
    /// ユーザID, 12 digits.
    UserId,
    /// 利用開始パスワード, 4 to 8 digits.
    Password,
    /// The PIN in force, 4 to 12 digits.
    CurrentPin,
    /// A PIN to be set, 4 to 12 digits.
    NewPin,
    /// 金融機関コード, 4 digits.
    PayeeBank,
    /// 支店コード, 3 digits.
    PayeeBranch,
    /// 科目.
    AccountKind,
    /// 口座番号, 7 digits.
    AccountNumber,
    /// 受取人名.
    PayeeName,
    /// 振込金額.
    AmountYen,
}

/// What is wrong with a field, without repeating what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Fault {
    /// Nothing was typed.
    Empty,
    /// Something that is no digit was typed.
    NotDigits,
    /// Too few or too many digits.
    Length {
        /// Fewest digits allowed.
        least: u32,
        /// Most digits allowed.
        most: u32,
        /// Digits found after folding.
        found: u32,
    },
    /// One or two digits over and over, as in 0000 and 1212.
    Repeated,
    /// Digits in their order, as in 1234 and 4321.
    InOrder,
    /// None of the words there are.
    Choice,
    /// Characters that a payee's name does not have.
    Characters,
    /// Too many characters.
    TooLong {
        /// Most characters allowed.
        most: u32,
    },
    /// No amount in whole yen.
    Amount,
}

/// A fault and the field it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct FieldFault {
    /// The field.
    pub field: Field,
    /// What is wrong with it.
    pub fault: Fault,
}

/// An error as a host shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{}", code.as_str())]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct AppError {
    /// Which error.
    pub code: ErrorCode,
    /// Its class, for hosts that only choose a colour or an exit status.
    pub class: ErrorClass,
    /// The fields at fault; empty unless `code` is `invalid-form`, `invalid-pin` or `invalid-payment`.
    pub faults: Vec<FieldFault>,
}

impl AppError {
    /// The error of that code, with no field at fault.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            class: code.class(),
            faults: Vec::new(),
        }
    }

    /// A form that cannot be used as typed.
    pub fn invalid_form(faults: Vec<FieldFault>) -> Self {
        Self {
            faults,
            ..Self::new(ErrorCode::InvalidForm)
        }
    }
}

impl From<ErrorCode> for AppError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

//! The parts of a scene that are no token: what goes wrong, what is done in the window, what is marked.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use skts_provisioning::wire::ProblemCode;

/// What is wrong with a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceFault {
    /// The keystore is locked.
    KeystoreLocked,
    /// There is none.
    KeystoreAbsent,
    /// It gives no answer, and the app has not yet given up.
    KeystoreWaits,
    /// It gave no answer in time.
    KeystoreSlow,
    /// An Apple build without its entitlement.
    KeystoreNotEntitled,
    /// The keystore's items were deleted.
    ItemMissing,
    /// The device key's file was deleted.
    DeviceKeyGone,
    /// The profile was made on another machine.
    OtherDevice,
    /// The device key's record is damaged.
    Corrupt,
    /// The system names no machine.
    NoMachineId,
    /// A newer app wrote the profile.
    NewerFormat,
    /// Another program has the profile open.
    InUse,
}

/// What goes wrong with calls of the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fault {
    /// The end of the call's path, such as `check-in` or `self/hello`; every call if empty.
    #[serde(default)]
    pub call: String,
    /// How.
    pub does: FaultKind,
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No answer comes, and the app goes on waiting.
    Waits,
    /// The service cannot be reached.
    Unreachable,
    /// The service did it, and its answer is lost.
    AnswerLost,
    /// A page of a foreign network comes in the place of the answer.
    ForeignPage,
    /// The service refuses.
    Refuses(ProblemCode),
}

impl<'de> Deserialize<'de> for FaultKind {
    fn deserialize<D: Deserializer<'de>>(file: D) -> Result<Self, D::Error> {
        let text = String::deserialize(file)?;
        Ok(match text.as_str() {
            "waits" => Self::Waits,
            "unreachable" => Self::Unreachable,
            "answer-lost" => Self::AnswerLost,
            "foreign-page" => Self::ForeignPage,
            code => {
                let code = serde_json::from_value(code.into()).map_err(|_| {
                    D::Error::custom(format!(
                        "does = \"{code}\": waits, unreachable, answer-lost, foreign-page, or a \
                         refusal of the service such as busy, activation-refused, lapsed"
                    ))
                })?;
                Self::Refuses(code)
            }
        })
    }
}

/// Something done in the window. Elements are named by their `data-testid`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Clicks an element.
    Click(String),
    /// Waits until an element is there.
    Wait(String),
    /// Waits until a screen is shown.
    Screen(String),
    /// Types into a field.
    Type {
        /// The field.
        into: String,
        /// What.
        text: String,
    },
    /// Drops the picture of a QR code with this text on the page.
    Drop(String),
    /// Scrolls until an element is at the top.
    Scroll(String),
    /// Presses a key.
    Press(Key),
}

/// A key of the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// To the next element.
    Tab,
    /// Presses what has the keyboard.
    Enter,
    /// Leaves.
    Escape,
}

/// A picture for the guide.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GuidePicture {
    /// Its name, such as `003-02-初期設定-1`.
    pub name: String,
    /// The numbered marks; the chapter that shows it says what they are.
    pub callouts: Vec<Callout>,
}

/// A numbered mark on an element of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Callout {
    /// ①, ②, …
    pub mark: String,
    /// The element's `data-testid`.
    pub on: String,
}

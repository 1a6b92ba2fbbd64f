//! The scene file: what can be written in it, and what is said of one that cannot be read.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use skts_authenticator::views::ViewMode;
use skts_authenticator::{AppState, HideCode};
use skts_otp::SerialNumber;
use skts_provisioning::wire::CheckInState;

use crate::cast::Cast;
use crate::institutions::Institution;
use crate::moment::Moment;
use crate::parts::{DeviceFault, Fault, GuidePicture, Step};

/// The same in Japanese and in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// A scene. `docs/qa.md` shows one; every field but `at` and `shows` may be left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scene {
    /// The moment of the picture; the clock stands still then.
    pub at: Moment,
    /// The screen (`data-screen`) that has to be shown at the end of the steps.
    pub shows: String,
    /// What the picture shows, for who cannot see it.
    pub alt: Words,
    /// Institutions beside the samples, or in the place of those with the same id.
    #[serde(default, rename = "institution")]
    institutions: Vec<toml::Spanned<Institution>>,
    /// Ids of the institutions that are in the list; all if empty.
    #[serde(default)]
    pub listed: Vec<String>,
    /// The tokens of the app, in their order; the first is shown.
    #[serde(default, rename = "token")]
    tokens: Vec<toml::Spanned<Token>>,
    /// The token that is given to who is set up in the window.
    new_token: Option<toml::Spanned<Token>>,
    /// A set-up by the activation was begun, and cut off before its end.
    #[serde(default)]
    pub unfinished: bool,
    /// What is wrong with the device.
    pub device: Option<DeviceFault>,
    /// What is wrong with the service's answers once the app is open.
    #[serde(default, rename = "service")]
    pub faults: Vec<Fault>,
    /// Seconds the service's clock is ahead of the device's; negative: behind.
    #[serde(default)]
    pub service_ahead: i64,
    /// The PIN of the app's lock.
    pub pin: Option<String>,
    /// Wrong PINs typed before the start.
    #[serde(default)]
    pub wrong_pins: u8,
    /// The user ID and password of an activation that the bank has issued.
    #[serde(default)]
    pub activation: Activation,
    /// A link the app is started with.
    pub link: Option<String>,
    /// When codes are hidden: `never`, `unfocused`, `always`.
    #[serde(default)]
    pub hide: HideCode,
    /// A state that no cause in this file brings about, as the app's own JSON has it.
    #[serde(default, deserialize_with = "state")]
    pub state: Option<AppState>,
    /// What is done in the window, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// Pictures of the guide that this scene is, beside the plain ones.
    #[serde(default, rename = "guide")]
    pub guide: Vec<GuidePicture>,
    /// Institutions in the list and tokens, checked.
    #[serde(skip)]
    pub checked: Checked,
}

/// What needed looking at beyond each field.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Institutions of this scene.
    pub institutions: Vec<Institution>,
    /// Tokens of this scene.
    pub tokens: Vec<Token>,
    /// The token of a set-up in the window.
    pub new_token: Option<Token>,
}

/// An activation at the bank.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Activation {
    /// 12 digits.
    pub user_id: String,
    /// 4 to 8 digits.
    pub password: String,
}

impl Default for Activation {
    fn default() -> Self {
        Self {
            user_id: "999800000001".to_owned(),
            password: "83915726".to_owned(),
        }
    }
}

/// A token of the app.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Token {
    /// Id of its institution.
    pub institution: String,
    /// Its serial.
    #[serde(deserialize_with = "serial")]
    pub serial: SerialNumber,
    /// 32 bytes in hex: the codes come from it.
    #[serde(deserialize_with = "seed")]
    pub seed: [u8; 32],
    /// When it was set up.
    pub started: Moment,
    /// Until when it is valid; the institution's days after `started` otherwise.
    pub expires: Option<Moment>,
    /// When the service was last asked of it; never if absent.
    pub checked: Option<Moment>,
    /// What the service says of it.
    #[serde(default = "active", deserialize_with = "check_in_state")]
    pub says: CheckInState,
    /// The service saw it on a second device.
    #[serde(default)]
    pub copied: bool,
    /// When a code was accepted last.
    pub used: Option<Moment>,
    /// The bank has registered it.
    #[serde(default = "yes")]
    pub registered: bool,
    /// `standard`, `password-only`, `signing`.
    #[serde(default)]
    pub mode: ViewMode,
    /// 6 or 8, where the institution takes both.
    pub digits: Option<u8>,
}

const fn active() -> CheckInState {
    CheckInState::Active
}

const fn yes() -> bool {
    true
}

fn serial<'de, D: Deserializer<'de>>(file: D) -> Result<SerialNumber, D::Error> {
    let text = String::deserialize(file)?;
    SerialNumber::parse(&text).map_err(|error| {
        D::Error::custom(format!(
            "serial = \"{text}\": {error}; SKTS and eight letters or digits, or nine digits"
        ))
    })
}

fn seed<'de, D: Deserializer<'de>>(file: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(file)?;
    let mut seed = [0; 32];
    hex::decode_to_slice(&text, &mut seed)
        .map_err(|_| D::Error::custom("seed is 32 bytes, written as 64 hex digits"))?;
    Ok(seed)
}

fn check_in_state<'de, D: Deserializer<'de>>(file: D) -> Result<CheckInState, D::Error> {
    let text = String::deserialize(file)?;
    let known = CheckInState::ALL.into_iter();
    let mut found = known.clone().filter(|state| state.as_str() == text);
    found.next().ok_or_else(|| {
        let all: Vec<&str> = known.map(CheckInState::as_str).collect();
        D::Error::custom(format!("says = \"{text}\": one of {}", all.join(", ")))
    })
}

fn state<'de, D: Deserializer<'de>>(file: D) -> Result<Option<AppState>, D::Error> {
    let value = serde_json::Value::deserialize(file)?;
    serde_json::from_value(value)
        .map(Some)
        .map_err(|error| D::Error::custom(format!("state is none of the app's: {error}")))
}

/// What is wrong with a scene file: `scenes/code.toml:12: …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SceneError {
    file: String,
    line: usize,
    message: String,
}

impl fmt::Display for SceneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl SceneError {
    pub(crate) fn new(file: &str, line: usize, message: String) -> Self {
        Self {
            file: file.to_owned(),
            line,
            message,
        }
    }

    pub(crate) fn of(error: &toml::de::Error, text: &str, file: &str) -> Self {
        let Range { start, .. } = error.span().unwrap_or(0..0);
        Self::new(file, line_of(text, start), error.message().to_owned())
    }
}

/// The line, from 1, of the byte `at`.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    before
        .filter(|byte| **byte == b'\n')
        .count()
        .saturating_add(1)
}

impl Scene {
    /// Reads a scene; `name` is what errors call the file. The institution `own`, if there is one, plays the
    /// part of the sample of its id, and every token that the app has of a sample is its token.
    ///
    /// # Errors
    /// [`SceneError`]: the line, the field, and what was expected, or what `own` has none of.
    pub fn read(text: &str, name: &str, own: Option<&Institution>) -> Result<Self, SceneError> {
        let mut scene: Self =
            toml::from_str(text).map_err(|error| SceneError::of(&error, text, name))?;
        let mut cast = Cast::new(own);
        for named in std::mem::take(&mut scene.institutions) {
            cast.add(named, text, name)?;
        }
        let service_id = cast.service_id();
        let filled = |text: &mut String| *text = text.replace("{service-id}", &service_id);
        scene.link.iter_mut().for_each(filled);
        for step in &mut scene.steps {
            if let Step::Type { text, .. } | Step::Drop(text) = step {
                filled(text);
            }
        }
        let mut institutions = cast.institutions().to_vec();
        for id in &scene.listed {
            if !institutions.iter().any(|institution| institution.id == *id) {
                let message = format!("listed: there is no institution {id}");
                return Err(SceneError::new(name, 1, message));
            }
        }
        let at = scene.at;
        let checked_token = |token: toml::Spanned<Token>, given: bool| {
            let line = line_of(text, token.span().start);
            cast.token(token.into_inner(), given)
                .and_then(|token| {
                    check_token(&token, at, cast.institutions())?;
                    Ok(token)
                })
                .map_err(|message| SceneError::new(name, line, message))
        };
        let tokens = std::mem::take(&mut scene.tokens).into_iter();
        let tokens = tokens.map(|token| checked_token(token, false));
        let tokens = tokens.collect::<Result<_, _>>()?;
        let new_token = scene.new_token.take();
        let new_token = new_token
            .map(|token| checked_token(token, true))
            .transpose()?;
        scene.checked.tokens = tokens;
        scene.checked.new_token = new_token;
        if scene.state.is_some() && scene.device.is_some() {
            let message =
                "state and device exclude each other: one of them brings the screen about";
            return Err(SceneError::new(name, 1, message.to_owned()));
        }
        if !scene.listed.is_empty() {
            institutions.retain(|institution| scene.listed.contains(&institution.id));
        }
        scene.checked.institutions = institutions;
        Ok(scene)
    }
}

fn check_token(token: &Token, at: Moment, institutions: &[Institution]) -> Result<(), String> {
    let Some(institution) = institutions
        .iter()
        .find(|institution| institution.id == token.institution)
    else {
        return Err(format!(
            "institution = \"{}\": there is none of that id",
            token.institution
        ));
    };
    let serial = token.serial.as_str();
    let numeric = serial.bytes().all(|byte| byte.is_ascii_digit());
    if numeric != matches!(institution.serial, crate::institutions::Serial::Numeric9) {
        return Err(format!(
            "serial = \"{serial}\": not one of {}",
            institution.id
        ));
    }
    if token
        .expires
        .is_some_and(|expires| expires <= token.started)
    {
        return Err("expires is before started".to_owned());
    }
    if token.started > at {
        return Err("started is after the picture's moment (at)".to_owned());
    }
    if token
        .checked
        .is_some_and(|checked| checked < token.started || checked > at)
    {
        return Err("checked lies between started and the picture's moment (at)".to_owned());
    }
    if token.mode == ViewMode::Signing && !institution.signing {
        return Err(format!("mode = \"signing\": {} has none", institution.id));
    }
    match (token.digits, institution.digits) {
        (None, _) | (Some(6 | 8), crate::institutions::CodeDigits::Both) => Ok(()),
        (Some(other), _) => Err(format!(
            "digits = {other}: left out, or 6 or 8 where the institution takes both"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
at = 2026-12-01T10:15:07+09:00
shows = "code"
alt = { ja = "コードの画面", en = "The code" }

[[token]]
institution = "mihon-shinkin"
serial = "SKTS12345678"
seed = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
started = 2026-11-20T09:00:00+09:00

[[step]]
click = "menu"
"#;

    fn read(text: &str) -> Result<Scene, SceneError> {
        Scene::read(text, "x.toml", None)
    }

    fn told(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        read(&GOOD.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_scene_is_read_with_its_samples() {
        let scene = read(GOOD).unwrap();
        assert_eq!(scene.at.as_secs(), 1_796_087_707);
        assert_eq!(scene.checked.tokens.len(), 1);
        assert_eq!(scene.checked.institutions.len(), 3);
        assert_eq!(scene.steps, [Step::Click("menu".to_owned())]);
    }

    #[test]
    fn a_wrong_scene_is_told_by_line_and_field() {
        for (from, to, start, word) in [
            ("shows", "show", "x.toml:3: ", "shows"),
            ("shows = \"code\"\n", "", "x.toml:1: ", "shows"),
            ("+09:00\nshows", "\nshows", "x.toml:2: ", "offset"),
            (
                "serial = \"SKTS12345678\"",
                "serial = 7",
                "x.toml:8: ",
                "string",
            ),
            ("SKTS12345678", "SKTS1234", "x.toml:8: ", "eight"),
            ("SKTS12345678", "123456789", "x.toml:6: ", "not one of"),
            ("0001", "001", "x.toml:9: ", "64 hex digits"),
            (
                "2026-11-20",
                "2027-11-20",
                "x.toml:6: ",
                "after the picture",
            ),
            ("mihon-shinkin", "mihon", "x.toml:6: ", "none of that id"),
            ("click", "press-on", "x.toml:13: ", "click"),
            (
                "shows = \"code\"",
                "shows = \"code\"\nshows = \"code\"",
                "x.toml:4: ",
                "duplicate",
            ),
            (
                "started",
                "expires = 2026-01-01T00:00:00Z\nstarted",
                "x.toml:6: ",
                "before started",
            ),
            ("started", "digits = 7\nstarted", "x.toml:6: ", "digits = 7"),
            (
                "started",
                "says = \"gone\"\nstarted",
                "x.toml:10: ",
                "revoked",
            ),
            (
                "alt",
                "device = \"wet\"\nalt",
                "x.toml:4: ",
                "keystore-locked",
            ),
            (
                "alt",
                "state = { state = \"sleepy\" }\nalt",
                "x.toml:4: ",
                "none of the app's",
            ),
            (
                "[[step]]",
                "[[service]]\ndoes = \"hums\"\n[[step]]",
                "x.toml:13: ",
                "foreign-page",
            ),
        ] {
            let told = told(from, to);
            assert!(
                told.starts_with(start) && told.contains(word),
                "{from} → {to}: {told}"
            );
        }
    }
}

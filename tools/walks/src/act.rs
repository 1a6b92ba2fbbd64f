//! What a walk does between its pictures.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::Spanned;

use crate::walk::Source;

/// One act, and the line it is written on.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) line: usize,
    pub(crate) what: What,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// To a page of the bank, as by the address bar.
    Go(String),
    /// A link, a button, a choice.
    Click(String),
    /// Into a field that is emptied first.
    Type { text: Text, into: String },
    /// The same on the software keyboard.
    Keys { text: Text, into: String },
    /// Waits for a 画面ID.
    Screen(String),
    /// Waits until the page has these words.
    Says(Text),
    /// The clock goes on.
    PassSecs(u64),
    /// A new phone, the app set up on it without a bank's help.
    Phone(String),
    /// The same by what トークン発行 has just shown.
    Activate { name: String, password: Text },
    /// A hardware token, brought in at the service.
    Card {
        name: String,
        serial: String,
        until: String,
    },
    /// The counter does this for the customer, with this serial where it needs one.
    Counter { act: String, serial: Option<Text> },
}

/// Words with `{…}` in them, which stand for what is known only on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Vec<Part>);

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Words(String),
    Customer(OfCustomer),
    /// Of the token of this name, or of the newest.
    Token(Option<String>, OfToken),
    /// The digit of the 資金移動用パスワード that the field's label asks for.
    AskedDigit,
    /// The メール通知パスワード of the newest mail.
    MailedPassword,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfCustomer {
    ContractId,
    LoginPassword,
    ConfirmationPassword,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfToken {
    Serial,
    /// The code of now; each is given once.
    Code,
    /// Digits that are not its code.
    WrongCode,
    /// The code given last.
    UsedCode,
}

const OF_TOKEN: [(&str, OfToken); 4] = [
    ("serial", OfToken::Serial),
    ("wrong code", OfToken::WrongCode),
    ("used code", OfToken::UsedCode),
    ("code", OfToken::Code),
];

impl Text {
    /// Reads `text`.
    ///
    /// # Errors
    /// When a `{…}` in it is unknown.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((words, after)) = rest.split_once('{') {
            let (inner, after) = after.split_once('}').context("a { without its }")?;
            if !words.is_empty() {
                parts.push(Part::Words(words.to_owned()));
            }
            parts.push(part(inner)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Words(rest.to_owned()));
        }
        Ok(Self(parts))
    }
}

fn part(inner: &str) -> Result<Part> {
    Ok(match inner {
        "contract id" => Part::Customer(OfCustomer::ContractId),
        "login password" => Part::Customer(OfCustomer::LoginPassword),
        "confirmation password" => Part::Customer(OfCustomer::ConfirmationPassword),
        "asked digit" => Part::AskedDigit,
        "mailed password" => Part::MailedPassword,
        _ => {
            let found = OF_TOKEN.iter().find_map(|(word, of)| {
                let name = inner.strip_suffix(word)?;
                match name.strip_suffix(' ') {
                    Some(name) if !name.is_empty() => Some((Some(name.to_owned()), *of)),
                    None if name.is_empty() => Some((None, *of)),
                    _ => None,
                }
            });
            let (name, of) = found.with_context(|| {
                format!(
                    "{{{inner}}} stands for nothing: {{contract id}}, {{login password}}, \
                     {{confirmation password}}, {{asked digit}}, {{mailed password}}, or of a token \
                     {{code}}, {{serial}}, {{wrong code}}, {{used code}}, with its name before it \
                     as in {{old code}}"
                )
            })?;
            Part::Token(name, of)
        }
    })
}

/// Acts as they are written.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Acts(Vec<Spanned<ActRow>>);

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ActRow {
    go: Option<String>,
    click: Option<String>,
    #[serde(rename = "type")]
    typed: Option<String>,
    keys: Option<String>,
    into: Option<String>,
    screen: Option<String>,
    says: Option<String>,
    pass_secs: Option<u64>,
    pass_days: Option<u64>,
    phone: Option<String>,
    activate: Option<String>,
    password: Option<String>,
    card: Option<String>,
    until: Option<String>,
    counter: Option<String>,
    serial: Option<String>,
    #[serde(rename = "use")]
    shared: Option<String>,
}

/// The last day of a card whose walk names none.
const CARDS_UNTIL: &str = "2031-09-30";
const SECS_A_DAY: u64 = 24 * 3600;

impl Acts {
    /// The acts, with those of `shared` in the place of their names.
    ///
    /// # Errors
    /// When one is none or several, lacks a field or has one too many.
    pub(crate) fn checked(
        self,
        source: &Source<'_>,
        shared: &BTreeMap<String, Vec<Act>>,
    ) -> Result<Vec<Act>> {
        let mut acts = Vec::new();
        for row in self.0 {
            let start = row.span().start;
            let line = source.line(start);
            let mut row = row.into_inner();
            match row.shared.take() {
                Some(name) => {
                    let found = shared.get(&name).with_context(|| {
                        let known: Vec<&str> = shared.keys().map(String::as_str).collect();
                        let known = known.join(", ");
                        format!(
                            "{}: use: no acts {name}; there are: {known}",
                            source.at(start)
                        )
                    })?;
                    row.done().with_context(|| source.at(start))?;
                    // Where something fails in them, the walk's own line is what one looks for.
                    acts.extend(found.iter().map(|act| Act {
                        line,
                        ..act.clone()
                    }));
                }
                None => {
                    let what = row
                        .what()
                        .map_err(|error| anyhow::anyhow!("{}: {error:#}", source.at(start)))?;
                    acts.push(Act { line, what });
                }
            }
        }
        Ok(acts)
    }
}

impl ActRow {
    fn what(mut self) -> Result<What> {
        let what = self.verb()?;
        self.done()?;
        Ok(what)
    }

    fn verb(&mut self) -> Result<What> {
        let text = |field: &str, text: &str| Text::parse(text).with_context(|| field.to_owned());
        if let Some(path) = self.go.take() {
            ensure!(
                path.starts_with('/'),
                "go: a path of the bank is expected, such as \"/home\""
            );
            return Ok(What::Go(path));
        }
        if let Some(on) = self.click.take() {
            return Ok(What::Click(on));
        }
        if let Some(typed) = self.typed.take() {
            let into = self
                .into
                .take()
                .context("type: into, the field, is missing")?;
            return Ok(What::Type {
                text: text("type", &typed)?,
                into,
            });
        }
        if let Some(typed) = self.keys.take() {
            let into = self
                .into
                .take()
                .context("keys: into, the field, is missing")?;
            return Ok(What::Keys {
                text: text("keys", &typed)?,
                into,
            });
        }
        if let Some(screen) = self.screen.take() {
            return Ok(What::Screen(screen));
        }
        if let Some(says) = self.says.take() {
            return Ok(What::Says(text("says", &says)?));
        }
        if let Some(secs) = self.pass_secs.take() {
            return Ok(What::PassSecs(secs));
        }
        if let Some(days) = self.pass_days.take() {
            return Ok(What::PassSecs(days.saturating_mul(SECS_A_DAY)));
        }
        if let Some(name) = self.phone.take() {
            return Ok(What::Phone(name));
        }
        if let Some(name) = self.activate.take() {
            let password = self.password.take();
            let password =
                password.context("activate: password, the 利用開始パスワード, is missing")?;
            return Ok(What::Activate {
                name,
                password: text("password", &password)?,
            });
        }
        if let Some(name) = self.card.take() {
            let serial = self.serial.take().context("card: serial is missing")?;
            let until = self.until.take().unwrap_or_else(|| CARDS_UNTIL.to_owned());
            return Ok(What::Card {
                name,
                serial,
                until,
            });
        }
        if let Some(act) = self.counter.take() {
            let serial = self
                .serial
                .take()
                .map(|serial| text("serial", &serial))
                .transpose()?;
            return Ok(What::Counter { act, serial });
        }
        bail!(
            "an act is expected: go, click, type, keys, screen, says, pass_secs, pass_days, phone, \
             activate, card, counter or use"
        )
    }

    /// Nothing else stands beside the act.
    fn done(&self) -> Result<()> {
        let left = [
            ("go", self.go.is_some()),
            ("click", self.click.is_some()),
            ("type", self.typed.is_some()),
            ("keys", self.keys.is_some()),
            ("into", self.into.is_some()),
            ("screen", self.screen.is_some()),
            ("says", self.says.is_some()),
            ("pass_secs", self.pass_secs.is_some()),
            ("pass_days", self.pass_days.is_some()),
            ("phone", self.phone.is_some()),
            ("activate", self.activate.is_some()),
            ("password", self.password.is_some()),
            ("card", self.card.is_some()),
            ("until", self.until.is_some()),
            ("counter", self.counter.is_some()),
            ("serial", self.serial.is_some()),
        ];
        match left.iter().find(|(_, is_left)| *is_left) {
            None => Ok(()),
            Some((field, _)) => bail!("{field}: one act is expected in a pair of braces"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_braces_stand_for_what_is_known_on_the_way() {
        let parts = |text: &str| Text::parse(text).unwrap().0;
        let words = |text: &str| Part::Words(text.to_owned());
        assert_eq!(parts("SKTS"), [words("SKTS")]);
        assert_eq!(parts(""), []);
        assert_eq!(parts("{code}"), [Part::Token(None, OfToken::Code)]);
        assert_eq!(
            parts("a{old wrong code}b"),
            [
                words("a"),
                Part::Token(Some("old".to_owned()), OfToken::WrongCode),
                words("b")
            ]
        );
        assert_eq!(parts("{used code}"), [Part::Token(None, OfToken::UsedCode)]);
        assert_eq!(
            parts("{contract id}"),
            [Part::Customer(OfCustomer::ContractId)]
        );
        for wrong in ["{", "{}", "{xcode}", "{ code}", "{pin}"] {
            assert!(Text::parse(wrong).is_err(), "{wrong}");
        }
    }
}

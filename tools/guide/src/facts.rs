//! What holds for an institution, and the words by which chapters speak of it.

use std::collections::{BTreeMap, BTreeSet};

use skts_institution::{
    Date, Digits, Effective, Face, Hardware, Institution, Language, Serial, SetUp,
};

use crate::catalogue::Catalogue;

/// What holds, by name: `set-up:activated`, `start`, `start:pc`, `hardware`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts(BTreeSet<String>);

impl Facts {
    /// The facts of `institution`.
    pub fn of(institution: &Institution) -> Self {
        let mut facts = BTreeSet::from([format!("kind:{}", institution.kind.word())]);
        let mut add = |holds: bool, fact: &str| {
            if holds {
                facts.insert(fact.to_owned());
            }
        };
        let token = &institution.token;
        let activated = matches!(token.set_up, SetUp::Activated { .. });
        add(activated, "set-up:activated");
        add(!activated, "set-up:self-provisioned");
        add(token.digits == Digits::Six, "digits:6");
        add(token.digits == Digits::Eight, "digits:8");
        add(token.digits == Digits::Both, "digits:both");
        add(token.serial == Serial::ClassA, "serial:class-a");
        add(institution.hardware.is_some(), "hardware");
        add(
            institution.hardware.is_some_and(|card| card.fee_yen > 0),
            "hardware:fee",
        );
        let procedures = &institution.procedures;
        add(
            procedures.effective == Effective::NextDay,
            "effective:next-day",
        );
        add(procedures.limit_after_release_yen.is_some(), "limit");
        add(institution.stores.computer.is_some(), "store:computer");
        for (name, faces) in procedures.faces() {
            add(!faces.is_empty(), name);
            add(faces.contains(&Face::Feature), "feature");
            for face in faces {
                add(true, &format!("{name}:{}", face.word()));
            }
        }
        Self(facts)
    }

    /// The same, on the pages of `face`: `face:pc`.
    pub fn on(&self, face: Face) -> Self {
        let mut facts = self.0.clone();
        facts.insert(format!("face:{}", face.word()));
        Self(facts)
    }

    /// Whether all of `conditions` hold. Each is a fact, `!fact`, or some of them with `|` between.
    pub fn hold(&self, conditions: &[String]) -> bool {
        conditions.iter().all(|condition| {
            condition
                .split('|')
                .any(|fact| match fact.strip_prefix('!') {
                    Some(fact) => !self.0.contains(fact),
                    None => self.0.contains(fact),
                })
        })
    }
}

/// Words that stand for `{…}` in a language.
#[derive(Debug)]
pub struct Vocabulary<'c> {
    words: BTreeMap<&'static str, String>,
    catalogue: &'c Catalogue,
}

/// A `{…}` that stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no word {{{0}}}; use one of src/facts.rs, or a path of the app's words as {{ui:…}}"
)]
pub struct UnknownWord(pub String);

impl<'c> Vocabulary<'c> {
    /// The words of `institution` in `language`.
    pub fn of(institution: &Institution, language: Language, catalogue: &'c Catalogue) -> Self {
        let ja = language == Language::Ja;
        let choose = |japanese: &str, english: &str| if ja { japanese } else { english }.to_owned();
        let token = &institution.token;
        let mut words = BTreeMap::from([
            ("name", institution.name.of(language).to_owned()),
            (
                "product",
                catalogue.text("app.product").unwrap_or_default().to_owned(),
            ),
            ("period", token.period_secs.to_string()),
            ("lock", token.lock_after.to_string()),
            ("desk", institution.contact.desk.of(language).to_owned()),
            ("phone", format!("[[{}]]", institution.contact.phone)),
            ("hours", institution.contact.hours.of(language).to_owned()),
            (
                "digits",
                match token.digits {
                    Digits::Six => "6".to_owned(),
                    Digits::Eight => "8".to_owned(),
                    Digits::Both => choose("6桁または8", "6 or 8"),
                },
            ),
            (
                "serial",
                match token.serial {
                    Serial::ClassA => {
                        choose("SKTSで始まる12文字", "12 characters that begin with SKTS")
                    }
                    Serial::Numeric9 => choose("9桁の数字", "9 digits"),
                },
            ),
            (
                "from-when",
                match institution.procedures.effective {
                    Effective::AtOnce => choose("すぐに", "at once"),
                    Effective::NextDay => choose("翌日から", "from the next day"),
                },
            ),
        ]);
        if let SetUp::Activated { service_id } = &token.set_up {
            words.insert("service-id", service_id.clone());
        }
        if let Some(limit) = institution.procedures.limit_after_release_yen {
            words.insert(
                "limit",
                if ja && limit % 10_000 == 0 {
                    format!("{}万円", thousands(limit / 10_000))
                } else {
                    yen(limit, language)
                },
            );
        }
        if let Some(card) = institution.hardware {
            hardware(&mut words, card, language);
        }
        Self { words, catalogue }
    }

    /// The same on the pages of `face`.
    pub fn on(&self, face: Face, language: Language) -> Self {
        let mut words = self.words.clone();
        words.insert("face", face.word().to_owned());
        words.insert("face-name", face_name(face, language).to_owned());
        Self {
            words,
            catalogue: self.catalogue,
        }
    }

    /// `text` with every `{…}` written out.
    ///
    /// # Errors
    /// The first that stands for nothing.
    pub fn write(&self, text: &str) -> Result<String, UnknownWord> {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let word = match name.strip_prefix("ui:") {
                Some(path) => self.catalogue.text(path),
                None => self.words.get(name).map(String::as_str),
            };
            written.push_str(before);
            written.push_str(word.ok_or_else(|| UnknownWord(name.to_owned()))?);
            rest = after;
        }
        written.push_str(rest);
        Ok(written)
    }
}

fn hardware(words: &mut BTreeMap<&'static str, String>, card: Hardware, language: Language) {
    let fee = match (card.fee_yen, language) {
        (0, Language::Ja) => "無料".to_owned(),
        (0, Language::En) => "free of charge".to_owned(),
        (fee, Language::Ja) => format!("{}（税込）", yen(fee, language)),
        (fee, Language::En) => format!("{} including tax", yen(fee, language)),
    };
    words.insert("fee", fee);
    words.insert("battery", card.battery_years.to_string());
    words.insert("card-digits", card.digits.to_string());
    words.insert("card-period", card.period_secs.to_string());
}

fn yen(amount: u32, language: Language) -> String {
    match language {
        Language::Ja => format!("{}円", thousands(amount)),
        Language::En => format!("{} yen", thousands(amount)),
    }
}

/// With a comma every three digits.
fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a face is called.
pub fn face_name(face: Face, language: Language) -> &'static str {
    match (face, language) {
        (Face::Pc, Language::Ja) => "パソコン",
        (Face::Smartphone, Language::Ja) => "スマートフォン",
        (Face::Feature, Language::Ja) => "携帯電話（ガラケー）",
        (Face::Pc, Language::En) => "PC",
        (Face::Smartphone, Language::En) => "Smartphone",
        (Face::Feature, Language::En) => "Feature phone",
    }
}

/// A date as it is written in `language`.
pub fn date(date: Date, language: Language) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let Date { year, month, day } = date;
    match language {
        Language::Ja => format!("{year}年{month}月{day}日"),
        Language::En => {
            let name = MONTHS
                .get(usize::from(month).saturating_sub(1))
                .copied()
                .unwrap_or_default();
            format!("{day} {name} {year}")
        }
    }
}

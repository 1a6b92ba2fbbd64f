//! From the text of a file to an [`Institution`].

use toml::de::DeTable;

use crate::fault::Fault;
use crate::fonts::Glyphs;
use crate::forms::{
    ADDRESS_CHARACTERS, contrast_with_white, is_address, is_digits, is_kebab, is_phone,
};
use crate::reader::{Fields, Found, Source, nearest};
use crate::rules::{self, Places};
use crate::{
    Contact, Date, Digits, Edition, Effective, Face, Hardware, Institution, Kind, Procedures,
    Serial, SetUp, Stores, Text, Token,
};

/// Two lines of the cover, at its size.
const NAME_EM: f32 = 40.0;
/// The foot of a page beside its number.
const SHORT_NAME_EM: f32 = 16.0;
/// A cell of the table of contacts, two lines.
const LINE_EM: f32 = 48.0;
/// Contrast with white that text of any size needs (WCAG 2.2, 1.4.3).
const CONTRAST: f64 = 4.5;

pub(crate) fn institution(text: &str, glyphs: &dyn Glyphs) -> Result<Institution, Vec<Fault>> {
    let source = Source::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        let says = match error.message() {
            "duplicate key" => "the field is there twice; take one of the two out".to_owned(),
            message => format!(
                "this is not TOML ({}); mend the line",
                message.replace('\n', ", ")
            ),
        };
        source.fault(at, "", says);
    }
    if !source.is_good() {
        return Err(source.into_faults());
    }
    let reading = Reading {
        source: &source,
        glyphs,
    };
    let root = Fields::root(&source, table.get_ref());
    let read = reading.institution(root);
    match read {
        Some((institution, places)) if source.is_good() => {
            rules::check(&source, &institution, &places);
            if source.is_good() {
                return Ok(institution);
            }
            Err(source.into_faults())
        }
        _ => Err(source.into_faults()),
    }
}

struct Reading<'s> {
    source: &'s Source<'s>,
    glyphs: &'s dyn Glyphs,
}

impl Reading<'_> {
    fn institution(&self, root: Fields<'_, '_>) -> Option<(Institution, Places)> {
        let id = root.text("id", "id = \"mihon-shinkin\"");
        if let Some(id) = &id
            && !is_kebab(&id.value)
        {
            self.says(id, "an id has lower-case letters, digits and single hyphens; write one such as mihon-shinkin");
        }
        let kinds = [Kind::Shinkin, Kind::Shinkumi].map(|kind| (kind.word(), kind));
        let kind = root.text("kind", "kind = \"shinkin\" or \"shinkumi\"");
        let kind = self.one_of(kind, &kinds);
        let name = self.table_of_text(root.table("name"), NAME_EM);
        let short_name = self.table_of_text(root.table("short-name"), SHORT_NAME_EM);
        let accent = self.accent(root.text("accent", "accent = \"#1f5f8b\""));
        let mut places = Places::default();
        let edition = self.edition(root.table("edition"), &mut places);
        let contact = self.contact(root.table("contact"));
        let token = self.token(root.table("token"), &mut places);
        let hardware = self.hardware(root.table("hardware"));
        let procedures = self.procedures(root.table("procedures"), &mut places);
        let stores = self.stores(root.table("stores"), &mut places);
        root.end();
        let institution = Institution {
            id: id?.value,
            kind: kind?,
            name: name?,
            short_name: short_name?,
            accent: accent?,
            edition: edition?,
            contact: contact?,
            token: token?,
            hardware: hardware?,
            procedures: procedures?,
            stores,
        };
        Some((institution, places))
    }

    fn says<T>(&self, found: &Found<T>, says: impl Into<String>) {
        self.source.fault(found.at, &found.field, says);
    }

    /// What `found` names of `known`; says so where it names nothing.
    fn one_of<T: Copy>(&self, found: Option<Found<String>>, known: &[(&str, T)]) -> Option<T> {
        let found = found?;
        let value = known.iter().find(|(word, _)| *word == found.value);
        if value.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let remedy = match nearest(&found.value, words.iter().copied()) {
                Some(meant) => format!("write {meant} if that is meant"),
                None => format!("write one of {}", words.join(", ")),
            };
            self.says(
                &found,
                format!("{} is none of its values; {remedy}", found.value),
            );
        }
        value.map(|(_, value)| *value)
    }

    /// Looks that `found` is not empty, can be printed, and fits `most_em`.
    fn printable(&self, found: &Found<String>, most_em: f32) {
        if found.value.trim().is_empty() {
            self.says(found, "the text is empty; write it out");
        }
        let mut width_em = 0.0;
        for character in found.value.chars() {
            match self.glyphs.width_em(character) {
                Some(width) => width_em += width,
                None => {
                    let code = u32::from(character);
                    self.says(found, format!(
                        "the fonts of the guide have no {character} (U+{code:04X}); write another character"
                    ));
                }
            }
        }
        if width_em > most_em {
            self.says(found, format!(
                "the text is {width_em:.0} characters wide and {most_em:.0} fit; write it shorter"
            ));
        }
    }

    fn table_of_text(&self, fields: Fields<'_, '_>, most_em: f32) -> Option<Text> {
        let [ja, en] = ["ja", "en"].map(|key| {
            let found = fields.text(key, &format!("{key} = \"…\""));
            if let Some(found) = &found {
                self.printable(found, most_em);
            }
            found
        });
        fields.end();
        Some(Text {
            ja: ja?.value,
            en: en?.value,
        })
    }

    fn accent(&self, found: Option<Found<String>>) -> Option<String> {
        let found = found?;
        let Some(contrast) = contrast_with_white(&found.value) else {
            self.says(
                &found,
                "a colour is # and six digits 0-9 a-f; write one such as #1f5f8b",
            );
            return None;
        };
        if contrast < CONTRAST {
            self.says(&found, format!(
                "the colour is too light to be read on white (contrast {contrast:.1}, {CONTRAST} is needed); write a darker one"
            ));
        }
        Some(found.value)
    }

    fn edition(&self, fields: Fields<'_, '_>, places: &mut Places) -> Option<Edition> {
        let from = fields.date("valid-from", "valid-from = 2026-04-01");
        let until = fields.date_or_none("valid-until", "valid-until = 2027-03-31");
        if let Some(until) = &until {
            places.valid_until = until.at;
        }
        fields.end();
        Some(Edition {
            valid_from: date(&from?),
            valid_until: until.as_ref().map(date),
        })
    }

    fn contact(&self, fields: Fields<'_, '_>) -> Option<Contact> {
        let desk = self.table_of_text(fields.table("desk"), LINE_EM);
        let hours = self.table_of_text(fields.table("hours"), LINE_EM);
        let phone = fields.text("phone", "phone = \"000-0000-0000\"");
        if let Some(phone) = &phone
            && !is_phone(&phone.value)
        {
            self.says(
                phone,
                "a phone number is 0 and nine or ten digits more, with hyphens; write it so",
            );
        }
        fields.end();
        Some(Contact {
            desk: desk?,
            phone: phone?.value,
            hours: hours?,
        })
    }

    fn token(&self, fields: Fields<'_, '_>, places: &mut Places) -> Option<Token> {
        let digits = fields.word("digits", "digits = 6, 8 or \"both\"");
        let known = [
            ("6", Digits::Six),
            ("8", Digits::Eight),
            ("both", Digits::Both),
        ];
        let digits = self.one_of(digits, &known);
        let period_secs = self.period(&fields);
        let serial = fields.text("serial", "serial = \"class-a\" or \"numeric-9\"");
        let known = [("class-a", Serial::ClassA), ("numeric-9", Serial::Numeric9)];
        let serial = self.one_of(serial, &known);
        let lock_after = self.within(fields.number("lock-after", "lock-after = 5"), 3, 20);
        let set_up = self.set_up(&fields, places);
        fields.end();
        Some(Token {
            digits: digits?,
            period_secs: period_secs?,
            set_up: set_up?,
            serial: serial?,
            lock_after: lock_after?,
        })
    }

    fn set_up(&self, fields: &Fields<'_, '_>, places: &mut Places) -> Option<SetUp> {
        let write = "set-up = \"self-provisioned\" or \"activated\"";
        let found = fields.text("set-up", write);
        let service_id = fields.text_or_none("service-id", "service-id = \"10000001\"");
        if let Some(id) = &service_id
            && !(id.value.len() == 8 && is_digits(&id.value))
        {
            self.says(id, "a service ID has eight digits; write it so");
        }
        places.set_up = found.as_ref()?.at;
        let at = found.as_ref()?.at;
        let activated = self.one_of(found, &[("self-provisioned", false), ("activated", true)])?;
        match (activated, service_id) {
            (true, Some(id)) => Some(SetUp::Activated {
                service_id: id.value,
            }),
            (true, None) => {
                let says =
                    "an activated token is set up with a service ID; add service-id = \"10000001\"";
                self.source.fault(at, &fields.full("service-id"), says);
                None
            }
            (false, None) => Some(SetUp::SelfProvisioned),
            (false, Some(id)) => {
                self.says(&id, "a token that sets itself up has no service ID; take it out, or write set-up = \"activated\"");
                None
            }
        }
    }

    /// Hardware tokens: `Some(None)` where none are offered.
    fn hardware(&self, fields: Fields<'_, '_>) -> Option<Option<Hardware>> {
        let offered = fields.truth("offered");
        let names = ["fee-yen", "battery-years", "digits", "period-secs"];
        if !offered.as_ref()?.value {
            for name in names {
                if let Some(number) = fields.number_or_none(name, "a number") {
                    self.says(
                        &number,
                        "no hardware tokens are offered; take it out, or write offered = true",
                    );
                }
            }
            fields.end();
            return Some(None);
        }
        let fee_yen = self.within(fields.number("fee-yen", "fee-yen = 2200"), 0, 99_999);
        let battery_years = self.within(fields.number("battery-years", "battery-years = 5"), 1, 15);
        let digits = fields.word("digits", "digits = 6 or 8");
        let digits = self.one_of(digits, &[("6", 6), ("8", 8)]);
        let period_secs = self.period(&fields);
        fields.end();
        Some(Some(Hardware {
            fee_yen: fee_yen?,
            battery_years: battery_years?,
            digits: digits?,
            period_secs: period_secs?,
        }))
    }

    fn period(&self, fields: &Fields<'_, '_>) -> Option<u32> {
        let found = fields.word("period-secs", "period-secs = 30 or 60");
        self.one_of(found, &[("30", 30), ("60", 60)])
    }

    fn within(&self, found: Option<Found<u32>>, least: u32, most: u32) -> Option<u32> {
        let found = found?;
        if !(least..=most).contains(&found.value) {
            let says = format!("{} is out of bounds; write {least} to {most}", found.value);
            self.says(&found, says);
            return None;
        }
        Some(found.value)
    }

    fn procedures(&self, fields: Fields<'_, '_>, places: &mut Places) -> Option<Procedures> {
        places.procedures = fields.at();
        let names = [
            "issue",
            "start",
            "exchange",
            "stop",
            "release",
            "login-code",
            "transfer",
            "pay-easy",
            "signing",
        ];
        let mut at = 0;
        let lists = names.map(|name| {
            let words = fields.words(
                name,
                &format!("{name} = [\"pc\", \"smartphone\", \"feature\"]"),
            );
            if let (Some(first), Some(place)) = (words.first(), places.faces.get_mut(at)) {
                *place = first.at;
            }
            at += 1;
            self.faces(words)
        });
        let effective = fields.text("effective", "effective = \"at-once\" or \"next-day\"");
        let known = [
            ("at-once", Effective::AtOnce),
            ("next-day", Effective::NextDay),
        ];
        let effective = self.one_of(effective, &known);
        let limit = fields.number_or_none(
            "limit-after-release-yen",
            "limit-after-release-yen = 200000",
        );
        places.limit = limit.as_ref().map_or(0, |limit| limit.at);
        fields.end();
        let [
            issue,
            start,
            exchange,
            stop,
            release,
            login_code,
            transfer,
            pay_easy,
            signing,
        ] = lists;
        Some(Procedures {
            issue,
            start,
            exchange,
            stop,
            release,
            login_code,
            transfer,
            pay_easy,
            signing,
            effective: effective?,
            limit_after_release_yen: limit.map(|limit| limit.value),
        })
    }

    fn faces(&self, words: Vec<Found<String>>) -> Vec<Face> {
        let known = Face::ALL.map(|face| (face.word(), face));
        let mut faces: Vec<Face> = Vec::new();
        for word in words {
            let place = word.clone();
            let Some(face) = self.one_of(Some(word), &known) else {
                continue;
            };
            if faces.contains(&face) {
                self.says(
                    &place,
                    format!("{} is there twice; take one of the two out", place.value),
                );
            } else {
                faces.push(face);
            }
        }
        faces.sort_unstable();
        faces
    }

    fn stores(&self, fields: Fields<'_, '_>, places: &mut Places) -> Stores {
        places.stores = fields.at();
        let [ios, android, computer] = ["ios", "android", "computer"].map(|key| {
            let found = fields.text_or_none(key, &format!("{key} = \"https://…\""))?;
            if !is_address(&found.value) {
                let says = format!(
                    "an address begins with https:// and has at most {ADDRESS_CHARACTERS} printable ASCII characters; write it so"
                );
                self.says(&found, says);
            }
            Some(found.value)
        });
        fields.end();
        Stores {
            ios,
            android,
            computer,
        }
    }
}

fn date(found: &Found<(u16, u8, u8)>) -> Date {
    let (year, month, day) = found.value;
    Date { year, month, day }
}

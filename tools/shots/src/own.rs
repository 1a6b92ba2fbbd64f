//! The institution of an institution file, in the place of the sample of its kind.

use std::path::Path;

use anyhow::Result;
use skts_institution::{Digits, Fonts, Serial as FileSerial, SetUp as FileSetUp, Text};
use skts_scene::{CodeDigits, Institution, Serial, SetUp, Words, part, standard_institutions};
use tempfile::NamedTempFile;

/// An institution that takes a sample's place, and the file by which the app is told.
#[derive(Debug, Default)]
pub(crate) struct Own {
    institution: Option<Institution>,
    file: Option<NamedTempFile>,
    depicted: String,
}

impl Own {
    /// Reads the institution file at `path`; the samples stay without one.
    ///
    /// # Errors
    /// Every mistake of the file, or that the fonts it is checked against are missing.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let told = skts_institution::Institution::load(path, &Fonts::installed()?)?;
        let institution = of(&told);
        let file = NamedTempFile::new()?;
        serde_json::to_writer(file.as_file(), &institution)?;
        Ok(Self {
            institution: Some(institution),
            file: Some(file),
            depicted: told.depicted(),
        })
    }

    /// The institution.
    pub(crate) fn institution(&self) -> Option<&Institution> {
        self.institution.as_ref()
    }

    /// What pictures show of it, in a few characters; empty of the samples.
    pub(crate) fn depicted(&self) -> &str {
        &self.depicted
    }

    /// Its file for the app.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(NamedTempFile::path)
    }
}

/// As the scenes have it: in the part of the sample that is set up in the same way.
fn of(told: &skts_institution::Institution) -> Institution {
    let set_up = match told.token.set_up {
        FileSetUp::Activated { .. } => SetUp::Activated,
        FileSetUp::SelfProvisioned => SetUp::SelfProvisioned,
    };
    let id = part(set_up);
    let sample = standard_institutions().into_iter();
    let sample = sample.filter(|sample| sample.id == id);
    let service_id = match &told.token.set_up {
        FileSetUp::Activated { service_id } => Some(service_id.clone()),
        FileSetUp::SelfProvisioned => None,
    };
    let words = |text: &Text| Words {
        ja: text.ja.clone(),
        en: text.en.clone(),
    };
    let contact = |of: fn(&Text) -> &String| {
        let (desk, phone) = (of(&told.contact.desk), &told.contact.phone);
        format!("{desk} {phone}")
    };
    Institution {
        id: id.to_owned(),
        service_id: service_id
            .or_else(|| sample.map(|sample| sample.service_id).next())
            .unwrap_or_default(),
        name: words(&told.name),
        contact: Words {
            ja: contact(|text| &text.ja),
            en: contact(|text| &text.en),
        },
        accent: told.accent.clone(),
        set_up,
        serial: match told.token.serial {
            FileSerial::ClassA => Serial::Skts,
            FileSerial::Numeric9 => Serial::Numeric9,
        },
        digits: match told.token.digits {
            Digits::Six => CodeDigits::Six,
            Digits::Eight => CodeDigits::Eight,
            Digits::Both => CodeDigits::Both,
        },
        period: u8::try_from(told.token.period_secs).unwrap_or(u8::MAX),
        validity_days: 1826,
        lowest_level: 1,
        signing: !told.procedures.signing.is_empty(),
        check_in_notice_days: None,
    }
}

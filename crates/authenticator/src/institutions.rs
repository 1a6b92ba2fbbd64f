//! The signed institution list: who there is, where, and which keys to believe.

use std::io::Read;
use std::path::Path;

use skts_otp::{SetUpKind, UnixTime};
use skts_provisioning::ids::ServiceId;
use skts_provisioning::institution::{Institution, InstitutionList, Localized, SignedList};
use skts_vault::TokenRecord;

use crate::app_state::ContactView;
use crate::authenticator::InstitutionSource;
use crate::error::{AppError, ErrorCode};
use crate::views::{InstitutionView, LocalizedView, SetUpWay};

/// The list inside the program: sample institutions under reserved `.example` names.
const BUILT_IN: &str = include_str!("../data/institutions.json");

/// The key the built-in list is signed with: an uncompressed P-256 point, in hexadecimal. Made
/// by `examples/sign_institutions.rs`, which keeps no private key: a new list is a new pin.
const PINNED_LIST_KEY: &str = include_str!("../data/list-key.hex");

/// No list is longer; a longer file is not one.
const MOST_LIST_BYTES: u64 = 2 * 1024 * 1024;

/// A list whose signature and addresses were found good.
#[derive(Debug, Clone)]
pub(crate) struct Institutions {
    list: InstitutionList,
}

impl Institutions {
    pub(crate) fn read(source: &InstitutionSource) -> Result<Self, AppError> {
        let list = match source {
            InstitutionSource::BuiltIn => {
                let pinned = decode_hex(PINNED_LIST_KEY.trim()).ok_or(ErrorCode::Internal)?;
                SignedList::verify_pinned(BUILT_IN, &pinned)
            }
            InstitutionSource::Outside(path) => SignedList::verify_outside(&read_text(path)?),
        };
        list.map(|list| Self { list })
            .map_err(|_| ErrorCode::InstitutionList.into())
    }

    pub(crate) fn issued_at(&self) -> UnixTime {
        self.list.issued_at
    }

    pub(crate) fn count(&self) -> usize {
        self.list.institutions.len()
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Institution> {
        self.list.institutions.iter().find(|one| one.id == id)
    }

    pub(crate) fn by_service_id(&self, service_id: &ServiceId) -> Option<&Institution> {
        let mut all = self.list.institutions.iter();
        all.find(|one| one.service_id == *service_id)
    }

    pub(crate) fn views(&self) -> Vec<InstitutionView> {
        let view = |one: &Institution| InstitutionView {
            id: one.id.clone(),
            service_id: one.service_id.as_str().to_owned(),
            name: localized(&one.name),
            contact: localized(&one.contact),
            accent: one.accent.clone(),
            way: way(one.policy.set_up),
        };
        self.list.institutions.iter().map(view).collect()
    }

    pub(crate) fn contact(&self, id: &str) -> Option<ContactView> {
        self.by_id(id).map(|one| ContactView {
            name: localized(&one.name),
            contact: localized(&one.contact),
            accent: one.accent.clone(),
        })
    }
}

pub(crate) fn way(kind: SetUpKind) -> SetUpWay {
    match kind {
        SetUpKind::Activated => SetUpWay::Activated,
        SetUpKind::SelfProvisioned => SetUpWay::SelfProvisioned,
    }
}

pub(crate) fn localized(text: &Localized) -> LocalizedView {
    LocalizedView {
        ja: text.ja.clone(),
        en: text.en.clone(),
    }
}

fn read_text(path: &Path) -> Result<String, AppError> {
    let unreadable = |_| AppError::new(ErrorCode::InstitutionList);
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let mut limited = file.take(MOST_LIST_BYTES);
    limited.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.len()
        .is_multiple_of(2)
        .then(|| text.as_bytes().chunks(2).map(pair).collect())?
}

/// The name of a token's institution; the id if it is no longer in the list.
pub(crate) fn institution_name(
    institution: Option<&Institution>,
    record: &TokenRecord,
) -> LocalizedView {
    institution.map_or_else(
        || LocalizedView::same(&record.institution_id),
        |institution| localized(&institution.name),
    )
}

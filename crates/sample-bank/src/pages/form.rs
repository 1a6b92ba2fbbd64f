//! A form as it was sent.

use std::collections::BTreeMap;

use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::header;
use sha2::{Digest, Sha256};

use crate::rules::entries::Sentence;
use crate::screen::Field;
use crate::session;
use crate::storage::runs::{Fault, Typed};
use crate::storage::sessions::SessionRow;

use super::Failure;

/// Longest value that is kept to be shown again, in characters.
const MOST_KEPT_CHARS: usize = 300;

/// Names and values as sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = std::convert::Infallible;

    /// What cannot be read becomes an empty form, which then lacks the session's word.
    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if !is_form {
            return Ok(Self(Vec::new()));
        }
        let form = axum::Form::<Vec<(String, String)>>::from_request(request, state).await;
        Ok(Self(form.map(|form| form.0).unwrap_or_default()))
    }
}

impl Sent {
    /// The value of `name`; nothing if it was not sent, or twice.
    pub(crate) fn value(&self, name: &str) -> &str {
        let mut values = self.0.iter().filter(|(found, _)| found == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => value,
            _ => "",
        }
    }

    /// The same, with `entries` where nothing was sent.
    pub(crate) fn filled(&self, entries: &BTreeMap<&'static str, String>) -> Self {
        let mut filled = self.clone();
        for (name, value) in entries {
            if self.value(name).is_empty() {
                filled.0.retain(|(found, _)| found != name);
                filled.0.push(((*name).to_owned(), value.clone()));
            }
        }
        filled
    }

    /// Requires the session's word, which only its own pages know.
    pub(crate) fn check(&self, session: &SessionRow) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Err(Failure::BadForm);
        }
        if session::same(self.value("csrf"), &session.csrf) {
            Ok(())
        } else {
            Err(Failure::Forged)
        }
    }

    /// SHA-256 of every name and value, length-prefixed: the same for the same form sent again.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for text in self.0.iter().flat_map(|(name, value)| [name, value]) {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().into()
    }

    /// What may be shown again of the entries in `fields`.
    pub(crate) fn typed(&self, fields: &[Field]) -> Typed {
        fields
            .iter()
            .filter(|field| !field.is_secret())
            .map(|field| {
                let value: String = self
                    .value(field.name)
                    .chars()
                    .take(MOST_KEPT_CHARS)
                    .collect();
                (field.name.to_owned(), value)
            })
            .collect()
    }
}

/// Reads entries and collects what is wrong with them.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    sent: &'a Sent,
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    /// Reads from `sent`.
    pub(crate) fn of(sent: &'a Sent) -> Self {
        Self {
            sent,
            faults: Vec::new(),
        }
    }

    /// One entry, or a fault on its field.
    pub(crate) fn take<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(&str) -> Result<T, Sentence>,
    ) -> Option<T> {
        match read(self.sent.value(field)) {
            Ok(entry) => Some(entry),
            Err(sentence) => {
                self.faults.push(fault(field, sentence));
                None
            }
        }
    }

    /// One of several.
    pub(crate) fn choose<T: Copy>(
        &mut self,
        field: &'static str,
        choices: &[(&str, T)],
        sentence: Sentence,
    ) -> Option<T> {
        self.take(field, |value| {
            choices
                .iter()
                .find(|(word, _)| *word == value)
                .map(|(_, choice)| *choice)
                .ok_or(sentence)
        })
    }

    /// What was wrong.
    pub(crate) fn faults(self) -> Vec<Fault> {
        self.faults
    }
}

/// A fault of one field.
pub(crate) fn fault(field: &str, sentence: impl Into<String>) -> Fault {
    Fault {
        field: field.to_owned(),
        sentence: sentence.into(),
    }
}

/// A fault of the form as a whole.
pub(crate) fn whole(sentence: impl Into<String>) -> Vec<Fault> {
    vec![fault("", sentence)]
}

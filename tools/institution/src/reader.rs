//! Reads a table field by field and keeps every mistake, where a derived reader stops at the first.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fault::Fault;

/// How alike a known field must be to be suggested, 0 to 1.
const ALIKE: f64 = 0.6;

/// The text of a file, and the mistakes found in it so far.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            faults: RefCell::default(),
        }
    }

    /// The line of byte `at`, from 1.
    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    pub(crate) fn fault(&self, at: usize, field: &str, says: impl Into<String>) {
        self.faults.borrow_mut().push(Fault {
            line: self.line(at),
            field: field.to_owned(),
            says: says.into(),
        });
    }

    pub(crate) fn is_good(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.faults.into_inner()
    }
}

/// A value, its field's full name, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Found<T> {
    pub(crate) value: T,
    pub(crate) field: String,
    pub(crate) at: usize,
}

impl<T> Found<T> {
    fn with<U>(&self, value: U) -> Found<U> {
        Found {
            value,
            field: self.field.clone(),
            at: self.at,
        }
    }
}

/// One table of a file. What nobody asked for when it is dropped by [`Fields::end`] is unknown.
#[derive(Debug)]
pub(crate) struct Fields<'s, 't> {
    source: &'s Source<'s>,
    name: String,
    at: usize,
    table: Option<&'t DeTable<'t>>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'s, 't> Fields<'s, 't> {
    pub(crate) fn root(source: &'s Source<'s>, table: &'t DeTable<'t>) -> Self {
        Self {
            source,
            name: String::new(),
            at: 0,
            table: Some(table),
            asked: RefCell::default(),
        }
    }

    /// The full name of `key` of this table.
    pub(crate) fn full(&self, key: &str) -> String {
        match self.name.as_str() {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }

    /// Where the table begins.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Whether the file has this table.
    pub(crate) fn is_there(&self) -> bool {
        self.table.is_some()
    }

    fn value(&self, key: &str) -> Option<Found<&'t DeValue<'t>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        let value: &'t Spanned<DeValue<'t>> = self.table?.get(key)?;
        Some(Found {
            value: value.get_ref(),
            field: self.full(key),
            at: start(&value.span()),
        })
    }

    /// Says that `key` is missing, and what to write.
    fn missing(&self, key: &str, write: &str) {
        let field = self.full(key);
        let says = format!("the field is missing; add {write}");
        self.source.fault(self.at, &field, says);
    }

    /// A table inside this one. A missing one is a mistake of its own, and its fields are not.
    pub(crate) fn table(&self, key: &str) -> Fields<'s, 't> {
        let fields = self.table_or_none(key);
        if !fields.is_there() && self.value(key).is_none() && self.is_there() {
            let field = self.full(key);
            let says = format!("the table is missing; add [{field}] and its fields");
            self.source.fault(self.at, &field, says);
        }
        fields
    }

    /// As [`Fields::table`], where the file may do without it.
    pub(crate) fn table_or_none(&self, key: &str) -> Fields<'s, 't> {
        let found = self.value(key);
        let at = found.as_ref().map_or(self.at, |found| found.at);
        let table = found.and_then(|found| match found.value {
            DeValue::Table(table) => Some(table),
            other => {
                self.wrong_type(&found.with(other), "a table", &format!("[{}]", found.field));
                None
            }
        });
        Fields {
            source: self.source,
            name: self.full(key),
            at,
            table,
            asked: RefCell::default(),
        }
    }

    /// Reads `key` by `read`; `write` shows what belongs there.
    fn read<T>(
        &self,
        key: &str,
        kind: &str,
        write: &str,
        read: impl Fn(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<Found<T>> {
        let found = self.value(key)?;
        let value = read(found.value);
        if value.is_none() {
            self.wrong_type(&found, kind, write);
        }
        Some(found.with(value?))
    }

    /// As the optional reading `found`; says so where a table that is there has no such field.
    fn needed<T>(&self, key: &str, write: &str, found: Option<Found<T>>) -> Option<Found<T>> {
        let absent = self.table.is_some_and(|table| table.get(key).is_none());
        if absent {
            self.missing(key, write);
        }
        found
    }

    fn wrong_type(&self, found: &Found<&DeValue<'_>>, kind: &str, write: &str) {
        let is = found.value.type_str();
        let says = format!("this must be {kind} and is of type {is}; write {write}");
        self.source.fault(found.at, &found.field, says);
    }

    pub(crate) fn text(&self, key: &str, write: &str) -> Option<Found<String>> {
        let found = self.text_or_none(key, write);
        self.needed(key, write, found)
    }

    pub(crate) fn text_or_none(&self, key: &str, write: &str) -> Option<Found<String>> {
        self.read(key, "a text in quotes", write, |value| {
            value.as_str().map(str::to_owned)
        })
    }

    pub(crate) fn number(&self, key: &str, write: &str) -> Option<Found<u32>> {
        let found = self.number_or_none(key, write);
        self.needed(key, write, found)
    }

    pub(crate) fn number_or_none(&self, key: &str, write: &str) -> Option<Found<u32>> {
        self.read(key, "a whole number from 0", write, |value| {
            let number = value.as_integer()?;
            u32::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    /// A number or a text, as a text.
    pub(crate) fn word(&self, key: &str, write: &str) -> Option<Found<String>> {
        let found = self.read(key, "a number or a text in quotes", write, |value| {
            let number = value.as_integer().map(|number| number.as_str().to_owned());
            number.or_else(|| value.as_str().map(str::to_owned))
        });
        self.needed(key, write, found)
    }

    pub(crate) fn truth(&self, key: &str) -> Option<Found<bool>> {
        let write = "true or false";
        let found = self.read(key, "true or false", write, DeValue::as_bool);
        self.needed(key, &format!("{key} = true or false"), found)
    }

    /// A date without a time, as year, month and day.
    pub(crate) fn date(&self, key: &str, write: &str) -> Option<Found<(u16, u8, u8)>> {
        let found = self.date_or_none(key, write);
        self.needed(key, write, found)
    }

    pub(crate) fn date_or_none(&self, key: &str, write: &str) -> Option<Found<(u16, u8, u8)>> {
        self.read(key, "a date without a time or quotes", write, |value| {
            let moment = value.as_datetime()?;
            let date = moment.date.filter(|_| moment.time.is_none())?;
            Some((date.year, date.month, date.day))
        })
    }

    /// A list of words, each with its place; a file may do without it.
    pub(crate) fn words(&self, key: &str, write: &str) -> Vec<Found<String>> {
        let list = self.read(key, "a list of words", write, |value| {
            let words = value
                .as_array()?
                .iter()
                .map(|word| Some((word.get_ref().as_str()?.to_owned(), start(&word.span()))));
            words.collect::<Option<Vec<_>>>()
        });
        let Some(list) = list else {
            return Vec::new();
        };
        let found = list.value.iter().map(|(word, at)| Found {
            value: word.clone(),
            field: list.field.clone(),
            at: *at,
        });
        found.collect()
    }

    /// Says of each field that nobody asked for that it is unknown, and which one is meant.
    pub(crate) fn end(self) {
        let asked = self.asked.into_inner();
        let Some(table) = self.table else {
            return;
        };
        for (key, _) in table {
            let word = key.get_ref().as_ref();
            if asked.contains(word) {
                continue;
            }
            let full = match self.name.as_str() {
                "" => word.to_owned(),
                name => format!("{name}.{word}"),
            };
            let says = match nearest(word, asked.iter().map(String::as_str)) {
                Some(meant) => format!("there is no such field; write {meant} if that is meant"),
                None => {
                    let known: Vec<&str> = asked.iter().map(String::as_str).collect();
                    let known = known.join(", ");
                    format!("there is no such field; take it out, or use one of {known}")
                }
            };
            self.source.fault(start(&key.span()), &full, says);
        }
    }
}

fn start(span: &Range<usize>) -> usize {
    span.start
}

/// The known word most like `word`, if one is like it.
pub(crate) fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    known
        .map(|known| (strsim::normalized_damerau_levenshtein(word, known), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}

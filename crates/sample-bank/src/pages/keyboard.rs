//! ソフトウェアキーボード without JavaScript: each key is a button that sends the form. What was pressed
//! stays here, in memory, by run; the browser learns how many characters there are. The keys are in
//! another order each time the keyboard is opened, and a press names a place, not a character.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use skts_otp::UnixTime;

use super::form::Sent;
use crate::clock::Entropy;
use crate::faces::Face;
use crate::screen::{Field, FieldKind, Form, Keyboard};
use crate::session::IDLE_SECS;

/// Longest entry kept, in characters.
const MOST_CHARS: usize = 64;

/// What was entered in one run.
#[derive(Default)]
struct Board {
    used_at: u64,
    open: Option<Open>,
    entered: BTreeMap<&'static str, String>,
    /// Codes that are typed beside it: they are not written down with the other fields.
    codes: BTreeMap<&'static str, String>,
}

/// The keyboard on the page.
struct Open {
    field: &'static str,
    keys: Vec<Vec<char>>,
}

/// The keyboards of all runs.
#[derive(Default)]
pub(crate) struct Keyboards(Mutex<HashMap<String, Board>>);

impl Keyboards {
    /// What a press does, if the form was sent by one; gives the field it was for. Other secrets typed
    /// so far are kept too, or each press would cost them.
    pub(super) fn press(
        &self,
        run: &str,
        form: &Form,
        sent: &Sent,
        entropy: &Entropy,
        now: UnixTime,
    ) -> Option<&'static str> {
        let (opens, key) = (sent.value("keyboard"), sent.value("key"));
        if opens.is_empty() && key.is_empty() {
            return None;
        }
        let mut boards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.as_secs();
        boards.retain(|_, board| now.saturating_sub(board.used_at) < IDLE_SECS);
        let board = boards.entry(run.to_owned()).or_default();
        board.used_at = now;
        let typed =
            |field: &Field| -> String { sent.value(field.name).chars().take(MOST_CHARS).collect() };
        for field in form.fields.iter().filter(|field| is_code(field)) {
            board.codes.insert(field.name, typed(field));
        }
        let fields = form.fields.iter().filter(|field| takes_keys(field));
        for field in fields.clone() {
            let typed = typed(field);
            if !typed.is_empty() {
                board.entered.insert(field.name, typed);
            }
        }
        if let Some(field) = fields.clone().find(|field| field.name == opens) {
            board.entered.remove(field.name);
            board.open = Some(Open {
                field: field.name,
                keys: layout(field, entropy),
            });
            return Some(field.name);
        }
        let open = board.open.as_ref()?;
        let (field, keys) = (open.field, &open.keys);
        let entered = board.entered.entry(field).or_default();
        match key {
            "back" => drop(entered.pop()),
            "clear" => entered.clear(),
            "close" => board.open = None,
            place => {
                let place = place.parse::<usize>().ok();
                let key = place.and_then(|place| keys.iter().flatten().nth(place));
                if let Some(key) = key.filter(|_| entered.chars().count() < MOST_CHARS) {
                    entered.push(*key);
                }
            }
        }
        Some(field)
    }

    /// The form as it is meant: what was entered here stands in for what is empty there. It is
    /// forgotten here.
    pub(super) fn fill(&self, run: &str, sent: &Sent) -> Sent {
        let mut boards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match boards.remove(run) {
            None => sent.clone(),
            Some(board) => sent.filled(&board.entered),
        }
    }

    /// Puts the keyboard on a page, or its offer beside each field that takes it. A feature phone
    /// types by its keys alone.
    pub(super) fn show(&self, run: &str, form: &mut Form, face: Face) {
        if face == Face::Feature {
            return;
        }
        let boards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let board = boards.get(run);
        for field in form.fields.iter_mut().filter(|field| is_code(field)) {
            if let Some(typed) = board.and_then(|board| board.codes.get(field.name)) {
                field.value.clone_from(typed);
            }
        }
        for field in form.fields.iter_mut().filter(|field| takes_keys(field)) {
            let entered = board
                .and_then(|board| board.entered.get(field.name))
                .map_or(0, |entered| entered.chars().count());
            let open = board
                .and_then(|board| board.open.as_ref())
                .filter(|open| open.field == field.name);
            field.keyboard = Some(Keyboard {
                entered,
                keys: open.map(|open| placed(&open.keys)).unwrap_or_default(),
            });
        }
    }
}

impl std::fmt::Debug for Keyboards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyboards")
    }
}

/// A whole secret; not one digit of it.
fn takes_keys(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Password | FieldKind::Pin) && field.most_chars > 2
}

fn is_code(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Code)
}

fn layout(field: &Field, entropy: &Entropy) -> Vec<Vec<char>> {
    let groups = match field.kind {
        FieldKind::Pin => vec!['0'..='9'],
        _ => vec!['0'..='9', 'a'..='z', 'A'..='Z'],
    };
    let mixed = |group: std::ops::RangeInclusive<char>| {
        let mut rest: Vec<char> = group.collect();
        let mut keys = Vec::with_capacity(rest.len());
        while let Ok(left @ 1..) = u8::try_from(rest.len()) {
            keys.push(rest.swap_remove(usize::from(entropy.below(left))));
        }
        keys
    };
    groups.into_iter().map(mixed).collect()
}

/// Each key with its place, counted through all rows.
fn placed(keys: &[Vec<char>]) -> Vec<Vec<(usize, char)>> {
    let mut places = 0..;
    keys.iter()
        .map(|row| places.by_ref().zip(row.iter().copied()).collect())
        .collect()
}

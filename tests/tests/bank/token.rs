//! What a customer holds: the app on a phone, which is `skts` here, or a card.

use std::cell::RefCell;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};
use skts_tests::clock;
use skts_tests::hardware::Card;
use skts_tests::issuer::SHINKIN;
use skts_tests::skts::Skts;

use crate::World;

const PERIOD_SECS: u64 = 30;

enum Kind<'w> {
    Phone(Skts<'w>),
    Card(Card),
}

/// A token whose codes are read off, each once.
pub(crate) struct Token<'w> {
    pub(crate) serial: String,
    kind: Kind<'w>,
    given: RefCell<Vec<String>>,
}

impl<'w> Token<'w> {
    /// A new phone with the app set up on it.
    pub(crate) fn phone(world: &'w World, profile: &str) -> Result<Self> {
        let skts = Skts::new(&world.sandbox, profile, &world.list)?;
        skts.provision(SHINKIN)?.success()?;
        let serial = skts.serials()?.pop().context("no token")?;
        Ok(Self::new(serial, Kind::Phone(skts)))
    }

    pub(crate) fn card(card: &Card) -> Self {
        Self::new(card.serial.clone(), Kind::Card(card.clone()))
    }

    fn new(serial: String, kind: Kind<'w>) -> Self {
        let given = RefCell::default();
        Self {
            serial,
            kind,
            given,
        }
    }

    /// A code that has not been read off before, waited for if need be.
    pub(crate) fn code(&self) -> Result<String> {
        loop {
            clock::leave_room(PERIOD_SECS, 4);
            for shown in self.shown()? {
                if !self.given.borrow().contains(&shown) {
                    self.given.borrow_mut().push(shown.clone());
                    return Ok(shown);
                }
            }
            sleep(Duration::from_secs(clock::secs_left(PERIOD_SECS)) + Duration::from_millis(100));
        }
    }

    /// Digits that are not this token's code, now or next.
    pub(crate) fn wrong_code(&self) -> Result<String> {
        let shown = self.shown()?;
        (0..)
            .map(|number: u32| format!("{number:06}"))
            .find(|digits| !shown.contains(digits) && !self.given.borrow().contains(digits))
            .context("every code is right")
    }

    /// The last code read off.
    pub(crate) fn used_code(&self) -> Result<String> {
        let given = self.given.borrow();
        given.last().cloned().context("no code was used")
    }

    /// What is on its display: the app shows the next code beside the one of now.
    fn shown(&self) -> Result<Vec<String>> {
        match &self.kind {
            Kind::Phone(skts) => Ok(vec![
                skts.code(&self.serial)?,
                skts.next_code(&self.serial)?,
            ]),
            Kind::Card(card) => Ok(vec![card.code()?]),
        }
    }
}

//! What a customer holds: the app, in its window or as `skts`, or a card.

use std::cell::RefCell;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use skts_tests::hardware::Card;
use skts_tests::issuer::{Activation, SHINKIN};
use skts_tests::skts::Skts;
use skts_tests::window::Window;
use skts_tests::{app, clock};

use crate::World;

enum Kind<'w> {
    Phone(Skts<'w>),
    Card(Card),
    Window(&'w Window),
}

/// A token whose codes are read off, each once.
pub(crate) struct Token<'w> {
    pub(crate) serial: String,
    /// How long a code is shown.
    period_secs: u64,
    kind: Kind<'w>,
    given: RefCell<Vec<String>>,
}

impl<'w> Token<'w> {
    /// A new phone with the app set up on it.
    pub(crate) fn phone(world: &'w World, profile: &str) -> Result<Self> {
        let skts = Skts::new(&world.sandbox, profile, &world.list)?;
        skts.provision(SHINKIN)?.success()?;
        Self::of(skts, 30)
    }

    /// A new phone with the app set up on it by what the bank handed out.
    pub(crate) fn activated(
        world: &'w World,
        profile: &str,
        activation: &Activation,
    ) -> Result<Self> {
        let skts = Skts::new(&world.sandbox, profile, &world.list)?;
        skts.activate(activation)?.success()?;
        Self::of(skts, 60)
    }

    pub(crate) fn card(card: &Card) -> Self {
        Self::new(card.serial.clone(), 30, Kind::Card(card.clone()))
    }

    /// The token in `window`, which shows a code.
    pub(crate) fn window(window: &'w Window) -> Result<Self> {
        let serial = app::shown_serial(window)?;
        Ok(Self::new(serial, 60, Kind::Window(window)))
    }

    fn of(skts: Skts<'w>, period_secs: u64) -> Result<Self> {
        let serial = skts.serials()?.pop().context("no token")?;
        Ok(Self::new(serial, period_secs, Kind::Phone(skts)))
    }

    fn new(serial: String, period_secs: u64, kind: Kind<'w>) -> Self {
        let given = RefCell::default();
        Self {
            serial,
            period_secs,
            kind,
            given,
        }
    }

    /// A code that has not been read off before, waited for if need be.
    pub(crate) fn code(&self) -> Result<String> {
        loop {
            clock::leave_room(self.period_secs, 4);
            for shown in self.shown()? {
                if !self.given.borrow().contains(&shown) {
                    self.given.borrow_mut().push(shown.clone());
                    return Ok(shown);
                }
            }
            sleep(
                Duration::from_secs(clock::secs_left(self.period_secs))
                    + Duration::from_millis(100),
            );
        }
    }

    /// Signs the payment that `payment`, arguments of `skts sign`, names: what was signed, and its
    /// signature.
    pub(crate) fn sign(&self, payment: &[&str]) -> Result<(Value, String)> {
        let Kind::Phone(skts) = &self.kind else {
            bail!("no phone");
        };
        let signed = skts.sign(&self.serial, payment)?.success()?;
        let digits = signed["digits"].as_str().context("no digits")?.to_owned();
        Ok((signed["payment"]["fields"].clone(), digits))
    }

    /// The four digits that the bank shows too; a card has none.
    pub(crate) fn match_number(&self) -> Result<Option<String>> {
        let Kind::Phone(skts) = &self.kind else {
            return Ok(None);
        };
        let shown = skts.run(&["tokens"])?.success()?;
        let number = shown["tokens"][0]["matchNumber"].as_str();
        Ok(Some(number.context("no match number")?.to_owned()))
    }

    /// 利用中止 in the app; the receipt's number.
    pub(crate) fn stop_in_the_app(&self) -> Result<String> {
        let Kind::Phone(skts) = &self.kind else {
            bail!("no phone");
        };
        let stopped = skts.run(&["stop", &self.serial, "--yes"])?.success()?;
        let number = stopped["receipt"]["number"].as_str();
        Ok(number.context("no receipt")?.to_owned())
    }

    /// Digits that are not this token's code, now or next.
    pub(crate) fn wrong_code(&self) -> Result<String> {
        let shown = self.shown()?;
        let digits = shown.first().map_or(6, String::len);
        (0..)
            .map(|number: u32| format!("{number:0digits$}"))
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
            Kind::Window(window) => Ok(vec![app::wait_code(window)?]),
        }
    }
}

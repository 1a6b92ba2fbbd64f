//! A walk, walked.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use skts_authenticator::ActivationForm;
use skts_sample_bank::Signboard;
use skts_tests::bank::{Customer, STAFF_PASSWORD, TARO};
use skts_tests::fonts;
use skts_tests::sandbox::{Keyring, Sandbox};

use crate::act::{Act, OfCustomer, OfToken, Part, Text, What};
use crate::browser::Browser;
use crate::callouts::{Callout, CalloutError};
use crate::stage::Stage;
use crate::token::Token;
use crate::walk::{Face, Place, Step, Walk, place};
use crate::{Order, Taken};

/// Who goes through every walk.
const CUSTOMER: Customer = TARO;

/// The button that sends a page, not one of the software keyboard.
const SUBMIT: &str = "form.step button:not([name]):not(.skip)";

/// What stands before the メール通知パスワード in its mail.
const BEFORE_MAILED: &str = "メール通知パスワード：";

/// Walks `walk`, and saves those of its pictures that are wanted.
pub(crate) fn perform(
    walk: &Walk,
    order: &Order<'_>,
    signboard: Option<Signboard>,
) -> Result<Vec<Taken>> {
    let wanted = order.wanted;
    let mut sandbox = Sandbox::new(Keyring::NoBus)?;
    fonts::pin(&mut sandbox)?;
    sandbox.set("TZ", "Asia/Tokyo");
    sandbox.set("LANGUAGE", "ja");
    let stage = Stage::open(&sandbox, walk, signboard)
        .with_context(|| format!("the bank of {}", walk.path.display()))?;
    let customer = Browser::open(&sandbox, walk.face, &stage.address)?;
    let mut performance = Performance {
        counter: None,
        customer,
        tokens: BTreeMap::new(),
        newest: None,
        stage,
        sandbox: &sandbox,
    };
    let at = |line| place(&walk.path, line);
    performance.all(&walk.prepare, Place::Customer, &at)?;
    let last = (1..=walk.steps.len()).rfind(|number| wanted(&walk.picture(*number)));
    let mut taken = Vec::new();
    for (number, step) in (1..).zip(&walk.steps) {
        performance.all(&step.before, step.place, &at)?;
        let name = walk.picture(number);
        let png = performance.picture(step, wanted(&name), &at)?;
        if let Some(png) = png {
            let path = order.out.join(format!("{name}.png"));
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(&path, png).with_context(|| format!("write {}", path.display()))?;
            (order.told)(&name);
            taken.push(Taken {
                name,
                path,
                walk: walk.name.clone(),
                step: number,
            });
        }
        if last == Some(number) {
            break;
        }
        performance.all(&step.after, step.place, &at)?;
    }
    Ok(taken)
}

struct Performance<'s> {
    customer: Browser,
    counter: Option<Browser>,
    tokens: BTreeMap<String, Token>,
    newest: Option<String>,
    stage: Stage,
    sandbox: &'s Sandbox,
}

impl Performance<'_> {
    fn all(&mut self, acts: &[Act], place: Place, at: &dyn Fn(usize) -> String) -> Result<()> {
        for act in acts {
            self.act(&act.what, place).with_context(|| at(act.line))?;
        }
        Ok(())
    }

    fn picture(
        &mut self,
        step: &Step,
        wanted: bool,
        at: &dyn Fn(usize) -> String,
    ) -> Result<Option<Vec<u8>>> {
        let browser = self.browser(step.place)?;
        browser
            .screen(&step.screen)
            .with_context(|| at(step.line))?;
        if !wanted {
            return Ok(None);
        }
        let callouts: Vec<Callout> = step
            .callouts
            .iter()
            .map(|spot| Callout {
                mark: spot.mark.clone(),
                on: spot.on.clone(),
                to: spot.to.clone(),
                text: spot.text.clone(),
            })
            .collect();
        let picture = browser.picture(&callouts).map_err(|error| {
            let callout = error.downcast_ref::<CalloutError>();
            let spot = callout.and_then(|callout| step.callouts.get(callout.index));
            let line = spot.map_or(step.line, |spot| spot.line);
            error.context(format!("{}: callouts", at(line)))
        })?;
        Ok(Some(picture))
    }

    fn act(&mut self, what: &What, place: Place) -> Result<()> {
        match what {
            What::Go(path) => {
                self.stage.deliver()?;
                self.browser(place)?.go(path)
            }
            What::Click(on) => self.browser(place)?.click(on),
            What::Type { text, into } => {
                let text = self.text(text, Some(into), place)?;
                self.browser(place)?.fill(into, &text)
            }
            What::Keys { text, into } => {
                let text = self.text(text, Some(into), place)?;
                self.browser(place)?.press_keys(into, &text)
            }
            What::Screen(id) => self.browser(place)?.screen(id),
            What::Says(words) => {
                let words = self.text(words, None, place)?;
                self.browser(place)?.says(&words)
            }
            What::PassSecs(secs) => {
                self.stage.clock.pass(*secs);
                Ok(())
            }
            What::Phone(name) => {
                let token = Token::phone(&self.stage, self.sandbox, name)?;
                self.hold(name, token)
            }
            What::Activate { name, password } => {
                let password = self.text(password, None, place)?;
                let browser = self.browser(place)?;
                let form = ActivationForm {
                    service_id: browser.cell("サービスID")?,
                    user_id: browser.cell("ユーザID")?,
                    password,
                };
                let token = Token::activated(&self.stage, self.sandbox, name, form)?;
                self.hold(name, token)
            }
            What::Card {
                name,
                serial,
                until,
            } => {
                let card = self.stage.bring_in(serial, until)?;
                self.hold(name, Token::card(card))
            }
            What::Counter { act, serial } => {
                let serial = serial.as_ref();
                let serial = serial.map(|serial| self.text(serial, None, place));
                self.at_counter(act, serial.transpose()?)
            }
        }
    }

    fn hold(&mut self, name: &str, token: Token) -> Result<()> {
        let before = self.tokens.insert(name.to_owned(), token);
        ensure!(before.is_none(), "there is a token {name:?} already");
        self.newest = Some(name.to_owned());
        Ok(())
    }

    /// The browser of `place`; the counter's is opened when it is first needed, its staff logged in.
    fn browser(&mut self, place: Place) -> Result<&Browser> {
        if place == Place::Customer {
            return Ok(&self.customer);
        }
        if self.counter.is_none() {
            let browser = Browser::open(self.sandbox, Face::Pc, &self.stage.address)?;
            browser.go("/staff")?;
            browser.screen("CTR000")?;
            browser.fill("login_password", STAFF_PASSWORD)?;
            browser.click(SUBMIT)?;
            browser.screen("CTR001")?;
            self.counter = Some(browser);
        }
        self.counter.as_ref().context("no counter")
    }

    /// One act for the customer at the counter; ends on whatever comes of it.
    fn at_counter(&mut self, act: &str, serial: Option<String>) -> Result<()> {
        let browser = self.browser(Place::Counter)?;
        browser.go("/procedures/counter")?;
        browser.screen("CTR001")?;
        browser.fill("contract_id", CUSTOMER.contract_id)?;
        browser.click(SUBMIT)?;
        browser.screen("CTR002")?;
        browser.click(&format!("input[name='act'][value='{act}']"))?;
        if let Some(serial) = serial {
            browser.fill("serial", &serial)?;
        }
        browser.click(SUBMIT)
    }

    /// `text` with what its `{…}` stand for now.
    fn text(&mut self, text: &Text, into: Option<&str>, at: Place) -> Result<String> {
        let mut whole = String::new();
        for part in &text.0 {
            whole += &match part {
                Part::Words(words) => words.clone(),
                Part::Customer(of) => {
                    let of = match of {
                        OfCustomer::ContractId => CUSTOMER.contract_id,
                        OfCustomer::LoginPassword => CUSTOMER.login_password,
                        OfCustomer::ConfirmationPassword => CUSTOMER.confirmation_password,
                    };
                    of.to_owned()
                }
                Part::Token(name, of) => self.of_token(name.as_deref(), *of)?,
                Part::AskedDigit => {
                    let field = into.context("{asked digit} goes into a field")?;
                    let label = self.browser(at)?.label(field)?;
                    let position: String = label.chars().filter(char::is_ascii_digit).collect();
                    let position = position.parse();
                    CUSTOMER.transfer_digit(position.with_context(|| {
                        format!("into: the label {label:?} asks for no digit")
                    })?)?
                }
                Part::MailedPassword => self.stage.mailed(BEFORE_MAILED)?,
            };
        }
        Ok(whole)
    }

    fn of_token(&mut self, name: Option<&str>, of: OfToken) -> Result<String> {
        let newest = self.newest.as_deref();
        let name = name.or(newest).context("there is no token yet")?;
        let token = self.tokens.get_mut(name);
        let token = token.with_context(|| format!("there is no token {name:?} yet"))?;
        match of {
            OfToken::Serial => Ok(token.serial.clone()),
            OfToken::Code => token.code(&self.stage),
            OfToken::WrongCode => token.wrong_code(&self.stage),
            OfToken::UsedCode => token.used_code(),
        }
    }
}

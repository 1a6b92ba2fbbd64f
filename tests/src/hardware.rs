//! A hardware token to hold: serial on its back, a code at the press of its button.

use std::fs;

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, Mac};
use rand_core::{OsRng, RngCore};
use sha1::Sha1;

use crate::clock::unix_millis;
use crate::issuer::Issuer;
use crate::sandbox::Sandbox;

/// Seconds of a time step.
pub const PERIOD_SECS: u64 = 30;

/// A token with a secret of its own: TOTP (RFC 6238), SHA-1, 6 digits, 30 s.
#[derive(Clone)]
pub struct Card {
    /// What is printed on its back: ten letters and digits, as guide 002 shows one.
    pub serial: String,
    secret: [u8; 20],
}

impl Card {
    /// Makes the token `serial`, with a secret of its own.
    pub fn make(serial: &str) -> Self {
        let mut secret = [0; 20];
        OsRng.fill_bytes(&mut secret);
        Self::of(serial, secret)
    }

    /// The token `serial` with the secret `secret`.
    pub fn of(serial: &str, secret: [u8; 20]) -> Self {
        let serial = serial.to_owned();
        Self { serial, secret }
    }

    /// The code shown now.
    ///
    /// # Errors
    /// As [`Card::code_at`].
    pub fn code(&self) -> Result<String> {
        self.code_at(unix_millis() / 1000)
    }

    /// The code shown at `unix_secs`.
    ///
    /// # Errors
    /// Never: HMAC takes a secret of any length.
    pub fn code_at(&self, unix_secs: u64) -> Result<String> {
        let step = unix_secs / PERIOD_SECS;
        let mut mac =
            Hmac::<Sha1>::new_from_slice(&self.secret).context("a secret of no length")?;
        mac.update(&step.to_be_bytes());
        let tag = mac.finalize().into_bytes();
        let offset = usize::from(tag[19] & 0x0f);
        let word = [
            tag[offset],
            tag[offset + 1],
            tag[offset + 2],
            tag[offset + 3],
        ];
        let number = (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000;
        Ok(format!("{number:06}"))
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Card({})", self.serial)
    }
}

/// The file in which their maker would send `cards`: CSV, as the service imports it.
pub fn makers_file(cards: &[&Card]) -> String {
    let mut text =
        "serial,type,secret_hex,digits,period_secs,counter,algorithm,expires\n".to_owned();
    for card in cards {
        let secret = hex::encode(card.secret);
        text += &format!("{},totp,{secret},6,{PERIOD_SECS},,sha1,\n", card.serial);
    }
    text
}

/// Brings `cards` in at the service `issuer`, for `institution`, by their maker's file; they are good
/// until the end of the day `until` (`2037-03-31`).
///
/// # Errors
/// When the service takes none or not all.
pub fn bring_in(
    sandbox: &Sandbox,
    (issuer, institution): (&Issuer, &str),
    cards: &[&Card],
    until: &str,
) -> Result<()> {
    let file = sandbox.join("cards.csv");
    fs::write(&file, makers_file(cards))?;
    let file = file.to_str().context("a path that is no text")?;
    let said = issuer.operate(
        sandbox,
        &[
            "hardware",
            "import",
            "--institution",
            institution,
            "--csv",
            "--until",
            until,
            file,
        ],
    )?;
    let said: serde_json::Value = serde_json::from_str(&said)?;
    ensure!(
        said["tokens"] == cards.len(),
        "of {} cards: {said}",
        cards.len()
    );
    Ok(())
}

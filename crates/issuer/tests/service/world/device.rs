//! A device, and a token as it holds it.

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePublicKey};
use rand_core::OsRng;
use skts_otp::{Digits, TimeStep, TokenPolicy, UnixTime, totp};
use skts_provisioning::confirm::Provisioned;
use skts_provisioning::device::{DeviceSigner, Evidence, SignError};
use skts_provisioning::wire::{Bytes, ShortText};

/// A token as its device holds it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) institution: String,
    pub(crate) serial: String,
    pub(crate) seed: Vec<u8>,
    pub(crate) signing_key: Vec<u8>,
    pub(crate) policy: TokenPolicy,
    pub(crate) match_number: String,
    /// As it was granted.
    pub(crate) ratchet: Vec<u8>,
}

impl Token {
    pub(crate) fn of(institution: &str, got: &Provisioned) -> Self {
        Self {
            institution: institution.to_owned(),
            serial: got.grant.serial.to_string(),
            seed: got.grant.seed.expose_secret().to_vec(),
            signing_key: got.grant.signing_key.expose_secret().to_vec(),
            policy: got.grant.policy.clone(),
            match_number: got.match_number.as_str().to_owned(),
            ratchet: got.grant.ratchet.expose_secret().to_vec(),
        }
    }

    pub(crate) fn step(&self, now: u64) -> TimeStep {
        self.policy.period.step_at(UnixTime::from_secs(now))
    }

    pub(crate) fn code(&self, now: u64) -> String {
        self.code_of(self.step(now), self.policy.code_length.default_digits())
    }

    pub(crate) fn code_of(&self, step: TimeStep, digits: Digits) -> String {
        let otp = totp(&self.seed, self.policy.hash, step, digits).expect("a seed");
        otp.expose_digits().to_owned()
    }

    /// A code that belongs to no step near `now`.
    pub(crate) fn wrong_code(&self, now: u64) -> String {
        let digits = self.policy.code_length.default_digits();
        let near: Vec<String> = (-6..=6)
            .filter_map(|distance| self.step(now).offset(distance))
            .map(|step| self.code_of(step, digits))
            .collect();
        (0..100)
            .map(|n| format!("{n:0width$}", width = digits.count()))
            .find(|code| !near.contains(code))
            .expect("a wrong code")
    }
}

/// A device with a software key. Cloned, it is a copy of it.
#[derive(Clone)]
pub(crate) struct Device {
    key: SigningKey,
    spki: Vec<u8>,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self::with(SigningKey::random(&mut OsRng))
    }

    /// One whose private key is known elsewhere, too: DER of PKCS #8.
    pub(crate) fn of(key: &[u8]) -> Self {
        Self::with(SigningKey::from_pkcs8_der(key).expect("a key"))
    }

    fn with(key: SigningKey) -> Self {
        let public = p256::PublicKey::from(key.verifying_key());
        let spki = public
            .to_public_key_der()
            .expect("a key")
            .as_bytes()
            .to_vec();
        Self { key, spki }
    }
}

impl DeviceSigner for Device {
    fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature: Signature = self.key.sign(message);
        Ok(signature
            .normalize_s()
            .unwrap_or(signature)
            .to_bytes()
            .to_vec())
    }
}

pub(crate) fn evidence() -> Evidence {
    let text = |text: &str| ShortText::new(text).expect("short");
    Evidence {
        platform: text("linux"),
        device_label: text("試験機"),
        key_kind: text("software"),
        statement: Bytes(Vec::new()),
    }
}

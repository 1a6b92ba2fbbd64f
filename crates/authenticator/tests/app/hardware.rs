//! Hardware that says something of the key, and is asked to prove it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use rand_core::{CryptoRngCore, OsRng};
use serde_json::Value;
use skts_authenticator::AppState;
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac};
use skts_provisioning::wire::ProblemCode;
use skts_sealed::{SealingKey, SecretBytes};
use skts_vault::{DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind};

use crate::set_up::one_token;
use crate::support::{Fault, World, provision, resume};

const CREDENTIAL: &[u8] = b"a credential";

/// A chip; what it answers to each call is set.
struct FakeChip {
    key: SigningKey,
    said: Mutex<VecDeque<Result<Vec<u8>, DeviceKeyError>>>,
    opened: Mutex<VecDeque<Result<[u8; 32], DeviceKeyError>>>,
}

impl FakeChip {
    fn in_use(world: &World) -> Arc<Self> {
        let chip = Arc::new(Self {
            key: SigningKey::random(&mut OsRng),
            said: Mutex::default(),
            opened: Mutex::default(),
        });
        let hardware = Arc::new(Backend(Arc::clone(&chip)));
        *world.device.hardware.lock().unwrap() = Some(hardware);
        world.issuer.ask_hardware(CREDENTIAL);
        chip
    }

    fn say(&self, said: Result<&[u8], DeviceKeyError>) {
        self.said
            .lock()
            .unwrap()
            .push_back(said.map(<[u8]>::to_vec));
    }

    fn open(&self, opened: Result<[u8; 32], DeviceKeyError>) {
        self.opened.lock().unwrap().push_back(opened);
    }
}

struct Backend(Arc<FakeChip>);

struct Key(Arc<FakeChip>, Vec<u8>);

impl Backend {
    fn key(&self) -> Box<dyn DeviceKey> {
        let public = p256::PublicKey::from(self.0.key.verifying_key());
        let spki = public.to_public_key_der().unwrap().into_vec();
        Box::new(Key(Arc::clone(&self.0), spki))
    }
}

impl DeviceKeyBackend for Backend {
    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Tpm
    }

    fn probe(&self) -> Result<(), DeviceKeyError> {
        Ok(())
    }

    fn make(
        &self,
        _context: &DeviceKeyContext<'_>,
        _rng: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError> {
        Ok((self.key(), b"piece".to_vec()))
    }

    fn open(
        &self,
        _context: &DeviceKeyContext<'_>,
        _piece: &[u8],
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        Ok(self.key())
    }
}

impl DeviceKey for Key {
    fn spki(&self) -> &[u8] {
        &self.1
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        let signature: Signature = self.0.key.sign(message);
        Ok(signature.to_bytes().to_vec())
    }

    fn statement(&self) -> Result<Vec<u8>, DeviceKeyError> {
        self.0.said.lock().unwrap().pop_front().unwrap()
    }

    fn activate_credential(&self, credential: &[u8]) -> Result<SecretBytes, DeviceKeyError> {
        assert_eq!(credential, CREDENTIAL);
        let opened = self.0.opened.lock().unwrap().pop_front().unwrap();
        opened.map(|secret| SecretBytes::from_slice(&secret))
    }

    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Tpm
    }

    fn level(&self) -> AssuranceLevel {
        AssuranceLevel::L2
    }

    fn import_hmac_key(
        &self,
        key: &SecretBytes,
        _context: &[u8],
        _hash: HashAlgorithm,
        _rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        Ok(key.expose_secret().to_vec())
    }

    fn hmacs(
        &self,
        item: &[u8],
        _context: &[u8],
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        let macs = messages
            .iter()
            .map(|message| skts_otp::keyed_hash(item, hash, message));
        Ok(macs.collect::<Result<_, _>>().unwrap())
    }

    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError> {
        Ok(SealingKey::derive(b"inside the chip", &[], label, &[]))
    }
}

/// Bytes of what the last confirmation proves.
fn proof_bytes(world: &World) -> usize {
    let bodies = world.issuer.calls("/confirm");
    let body: Value = serde_json::from_slice(bodies.last().unwrap()).unwrap();
    body["credential_proof"].as_str().unwrap().len() * 3 / 4
}

#[test]
fn what_the_hardware_says_is_sent_and_what_it_opens_is_proved() {
    let world = World::new();
    let chip = FakeChip::in_use(&world);
    chip.say(Ok(b"statement"));
    chip.open(Ok([7; 32]));
    let mut app = world.start();
    one_token(&provision(&mut app));
    let issue: Value = serde_json::from_slice(&world.issuer.calls("self/issue")[0]).unwrap();
    assert_eq!(issue["evidence"]["statement"], "c3RhdGVtZW50");
    assert_eq!(issue["evidence"]["key_kind"], "tpm2");
    assert_eq!(proof_bytes(&world), 33, "32 bytes in base64");
    assert!(app.tokens()[0].attested);
    drop(app);
    let mut app = world.start();
    app.open();
    assert!(app.tokens()[0].attested, "it is written down");
}

#[test]
fn hardware_that_is_busy_is_asked_later_and_nothing_is_lost() {
    let world = World::new();
    let chip = FakeChip::in_use(&world);
    let mut app = world.start();
    chip.say(Err(DeviceKeyError::Busy));
    assert!(matches!(provision(&mut app), AppState::ChipBusy));
    assert!(world.issuer.calls("self/issue").is_empty());
    chip.say(Ok(b"statement"));
    chip.open(Err(DeviceKeyError::Busy));
    assert!(matches!(resume(&mut app), AppState::ChipBusy));
    assert!(
        world.issuer.calls("/confirm").is_empty(),
        "not without the proof"
    );
    drop(app);
    // And after a restart: the same request, the same grant, the same credential.
    let mut app = world.start();
    app.open();
    chip.open(Ok([7; 32]));
    one_token(&resume(&mut app));
    let issues = world.issuer.calls("self/issue");
    assert_eq!(issues.len(), 2);
    assert_eq!(issues[0], issues[1]);
    assert_eq!(world.issuer.grants(), 1);
    assert_eq!(proof_bytes(&world), 33);
}

#[test]
fn a_confirmation_that_was_lost_is_sent_again_with_its_proof() {
    let world = World::new();
    let chip = FakeChip::in_use(&world);
    chip.say(Ok(b"statement"));
    chip.open(Ok([7; 32]));
    world.issuer.plan("/confirm", Fault::LoseReply);
    let mut app = world.start();
    provision(&mut app);
    // The hardware is not asked again: it would have no answer.
    one_token(&resume(&mut app));
    let confirms = world.issuer.calls("/confirm");
    assert_eq!((confirms.len(), &confirms[0]), (2, &confirms[1]));
    assert!(app.tokens()[0].attested);
}

#[test]
fn hardware_that_cannot_prove_itself_leaves_the_decision_to_the_service() {
    let world = World::new();
    let chip = FakeChip::in_use(&world);
    let mut app = world.start();
    chip.say(Ok(b"statement"));
    chip.open(Err(DeviceKeyError::Refused));
    world
        .issuer
        .plan("/confirm", Fault::Refuse(ProblemCode::LevelTooLow));
    let refused = provision(&mut app);
    assert!(matches!(refused, AppState::LevelTooLow { .. }));
    assert!(app.tokens().is_empty());

    chip.say(Err(DeviceKeyError::Refused));
    chip.open(Err(DeviceKeyError::Unsupported));
    one_token(&provision(&mut app));
    assert_eq!(proof_bytes(&world), 0);
    assert!(!app.tokens()[0].attested);
}

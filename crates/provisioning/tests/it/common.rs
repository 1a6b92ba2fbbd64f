//! A device, a service and a whole run of each protocol, from a fixed generator.

use std::sync::OnceLock;

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use skts_otp::{SerialNumber, TokenPolicy, UnixTime};
use skts_provisioning::confirm::Provisioned;
use skts_provisioning::device::{DeviceSigner, Evidence, SignError};
use skts_provisioning::grant::Grant;
use skts_provisioning::ids::{ActivationPassword, ConsentVersion, RequestId, ServiceId, UserId};
use skts_provisioning::k::{KBegin, KParams, KPendingBegin, KServer};
use skts_provisioning::opaque::OpaqueSetup;
use skts_provisioning::s::{ProvisioningSigningKey, SHello, SParams, SPendingHello, SServer};
use skts_provisioning::statement::Credential;
use skts_provisioning::wire::{Bytes, SHelloResponse, ShortText};
use skts_sealed::SecretBytes;

pub(crate) const INSTITUTION: &str = "mihon-shinkumi";
pub(crate) const PASSWORD: &str = "4821";
pub(crate) const WORK_BITS: u8 = 8;

pub(crate) fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

pub(crate) struct SoftDevice {
    key: SigningKey,
    spki: Vec<u8>,
}

impl SoftDevice {
    pub(crate) fn new(seed: u8) -> Self {
        let key = SigningKey::random(&mut rng(seed));
        let public = p256::PublicKey::from(key.verifying_key());
        let spki = public.to_public_key_der().unwrap().as_bytes().to_vec();
        Self { key, spki }
    }
}

impl DeviceSigner for SoftDevice {
    fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature: Signature = self.key.sign(message);
        Ok(signature.to_bytes().to_vec())
    }
}

pub(crate) fn password() -> ActivationPassword {
    ActivationPassword::parse(PASSWORD).unwrap()
}

pub(crate) fn service_id() -> ServiceId {
    ServiceId::parse("10112235").unwrap()
}

pub(crate) fn user_id() -> UserId {
    UserId::parse("1234 5678 9012").unwrap()
}

pub(crate) fn text(text: &str) -> ShortText {
    ShortText::new(text).unwrap()
}

pub(crate) fn evidence() -> Evidence {
    Evidence {
        platform: text("Debian GNU/Linux 12"),
        device_label: text("しんきんのパソコン"),
        key_kind: text("software"),
        statement: Bytes(vec![1, 2, 3]),
    }
}

pub(crate) fn grant(policy: TokenPolicy, serial: &str) -> Grant {
    Grant {
        seed: SecretBytes::from_slice(&[0xA1; 32]),
        signing_key: SecretBytes::from_slice(&[0xB2; 32]),
        serial: SerialNumber::parse(serial).unwrap(),
        policy,
        institution_id: INSTITUTION.to_owned(),
        started_at: UnixTime::from_secs(1_763_600_000),
        expires_at: UnixTime::from_secs(1_921_280_000),
        server_time: UnixTime::from_secs(1_763_600_001),
        ratchet: SecretBytes::from_slice(&[0xC3; 32]),
        credential: Credential {
            id_object: vec![0xD4; 68],
            encrypted_secret: vec![0xE5; 68],
        }
        .encode(),
    }
}

/// What is in the credential, as the device's hardware gives it back.
pub(crate) fn credential_secret() -> SecretBytes {
    SecretBytes::from_slice(&[0xF6; 32])
}

pub(crate) fn k_grant() -> Grant {
    grant(TokenPolicy::activated(), "243725864")
}

pub(crate) fn s_grant() -> Grant {
    grant(TokenPolicy::self_provisioned(), "SKTS12345678")
}

/// The service's side of one activation.
pub(crate) struct Service {
    pub(crate) setup: OpaqueSetup,
    pub(crate) record: Vec<u8>,
}

impl Service {
    /// The same for the whole test binary: registering costs a whole stretching.
    pub(crate) fn new() -> &'static Self {
        static SERVICE: OnceLock<Service> = OnceLock::new();
        SERVICE.get_or_init(|| {
            let mut rng = rng(1);
            let setup = OpaqueSetup::make(&mut rng);
            let record = KServer::register(
                &setup,
                &service_id(),
                &user_id(),
                INSTITUTION,
                &password(),
                &mut rng,
            )
            .unwrap();
            Self { setup, record }
        })
    }
}

pub(crate) fn k_params() -> KParams {
    KParams {
        service_id: service_id(),
        user_id: user_id(),
        institution_id: INSTITUTION.to_owned(),
        consent_version: ConsentVersion(3),
        app_version: "1.0.0".to_owned(),
    }
}

pub(crate) fn k_begin(device: &SoftDevice, password: &ActivationPassword) -> KPendingBegin {
    let id = RequestId::from_bytes([7; 16]);
    KBegin::start(k_params(), password, device.spki(), id, &mut rng(2)).unwrap()
}

pub(crate) fn s_params() -> SParams {
    SParams {
        service_id: service_id(),
        platform: "Debian GNU/Linux 12".to_owned(),
        consent_version: ConsentVersion(3),
        app_version: "1.0.0".to_owned(),
    }
}

pub(crate) fn s_hello(device: &SoftDevice) -> SPendingHello {
    let id = RequestId::from_bytes([9; 16]);
    SHello::start(s_params(), device.spki(), id, &mut rng(3)).unwrap()
}

pub(crate) fn s_challenge() -> SHelloResponse {
    let challenge = SServer::challenge(&mut rng(4));
    SHelloResponse {
        challenge: Bytes(challenge.to_vec()),
        work_bits: WORK_BITS,
    }
}

pub(crate) fn provisioning_key() -> ProvisioningSigningKey {
    ProvisioningSigningKey::make(&mut rng(5))
}

/// Whether two finished set-ups agree on everything a customer or a verifier would see.
pub(crate) fn same_grant(provisioned: &Provisioned, grant: &Grant) -> bool {
    provisioned.grant.encode().ct_eq(&grant.encode())
}

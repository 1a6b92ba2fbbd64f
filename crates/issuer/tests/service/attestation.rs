//! Levels from what hardware says: at the issue, at the confirmation, and after it.

use axum::http::StatusCode;
use rcgen::KeyPair;
use skts_issuer::{
    AdminError, AttestationConfig, Issuer, NewInstitution, PolicyKind, SampleInstitution, Signer,
};
use skts_otp::AssuranceLevel;
use skts_provisioning::confirm::Provisioned;
use skts_provisioning::device::{DeviceSigner, Evidence};
use skts_provisioning::ids::ServiceId;
use skts_provisioning::institution::Localized;
use skts_provisioning::statement::{
    AndroidStatement, Credential, Statement, TpmStatement, android_challenge,
};
use skts_provisioning::wire::{Bytes, Message, paths};
use skts_sealed::SecretBytes;
use tempfile::TempDir;

use crate::world::chains::{Attests, Maker, PACKAGE, SIGNER, of_a_chip, public_area};
use crate::world::chip::Chip;
use crate::world::{Device, SHINKIN, Token, World, evidence};

/// Infineon's.
const VENDOR: &str = "id:49465800";
const STRICT: &str = "strict";
const STRICT_SERVICE: &str = "10000009";

/// A service that pins one maker of chips and phones.
struct Site {
    world: World,
    maker: Maker,
    roots: TempDir,
}

impl Site {
    async fn new() -> Self {
        let (maker, roots) = (Maker::root("Maker"), tempfile::tempdir().unwrap());
        for kind in ["tpm", "android"] {
            std::fs::create_dir(roots.path().join(kind)).unwrap();
            let file = roots.path().join(kind).join("maker.der");
            std::fs::write(file, maker.der()).unwrap();
        }
        std::fs::write(roots.path().join("revoked.json"), r#"{"entries":{}}"#).unwrap();
        let attestation = AttestationConfig {
            roots: Some(roots.path().to_owned()),
            android_package: Some(PACKAGE.to_owned()),
            android_signers: vec![Signer(SIGNER)],
        };
        let world = World::with(|config| config.attestation = attestation).await;
        add_strict(&world.issuer).await.unwrap();
        Self {
            world,
            maker,
            roots,
        }
    }

    /// What a device says whose key is in that chip.
    fn in_chip(&self, chip: &Chip, device: &Device, manufacturer: &str) -> Evidence {
        let between = Maker::under("Between", &self.maker, Vec::new());
        let certificate = between.sign(chip.key(), of_a_chip(manufacturer));
        saying(Statement::Tpm(TpmStatement {
            public: public_area(device.spki()),
            certificates: vec![certificate, between.der()],
        }))
    }

    /// Asks for a token at an institution that takes any level, or at the strict one.
    async fn issue(&self, strict: bool, device: &Device, evidence: &Evidence) -> Issued {
        let hello = if strict {
            let service_id = ServiceId::parse(STRICT_SERVICE).unwrap();
            self.world.s_hello_at(service_id, device)
        } else {
            self.world.s_hello(device)
        };
        let issue = self.world.s_issue(&hello, device, evidence).await;
        let answer = self.world.device(paths::SELF_ISSUE, issue.body()).await;
        let again = self.world.device(paths::SELF_ISSUE, issue.body()).await;
        assert_eq!(answer, again, "the same reply, byte for byte");
        if answer.status != StatusCode::OK {
            return Err(answer.code());
        }
        Ok(self.world.s_granted(&issue, &answer).await)
    }

    /// Confirms; what the service answers, `"ok"` if it takes it.
    async fn confirm(
        &self,
        got: &Provisioned,
        device: &Device,
        credential: Option<&SecretBytes>,
    ) -> String {
        let body = got.confirm(device, credential).unwrap().to_body();
        let answer = self.world.device(paths::CONFIRM, &body).await;
        let again = self.world.device(paths::CONFIRM, &body).await;
        assert_eq!(answer.status, again.status);
        match answer.status {
            StatusCode::OK => "ok".to_owned(),
            _ => answer.code(),
        }
    }

    /// What the audit trail says was proved, `None` if it was not confirmed.
    async fn level(&self, got: &Provisioned) -> Option<String> {
        let filter = skts_issuer::AuditFilter {
            serial: Some(got.grant.serial.to_string()),
            most: 100,
            ..skts_issuer::AuditFilter::default()
        };
        let entries = self.world.issuer.audit_entries(&filter).await.unwrap();
        let confirmed = entries.iter().find(|entry| entry.action == "confirmed")?;
        confirmed.detail.clone()
    }
}

type Issued = Result<Provisioned, String>;

async fn add_strict(issuer: &Issuer) -> Result<SampleInstitution, AdminError> {
    add(issuer, STRICT, STRICT_SERVICE, PolicyKind::SelfProvisioned).await
}

/// An institution that wants keys in attested hardware.
async fn add(
    issuer: &Issuer,
    id: &str,
    service_id: &str,
    kind: PolicyKind,
) -> Result<SampleInstitution, AdminError> {
    let text = |text: &str| Localized {
        ja: text.to_owned(),
        en: text.to_owned(),
    };
    let mut policy = kind.policy();
    policy.lowest_level = AssuranceLevel::L3;
    let strict = NewInstitution {
        id: id.to_owned(),
        service_id: ServiceId::parse(service_id).unwrap(),
        name: text("Strict"),
        contact: text("Contact"),
        accent: "#0b5d3b".to_owned(),
        policy,
    };
    issuer.add_institution(strict).await
}

fn saying(statement: Statement) -> Evidence {
    Evidence {
        statement: Bytes(statement.encode()),
        ..evidence()
    }
}

#[tokio::test]
async fn a_chip_that_opens_its_credential_is_believed_and_one_that_does_not_is_software() {
    let site = Site::new().await;
    let (chip, device) = (Chip::new(), Device::new());
    let evidence = site.in_chip(&chip, &device, VENDOR);
    let got = site.issue(false, &device, &evidence).await.unwrap();
    let credential = Credential::decode(&got.grant.credential).unwrap();
    let secret = chip.activate(&credential, &public_area(device.spki()));
    assert_eq!(site.level(&got).await, None);
    let secret = secret.unwrap();
    assert_eq!(site.confirm(&got, &device, Some(&secret)).await, "ok");
    assert_eq!(site.level(&got).await.as_deref(), Some("level 3"));
    // It is a token like any other.
    let token = Token::of(SHINKIN, &got);
    let code = token.code(site.world.now());
    let registered = site.world.register(&token, "customer", &code).await;
    assert_eq!(registered.verdict(), "accepted");

    for wrong in [None, Some(SecretBytes::new(vec![0; 32]))] {
        let got = site.issue(false, &device, &evidence).await.unwrap();
        assert_eq!(site.confirm(&got, &device, wrong.as_ref()).await, "ok");
        assert_eq!(site.level(&got).await.as_deref(), Some("level 1"));
    }
}

#[tokio::test]
async fn where_hardware_is_asked_for_the_proof_decides_and_can_come_later() {
    let site = Site::new().await;
    let (chip, device) = (Chip::new(), Device::new());
    let evidence = site.in_chip(&chip, &device, VENDOR);
    let got = site.issue(true, &device, &evidence).await.unwrap();
    let wrong = SecretBytes::new(vec![0; 32]);
    for credential in [None, Some(&wrong)] {
        let refused = site.confirm(&got, &device, credential).await;
        assert_eq!(refused, "level-too-low");
    }
    // Refused is not used up, and what is not confirmed is not registered.
    let token = Token::of(STRICT, &got);
    assert_eq!(site.level(&got).await, None);
    let credential = Credential::decode(&got.grant.credential).unwrap();
    let secret = chip.activate(&credential, &public_area(device.spki()));
    let confirmed = site.confirm(&got, &device, Some(&secret.unwrap())).await;
    assert_eq!(confirmed, "ok");
    assert_eq!(site.level(&got).await.as_deref(), Some("level 3"));
    assert!(token.serial.starts_with("SKTS"));
    // Another confirmation of the same set-up is another body.
    assert_eq!(site.confirm(&got, &device, None).await, "conflict");
    assert_eq!(site.level(&got).await.as_deref(), Some("level 3"));
}

#[tokio::test]
async fn a_credential_opens_in_no_other_chip_and_for_no_other_key() {
    let site = Site::new().await;
    let (chip, device) = (Chip::new(), Device::new());
    let evidence = site.in_chip(&chip, &device, VENDOR);
    let got = site.issue(true, &device, &evidence).await.unwrap();
    let credential = Credential::decode(&got.grant.credential).unwrap();
    let ours = public_area(device.spki());
    assert!(Chip::new().activate(&credential, &ours).is_none());
    let other = public_area(Device::new().spki());
    assert!(chip.activate(&credential, &other).is_none());
    // A key in software that borrows a chip's certificate gets a credential and cannot open it.
    let software = Device::new();
    let borrowed = site.in_chip(&chip, &software, VENDOR);
    let got = site.issue(true, &software, &borrowed).await.unwrap();
    assert_eq!(site.confirm(&got, &software, None).await, "level-too-low");
}

#[tokio::test]
async fn where_hardware_is_asked_for_nothing_less_is_issued() {
    let site = Site::new().await;
    let (chip, device) = (Chip::new(), Device::new());
    let other = Device::new();
    let mut forged = site.in_chip(&chip, &device, VENDOR);
    let last = forged.statement.0.len() - 1;
    // The signature of the certificate between.
    forged.statement.0[last] ^= 1;
    let mut word = evidence();
    word.key_kind = skts_provisioning::wire::ShortText::new("strongbox").unwrap();
    for (name, evidence) in [
        ("nothing said", evidence()),
        ("a bare word", word),
        ("a forged certificate", forged),
        ("another device's key", site.in_chip(&chip, &other, VENDOR)),
        (
            "a chip that is a program",
            site.in_chip(&chip, &device, "id:00001014"),
        ),
    ] {
        let refused = site.issue(true, &device, &evidence).await.unwrap_err();
        assert_eq!(refused, "level-too-low", "{name}");
        let got = site.issue(false, &device, &evidence).await.unwrap();
        assert!(got.grant.credential.is_empty(), "{name}");
        assert_eq!(site.confirm(&got, &device, None).await, "ok");
        assert_eq!(site.level(&got).await.as_deref(), Some("level 1"), "{name}");
    }
}

#[tokio::test]
async fn a_phone_s_key_is_believed_at_once_until_its_certificate_is_revoked() {
    let site = Site::new().await;
    let key = KeyPair::generate().unwrap();
    let device = Device::of(&key.serialize_der());
    let bound_to = b"0123456789abcdef".to_vec();
    let challenge = android_challenge(&bound_to);
    let leaf = site.maker.sign(&key, Attests::good(&challenge).says());
    let evidence = saying(Statement::Android(AndroidStatement {
        bound_to,
        certificates: vec![leaf],
    }));
    let got = site.issue(true, &device, &evidence).await.unwrap();
    assert!(got.grant.credential.is_empty(), "there is nothing to ask");
    assert_eq!(site.confirm(&got, &device, None).await, "ok");
    assert_eq!(site.level(&got).await.as_deref(), Some("level 3"));

    let list = r#"{"entries":{"7":{"status":"REVOKED","reason":"KEY_COMPROMISE"}}}"#;
    std::fs::write(site.roots.path().join("revoked.json"), list).unwrap();
    site.world.issuer.renew_trust();
    let refused = site.issue(true, &device, &evidence).await.unwrap_err();
    assert_eq!(refused, "level-too-low");
    // A list that cannot be read takes nothing back that was read before.
    std::fs::write(site.roots.path().join("revoked.json"), "{").unwrap();
    site.world.issuer.renew_trust();
    let refused = site.issue(true, &device, &evidence).await.unwrap_err();
    assert_eq!(refused, "level-too-low");
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = |roots: &std::path::Path| AttestationConfig {
        roots: Some(roots.to_owned()),
        ..AttestationConfig::default()
    };
    let load = || {
        config(folder.path())
            .load()
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert!(load().unwrap_err().contains("holds no roots"));
    let tpm = folder.path().join("tpm");
    std::fs::create_dir(&tpm).unwrap();
    std::fs::write(tpm.join("note.txt"), "not read").unwrap();
    std::fs::write(tpm.join("maker.pem"), "not a certificate").unwrap();
    assert!(load().unwrap_err().contains("not a certificate"));
    std::fs::write(tpm.join("maker.pem"), Maker::root("Maker").der()).unwrap();
    load().unwrap();
    std::fs::write(folder.path().join("revoked.json"), "{}").unwrap();
    assert!(load().unwrap_err().contains("entries"));
    // Without a folder nobody is believed; phones never without a list of what was revoked.
    let trust = AttestationConfig::default().load().unwrap();
    assert_eq!((trust.android.count(), trust.tpm.count()), (0, 0));
    let phones = |roots: Option<&std::path::Path>| AttestationConfig {
        roots: roots.map(std::path::Path::to_owned),
        android_package: Some(PACKAGE.to_owned()),
        ..AttestationConfig::default()
    };
    let list = folder.path().join("revoked.json");
    std::fs::remove_file(&list).unwrap();
    for roots in [None, Some(folder.path())] {
        let refused = phones(roots).load().map(drop).unwrap_err().to_string();
        assert!(
            refused.contains("needs") && refused.contains("revoked.json"),
            "{refused}"
        );
    }
    // Android's own roots, where the folder has none; not one that is on the list.
    std::fs::write(&list, r#"{"entries":{}}"#).unwrap();
    let pinned = |config: AttestationConfig| config.load().unwrap().android.count();
    assert_eq!(pinned(phones(Some(folder.path()))), 2);
    let listed = r#"{"entries":{"0x8f:fa:12 48:bf:0c 0":{"status":"REVOKED"}}}"#;
    std::fs::write(&list, listed).unwrap();
    assert_eq!(pinned(phones(Some(folder.path()))), 2, "another's serial");
}

#[tokio::test]
async fn a_device_that_will_not_do_does_not_use_an_activation_up() {
    let mut site = Site::new().await;
    let added = add(
        &site.world.issuer,
        "careful",
        "10000008",
        PolicyKind::Activated,
    )
    .await;
    site.world.add_bank(added.unwrap());
    let user_id = site.world.activation("careful", "customer").await;
    let refuse = async |evidence: &Evidence, device: &Device| {
        let world = &site.world;
        let begin = world.k_begin("careful", &user_id, crate::world::PASSWORD, device);
        let finish = world
            .k_finish_saying(&begin, crate::world::PASSWORD, device, evidence)
            .await;
        let answer = world
            .device(paths::ACTIVATION_FINISH, finish.unwrap().body())
            .await;
        answer.json()["code"].as_str().map(str::to_owned)
    };
    // Oftener than a password may be wrong.
    for _ in 0..8 {
        let refused = refuse(&evidence(), &Device::new()).await;
        assert_eq!(refused.as_deref(), Some("level-too-low"));
    }
    let (chip, device) = (Chip::new(), Device::new());
    let said = site.in_chip(&chip, &device, VENDOR);
    assert_eq!(refuse(&said, &device).await, None, "one that will is taken");
}

#[tokio::test]
async fn an_activation_is_held_to_the_same_level() {
    let site = Site::new().await;
    let (chip, device) = (Chip::new(), Device::new());
    let evidence = site.in_chip(&chip, &device, VENDOR);
    let got = site
        .world
        .k_provisioned(crate::world::SHINKUMI, "customer", &device, &evidence)
        .await;
    let credential = Credential::decode(&got.grant.credential).unwrap();
    let secret = chip.activate(&credential, &public_area(device.spki()));
    let confirmed = site.confirm(&got, &device, secret.as_ref()).await;
    assert_eq!(confirmed, "ok");
    assert_eq!(site.level(&got).await.as_deref(), Some("level 3"));
}

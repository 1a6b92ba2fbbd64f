//! A service, a bank and devices.

#[path = "world/activation.rs"]
mod activation;
#[path = "world/chains.rs"]
pub(crate) mod chains;
#[path = "world/chip.rs"]
pub(crate) mod chip;
#[path = "world/copy.rs"]
mod copy;
#[path = "world/database.rs"]
pub(crate) mod database;
#[path = "world/device.rs"]
mod device;
#[path = "world/process.rs"]
pub(crate) mod process;
#[path = "world/server.rs"]
pub(crate) mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use rand_core::OsRng;
use serde_json::{Value, json};
use skts_issuer::{Clock, Config, Entropy, Issuer, SampleInstitution, router};
use skts_otp::UnixTime;
use skts_provisioning::confirm::Provisioned;
use skts_provisioning::device::{DeviceSigner, Evidence};
use skts_provisioning::ids::{ConsentVersion, RequestId, ServiceId};
use skts_provisioning::institution::SignedList;
use skts_provisioning::s::{SHello, SParams, SPendingHello, SPendingIssue};
use skts_provisioning::wire::{Message, SHelloResponse, SIssueResponse, paths};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) use self::device::{Device, Token, evidence};

pub(crate) const SHINKIN: &str = "mihon-shinkin";
pub(crate) const SHINKUMI: &str = "mihon-shinkumi";
pub(crate) const RENGO: &str = "mihon-rengo";
pub(crate) const PASSWORD: &str = "48271";
/// A Friday in November 2026, at the first second of a minute.
pub(crate) const START: u64 = 1_795_212_000;

#[derive(Clone)]
pub(crate) struct SetClock(Arc<AtomicU64>);

impl Clock for SetClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    _folder: TempDir,
    /// Where the database is, if it is no file.
    pub(crate) server: Option<String>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) router: Router,
    pub(crate) config: Config,
    clock: SetClock,
    banks: BTreeMap<String, (ServiceId, String)>,
}

/// An answer: status and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body is JSON")
    }

    pub(crate) fn verdict(&self) -> String {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self.json()["verdict"]
            .as_str()
            .expect("a verdict")
            .to_owned()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"]
            .as_str()
            .expect("a problem has a code")
            .to_owned()
    }

    fn message<T: Message>(&self) -> T {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        T::parse(&self.body).expect("an answer of its kind")
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let server = database::schema().await;
        let mut config = Config {
            data: folder.path().join("data"),
            database: server
                .as_deref()
                .map(|address| address.parse().expect("an address")),
            work_bits: 4,
            provisioning_burst: 100_000,
            provisioning_per_minute: 100_000,
            ..Config::default()
        };
        change(&mut config);
        Issuer::init(&config, &Entropy::new(OsRng))
            .await
            .expect("init");
        let clock = SetClock(Arc::new(AtomicU64::new(START)));
        let issuer = open(&config, &clock).await;
        let banks = issuer
            .add_samples()
            .await
            .expect("samples")
            .into_iter()
            .map(|added| {
                let service_id = ServiceId::parse(&added.service_id).expect("8 digits");
                (added.id, (service_id, added.api_key))
            })
            .collect();
        let router = router(issuer.clone());
        Self {
            _folder: folder,
            server,
            issuer,
            router,
            config,
            clock,
            banks,
        }
    }

    /// Ends the service and starts it again on the same folder.
    pub(crate) async fn restart(&mut self) {
        self.router = Router::new();
        self.issuer.close().await;
        self.issuer = open(&self.config, &self.clock).await;
        self.router = router(self.issuer.clone());
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.0.load(Ordering::SeqCst)
    }

    pub(crate) fn set_time(&self, now: u64) {
        self.clock.0.store(now, Ordering::SeqCst);
    }

    pub(crate) fn pass(&self, secs: u64) {
        self.clock.0.fetch_add(secs, Ordering::SeqCst);
    }

    pub(crate) fn service_id(&self, institution: &str) -> ServiceId {
        self.banks[institution].0.clone()
    }

    /// Another institution, as it was added.
    pub(crate) fn add_bank(&mut self, added: SampleInstitution) {
        let service_id = ServiceId::parse(&added.service_id).expect("8 digits");
        self.banks.insert(added.id, (service_id, added.api_key));
    }

    pub(crate) fn api_key(&self, institution: &str) -> &str {
        &self.banks[institution].1
    }

    pub(crate) async fn post(&self, path: &str, body: Vec<u8>, key: Option<&str>) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut request = request.body(Body::from(body)).expect("a request");
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20)
            .await
            .expect("a body")
            .to_vec();
        Answer { status, body }
    }

    pub(crate) async fn device(&self, path: &str, body: &[u8]) -> Answer {
        self.post(path, body.to_vec(), None).await
    }

    pub(crate) async fn bank(&self, institution: &str, path: &str, body: &Value) -> Answer {
        let key = self.api_key(institution).to_owned();
        self.post(path, body.to_string().into_bytes(), Some(&key))
            .await
    }

    pub(crate) fn s_hello(&self, device: &Device) -> SPendingHello {
        self.s_hello_at(self.service_id(SHINKIN), device)
    }

    pub(crate) fn s_hello_at(&self, service_id: ServiceId, device: &Device) -> SPendingHello {
        let params = SParams {
            service_id,
            platform: "linux".to_owned(),
            consent_version: ConsentVersion(1),
            app_version: "0.1.0".to_owned(),
        };
        let id = RequestId::make(&mut OsRng);
        SHello::start(params, device.spki(), id, &mut OsRng).expect("hello")
    }

    pub(crate) async fn s_open(&self, hello: &SPendingHello, device: &Device) -> Provisioned {
        let issue = self.s_issue(hello, device, &evidence()).await;
        let answer = self.device(paths::SELF_ISSUE, issue.body()).await;
        self.s_granted(&issue, &answer).await
    }

    /// Says hello and makes S2.
    pub(crate) async fn s_issue(
        &self,
        hello: &SPendingHello,
        device: &Device,
        evidence: &Evidence,
    ) -> SPendingIssue {
        let reply: SHelloResponse = self.device(paths::SELF_HELLO, hello.body()).await.message();
        hello.issue(&reply, device, evidence).expect("issue")
    }

    /// Opens what the service answered S2 with.
    pub(crate) async fn s_granted(&self, issue: &SPendingIssue, answer: &Answer) -> Provisioned {
        let reply: SIssueResponse = answer.message();
        let list = self
            .issuer
            .institution_list("http://127.0.0.1:1")
            .await
            .expect("a list");
        let list = SignedList::verify_outside(&list).expect("a good list");
        issue
            .open(&reply, &list.institutions[0].provisioning_keys)
            .expect("the grant opens")
    }

    /// A whole self-provisioning, confirmed, not yet registered.
    pub(crate) async fn set_up_s(&self, device: &Device) -> Token {
        self.set_up_s_at(SHINKIN, self.service_id(SHINKIN), device)
            .await
    }

    /// The same, at any institution.
    pub(crate) async fn set_up_s_at(
        &self,
        institution: &str,
        service_id: ServiceId,
        device: &Device,
    ) -> Token {
        let hello = self.s_hello_at(service_id, device);
        let provisioned = self.s_open(&hello, device).await;
        self.confirmed(institution, provisioned, device).await
    }

    async fn confirmed(&self, institution: &str, got: Provisioned, device: &Device) -> Token {
        let confirm = got.confirm(device, None).expect("confirm").to_body();
        let answer = self.device(paths::CONFIRM, &confirm).await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        Token::of(institution, &got)
    }

    pub(crate) async fn register(&self, token: &Token, subscriber: &str, code: &str) -> Answer {
        let body = json!({
            "request_id": new_id(), "subscriber_ref": subscriber, "serial": token.serial,
            "code": code,
        });
        self.bank(&token.institution, paths::RP_TOKEN_REGISTER, &body)
            .await
    }

    pub(crate) async fn verify(&self, token: &Token, subscriber: &str, code: &str) -> String {
        let body = verify_body(subscriber, code);
        self.bank(&token.institution, paths::RP_TOKEN_VERIFY, &body)
            .await
            .verdict()
    }

    /// A self-provisioned token in use by `subscriber`. A step has passed since its first code.
    pub(crate) async fn active(&self, subscriber: &str) -> Token {
        let device = Device::new();
        let token = self.set_up_s(&device).await;
        let answer = self
            .register(&token, subscriber, &token.code(self.now()))
            .await;
        assert_eq!(answer.verdict(), "accepted");
        self.pass(60);
        token
    }
}

async fn open(config: &Config, clock: &SetClock) -> Arc<Issuer> {
    Arc::new(
        Issuer::open(config.clone(), clock.clone(), Entropy::new(OsRng))
            .await
            .expect("open"),
    )
}

pub(crate) fn verify_body(subscriber: &str, code: &str) -> Value {
    json!({
        "request_id": new_id(), "subscriber_ref": subscriber, "code": code, "purpose": "transfer",
    })
}

pub(crate) fn new_id() -> String {
    RequestId::make(&mut OsRng).to_string()
}

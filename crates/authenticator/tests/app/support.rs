//! A service, a network, a clock and a device in memory, beneath the authenticator's ports. The
//! service is the provisioning crate's own server side, so every message is a real one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use rand_core::OsRng;
use skts_authenticator::ports::{Clock, Device, Network, NetworkError, Reply};
use skts_authenticator::{AppError, Authenticator, Config, InstitutionSource};
use skts_otp::{SerialNumber, TokenPolicy, UnixTime};
use skts_provisioning::confirm::verify_confirm;
use skts_provisioning::grant::Grant;
use skts_provisioning::ids::{ActivationPassword, ServiceId, UserId};
use skts_provisioning::k::KServer;
use skts_provisioning::opaque::OpaqueSetup;
use skts_provisioning::s::{ProvisioningSigningKey, SServer};
use skts_provisioning::wire::{
    Bytes, CheckInRequest, CheckInState, ConfirmRequest, ConfirmResponse, ConfirmState,
    KBeginRequest, KFinishRequest, Message, Problem, ProblemCode, SHelloRequest, SHelloResponse,
    SIssueRequest, StopRequest, paths,
};
use skts_sealed::SecretBytes;
use skts_vault::{KeyStoreError, MemoryKeyStore};

pub(crate) use crate::institutions::{activated_policy, list};
use crate::machine::{FakeDevice, SetClock, copy_folder};
use crate::ratchets::Ratchets;
pub(crate) use crate::steps::{activate, form, provision, resume, with_token};

pub(crate) const SELF: &str = "mihon-shinkin";
pub(crate) const ACTIVATED: &str = "mihon-rengo";
pub(crate) const SERVICE_ID: &str = "10000003";
pub(crate) const USER_ID: &str = "123456789012";
pub(crate) const PASSWORD: &str = "83915726";
/// 2026-11-20 12:00:10 UTC.
pub(crate) const NOW: u64 = 1_795_176_010;
const ADDRESS: &str = "http://127.0.0.1:9";

/// What happens to the next call whose path ends so.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    LoseRequest,
    LoseReply,
    Busy(u32),
    Refuse(ProblemCode),
    /// The answer comes, with one byte of it changed.
    Flip,
    /// The answer comes, with another value in this field.
    Tell(&'static str, u64),
    /// The answer comes after so many seconds.
    Late(u64),
    /// The answer comes, and the keystore fails from then on.
    KeyStore(KeyStoreError),
}

pub(crate) struct FakeIssuer {
    inner: Mutex<Inner>,
    pub(crate) store: Arc<MemoryKeyStore>,
    clock: Arc<SetClock>,
}

struct Inner {
    opaque: OpaqueSetup,
    record: Vec<u8>,
    key: ProvisioningSigningKey,
    faults: Vec<(&'static str, Fault)>,
    calls: Vec<(String, Vec<u8>)>,
    replies: BTreeMap<(String, Vec<u8>), Vec<u8>>,
    k: Option<(KBeginRequest, SecretBytes)>,
    s: Option<(SHelloRequest, [u8; 32])>,
    confirm: Option<(SecretBytes, Vec<u8>)>,
    grants: u32,
    tries: u32,
    seeds: Vec<Vec<u8>>,
    signing_keys: Vec<Vec<u8>>,
    server_time: u64,
    tokens: Ratchets,
    on_answer: Option<Box<dyn FnOnce() + Send>>,
    credential: Vec<u8>,
}

impl FakeIssuer {
    pub(crate) fn calls(&self, path: &str) -> Vec<Vec<u8>> {
        let inner = self.inner();
        let calls = inner.calls.iter().filter(|(at, _)| at.ends_with(path));
        calls.map(|(_, body)| body.clone()).collect()
    }

    pub(crate) fn plan(&self, path: &'static str, fault: Fault) {
        self.inner().faults.push((path, fault));
    }

    pub(crate) fn grants(&self) -> u32 {
        self.inner().grants
    }

    /// Begun activations that no valid KE3 has paid back.
    pub(crate) fn tries(&self) -> u32 {
        self.inner().tries
    }

    pub(crate) fn seeds(&self) -> Vec<Vec<u8>> {
        self.inner().seeds.clone()
    }

    pub(crate) fn signing_keys(&self) -> Vec<Vec<u8>> {
        self.inner().signing_keys.clone()
    }

    pub(crate) fn set_server_time(&self, secs: u64) {
        self.inner().server_time = secs;
    }

    /// Every grant has this for the device's hardware.
    pub(crate) fn ask_hardware(&self, credential: &[u8]) {
        self.inner().credential = credential.to_vec();
    }

    /// Time passes at the service.
    pub(crate) fn pass(&self, secs: u64) {
        self.inner().server_time += secs;
    }

    /// What else happens as the next answer comes.
    pub(crate) fn on_next_answer(&self, happens: Box<dyn FnOnce() + Send>) {
        self.inner().on_answer = Some(happens);
    }

    /// What is said of every token from now on.
    pub(crate) fn set_state(&self, state: CheckInState) {
        self.inner().tokens.state = state;
    }

    /// How often the ratchet of the last token has moved.
    pub(crate) fn moved(&self) -> u64 {
        self.inner().tokens.moved()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Network for FakeIssuer {
    fn post(&self, url: &str, body: &[u8]) -> Result<Reply, NetworkError> {
        let path = url.strip_prefix(ADDRESS).ok_or(NetworkError::Address)?;
        let mut inner = self.inner();
        inner.calls.push((path.to_owned(), body.to_vec()));
        let planned = inner.faults.iter().position(|(at, _)| path.ends_with(at));
        let fault = planned.map(|index| inner.faults.remove(index).1);
        match fault {
            Some(Fault::LoseRequest) => return Err(NetworkError::Unreachable),
            Some(Fault::Busy(secs)) => {
                return Ok(problem(ProblemCode::Busy, Some(secs)));
            }
            Some(Fault::Refuse(code)) => return Ok(problem(code, None)),
            _ => {}
        }
        let before = inner
            .replies
            .get(&(path.to_owned(), body.to_vec()))
            .cloned();
        let answer = match before {
            Some(reply) => Ok(reply),
            None => inner.answer(path, body),
        };
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(code) => return Ok(problem(code, None)),
        };
        inner
            .replies
            .insert((path.to_owned(), body.to_vec()), answer.clone());
        if let Some(happens) = inner.on_answer.take() {
            happens();
        }
        match fault {
            Some(Fault::LoseReply) => return Err(NetworkError::Unreachable),
            Some(Fault::KeyStore(error)) => self.store.fail_with(Some(error)),
            Some(Fault::Tell(field, value)) => {
                let mut told: serde_json::Value = serde_json::from_slice(&answer).unwrap();
                assert!(told.get(field).is_some(), "{told}");
                told[field] = value.into();
                answer = told.to_string().into_bytes();
            }
            Some(Fault::Late(secs)) => self.clock.pass(secs),
            Some(Fault::Flip) => {
                // In the middle of the longest field, where it stays good base64.
                let middle = answer.len() / 2;
                answer[middle] = if answer[middle] == b'A' { b'B' } else { b'A' };
            }
            _ => {}
        }
        Ok(Reply {
            status: 200,
            body: answer,
            retry_after_secs: None,
        })
    }
}

fn problem(code: ProblemCode, retry_after_secs: Option<u32>) -> Reply {
    Reply {
        status: code.status(),
        body: Problem::new(code, None).to_body(),
        retry_after_secs,
    }
}

impl Inner {
    fn answer(&mut self, path: &str, body: &[u8]) -> Result<Vec<u8>, ProblemCode> {
        let bad = |_| ProblemCode::BadRequest;
        Ok(match path {
            paths::ACTIVATION_BEGIN => {
                let request = KBeginRequest::parse(body).map_err(bad)?;
                self.tries += 1;
                let known = request.user_id.as_str() == USER_ID;
                let record = known.then_some(self.record.as_slice());
                let begun = KServer::begin(&self.opaque, record, ACTIVATED, &request, &mut OsRng);
                let (reply, state) = begun.map_err(|_| ProblemCode::BadRequest)?;
                self.k = Some((request, state));
                reply.to_body()
            }
            paths::ACTIVATION_FINISH => {
                let request = KFinishRequest::parse(body).map_err(bad)?;
                let (begin, state) = self.k.as_ref().ok_or(ProblemCode::NotFound)?;
                let claim = KServer::finish(state.expose_secret(), begin, ACTIVATED, &request)
                    .map_err(|_| ProblemCode::ActivationRefused)?;
                let spki = begin.device_spki.0.clone();
                self.tries -= 1;
                let grant = self.grant(&activated_policy(), ACTIVATED);
                self.confirm = Some((claim.confirm_secret(), spki));
                claim.seal_grant(&grant, &mut OsRng).to_body()
            }
            paths::SELF_HELLO => {
                let request = SHelloRequest::parse(body).map_err(bad)?;
                let challenge = SServer::challenge(&mut OsRng);
                self.s = Some((request, challenge));
                let challenge = Bytes::from_slice(&challenge);
                SHelloResponse {
                    challenge,
                    work_bits: 4,
                }
                .to_body()
            }
            paths::SELF_ISSUE => {
                let request = SIssueRequest::parse(body).map_err(bad)?;
                let (hello, challenge) = self.s.take().ok_or(ProblemCode::ExpiredChallenge)?;
                let claim = SServer::check_issue(&hello, &challenge, 4, &request)
                    .map_err(|_| ProblemCode::BadRequest)?;
                let grant = self.grant(&TokenPolicy::self_provisioned(), SELF);
                let sealed = claim.seal_grant(&grant, &self.key, &mut OsRng);
                let (reply, secret) = sealed.map_err(|_| ProblemCode::BadRequest)?;
                self.confirm = Some((secret, hello.device_spki.0));
                reply.to_body()
            }
            paths::CONFIRM => {
                let request = ConfirmRequest::parse(body).map_err(bad)?;
                let (secret, spki) = self.confirm.as_ref().ok_or(ProblemCode::NotFound)?;
                verify_confirm(&request, secret, spki).map_err(|_| ProblemCode::BadRequest)?;
                let server_time = UnixTime::from_secs(self.server_time);
                ConfirmResponse {
                    state: ConfirmState::Provisioned,
                    server_time,
                    level: if request.credential_proof.0.is_empty() {
                        1
                    } else {
                        3
                    },
                }
                .to_body()
            }
            paths::CHECK_IN => {
                let request = CheckInRequest::parse(body).map_err(bad)?;
                let reply = self.tokens.answer(&request, self.server_time, &self.key);
                reply.ok_or(ProblemCode::NotFound)?.to_body()
            }
            paths::STOP => {
                let request = StopRequest::parse(body).map_err(bad)?;
                let reply = self.tokens.stop(&request, self.server_time, &self.key);
                reply.ok_or(ProblemCode::NotFound)?.to_body()
            }
            _ => return Err(ProblemCode::NotFound),
        })
    }

    fn grant(&mut self, policy: &TokenPolicy, institution_id: &str) -> Grant {
        self.grants += 1;
        let seed = SecretBytes::make(32, &mut OsRng);
        self.seeds.push(seed.expose_secret().to_vec());
        let signing_key = SecretBytes::make(32, &mut OsRng);
        self.signing_keys.push(signing_key.expose_secret().to_vec());
        let started_at = UnixTime::from_secs(self.server_time);
        let serial = SerialNumber::make(&policy.serial, &mut OsRng);
        let ratchet = SecretBytes::make(32, &mut OsRng);
        self.tokens.begin(&serial, &ratchet);
        Grant {
            seed,
            signing_key,
            serial,
            policy: policy.clone(),
            institution_id: institution_id.to_owned(),
            started_at,
            expires_at: started_at.saturating_add_secs(1826 * 86_400),
            server_time: started_at,
            ratchet,
            credential: self.credential.clone(),
        }
    }
}

/// Everything around one authenticator.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) issuer: Arc<FakeIssuer>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) device: Arc<FakeDevice>,
    pub(crate) store: Arc<MemoryKeyStore>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(MemoryKeyStore::new());
        let opaque = OpaqueSetup::make(&mut OsRng);
        let record = KServer::register(
            &opaque,
            &ServiceId::parse(SERVICE_ID).unwrap(),
            &UserId::parse(USER_ID).unwrap(),
            ACTIVATED,
            &ActivationPassword::parse(PASSWORD).unwrap(),
            &mut OsRng,
        )
        .unwrap();
        let key = ProvisioningSigningKey::make(&mut OsRng);
        std::fs::write(folder.path().join("list.json"), list(&key, ADDRESS)).unwrap();
        let inner = Inner {
            opaque,
            record,
            key,
            faults: vec![],
            calls: vec![],
            replies: BTreeMap::new(),
            k: None,
            s: None,
            confirm: None,
            grants: 0,
            tries: 0,
            seeds: vec![],
            signing_keys: vec![],
            server_time: NOW,
            tokens: Ratchets::default(),
            on_answer: None,
            credential: Vec::new(),
        };
        let clock = Arc::new(SetClock::at(NOW));
        let issuer = FakeIssuer {
            inner: Mutex::new(inner),
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
        };
        let device = FakeDevice {
            store: Arc::clone(&store),
            machine: Mutex::new("0123456789abcdef".to_owned()),
            hardware: Mutex::default(),
        };
        Self {
            folder,
            issuer: Arc::new(issuer),
            clock,
            device: Arc::new(device),
            store,
        }
    }

    pub(crate) fn profile(&self) -> PathBuf {
        self.folder.path().join("profile")
    }

    /// Everything of the profile, where a copy of it would be.
    pub(crate) fn copy_profile(&self, name: &str) -> PathBuf {
        let copy = self.folder.path().join(name);
        copy_folder(&self.profile(), &copy);
        copy
    }

    /// Another machine's app on a copy of the profile; keystore and machine id are copied too.
    pub(crate) fn start_on(&self, profile_dir: PathBuf) -> Authenticator {
        let list = self.folder.path().join("list.json");
        self.start_at(profile_dir, InstitutionSource::Outside(list))
            .unwrap()
    }

    /// A newly started app.
    pub(crate) fn start(&self) -> Authenticator {
        self.try_start().unwrap()
    }

    pub(crate) fn try_start(&self) -> Result<Authenticator, AppError> {
        let list = self.folder.path().join("list.json");
        self.start_with(InstitutionSource::Outside(list))
    }

    pub(crate) fn start_built_in(&self) -> Authenticator {
        self.start_with(InstitutionSource::BuiltIn).unwrap()
    }

    fn start_with(&self, institutions: InstitutionSource) -> Result<Authenticator, AppError> {
        self.start_at(self.profile(), institutions)
    }

    fn start_at(
        &self,
        profile_dir: PathBuf,
        institutions: InstitutionSource,
    ) -> Result<Authenticator, AppError> {
        let config = Config {
            profile_dir,
            app_id: "jp.example.skts".to_owned(),
            app_version: "0.1.0".to_owned(),
            platform: "linux".to_owned(),
            institutions,
        };
        let clock: Arc<dyn Clock> = self.clock.clone();
        let network: Arc<dyn Network> = self.issuer.clone();
        let device: Arc<dyn Device> = self.device.clone();
        Authenticator::new(config, clock, network, device)
    }
}

//! The token service of a scene, behind the app's network port: the provisioning crate's server sides.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand_core::RngCore;
use skts_authenticator::ports::{Clock, Network, NetworkError, Reply};
use skts_otp::UnixTime;
use skts_provisioning::confirm::verify_confirm;
use skts_provisioning::grant::Grant;
use skts_provisioning::ids::{ActivationPassword, UserId};
use skts_provisioning::k::KServer;
use skts_provisioning::opaque::OpaqueSetup;
use skts_provisioning::s::{ProvisioningSigningKey, SServer};
use skts_provisioning::wire::{
    Bytes, CheckInRequest, ConfirmRequest, ConfirmResponse, ConfirmState, KBeginRequest,
    KFinishRequest, Message, Problem, ProblemCode, SHelloRequest, SHelloResponse, SIssueRequest,
    StopRequest, paths,
};
use skts_sealed::SecretBytes;

use crate::clock::StillClock;
use crate::device::SceneRng;
use crate::file::{Activation, Token};
use crate::institutions::Institution;
use crate::parts::{Fault, FaultKind};
use crate::ratchets::Ratchets;

/// Where the list says the service is; nothing is ever sent there.
pub(crate) const ADDRESS: &str = "http://127.0.0.1:9";
/// Bits of work asked of a self-provisioning device: none to speak of.
const WORK_BITS: u8 = 4;
/// What a busy service asks to wait.
const RETRY_AFTER_SECS: u32 = 20;
const FOR_EVER: Duration = Duration::from_secs(3600);
const FOREIGN_PAGE: &[u8] = b"<!doctype html><title>Wi-Fi</title>";

pub(crate) struct SceneIssuer(Mutex<Inner>);

struct Inner {
    clock: Arc<StillClock>,
    ahead: i64,
    rng: SceneRng,
    key: ProvisioningSigningKey,
    institutions: Vec<Institution>,
    activation: Activation,
    opaque: Option<OpaqueSetup>,
    faults: Vec<Fault>,
    /// What the next device is given.
    next: Option<Token>,
    replies: BTreeMap<(String, Vec<u8>), Vec<u8>>,
    begun: Option<(KBeginRequest, SecretBytes, String)>,
    hello: Option<(SHelloRequest, [u8; 32])>,
    confirm: Option<(SecretBytes, Vec<u8>)>,
    tokens: Ratchets,
}

impl SceneIssuer {
    pub(crate) fn new(
        clock: Arc<StillClock>,
        rng: SceneRng,
        key: ProvisioningSigningKey,
        institutions: Vec<Institution>,
        activation: Activation,
    ) -> Self {
        Self(Mutex::new(Inner {
            clock,
            ahead: 0,
            rng,
            key,
            institutions,
            activation,
            opaque: None,
            faults: Vec::new(),
            next: None,
            replies: BTreeMap::new(),
            begun: None,
            hello: None,
            confirm: None,
            tokens: Ratchets::default(),
        }))
    }

    /// The next device that is set up gets this token.
    pub(crate) fn give(&self, token: Token) {
        self.inner().next = Some(token);
    }

    /// What goes wrong from now on, and how far the service's clock is ahead.
    pub(crate) fn go_wrong(&self, faults: &[Fault], ahead: i64) {
        let mut inner = self.inner();
        inner.faults = faults.to_vec();
        inner.ahead = ahead;
    }

    /// An activation of the bank's, for another token.
    pub(crate) fn issue(&self, activation: Activation) {
        self.inner().activation = activation;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Network for SceneIssuer {
    fn post(&self, url: &str, body: &[u8]) -> Result<Reply, NetworkError> {
        let path = url.strip_prefix(ADDRESS).ok_or(NetworkError::Address)?;
        let mut inner = self.inner();
        let fault = inner
            .faults
            .iter()
            .find(|fault| path.ends_with(&fault.call));
        let fault = fault.map(|fault| fault.does);
        match fault {
            Some(FaultKind::Waits) => {
                drop(inner);
                std::thread::sleep(FOR_EVER);
                return Err(NetworkError::Unreachable);
            }
            Some(FaultKind::Unreachable) => return Err(NetworkError::Unreachable),
            Some(FaultKind::ForeignPage) => return Ok(good(FOREIGN_PAGE.to_vec())),
            Some(FaultKind::Refuses(code)) => return Ok(problem(code)),
            Some(FaultKind::AnswerLost) | None => {}
        }
        // A call that is sent again gets the same answer.
        let call = (path.to_owned(), body.to_vec());
        let answer = match inner.replies.get(&call) {
            Some(reply) => reply.clone(),
            None => match inner.answer(path, body) {
                Ok(answer) => answer,
                Err(code) => return Ok(problem(code)),
            },
        };
        inner.replies.insert(call, answer.clone());
        match fault {
            Some(FaultKind::AnswerLost) => Err(NetworkError::Unreachable),
            _ => Ok(good(answer)),
        }
    }
}

fn good(body: Vec<u8>) -> Reply {
    Reply {
        status: 200,
        body,
        retry_after_secs: None,
    }
}

fn problem(code: ProblemCode) -> Reply {
    Reply {
        status: code.status(),
        body: Problem::new(code, None).to_body(),
        retry_after_secs: (code == ProblemCode::Busy).then_some(RETRY_AFTER_SECS),
    }
}

impl Inner {
    fn now(&self) -> UnixTime {
        let now = self.clock.now().as_secs();
        UnixTime::from_secs(now.saturating_add_signed(self.ahead))
    }

    fn answer(&mut self, path: &str, body: &[u8]) -> Result<Vec<u8>, ProblemCode> {
        let bad = |_| ProblemCode::BadRequest;
        Ok(match path {
            paths::ACTIVATION_BEGIN => self.begin(&KBeginRequest::parse(body).map_err(bad)?)?,
            paths::ACTIVATION_FINISH => self.finish(&KFinishRequest::parse(body).map_err(bad)?)?,
            paths::SELF_HELLO => {
                let request = SHelloRequest::parse(body).map_err(bad)?;
                let challenge = SServer::challenge(&mut self.rng);
                self.hello = Some((request, challenge));
                SHelloResponse {
                    challenge: Bytes::from_slice(&challenge),
                    work_bits: WORK_BITS,
                }
                .to_body()
            }
            paths::SELF_ISSUE => self.issue(&SIssueRequest::parse(body).map_err(bad)?)?,
            paths::CONFIRM => {
                let request = ConfirmRequest::parse(body).map_err(bad)?;
                let (secret, spki) = self.confirm.as_ref().ok_or(ProblemCode::NotFound)?;
                verify_confirm(&request, secret, spki).map_err(|_| ProblemCode::BadRequest)?;
                ConfirmResponse {
                    state: ConfirmState::Provisioned,
                    server_time: self.now(),
                    level: 1,
                }
                .to_body()
            }
            paths::CHECK_IN => {
                let request = CheckInRequest::parse(body).map_err(bad)?;
                let now = self.now();
                let reply = self.tokens.answer(&request, now, &self.key, &mut self.rng);
                reply.ok_or(ProblemCode::NotFound)?.to_body()
            }
            paths::STOP => {
                let request = StopRequest::parse(body).map_err(bad)?;
                let now = self.now();
                let reply = self.tokens.stop(&request, now, &self.key, &mut self.rng);
                reply.ok_or(ProblemCode::NotFound)?.to_body()
            }
            _ => return Err(ProblemCode::NotFound),
        })
    }

    /// K1, with the record the bank's issue left behind.
    fn begin(&mut self, request: &KBeginRequest) -> Result<Vec<u8>, ProblemCode> {
        let institution = self.institution(request.service_id.as_str())?.id.clone();
        let opaque = match self.opaque.take() {
            Some(opaque) => opaque,
            None => OpaqueSetup::make(&mut self.rng),
        };
        let issued = UserId::parse(&self.activation.user_id).ok();
        let record = match (issued, ActivationPassword::parse(&self.activation.password)) {
            (Some(user), Ok(password)) if user.as_str() == request.user_id.as_str() => {
                let rng = &mut self.rng;
                let service = &request.service_id;
                KServer::register(&opaque, service, &user, &institution, &password, rng).ok()
            }
            _ => None,
        };
        let record = record.as_deref();
        let begun = KServer::begin(&opaque, record, &institution, request, &mut self.rng);
        self.opaque = Some(opaque);
        let (reply, state) = begun.map_err(|_| ProblemCode::BadRequest)?;
        self.begun = Some((request.clone(), state, institution));
        Ok(reply.to_body())
    }

    fn finish(&mut self, request: &KFinishRequest) -> Result<Vec<u8>, ProblemCode> {
        let (begin, state, institution) = self.begun.take().ok_or(ProblemCode::NotFound)?;
        // EXPOSE: the state goes back into OPAQUE.
        let claim = KServer::finish(state.expose_secret(), &begin, &institution, request)
            .map_err(|_| ProblemCode::ActivationRefused)?;
        let grant = self.grant(&institution)?;
        self.confirm = Some((claim.confirm_secret(), begin.device_spki.0.clone()));
        Ok(claim.seal_grant(&grant, &mut self.rng).to_body())
    }

    fn issue(&mut self, request: &SIssueRequest) -> Result<Vec<u8>, ProblemCode> {
        let (hello, challenge) = self.hello.take().ok_or(ProblemCode::ExpiredChallenge)?;
        let institution = self.institution(hello.service_id.as_str())?.id.clone();
        let claim = SServer::check_issue(&hello, &challenge, WORK_BITS, request)
            .map_err(|_| ProblemCode::BadRequest)?;
        let grant = self.grant(&institution)?;
        let sealed = claim.seal_grant(&grant, &self.key, &mut self.rng);
        let (reply, secret) = sealed.map_err(|_| ProblemCode::BadRequest)?;
        self.confirm = Some((secret, hello.device_spki.0));
        Ok(reply.to_body())
    }

    fn institution(&self, service_id: &str) -> Result<&Institution, ProblemCode> {
        let mut all = self.institutions.iter();
        all.find(|institution| institution.service_id == service_id)
            .ok_or(ProblemCode::BadRequest)
    }

    /// The token that waits, for a device of `institution`.
    fn grant(&mut self, institution: &str) -> Result<Grant, ProblemCode> {
        let token = self
            .next
            .take()
            .filter(|token| token.institution == institution);
        let token = token.ok_or(ProblemCode::Internal)?;
        let mut all = self.institutions.iter();
        let found = all.find(|listed| listed.id == institution);
        let policy = found.and_then(|listed| listed.policy().ok());
        let policy = policy.ok_or(ProblemCode::Internal)?;
        let days = u64::from(policy.validity_days);
        let started_at = self.now();
        let expires_at = match token.expires {
            Some(moment) => moment.unix(),
            None => started_at.saturating_add_secs(days.saturating_mul(86_400)),
        };
        let mut secret = || {
            let mut bytes = vec![0; 32];
            self.rng.fill_bytes(&mut bytes);
            SecretBytes::new(bytes)
        };
        let (signing_key, ratchet) = (secret(), secret());
        self.tokens.begin(&token, expires_at, &ratchet);
        Ok(Grant {
            seed: SecretBytes::from_slice(&token.seed),
            signing_key,
            serial: token.serial,
            policy,
            institution_id: token.institution,
            started_at,
            expires_at,
            server_time: started_at,
            ratchet,
            credential: Vec::new(),
        })
    }
}

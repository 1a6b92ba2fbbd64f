//! The steps of a set-up, from wherever it stands to a confirmed token.

use std::sync::atomic::{AtomicBool, Ordering};

use rand_core::CryptoRngCore;
use skts_otp::SerialNumber;
use skts_provisioning::confirm::Provisioned;
use skts_provisioning::ids::{ActivationPassword, ConsentVersion, RequestId, ServiceId, UserId};
use skts_provisioning::institution::Institution;
use skts_provisioning::k::{KBegin, KParams, KPendingBegin, KPendingFinish};
use skts_provisioning::s::{SHello, SParams, SPendingHello, SPendingIssue};
use skts_provisioning::wire::{ConfirmResponse, ConfirmState, Message, ProblemCode, paths};
use skts_vault::{NewToken, TokenId, Vault};

use crate::app_state::SetUpStep;
use crate::authenticator::CONSENT_VERSION;
use crate::clock::{ClockMark, Reading};
use crate::error::ErrorCode;
use crate::evidence::MOST_PROVED;
use crate::notes::{Notes, copied};
use crate::pending::{Confirm, GrantedBy, PendingSetUp, SetUpOf, Stage};
use crate::ports::{Clock, Network};
use crate::signer::Signer;
use crate::stop::{Refusal, Stop, ask, parse, refusal};

/// Name of the one set-up under way.
pub(crate) const PENDING_ID: &str = "set-up";
/// A service that keeps calling its own challenges too old is at fault.
const MOST_HELLOS: u32 = 3;

/// What the steps work with.
pub(crate) struct Flow<'a> {
    pub(crate) vault: &'a mut Vault,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) network: &'a dyn Network,
    pub(crate) institution: &'a Institution,
    pub(crate) app_version: &'a str,
    pub(crate) platform: &'a str,
    pub(crate) device_label: String,
    pub(crate) rng: Box<dyn CryptoRngCore>,
    pub(crate) cancelled: &'a AtomicBool,
    pub(crate) progress: &'a mut dyn FnMut(SetUpStep),
    /// How far the clock is off, by the grant.
    pub(crate) clock_mark: Option<ClockMark>,
}

/// A token that was confirmed.
pub(crate) struct Done {
    pub(crate) token: TokenId,
    pub(crate) match_number: String,
    /// Service time minus device time when it was confirmed.
    pub(crate) offset_secs: i64,
}

impl Flow<'_> {
    /// Begins the activated way (K) and goes through to the end.
    pub(crate) fn activate(
        &mut self,
        service_id: ServiceId,
        user_id: UserId,
        password: ActivationPassword,
    ) -> Result<Done, Stop> {
        self.check_level()?;
        let params = KParams {
            service_id: service_id.clone(),
            user_id: user_id.clone(),
            institution_id: self.institution.id.clone(),
            consent_version: ConsentVersion(CONSENT_VERSION),
            app_version: self.app_version.to_owned(),
        };
        let request_id = RequestId::make(&mut self.rng);
        let spki = self.vault.device().spki();
        let begin = KBegin::start(params, &password, spki, request_id, &mut self.rng)?;
        let of = SetUpOf {
            institution_id: self.institution.id.clone(),
            service_id: service_id.as_str().to_owned(),
            user_id: Some(user_id.as_str().to_owned()),
        };
        let pending = PendingSetUp {
            of,
            stage: Stage::KBegin(begin),
        };
        self.store(&pending)?;
        self.run(pending, &mut Some(password))
    }

    /// Begins self-provisioning (S) and goes through to the end.
    pub(crate) fn self_provision(&mut self) -> Result<Done, Stop> {
        self.check_level()?;
        let pending = self.say_hello()?;
        self.run(pending, &mut None)
    }

    /// Goes on from a stored step. The password is taken away as soon as it has been proved.
    pub(crate) fn run(
        &mut self,
        pending: PendingSetUp,
        password: &mut Option<ActivationPassword>,
    ) -> Result<Done, Stop> {
        let PendingSetUp { of, mut stage } = pending;
        let mut hellos = 0;
        // What is sent again may get an answer of long ago: its time says nothing of the clock.
        let mut made_now = false;
        loop {
            let next = match stage {
                Stage::KBegin(begin) => self.prove_password(&begin, password)?,
                Stage::KFinish(finish) => {
                    let provisioned = self.finish_k(&finish)?;
                    self.believe_clock_if(made_now);
                    self.save(&of, GrantedBy::K(finish), provisioned)?
                }
                Stage::SHello(hello) => {
                    hellos += 1;
                    self.answer_challenge(&hello)?
                }
                Stage::SIssue(issue) => match self.issue_s(&issue) {
                    Ok(provisioned) => {
                        self.believe_clock_if(made_now);
                        self.save(&of, GrantedBy::S(issue), provisioned)?
                    }
                    // The challenge was used or is too old: a new hello costs nobody anything.
                    Err(IssueStop::SayHelloAgain) if hellos < MOST_HELLOS => {
                        self.say_hello()?.stage
                    }
                    Err(IssueStop::SayHelloAgain) => {
                        return Err(Stop::Fault(ErrorCode::ServiceAnswer));
                    }
                    Err(IssueStop::Stop(stop)) => return Err(stop),
                },
                Stage::Confirm(confirm) => return self.confirm(&of.institution_id, &confirm),
            };
            let of = of.clone();
            let pending = PendingSetUp { of, stage: next };
            self.store(&pending)?;
            stage = pending.stage;
            made_now = true;
        }
    }

    fn believe_clock_if(&mut self, sent_first: bool) {
        self.clock_mark = self.clock_mark.take().filter(|_| sent_first);
    }

    /// Nothing is sent before it is stored.
    fn store(&mut self, pending: &PendingSetUp) -> Result<(), Stop> {
        let state = pending.encode();
        // EXPOSE: the vault seals it.
        let state = state.expose_secret();
        Ok(self.vault.put_pending(PENDING_ID, state, &mut self.rng)?)
    }

    fn say_hello(&mut self) -> Result<PendingSetUp, Stop> {
        let params = SParams {
            service_id: self.institution.service_id.clone(),
            platform: self.platform.to_owned(),
            consent_version: ConsentVersion(CONSENT_VERSION),
            app_version: self.app_version.to_owned(),
        };
        let request_id = RequestId::make(&mut self.rng);
        let spki = self.vault.device().spki();
        let hello = SHello::start(params, spki, request_id, &mut self.rng)?;
        let of = SetUpOf {
            institution_id: self.institution.id.clone(),
            service_id: self.institution.service_id.as_str().to_owned(),
            user_id: None,
        };
        let pending = PendingSetUp {
            of,
            stage: Stage::SHello(hello),
        };
        self.store(&pending)?;
        Ok(pending)
    }

    fn prove_password(
        &mut self,
        begin: &KPendingBegin,
        password: &mut Option<ActivationPassword>,
    ) -> Result<Stage, Stop> {
        let typed = password.as_ref().ok_or(Stop::PasswordNeeded)?;
        self.step(SetUpStep::Connect)?;
        let reply = self.post(paths::ACTIVATION_BEGIN, begin.body())?;
        self.step(SetUpStep::Prove)?;
        let evidence = self.evidence()?;
        let signer = Signer(self.vault.device());
        let finish = begin.finish(typed, &reply, &signer, &evidence, &mut self.rng)?;
        *password = None;
        Ok(Stage::KFinish(finish))
    }

    fn finish_k(&mut self, finish: &KPendingFinish) -> Result<Provisioned, Stop> {
        self.step(SetUpStep::Register)?;
        let asked = Reading::of(self.clock);
        let reply = self.post(paths::ACTIVATION_FINISH, finish.body())?;
        let answered = Reading::of(self.clock);
        let provisioned = finish.open(&reply)?;
        self.measure(&asked, &answered, &provisioned);
        Ok(provisioned)
    }

    /// Compares the clocks by the grant that was just opened.
    fn measure(&mut self, asked: &Reading, answered: &Reading, provisioned: &Provisioned) {
        self.clock_mark = ClockMark::measure(asked, answered, provisioned.grant.server_time);
    }

    fn answer_challenge(&mut self, hello: &SPendingHello) -> Result<Stage, Stop> {
        self.step(SetUpStep::Connect)?;
        let reply = self.post(paths::SELF_HELLO, hello.body())?;
        self.step(SetUpStep::Prove)?;
        let evidence = self.evidence()?;
        let signer = Signer(self.vault.device());
        Ok(Stage::SIssue(hello.issue(&reply, &signer, &evidence)?))
    }

    fn issue_s(&mut self, issue: &SPendingIssue) -> Result<Provisioned, IssueStop> {
        self.step(SetUpStep::Register)?;
        let asked = Reading::of(self.clock);
        let answer = self.post_raw(paths::SELF_ISSUE, issue.body())?;
        let answered = Reading::of(self.clock);
        let reply = match answer {
            Ok(body) => parse(&body)?,
            Err((ProblemCode::ExpiredChallenge | ProblemCode::NotFound, _)) => {
                return Err(IssueStop::SayHelloAgain);
            }
            Err(problem) => return Err(refusal(problem, paths::SELF_ISSUE).into()),
        };
        let provisioned = issue.open(&reply, &self.institution.provisioning_keys);
        let provisioned = provisioned.map_err(Stop::from)?;
        if provisioned.grant.institution_id != self.institution.id {
            return Err(Stop::Fault(ErrorCode::ServiceAnswer).into());
        }
        self.measure(&asked, &answered, &provisioned);
        Ok(provisioned)
    }

    /// Makes the confirmation, with the proof that the grant asks the hardware for, and stores it, then
    /// seals the token: whenever a token is in the vault and not confirmed, the set-up says so.
    fn save(
        &mut self,
        of: &SetUpOf,
        granted_by: GrantedBy,
        provisioned: Provisioned,
    ) -> Result<Stage, Stop> {
        let credential = self.open_credential(&provisioned.grant.credential)?;
        let request = provisioned.confirm(&Signer(self.vault.device()), credential.as_ref())?;
        let pending = PendingSetUp {
            of: of.clone(),
            stage: Stage::Confirm(Confirm {
                granted_by,
                serial: provisioned.grant.serial.clone(),
                match_number: provisioned.match_number.as_str().to_owned(),
                body: request.to_body(),
            }),
        };
        self.store(&pending)?;
        self.step(SetUpStep::Save)?;
        self.add_token(provisioned)?;
        Ok(pending.stage)
    }

    /// Seals the token; the vault tests it before it counts. A token of this serial that is
    /// already there is replaced, so doing it again does no harm.
    fn add_token(&mut self, provisioned: Provisioned) -> Result<TokenId, Stop> {
        let grant = provisioned.grant;
        let token = NewToken {
            serial: grant.serial,
            institution_id: grant.institution_id,
            service_id: self.institution.service_id.as_str().to_owned(),
            policy: grant.policy,
            started_at: grant.started_at,
            expires_at: grant.expires_at,
            match_number: Some(provisioned.match_number.as_str().to_owned()),
            server_offset_secs: seconds_between(
                self.clock.now().as_secs(),
                grant.server_time.as_secs(),
            ),
            ratchet: grant.ratchet,
            notes: Notes {
                clock: self.clock_mark.clone(),
                ..Notes::default()
            }
            .to_text(),
        };
        let (seed, signing_key) = (grant.seed, grant.signing_key);
        Ok(self
            .vault
            .add_token(token, seed, signing_key, &mut self.rng)?)
    }

    /// Whether the vault's token is the one of the set-up with this match number.
    fn is_of(&self, token: &TokenId, match_number: &str) -> bool {
        let mut tokens = self.vault.tokens().iter();
        tokens.any(|record| {
            record.id == *token && record.state.match_number.as_deref() == Some(match_number)
        })
    }

    /// Confirms a token, after sealing it again if the app was stopped in between.
    fn confirm(&mut self, institution_id: &str, confirm: &Confirm) -> Result<Done, Stop> {
        let found = find_token(self.vault, institution_id, &confirm.serial);
        // A token of this serial from an earlier set-up holds a seed the service has given up.
        let found = found.filter(|token| self.is_of(token, &confirm.match_number));
        let token = match found {
            Some(token) => token,
            None => {
                let provisioned = match &confirm.granted_by {
                    GrantedBy::K(finish) => self.finish_k(finish)?,
                    GrantedBy::S(issue) => self.issue_s(issue).map_err(|stop| match stop {
                        IssueStop::SayHelloAgain => Stop::Lapsed,
                        IssueStop::Stop(stop) => stop,
                    })?,
                };
                if provisioned.grant.serial != confirm.serial {
                    return Err(Stop::Fault(ErrorCode::ServiceAnswer));
                }
                self.believe_clock_if(false);
                self.add_token(provisioned)?
            }
        };
        self.go_on()?;
        let reply: ConfirmResponse = self.post(paths::CONFIRM, &confirm.body)?;
        if reply.level >= MOST_PROVED.into() {
            self.note_attested(&token)?;
        }
        self.vault.clear_pending(PENDING_ID)?;
        let match_number = confirm.match_number.clone();
        let now = self.clock.now().as_secs();
        let done = Done {
            token,
            match_number,
            offset_secs: seconds_between(now, reply.server_time.as_secs()),
        };
        if reply.state == ConfirmState::Active {
            self.forget_match_number(&done.token)?;
        }
        Ok(done)
    }

    /// Before the confirmation is given up: it is asked for again, with the same answer.
    fn note_attested(&mut self, id: &TokenId) -> Result<(), Stop> {
        let Some(record) = self.vault.token(id) else {
            return Ok(());
        };
        let notes = Notes {
            attested: true,
            ..Notes::of(record)
        };
        let state = skts_vault::TokenState {
            notes: notes.to_text(),
            ..copied(&record.state)
        };
        Ok(self.vault.update_token(id, state, &mut self.rng)?)
    }

    /// The bank has registered the token: there is nothing to compare any more.
    fn forget_match_number(&mut self, id: &TokenId) -> Result<(), Stop> {
        let Some(record) = self.vault.token(id) else {
            return Ok(());
        };
        let state = skts_vault::TokenState {
            match_number: None,
            ..copied(&record.state)
        };
        Ok(self.vault.update_token(id, state, &mut self.rng)?)
    }

    fn step(&mut self, step: SetUpStep) -> Result<(), Stop> {
        self.go_on()?;
        (self.progress)(step);
        Ok(())
    }

    fn go_on(&self) -> Result<(), Stop> {
        if self.cancelled.load(Ordering::SeqCst) {
            return Err(Stop::Cancelled);
        }
        Ok(())
    }

    fn post<M: Message>(&self, path: &'static str, body: &[u8]) -> Result<M, Stop> {
        match self.post_raw(path, body)? {
            Ok(body) => parse(&body),
            Err(problem) => Err(refusal(problem, path)),
        }
    }

    fn post_raw(&self, path: &str, body: &[u8]) -> Result<Result<Vec<u8>, Refusal>, Stop> {
        ask(self.network, &self.institution.address, path, body)
    }
}

/// The token of that institution and serial.
pub(crate) fn find_token(
    vault: &Vault,
    institution_id: &str,
    serial: &SerialNumber,
) -> Option<TokenId> {
    let mut tokens = vault.tokens().iter();
    tokens
        .find(|token| token.institution_id == institution_id && token.serial == *serial)
        .map(|token| token.id.clone())
}

enum IssueStop {
    SayHelloAgain,
    Stop(Stop),
}

impl From<Stop> for IssueStop {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// `later − earlier`, in seconds; capped, because both may be anything.
fn seconds_between(earlier: u64, later: u64) -> i64 {
    let difference = i128::from(later) - i128::from(earlier);
    i64::try_from(difference).unwrap_or(i64::MAX)
}

//! Makes every call of the interface once, for real, and prints what was asked: `{path: [body, …]}`.
//!
//! A call made again byte for byte is answered as before, so whoever tests the interface can begin
//! with calls that are known to be good.
//!
//! `calls ADDRESS LIST KEY KEY` with the file of the signed list, and the keys of the sample
//! institutions that activate tokens and that do not. The first one has the hardware token
//! `243725864`, still with the bank.

#[expect(dead_code, reason = "the service's tests use more of it")]
#[path = "../tests/service/world/device.rs"]
mod device;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use rand_core::OsRng;
use serde_json::{Value, json};
use skts_issuer::{Clock, SystemClock};
use skts_otp::{OcraSuite, Payment, PaymentText, TimeStep, UnixTime, sign_payment};
use skts_provisioning::check_in::PendingCheckIn;
use skts_provisioning::confirm::Provisioned;
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::ids::{ActivationPassword, ConsentVersion, RequestId, UserId};
use skts_provisioning::institution::{Institution, SignedList};
use skts_provisioning::k::{KBegin, KParams};
use skts_provisioning::s::{SHello, SParams};
use skts_provisioning::stop::PendingStop;
use skts_provisioning::wire::{Message, paths};

use self::device::{Device, Token, evidence};

const PASSWORD: &str = "48271";
const HARDWARE: &str = "243725864";
const APP_VERSION: &str = "0.1.0";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, list, activating, other] = args.as_slice() else {
        bail!("calls ADDRESS LIST KEY KEY");
    };
    let list = SignedList::verify_outside(&std::fs::read_to_string(list)?)?;
    let institution = |id: &str| {
        let found = list.institutions.iter().find(|found| found.id == id);
        found.with_context(|| format!("{id} is not in the list"))
    };
    let mut bank = Calls::new(address, activating);
    bank.of_activations(institution("mihon-shinkumi")?)?;
    bank.of_tokens(institution("mihon-shinkumi")?)?;
    bank.of_signatures()?;
    bank.of_hardware()?;
    let mut app = Calls::new(address, other);
    app.self_provisioning(institution("mihon-shinkin")?)?;
    for (path, bodies) in app.made {
        bank.made.entry(path).or_default().extend(bodies);
    }
    println!("{}", serde_json::to_string(&bank.made)?);
    Ok(())
}

/// A caller, and what it asked so far.
struct Calls {
    address: String,
    key: String,
    made: BTreeMap<String, Vec<Value>>,
    token: Option<Token>,
}

impl Calls {
    fn new(address: &str, key: &str) -> Self {
        Self {
            address: address.to_owned(),
            key: key.to_owned(),
            made: BTreeMap::new(),
            token: None,
        }
    }

    /// Makes a call that must be answered, and keeps it.
    fn ask(&mut self, path: &str, body: &Value) -> Result<Value> {
        let mut answer = ureq::post(format!("{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.key))
            .content_type("application/json")
            .send(body.to_string())
            .with_context(|| path.to_owned())?;
        let bodies = self.made.entry(path.to_owned()).or_default();
        bodies.push(body.clone());
        Ok(answer.body_mut().read_json()?)
    }

    /// The same for a message, answered by another.
    fn send<A: Message>(&mut self, path: &str, body: &[u8]) -> Result<A> {
        let answer = self.ask(path, &serde_json::from_slice(body)?)?;
        Ok(A::parse(answer.to_string().as_bytes())?)
    }

    fn accepted(&mut self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.ask(path, body)?;
        if answer["verdict"] != "accepted" {
            bail!("{path}: {answer}");
        }
        Ok(answer)
    }

    fn activation(&mut self, customer: &str) -> Result<UserId> {
        let body = json!({
            "request_id": new_id(), "subscriber_ref": customer, "activation_password": PASSWORD,
        });
        let answer = self.ask(paths::RP_ACTIVATION_ISSUE, &body)?;
        Ok(UserId::parse(
            answer["user_id"].as_str().unwrap_or_default(),
        )?)
    }

    fn of_activations(&mut self, institution: &Institution) -> Result<()> {
        let user_id = self.activation("withdrawn")?;
        self.ask(paths::RP_ACTIVATION_STATE, &json!({ "user_id": user_id }))?;
        let body = json!({ "request_id": new_id(), "user_id": user_id });
        self.ask(paths::RP_ACTIVATION_WITHDRAW, &body)?;
        // Not registered: once it is, the service forgets what it answered.
        let user_id = self.activation("set-up")?;
        self.set_up(institution, &user_id)?;
        Ok(())
    }

    fn set_up(&mut self, institution: &Institution, user_id: &UserId) -> Result<Token> {
        let device = Device::new();
        let password = ActivationPassword::parse(PASSWORD)?;
        let params = KParams {
            service_id: institution.service_id.clone(),
            user_id: user_id.clone(),
            institution_id: institution.id.clone(),
            consent_version: ConsentVersion(1),
            app_version: APP_VERSION.to_owned(),
        };
        let id = RequestId::make(&mut OsRng);
        let begin = KBegin::start(params, &password, device.spki(), id, &mut OsRng)?;
        let reply = self.send(paths::ACTIVATION_BEGIN, begin.body())?;
        let finish = begin.finish(&password, &reply, &device, &evidence(), &mut OsRng)?;
        let reply = self.send(paths::ACTIVATION_FINISH, finish.body())?;
        self.confirmed(&institution.id, &finish.open(&reply)?, &device)
    }

    fn confirmed(
        &mut self,
        institution: &str,
        got: &Provisioned,
        device: &Device,
    ) -> Result<Token> {
        let confirm = serde_json::to_value(got.confirm(device, None)?)?;
        self.ask(paths::CONFIRM, &confirm)?;
        Ok(Token::of(institution, got))
    }

    fn of_tokens(&mut self, institution: &Institution) -> Result<()> {
        const CUSTOMER: &str = "customer";
        // Set-ups are not asked again here: they are forgotten once a token is registered.
        let mut quiet = Self::new(&self.address, &self.key);
        let user_id = self.activation(CUSTOMER)?;
        let old = quiet.set_up(institution, &user_id)?;
        let now = SystemClock.now();
        let step = old.policy.period.step_at(now);
        // The clock may pass on to the next step meanwhile.
        let code = |token: &Token, distance: i64| {
            let step: Option<TimeStep> = step.offset(distance);
            step.map(|step| token.code_of(step, token.policy.code_length.default_digits()))
                .context("a step")
        };
        let body = json!({
            "request_id": new_id(), "subscriber_ref": CUSTOMER, "serial": old.serial,
            "code": code(&old, 0)?,
        });
        self.accepted(paths::RP_TOKEN_REGISTER, &body)?;
        let proof = new_id();
        let body = json!({
            "request_id": proof, "subscriber_ref": CUSTOMER, "code": code(&old, 1)?,
            "purpose": "exchange",
        });
        self.accepted(paths::RP_TOKEN_VERIFY, &body)?;
        // A customer has one open activation, so the next comes after the first is in use.
        let user_id = self.activation(CUSTOMER)?;
        let new = quiet.set_up(institution, &user_id)?;
        let body = json!({
            "request_id": new_id(), "subscriber_ref": CUSTOMER, "proof": proof,
            "serial": new.serial, "code": code(&new, 0)?,
        });
        self.accepted(paths::RP_TOKEN_EXCHANGE, &body)?;
        let body = json!({
            "request_id": new_id(), "subscriber_ref": CUSTOMER, "first": code(&new, 1)?,
            "second": code(&new, 2)?,
        });
        self.accepted(paths::RP_TOKEN_RESYNC, &body)?;
        for change in ["suspend", "resume"] {
            let body = json!({
                "request_id": new_id(), "subscriber_ref": CUSTOMER, "change": change,
            });
            self.ask(paths::RP_TOKEN_CHANGE, &body)?;
        }
        self.ask(
            paths::RP_TOKEN_STATE,
            &json!({ "subscriber_ref": CUSTOMER }),
        )?;
        self.token = Some(new);
        Ok(())
    }

    fn of_signatures(&mut self) -> Result<()> {
        let token = self.token.clone().context("a token")?;
        let challenge = new_id();
        let body = json!({
            "request_id": challenge, "subscriber_ref": "customer",
            "payment": {
                "payee_bank": "9999", "payee_branch": "001", "account_kind": "普通",
                "account_number": "1234567", "payee_name": "ミホン タロウ", "amount_yen": "30000",
            },
        });
        let shown = self.ask(paths::RP_SIGNATURE_BEGIN, &body)?;
        let text: PaymentText = serde_json::from_value(shown["payment"].clone())?;
        let now: UnixTime = SystemClock.now();
        let step = OcraSuite::SIGNING.step_at(now).context("a step")?;
        let signature = sign_payment(&token.signing_key, &Payment::parse(&text)?, step)?;
        let body = json!({
            "request_id": new_id(), "subscriber_ref": "customer", "challenge": challenge,
            "signature": signature.expose_digits(),
        });
        self.accepted(paths::RP_SIGNATURE_VERIFY, &body)?;
        Ok(())
    }

    fn of_hardware(&mut self) -> Result<()> {
        let body = json!({
            "request_id": new_id(), "subscriber_ref": "card", "serial": HARDWARE,
        });
        let answer = self.ask(paths::RP_TOKEN_ASSIGN, &body)?;
        if answer["assigned"] != true {
            bail!("the hardware token is not there: {answer}");
        }
        let body = json!({
            "request_id": new_id(), "subscriber_ref": "card", "fault": "low_battery",
        });
        self.ask(paths::RP_TOKEN_REPORT, &body)?;
        Ok(())
    }

    fn self_provisioning(&mut self, institution: &Institution) -> Result<()> {
        let (got, device) = self.self_provisioned(institution)?;
        let (serial, ratchet) = (&got.grant.serial, &got.grant.ratchet);
        let id = RequestId::make(&mut OsRng);
        let check_in = PendingCheckIn::start(serial, ratchet, 0, &device, id)?;
        let reply = self.send(paths::CHECK_IN, check_in.body())?;
        check_in.open(reply, &institution.provisioning_keys, ratchet)?;
        // Another token: its set-up is not asked again, for it is over once the token is stopped.
        let mut quiet = Self::new(&self.address, &self.key);
        let (got, device) = quiet.self_provisioned(institution)?;
        let id = RequestId::make(&mut OsRng);
        let stop = PendingStop::start(&got.grant.serial, &device, id)?;
        let reply = self.send(paths::STOP, stop.body())?;
        stop.open(reply, &institution.provisioning_keys)?;
        Ok(())
    }

    fn self_provisioned(&mut self, institution: &Institution) -> Result<(Provisioned, Device)> {
        let device = Device::new();
        let params = SParams {
            service_id: institution.service_id.clone(),
            platform: "linux".to_owned(),
            consent_version: ConsentVersion(1),
            app_version: APP_VERSION.to_owned(),
        };
        let id = RequestId::make(&mut OsRng);
        let hello = SHello::start(params, device.spki(), id, &mut OsRng)?;
        let reply = self.send(paths::SELF_HELLO, hello.body())?;
        let issue = hello.issue(&reply, &device, &evidence())?;
        let reply = self.send(paths::SELF_ISSUE, issue.body())?;
        let got = issue.open(&reply, &institution.provisioning_keys)?;
        self.confirmed(&institution.id, &got, &device)?;
        Ok((got, device))
    }
}

fn new_id() -> String {
    RequestId::make(&mut OsRng).to_string()
}

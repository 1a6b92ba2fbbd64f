//! `POST /v1/provisioning/check-in`: a device asks where its token stands, and turns the ratchet.
//!
//! A stranger's call, whatever is wrong with it, has one answer and changes nothing. A device's own
//! is answered and signed: the ratchet moves, or stays because the token is not in use, or was proved
//! to be behind; then there is a copy, and the token stops.

use axum::extract::State;
use axum::response::Response;
use rand_core::RngCore;
use skts_otp::UnixTime;
use skts_provisioning::check_in::{Standing, answer, judge, turn, verify_device};
use skts_provisioning::wire::{
    ADVANCE_BYTES, Bytes, CheckInRequest, CheckInResponse, CheckInState, Message, ProblemCode,
    Request, ShortText,
};
use skts_sealed::{FieldReader, FieldWriter, Namespace, SecretBytes};

use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use super::super::{App, caller};
use super::own_token;
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::token::{REGISTER_WITHIN_SECS, TokenState, renewable_from};
use crate::storage::check_ins::{self, Answered, CheckInToken, LastCheckIn, Moved};
use crate::storage::{Connection, activations, audit, vouchers};

pub(crate) async fn handle(
    State(app): State<App>,
    _device: caller::Device,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = CheckInRequest::parse(&body)?;
    let refused = |refusal: Refusal| refusal.of(&request.request_id);
    // Before anything else, and whether or not there is such a token: the same work for strangers.
    let signed_by = verify_device(&request).ok();
    let (issuer, asked) = (&*app.issuer, &request);
    own_token::admit(
        issuer,
        "check-in",
        &asked.request_id,
        &asked.serial,
        signed_by.as_ref(),
    )
    .await
    .map_err(refused)?;
    issuer
        .storage
        .change(
            &own_token::subject(&asked.serial),
            |mut transaction| async move {
                let reply = check_in(issuer, &mut transaction, asked).await;
                (transaction, reply)
            },
        )
        .await
        .map_err(refused)
}

/// What came of a device's own call.
struct Outcome {
    state: TokenState,
    copy_suspected: bool,
    lapses_at: Option<UnixTime>,
    advance: Option<Vec<u8>>,
    /// The word in the audit trail.
    word: &'static str,
}

const NOT_MOVED: &str = "not_moved";
const ANSWERED_BEFORE: &str = "answered_before";

/// Where the token stands, and nothing changed.
fn told(token: &CheckInToken, now: UnixTime, word: &'static str) -> Outcome {
    let state = token.state_at(now);
    let waits = state == TokenState::Provisioned;
    Outcome {
        state,
        copy_suspected: token.copy_suspected,
        lapses_at: token.lapses_at.filter(|_| waits),
        advance: None,
        word,
    }
}

/// The call of the token's own device: its signature was found good.
async fn check_in(
    issuer: &Issuer,
    connection: &mut Connection,
    request: &CheckInRequest,
) -> Result<Response, Refusal> {
    let now = issuer.now();
    let token = own_token::of(connection, &request.serial, &request.device_spki.0).await?;
    let digest = request.digest();
    if let Some(last) = &token.last
        && last.request_id == request.request_id.as_bytes()
    {
        return given_before(issuer, &token, last, &digest);
    }
    // Whoever recorded a device's old call cannot stop its token by making it again; a copy that was
    // left behind makes a new one.
    if check_ins::was_answered(connection, &token.serial, &request.request_id).await? {
        let told = told(&token, now, ANSWERED_BEFORE);
        let reply = signed(issuer, connection, &token, request, &told, now).await?;
        return Ok(json(reply));
    }
    let outcome = decide(issuer, connection, &token, request, now).await?;
    let reply = signed(issuer, connection, &token, request, &outcome, now).await?;
    keep(issuer, connection, &token, request, &outcome, &reply, now).await?;
    note(issuer, connection, &token, request, &outcome, now).await?;
    tracing::info!(
        request_id = %request.request_id, institution = token.institution_id,
        serial = token.serial, state = outcome.state.as_str(), outcome = outcome.word, "check-in"
    );
    Ok(json(reply))
}

/// What the device is told, signed: a refusal in the service's name could make a device give a call
/// up whose answer was taken from it.
async fn signed(
    issuer: &Issuer,
    connection: &mut Connection,
    token: &CheckInToken,
    request: &CheckInRequest,
    outcome: &Outcome,
    now: UnixTime,
) -> Result<Vec<u8>, Refusal> {
    let resync_asked = vouchers::resync_is_asked(connection, &token.serial, now).await?;
    let reply = CheckInResponse {
        advance: outcome.advance.clone().map(Bytes),
        answered_before: outcome.word == ANSWERED_BEFORE,
        state: on_the_wire(outcome.state),
        copy_suspected: outcome.copy_suspected,
        registered: token.registered,
        server_time: now,
        expires_at: token.expires_at,
        renewable_from: renewable_from(token.expires_at),
        lapses_at: outcome.lapses_at,
        last_used_at: token.last_used_at,
        resync_asked,
        // Filled in as it is signed.
        key_id: ShortText::new("").map_err(|error| Refusal::internal(&error))?,
        signature: Bytes(Vec::new()),
    };
    let reply = answer(request, reply, &issuer.keys.provisioning)
        .map_err(|error| Refusal::internal(&error))?;
    Ok(reply.to_body())
}

/// Moves the ratchet, or stops the token, or neither.
async fn decide(
    issuer: &Issuer,
    connection: &mut Connection,
    token: &CheckInToken,
    request: &CheckInRequest,
    now: UnixTime,
) -> Result<Outcome, Refusal> {
    let state = token.state_at(now);
    if state.is_final() || token.copy_suspected {
        return Ok(told(token, now, NOT_MOVED));
    }
    let secrets = issuer
        .keys
        .unseal_token(
            &token.serial,
            &token.institution_id,
            token.key_version,
            &token.secrets,
        )
        .map_err(|error| Refusal::internal(&error))?;
    let secrets = Secrets::read(&secrets)?;
    match judge(request, &secrets.ratchet, token.moved) {
        Standing::Stale => {
            if !check_ins::suspect(connection, token, now).await? {
                return Err(overtaken(connection));
            }
            Ok(Outcome {
                state: TokenState::Suspended,
                copy_suspected: true,
                lapses_at: None,
                advance: None,
                word: "done",
            })
        }
        Standing::Ahead => Ok(told(token, now, "ahead")),
        // What is held or locked stays as it is, its ratchet too.
        Standing::Next if !matches!(state, TokenState::Provisioned | TokenState::Active) => {
            Ok(told(token, now, NOT_MOVED))
        }
        Standing::Next => {
            let mut advance = vec![0; ADVANCE_BYTES];
            issuer.entropy.with(|rng| rng.fill_bytes(&mut advance));
            let next = turn(&secrets.ratchet, &advance, &request.digest())
                .map_err(|error| Refusal::internal(&error))?;
            let plain = secrets.with(&next);
            let (sealed, key_version) = issuer.entropy.with(|rng| {
                let (serial, institution) = (&token.serial, &token.institution_id);
                issuer.keys.seal_token(serial, institution, &plain, rng)
            });
            let moved = Moved {
                secrets: &sealed,
                key_version,
                lapses_at: now.saturating_add_secs(REGISTER_WITHIN_SECS),
            };
            if !check_ins::advance(connection, token, &moved, now).await? {
                return Err(overtaken(connection));
            }
            let lapses_at = match state {
                TokenState::Provisioned if token.confirmed => Some(moved.lapses_at),
                TokenState::Provisioned => token.lapses_at,
                _ => None,
            };
            Ok(Outcome {
                state,
                copy_suspected: false,
                lapses_at,
                advance: Some(advance),
                word: "done",
            })
        }
    }
}

fn overtaken(connection: &mut Connection) -> Refusal {
    connection.overtaken();
    Refusal::internal(&"a token changed under a check-in")
}

/// The answer given before, byte for byte.
fn given_before(
    issuer: &Issuer,
    token: &CheckInToken,
    last: &LastCheckIn,
    digest: &[u8; 32],
) -> Result<Response, Refusal> {
    if last.digest != digest {
        return Err(ProblemCode::Conflict.into());
    }
    let reply = issuer
        .keys
        .unseal_state(Namespace::StoredReply, token.serial.as_bytes(), &last.reply)
        .map_err(|error| Refusal::internal(&error))?;
    // EXPOSE: what the device was told before.
    Ok(json(reply.expose_secret().to_vec()))
}

async fn keep(
    issuer: &Issuer,
    connection: &mut Connection,
    token: &CheckInToken,
    request: &CheckInRequest,
    outcome: &Outcome,
    reply: &[u8],
    now: UnixTime,
) -> Result<(), Refusal> {
    let sealed = issuer.entropy.with(|rng| {
        let context = token.serial.as_bytes();
        issuer
            .keys
            .seal_state(Namespace::StoredReply, context, reply, rng)
    });
    let answered = Answered {
        moved: token.moved + u64::from(outcome.advance.is_some()),
        request_id: &request.request_id,
        digest: &request.digest(),
        reply: &sealed,
    };
    if check_ins::keep(connection, token, &answered, now).await? {
        Ok(())
    } else {
        Err(overtaken(connection))
    }
}

/// Writes the call down; the bank is told of a suspected copy.
async fn note(
    issuer: &Issuer,
    connection: &mut Connection,
    token: &CheckInToken,
    request: &CheckInRequest,
    outcome: &Outcome,
    now: UnixTime,
) -> Result<(), Refusal> {
    let found = outcome.copy_suspected && !token.copy_suspected;
    let action = match found {
        true => Action::CopySuspected,
        false => Action::CheckIn,
    };
    let institution = &token.institution_id;
    let customer = match &token.subscriber_ref {
        Some(customer) => Some(customer.clone()),
        // Not registered yet: whom it was issued to, if it was.
        None => activations::subscriber_of_token(connection, institution, &token.serial).await?,
    };
    let entry = Entry {
        serial: Some(&token.serial),
        subscriber_ref: customer.as_deref(),
        state: found.then_some(outcome.state.as_str()),
        request_id: Some(&request.request_id),
        ..Entry::of(now, institution, "device", action, outcome.word)
    };
    audit::write(connection, &entry).await?;
    issuer.metrics.deed(institution, action, outcome.word);
    Ok(())
}

pub(super) fn on_the_wire(state: TokenState) -> CheckInState {
    match state {
        TokenState::Provisioned => CheckInState::Provisioned,
        TokenState::Active => CheckInState::Active,
        TokenState::Locked => CheckInState::Locked,
        TokenState::Suspended => CheckInState::Suspended,
        TokenState::Revoked => CheckInState::Revoked,
        TokenState::Replaced => CheckInState::Replaced,
        TokenState::Expired => CheckInState::Expired,
        TokenState::Lapsed => CheckInState::Lapsed,
    }
}

/// A token's secrets, taken apart.
struct Secrets {
    seed: SecretBytes,
    signing_key: SecretBytes,
    ratchet: SecretBytes,
}

impl Secrets {
    fn read(secrets: &SecretBytes) -> Result<Self, Refusal> {
        // EXPOSE: copied into buffers that are wiped.
        let mut reader = FieldReader::new(secrets.expose_secret());
        let mut next = || {
            let field = reader.bytes().map_err(|error| Refusal::internal(&error))?;
            Ok::<_, Refusal>(SecretBytes::from_slice(field))
        };
        Ok(Self {
            seed: next()?,
            signing_key: next()?,
            ratchet: next()?,
        })
    }

    /// The same with the next ratchet value, to be sealed.
    fn with(&self, ratchet: &SecretBytes) -> SecretBytes {
        // EXPOSE: from one envelope into the next.
        FieldWriter::new()
            .bytes(self.seed.expose_secret())
            .bytes(self.signing_key.expose_secret())
            .bytes(ratchet.expose_secret())
            .finish()
    }
}

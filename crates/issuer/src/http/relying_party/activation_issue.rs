//! `POST /v1/rp/activations/issue`: the bank hands over what its customer chose, once.

use axum::extract::State;
use axum::response::Response;
use skts_otp::SetUpKind;
use skts_provisioning::ids::ServiceId;
use skts_provisioning::wire::ProblemCode;
use skts_provisioning::wire::rp::{IssueActivationRequest, IssueActivationResponse};

use super::super::App;
use super::super::caller::{Activations, Allowed, Bank};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::once::{Call, Deed};
use crate::admin::{self, AdminError, PreparedActivation};
use crate::audit::{Action, Entry};
use crate::storage::{Connection, institutions};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Activations>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = IssueActivationRequest::parse(&body)?;
    issue(&app, &bank, &request)
        .await
        .map_err(|refusal| refusal.of(&request.request_id))
}

async fn issue(
    app: &App,
    bank: &Bank,
    request: &IssueActivationRequest,
) -> Result<Response, Refusal> {
    let issuer = &*app.issuer;
    let call = Call {
        issuer,
        bank,
        request_id: &request.request_id,
        digest: request.digest(&issuer.keys.digest),
        about: request.subscriber_ref.as_str(),
        now: issuer.now(),
    };
    let service_id: ServiceId = {
        let mut connection = issuer.storage.read().await?;
        if let Some(answer) = call.earlier_answer(&mut connection).await? {
            return Ok(answer);
        }
        institutions::by_id(&mut connection, call.institution())
            .await?
            .filter(|institution| institution.policy.set_up == SetUpKind::Activated)
            .ok_or(ProblemCode::NotFound)?
            .service_id
    };
    // Half a second of Argon2id, before the database is held.
    let new = admin::prepare_activation(
        app.issuer.clone(),
        service_id.clone(),
        bank.institution_id.clone(),
        // EXPOSE: the password goes into the OPAQUE record and is not kept.
        request.activation_password.expose_secret(),
    )
    .await
    .map_err(|error| match error {
        AdminError::TooEasy => {
            Refusal::new(ProblemCode::BadRequest).saying("the activation password is too easy")
        }
        error => Refusal::internal(&error),
    })?;
    let answered = call.once(&Prepared { service_id, new }).await?;
    if answered.decided.is_some() {
        tracing::info!(
            request_id = %request.request_id, institution = bank.institution_id,
            "activation issued"
        );
    }
    Ok(answered.response)
}

/// An activation, ready to be stored.
struct Prepared {
    service_id: ServiceId,
    new: PreparedActivation,
}

impl Deed for Prepared {
    type Answer = IssueActivationResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<IssueActivationResponse, Refusal> {
        let Self { service_id, new } = self;
        let (institution, subscriber_ref) = (call.institution(), call.about);
        let expires_at =
            admin::store_activation(call.issuer, connection, institution, subscriber_ref, new)
                .await?;
        Ok(IssueActivationResponse {
            service_id: service_id.clone(),
            user_id: new.user_id.clone(),
            expires_at,
        })
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e IssueActivationResponse) -> Entry<'e> {
        Entry {
            detail: Some(answer.user_id.as_str()),
            ..call.entry(Action::ActivationIssued, "done")
        }
    }
}

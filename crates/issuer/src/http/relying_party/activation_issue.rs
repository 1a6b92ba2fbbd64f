//! `POST /v1/rp/activations/issue`: the bank hands over what its customer chose, once.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use skts_otp::SetUpKind;
use skts_provisioning::ids::ServiceId;
use skts_provisioning::wire::ProblemCode;
use skts_provisioning::wire::rp::{IssueActivationRequest, IssueActivationResponse};

use super::super::App;
use super::super::caller::Bank;
use super::super::problem::Refusal;
use super::once::Call;
use crate::admin::{self, AdminError};
use crate::storage::institutions;

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Bank,
    body: Bytes,
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
    let now = issuer.now();
    let digest = request.digest(&issuer.keys.digest);
    let call = Call {
        bank,
        request_id: &request.request_id,
        digest,
    };

    let service_id: ServiceId = {
        let mut connection = issuer.storage.read().await?;
        if let Some(answer) = call.earlier_answer(&mut connection).await? {
            return Ok(answer);
        }
        institutions::by_id(&mut connection, &bank.institution_id)
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

    let mut transaction = issuer.storage.write().await?;
    if let Some(answer) = call.earlier_answer(&mut transaction).await? {
        return Ok(answer);
    }
    let subscriber_ref = request.subscriber_ref.as_str();
    let expires_at = admin::store_activation(
        issuer,
        &mut transaction,
        &bank.institution_id,
        subscriber_ref,
        &new,
    )
    .await?;
    let answer = IssueActivationResponse {
        service_id,
        user_id: new.user_id,
        expires_at,
    };
    let answer = call.answer(&mut transaction, &answer, now).await?;
    transaction.commit().await?;
    tracing::info!(
        request_id = %request.request_id, institution = bank.institution_id, "activation issued"
    );
    Ok(answer)
}

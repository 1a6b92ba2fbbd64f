//! `POST /v1/rp/tokens/assign`: to whom a hardware token was sent. As long as it is not registered, it
//! can be sent to somebody else.

use axum::extract::State;
use axum::response::Response;
use skts_otp::SerialNumber;
use skts_provisioning::wire::rp::{AssignRequest, AssignResponse};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::{Allowed, Tokens};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::once::{Call, Deed};
use crate::audit::{Action, Entry};
use crate::storage::{Connection, hardware};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Tokens>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = AssignRequest::parse(&body)?;
    let call = Call {
        issuer: &app.issuer,
        bank: &bank,
        request_id: &request.request_id,
        digest: request.digest(),
        about: request.subscriber_ref.as_str(),
        now: app.issuer.now(),
    };
    let answered = call.once(&request).await?;
    if let Some(answer) = &answered.decided {
        tracing::info!(
            request_id = %request.request_id, institution = bank.institution_id,
            assigned = answer.assigned, "hardware token assigned"
        );
    }
    Ok(answered.response)
}

impl Deed for AssignRequest {
    type Answer = AssignResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<AssignResponse, Refusal> {
        let nothing = AssignResponse {
            assigned: false,
            serial: None,
            expires_at: None,
        };
        let Ok(serial) = SerialNumber::parse(self.serial.as_str()) else {
            return Ok(nothing);
        };
        let (institution, customer) = (call.institution(), call.about);
        let expires_at =
            hardware::assign(connection, institution, &serial, customer, call.now).await?;
        Ok(expires_at.map_or(nothing, |expires_at| AssignResponse {
            assigned: true,
            serial: Some(serial.to_string()),
            expires_at: Some(expires_at),
        }))
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e AssignResponse) -> Entry<'e> {
        let outcome = if answer.assigned { "done" } else { "refused" };
        Entry {
            serial: answer.serial.as_deref(),
            ..call.entry(Action::Assign, outcome)
        }
    }
}

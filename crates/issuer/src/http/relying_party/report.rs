//! `POST /v1/rp/tokens/report`: what a customer says is wrong with a hardware token.

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::rp::{ReportRequest, ReportResponse};
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
    let request = ReportRequest::parse(&body)?;
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
            fault = request.fault.as_str(), noted = answer.noted, "hardware token reported"
        );
    }
    Ok(answered.response)
}

impl Deed for ReportRequest {
    type Answer = ReportResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<ReportResponse, Refusal> {
        let fault = self.fault.as_str();
        let noted = hardware::report(connection, call.institution(), call.about, fault).await?;
        Ok(ReportResponse { noted })
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e ReportResponse) -> Entry<'e> {
        Entry {
            detail: Some(self.fault.as_str()),
            ..call.entry(
                Action::Report,
                if answer.noted { "done" } else { "refused" },
            )
        }
    }
}

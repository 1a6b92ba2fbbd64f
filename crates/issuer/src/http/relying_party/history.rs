//! `POST /v1/rp/tokens/history`: what happened to a customer's tokens, for the customer to see. It is the
//! audit trail without staff's names and reasons.

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::Message;
use skts_provisioning::wire::rp::{HistoryEntry, HistoryRequest, HistoryResponse};

use super::super::App;
use super::super::caller::{Allowed, Read};
use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use crate::audit::{Action, AuditEntry, AuditFilter};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Read>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = HistoryRequest::parse(&body)?;
    let filter = AuditFilter {
        institution_id: Some(bank.institution_id.clone()),
        subscriber_ref: Some(request.subscriber_ref.as_str().to_owned()),
        serial: None,
        most: u64::from(request.most),
    };
    let entries = app.issuer.audit_entries(&filter).await?;
    let entries = entries.into_iter().map(shown).collect();
    Ok(json(HistoryResponse { entries }.to_body()))
}

fn shown(entry: AuditEntry) -> HistoryEntry {
    let actor = entry.actor.split(':').next().unwrap_or_default().to_owned();
    let is_purpose = entry.action == Action::Verify.as_str();
    HistoryEntry {
        at: entry.at,
        actor,
        action: entry.action,
        outcome: entry.outcome,
        serial: entry.serial,
        state: entry.state,
        purpose: entry.detail.filter(|_| is_purpose),
    }
}

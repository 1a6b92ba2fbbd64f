//! `POST /v1/rp/events/fetch`: what happened to the bank's customers' tokens, in order.

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::Message;
use skts_provisioning::wire::rp::{Event, EventsRequest, EventsResponse};

use super::super::App;
use super::super::caller::{Allowed, Read};
use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use crate::storage::events;

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Read>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = EventsRequest::parse(&body)?;
    let mut connection = app.issuer.storage.read().await?;
    let (institution, after) = (&bank.institution_id, request.after);
    let rows = events::after(&mut connection, institution, after, request.most).await?;
    let events = rows
        .into_iter()
        .map(|row| Event {
            number: row.number,
            at: row.at,
            kind: row.kind,
            subscriber_ref: row.subscriber_ref,
            serial: row.serial,
            state: row.state,
        })
        .collect();
    Ok(json(EventsResponse { events }.to_body()))
}

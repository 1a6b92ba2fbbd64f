//! A call that changes something is done once: the same id and body get the first answer.

use axum::response::Response;
use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;
use skts_provisioning::wire::{Message, ProblemCode};

use super::super::caller::Bank;
use super::super::problem::{Refusal, json};
use crate::storage::Connection;
use crate::storage::calls::{self, Earlier};

/// Names one call of one bank.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) bank: &'a Bank,
    pub(super) request_id: &'a RequestId,
    pub(super) digest: [u8; 32],
}

impl Call<'_> {
    /// The answer given before, if there was one.
    pub(super) async fn earlier_answer(
        &self,
        connection: &mut Connection,
    ) -> Result<Option<Response>, Refusal> {
        let institution = &self.bank.institution_id;
        match calls::earlier(connection, institution, self.request_id, &self.digest).await? {
            Earlier::None => Ok(None),
            Earlier::Same(answer) => Ok(Some(json(answer))),
            Earlier::Other => Err(ProblemCode::Conflict.into()),
        }
    }

    /// Keeps `answer` for a repeated call and gives it.
    pub(super) async fn answer(
        &self,
        connection: &mut Connection,
        answer: &impl Message,
        now: UnixTime,
    ) -> Result<Response, Refusal> {
        let text = String::from_utf8(answer.to_body())
            .map_err(|_| Refusal::internal(&"an answer is no text"))?;
        let institution = &self.bank.institution_id;
        calls::keep(
            connection,
            institution,
            self.request_id,
            &self.digest,
            &text,
            now,
        )
        .await?;
        Ok(json(text))
    }
}

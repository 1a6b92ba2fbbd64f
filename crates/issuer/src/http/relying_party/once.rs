//! A call that changes something is done once: the same id and body get the first answer.

use axum::response::Response;
use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;
use skts_provisioning::wire::{Message, ProblemCode};

use super::super::caller::Bank;
use super::super::problem::{Refusal, json};
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::storage::calls::{self, Earlier, KeptCall};
use crate::storage::{Connection, audit};

/// One call of one bank.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) issuer: &'a Issuer,
    pub(super) bank: &'a Bank,
    pub(super) request_id: &'a RequestId,
    pub(super) digest: [u8; 32],
    /// Whom the call is about: such calls wait for each other.
    pub(super) about: &'a str,
    pub(super) now: UnixTime,
}

/// What a call asks for.
pub(super) trait Deed: Sync {
    /// What the bank is told.
    type Answer: Message + Send;

    /// Does it, or refuses: then nothing is changed.
    fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> impl Future<Output = Result<Self::Answer, Refusal>> + Send;

    /// What the audit trail says of it.
    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e Self::Answer) -> Entry<'e>;
}

/// How a call was answered.
#[derive(Debug)]
pub(super) struct Answered<A> {
    pub(super) response: Response,
    /// What was decided now; none if this is the answer given before.
    pub(super) decided: Option<A>,
}

impl Call<'_> {
    /// The institution that calls.
    pub(super) fn institution(&self) -> &str {
        &self.bank.institution_id
    }

    /// This call in the audit trail.
    pub(super) fn entry<'e>(&'e self, action: Action, outcome: &'e str) -> Entry<'e> {
        Entry {
            subscriber_ref: Some(self.about),
            request_id: Some(self.request_id),
            ..Entry::of(
                self.now,
                self.institution(),
                &self.bank.actor,
                action,
                outcome,
            )
        }
    }

    /// The answer given before; else what `deed` decides, kept for a repeated call in the transaction
    /// in which it was decided.
    pub(super) async fn once<D: Deed>(&self, deed: &D) -> Result<Answered<D::Answer>, Refusal> {
        let subject = format!("{}/{}", self.institution(), self.about);
        let storage = &self.issuer.storage;
        let answered = storage
            .change(&subject, |mut transaction| async move {
                let answered = self.answer(deed, &mut transaction).await;
                (transaction, answered)
            })
            .await
            .map_err(|refusal: Refusal| refusal.of(self.request_id))?;
        if let Some(answer) = &answered.decided {
            let Entry {
                action, outcome, ..
            } = deed.entry(self, answer);
            self.issuer
                .metrics
                .deed(self.institution(), action, outcome);
        }
        Ok(answered)
    }

    async fn answer<D: Deed>(
        &self,
        deed: &D,
        connection: &mut Connection,
    ) -> Result<Answered<D::Answer>, Refusal> {
        if let Some(response) = self.earlier_answer(connection).await? {
            let decided = None;
            return Ok(Answered { response, decided });
        }
        let decided = deed.decide(self, connection).await?;
        audit::write(connection, &deed.entry(self, &decided)).await?;
        let response = self.keep(connection, &decided).await?;
        let decided = Some(decided);
        Ok(Answered { response, decided })
    }

    /// The answer given before, if there was one.
    pub(super) async fn earlier_answer(
        &self,
        connection: &mut Connection,
    ) -> Result<Option<Response>, Refusal> {
        let institution = self.institution();
        match calls::earlier(connection, institution, self.request_id, &self.digest).await? {
            Earlier::None => Ok(None),
            Earlier::Same(answer) => Ok(Some(json(answer))),
            Earlier::Other => Err(ProblemCode::Conflict.into()),
        }
    }

    async fn keep(
        &self,
        connection: &mut Connection,
        answer: &impl Message,
    ) -> Result<Response, Refusal> {
        let text = String::from_utf8(answer.to_body())
            .map_err(|_| Refusal::internal(&"an answer is no text"))?;
        let call = KeptCall {
            institution_id: self.institution(),
            request_id: self.request_id,
            digest: &self.digest,
            answer: text.clone(),
            now: self.now,
        };
        calls::keep_all(connection, &[call]).await?;
        Ok(json(text))
    }
}

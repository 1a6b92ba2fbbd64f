//! A serial and a code typed for it: whether the customer may have that token.
//!
//! A wrong code counts against the customer who typed it, never against the serial: a stranger
//! cannot lock somebody's token by trying codes against its number.

use skts_otp::{Digits, Drift, Otp, SerialNumber, TimeStep, UnixTime};
use skts_provisioning::wire::rp::{RegisterResponse, RpVerdict};

use super::super::problem::Refusal;
use super::once::Call;
use super::search;
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::token::{TokenKind, TokenState};
use crate::rules::verify::Finding;
use crate::storage::tokens::TokenRow;
use crate::storage::{Connection, activations, calls, grants, tokens};

/// Who claims what.
pub(super) struct Claim<'a> {
    pub(super) institution: &'a str,
    pub(super) subscriber_ref: &'a str,
    /// As typed.
    pub(super) serial: &'a str,
    /// As typed.
    pub(super) code: &'a str,
    pub(super) now: UnixTime,
}

/// What came of a claim.
pub(super) enum Claimed {
    /// The code is right: [`Claim::take`] may follow.
    Right(Box<TokenRow>, TimeStep, Drift),
    /// Not a serial or not a code, or the customer has to wait: nothing was counted.
    NotLookedAt(RpVerdict),
    /// Wrong, and counted unless the caller gives the transaction up.
    Wrong,
}

impl Claim<'_> {
    /// Looks at the claim; `free` says whether the customer may have another token. Does the same
    /// work where there is nothing to look at.
    pub(super) async fn look(
        &self,
        issuer: &Issuer,
        connection: &mut Connection,
        free: bool,
    ) -> Result<Claimed, Refusal> {
        // Wrong shapes are mistakes of typing: nothing is counted.
        let (Ok(serial), Ok(code)) = (
            SerialNumber::parse(self.serial),
            Otp::parse(self.code, &[Digits::Six, Digits::Eight]),
        ) else {
            return Ok(Claimed::NotLookedAt(RpVerdict::Rejected));
        };
        let (institution, now) = (self.institution, self.now);
        if !calls::may_register(connection, institution, self.subscriber_ref, now).await? {
            return Ok(Claimed::NotLookedAt(RpVerdict::Locked));
        }
        let token = tokens::by_serial(connection, institution, serial.as_str()).await?;
        let made_for =
            activations::subscriber_of_token(connection, institution, serial.as_str()).await?;
        let meant_for_others = made_for.is_some_and(|owner| owner != self.subscriber_ref);
        match token.filter(|token| may_register(token, &code, self.subscriber_ref)) {
            Some(token) if free && !meant_for_others => {
                if let Finding::Match { step, drift } = search::find(issuer, &token, &code, now)? {
                    return Ok(Claimed::Right(Box::new(token), step, drift));
                }
            }
            _ => search::pretend(&code, now),
        }
        calls::count_registration_failure(connection, institution, self.subscriber_ref, now)
            .await?;
        Ok(Claimed::Wrong)
    }

    /// Makes the token the customer's. False if it was over meanwhile.
    pub(super) async fn take(
        &self,
        connection: &mut Connection,
        token: &TokenRow,
        step: TimeStep,
        drift: Drift,
    ) -> Result<bool, Refusal> {
        let (institution, customer) = (self.institution, self.subscriber_ref);
        let taken =
            tokens::register(connection, &token.serial, customer, step, drift, self.now).await?;
        if taken {
            calls::clear_registration_failures(connection, institution, customer).await?;
            activations::complete(connection, institution, &token.serial).await?;
            grants::forget_reply(connection, &token.serial).await?;
        }
        Ok(taken)
    }
}

/// A hardware token is registered by the customer it was sent to, and by nobody else.
fn may_register(token: &TokenRow, code: &Otp, subscriber_ref: &str) -> bool {
    let sent = match token.kind {
        TokenKind::Soft => true,
        TokenKind::Totp | TokenKind::Hotp => token.sent_to.as_deref() == Some(subscriber_ref),
    };
    sent && token.state == TokenState::Provisioned
        && token.confirmed
        && token.policy.code_length.allowed().contains(&code.digits())
}

/// The answer that names the token taken.
pub(super) fn accepted(token: TokenRow) -> RegisterResponse {
    RegisterResponse {
        verdict: RpVerdict::Accepted,
        match_number: token.shown_match_number().map(str::to_owned),
        serial: Some(token.serial),
    }
}

/// The answer that names none.
pub(super) fn refused(verdict: RpVerdict) -> RegisterResponse {
    RegisterResponse {
        verdict,
        serial: None,
        match_number: None,
    }
}

/// What the audit trail says of a claim.
pub(super) fn entry<'e>(
    call: &'e Call<'_>,
    action: Action,
    answer: &'e RegisterResponse,
) -> Entry<'e> {
    let taken = answer.verdict == RpVerdict::Accepted;
    Entry {
        serial: answer.serial.as_deref(),
        state: taken.then_some(TokenState::Active.as_str()),
        ..call.entry(action, answer.verdict.as_str())
    }
}

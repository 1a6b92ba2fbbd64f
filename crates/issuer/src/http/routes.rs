//! Every call there is, in one table: the router is made from it, and so is the OpenAPI document.

use axum::Router;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use skts_provisioning::wire::ProblemCode::{
    self, ActivationRefused, Conflict, ExpiredChallenge, Lapsed, LevelTooLow, NotFound,
    VersionTooOld,
};
use skts_provisioning::wire::rp::{
    ActivationStateRequest, ActivationStateResponse, AssignRequest, AssignResponse,
    ChangeTokenRequest, ChangeTokenResponse, EventsRequest, EventsResponse, ExchangeRequest,
    HistoryRequest, HistoryResponse, IssueActivationRequest, IssueActivationResponse,
    RegisterRequest, RegisterResponse, ReportRequest, ReportResponse, ResyncRequest,
    SignatureRequest, SignatureResponse, SigningRequest, SigningResponse, TokenStateRequest,
    TokenStateResponse, VerifyRequest, VerifyResponse, WithdrawActivationRequest,
};
use skts_provisioning::wire::{
    CheckInRequest, CheckInResponse, ConfirmRequest, ConfirmResponse, KBeginRequest,
    KBeginResponse, KFinishRequest, KFinishResponse, SHelloRequest, SHelloResponse, SIssueRequest,
    SIssueResponse, StopRequest, StopResponse, paths,
};

use super::{App, examples, health, openapi, provisioning, relying_party};

/// One call.
pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) method: Method,
    handler: fn() -> MethodRouter<App>,
    /// Its name for programs.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) caller: Caller,
    pub(super) exchange: Exchange,
    /// What it can refuse with, beside what every call of its caller can.
    pub(super) problems: &'static [ProblemCode],
}

/// Who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// A bank, by its key.
    Bank,
    /// A device, limited by its address.
    Device,
    /// Whoever watches over the service, or reads its interface.
    Anyone,
}

/// What is sent and what is answered.
pub(super) enum Exchange {
    /// A message for a message.
    Messages {
        request: fn(&mut SchemaGenerator) -> Schema,
        response: fn(&mut SchemaGenerator) -> Schema,
        /// One of each.
        example: fn() -> [Value; 2],
    },
    /// Nothing for a line of text.
    Text,
    /// Nothing for a JSON document.
    Document,
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

macro_rules! calls {
    ($caller:ident: $($path:ident, $($handler:ident)::+, $id:literal, $summary:literal,
        $request:ident => $response:ident, $example:ident, [$($problem:ident),*];)*) => {
        [$(Route {
            path: paths::$path,
            method: Method::POST,
            handler: || post($($handler)::+::handle),
            id: $id,
            summary: $summary,
            caller: Caller::$caller,
            exchange: Exchange::Messages {
                request: schema::<$request>,
                response: schema::<$response>,
                example: examples::$example,
            },
            problems: &[$($problem),*],
        }),*]
    };
}

const PROVISIONING: &[Route] = &calls! { Device:
    ACTIVATION_BEGIN, provisioning::begin, "beginActivation", "K1: begins an activation.",
        KBeginRequest => KBeginResponse, activation_begin, [Conflict, VersionTooOld];
    ACTIVATION_FINISH, provisioning::finish, "finishActivation",
        "K2: proves the activation password and hands over the device's evidence.",
        KFinishRequest => KFinishResponse, activation_finish,
        [ActivationRefused, Conflict, Lapsed, LevelTooLow];
    SELF_HELLO, provisioning::hello, "helloSelfProvisioning", "S1: asks for a challenge.",
        SHelloRequest => SHelloResponse, self_hello, [Conflict, NotFound, VersionTooOld];
    SELF_ISSUE, provisioning::issue, "issueSelfProvisioning", "S2: asks for the token.",
        SIssueRequest => SIssueResponse, self_issue,
        [Conflict, ExpiredChallenge, Lapsed, LevelTooLow, NotFound];
    CHECK_IN, provisioning::check_in, "checkIn",
        "A device that is set up asks where its token stands, and turns the ratchet.",
        CheckInRequest => CheckInResponse, check_in, [Conflict, NotFound];
    STOP, provisioning::stop, "stopToken", "A device ends its own token, for good.",
        StopRequest => StopResponse, stop, [Conflict, NotFound];
    CONFIRM, provisioning::confirm, "confirmToken",
        "K3, S3: the token is sealed in the device and computes codes.",
        ConfirmRequest => ConfirmResponse, confirm, [Conflict, Lapsed, LevelTooLow, NotFound];
};

const RELYING_PARTY: &[Route] = &calls! { Bank:
    RP_ACTIVATION_ISSUE, relying_party::activation_issue, "issueActivation",
        "Issues an activation for a customer.",
        IssueActivationRequest => IssueActivationResponse, activation_issue, [Conflict, NotFound];
    RP_ACTIVATION_WITHDRAW, relying_party::activation_withdraw, "withdrawActivation",
        "Withdraws an activation, or the token it made while that is not active.",
        WithdrawActivationRequest => ActivationStateResponse, activation_withdraw,
        [Conflict, NotFound];
    RP_ACTIVATION_STATE, relying_party::activation_state, "readActivation",
        "Says where an activation stands.",
        ActivationStateRequest => ActivationStateResponse, activation_state, [NotFound];
    RP_TOKEN_REGISTER, relying_party::register, "registerToken",
        "Registers the serial a customer typed, with a current code.",
        RegisterRequest => RegisterResponse, token_register, [Conflict];
    RP_TOKEN_VERIFY, relying_party::verify, "verifyCode", "Verifies a code the customer typed.",
        VerifyRequest => VerifyResponse, token_verify, [Conflict];
    RP_TOKEN_RESYNC, relying_party::resync, "resyncToken",
        "Finds the clock of a token again by two consecutive codes.",
        ResyncRequest => VerifyResponse, token_resync, [Conflict];
    RP_TOKEN_EXCHANGE, relying_party::exchange, "exchangeToken",
        "Puts another token in the place of the customer's: both are changed, or neither.",
        ExchangeRequest => RegisterResponse, token_exchange, [Conflict];
    RP_TOKEN_CHANGE, relying_party::change, "changeToken",
        "Ends, holds or releases the customer's token.",
        ChangeTokenRequest => ChangeTokenResponse, token_change, [Conflict];
    RP_TOKEN_ASSIGN, relying_party::assign, "assignToken",
        "Says to which customer a hardware token was sent.",
        AssignRequest => AssignResponse, token_assign, [Conflict];
    RP_TOKEN_REPORT, relying_party::report, "reportToken",
        "Passes on what a customer says is wrong with a hardware token.",
        ReportRequest => ReportResponse, token_report, [Conflict];
    RP_TOKEN_STATE, relying_party::token_state, "readToken",
        "Says where a customer's token stands.",
        TokenStateRequest => TokenStateResponse, token_state, [];
    RP_TOKEN_HISTORY, relying_party::history, "readHistory",
        "Says what happened to a customer's tokens, for the customer to see.",
        HistoryRequest => HistoryResponse, token_history, [];
    RP_EVENTS_FETCH, relying_party::events, "fetchEvents",
        "Says what changed for the bank's customers, in order.",
        EventsRequest => EventsResponse, events_fetch, [];
    RP_SIGNATURE_BEGIN, relying_party::signature_begin, "beginSignature",
        "Announces a payment that the customer is to sign.",
        SigningRequest => SigningResponse, signature_begin, [Conflict];
    RP_SIGNATURE_VERIFY, relying_party::signature_verify, "verifySignature",
        "Verifies the signature a customer typed.",
        SignatureRequest => SignatureResponse, signature_verify, [Conflict];
};

const OPERATION: &[Route] = &[
    Route {
        path: paths::OPENAPI,
        method: Method::GET,
        handler: || get(openapi::handle),
        id: "readInterface",
        summary: "This document.",
        caller: Caller::Anyone,
        exchange: Exchange::Document,
        problems: &[],
    },
    Route {
        path: paths::HEALTHZ,
        method: Method::GET,
        handler: || get(health::alive),
        id: "isAlive",
        summary: "The process answers.",
        caller: Caller::Anyone,
        exchange: Exchange::Text,
        problems: &[],
    },
    Route {
        path: paths::READYZ,
        method: Method::GET,
        handler: || get(health::ready),
        id: "isReady",
        summary: "The database answers too.",
        caller: Caller::Anyone,
        exchange: Exchange::Text,
        problems: &[],
    },
];

/// Every call, in the order of the document.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    [RELYING_PARTY, PROVISIONING, OPERATION]
        .into_iter()
        .flatten()
}

/// The calls as a router.
pub(super) fn router() -> Router<App> {
    router_of(all())
}

/// The calls of banks, and no others.
pub(super) fn bank_router() -> Router<App> {
    router_of(RELYING_PARTY.iter())
}

fn router_of(routes: impl Iterator<Item = &'static Route>) -> Router<App> {
    routes.fold(Router::new(), |router, route| {
        router.route(route.path, (route.handler)())
    })
}

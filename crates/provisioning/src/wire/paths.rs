//! Where each call goes. All are `POST` but the last three.

/// K1: [`super::KBeginRequest`].
pub const ACTIVATION_BEGIN: &str = "/v1/provisioning/activation/begin";
/// K2: [`super::KFinishRequest`].
pub const ACTIVATION_FINISH: &str = "/v1/provisioning/activation/finish";
/// S1: [`super::SHelloRequest`].
pub const SELF_HELLO: &str = "/v1/provisioning/self/hello";
/// S2: [`super::SIssueRequest`].
pub const SELF_ISSUE: &str = "/v1/provisioning/self/issue";
/// K3 and S3: [`super::ConfirmRequest`].
pub const CONFIRM: &str = "/v1/provisioning/confirm";
/// [`super::CheckInRequest`].
pub const CHECK_IN: &str = "/v1/provisioning/check-in";
/// [`super::StopRequest`].
pub const STOP: &str = "/v1/provisioning/stop";
/// Relying party: issue an activation.
pub const RP_ACTIVATION_ISSUE: &str = "/v1/rp/activations/issue";
/// Relying party: withdraw an activation.
pub const RP_ACTIVATION_WITHDRAW: &str = "/v1/rp/activations/withdraw";
/// Relying party: state of an activation.
pub const RP_ACTIVATION_STATE: &str = "/v1/rp/activations/state";
/// Relying party: register a serial with a code.
pub const RP_TOKEN_REGISTER: &str = "/v1/rp/tokens/register";
/// Relying party: verify a code.
pub const RP_TOKEN_VERIFY: &str = "/v1/rp/tokens/verify";
/// Relying party: find a token's clock again by two codes.
pub const RP_TOKEN_RESYNC: &str = "/v1/rp/tokens/resync";
/// Relying party: put another token in the place of a customer's.
pub const RP_TOKEN_EXCHANGE: &str = "/v1/rp/tokens/exchange";
/// Relying party: end, hold or release a customer's token.
pub const RP_TOKEN_CHANGE: &str = "/v1/rp/tokens/change";
/// Relying party: to whom a hardware token was sent.
pub const RP_TOKEN_ASSIGN: &str = "/v1/rp/tokens/assign";
/// Relying party: what a customer says is wrong with a hardware token.
pub const RP_TOKEN_REPORT: &str = "/v1/rp/tokens/report";
/// Relying party: state of a customer's token.
pub const RP_TOKEN_STATE: &str = "/v1/rp/tokens/state";
/// Relying party: announce a payment to be signed.
pub const RP_SIGNATURE_BEGIN: &str = "/v1/rp/signatures/begin";
/// Relying party: verify a payment's signature.
pub const RP_SIGNATURE_VERIFY: &str = "/v1/rp/signatures/verify";
/// Relying party: what happened to one customer's tokens, for the customer to see.
pub const RP_TOKEN_HISTORY: &str = "/v1/rp/tokens/history";
/// Relying party: what happened to its customers' tokens.
pub const RP_EVENTS_FETCH: &str = "/v1/rp/events/fetch";
/// `GET`: this interface as an OpenAPI document.
pub const OPENAPI: &str = "/v1/openapi.json";
/// `GET`: the process answers.
pub const HEALTHZ: &str = "/healthz";
/// `GET`: the process can serve.
pub const READYZ: &str = "/readyz";

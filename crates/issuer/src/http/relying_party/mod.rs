//! What banks call. A bank sees its own institution only: what belongs to another answers exactly
//! like what does not exist.

pub(crate) mod activation_issue;
pub(crate) mod activation_state;
pub(crate) mod activation_withdraw;
pub(crate) mod assign;
pub(crate) mod change;
mod claim;
pub(crate) mod events;
pub(crate) mod exchange;
pub(crate) mod history;
mod once;
pub(crate) mod register;
pub(crate) mod report;
pub(crate) mod resync;
mod search;
pub(crate) mod signature_begin;
pub(crate) mod signature_verify;
mod staff;
pub(crate) mod token_state;
pub(crate) mod verify;

use skts_provisioning::wire::rp::RpVerdict;

pub(crate) use staff::{register_for_staff, verify_for_staff};

use crate::rules::verify::Verdict;

/// A verdict in the words of the wire.
fn on_the_wire(verdict: Verdict) -> RpVerdict {
    match verdict {
        Verdict::Accepted { .. } => RpVerdict::Accepted,
        Verdict::Rejected => RpVerdict::Rejected,
        Verdict::Replayed => RpVerdict::Replayed,
        Verdict::Locked => RpVerdict::Locked,
        Verdict::Unknown => RpVerdict::Unknown,
    }
}

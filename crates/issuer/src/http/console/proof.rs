//! Who somebody is: name, password, then a code of one's own token. The code is looked at only after
//! the password was right; whatever is wrong, the answer and the work are the same.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::PoisonError;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use skts_provisioning::wire::rp::RpVerdict;

use super::Desk;
use crate::audit::{Action, Entry};
use crate::http::verify_for_staff;
use crate::rules::roles::is_staff_name;
use crate::staff::{STAFF_INSTITUTION, StaffPassword, subscriber_of};
use crate::storage::staff::{self, StaffRow};
use crate::storage::{Connection, StorageError, audit, calls};

/// The address that a form came from.
pub(super) struct CallerAddress(IpAddr);

impl<S: Sync> FromRequestParts<S> for CallerAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Ok(Self(info.map_or(unknown, |info| info.0.ip())))
    }
}

/// What somebody typed, and what for.
pub(super) struct Claim<'a> {
    pub(super) name: &'a str,
    pub(super) password: &'a str,
    pub(super) code: &'a str,
    /// What the audit trail says was tried, if it is refused.
    pub(super) action: Action,
}

/// How it ended.
pub(super) enum Proof {
    Right(StaffRow),
    Wrong,
    Wait,
}

/// Whether `claim` is right. Whatever it is for, wrong ones are counted together: a form more is not
/// another row of tries. A refused one is written down here, a right one by who asked.
pub(super) async fn prove(
    desk: &Desk,
    from: CallerAddress,
    claim: Claim<'_>,
) -> Result<Proof, StorageError> {
    let issuer = &desk.app.issuer;
    let allowed = {
        let mut limits = desk.sign_ins.lock().unwrap_or_else(PoisonError::into_inner);
        limits.take(from.0, issuer.now()).is_ok()
    };
    // A password typed into the wrong field must not stand anywhere.
    let name_hash = hex::encode(Sha256::digest(claim.name.as_bytes()));
    let tries = format!("sign-in:{name_hash}");
    if !allowed || !take_try(desk, &tries).await? {
        return Ok(Proof::Wait);
    }
    let found = {
        let mut connection = issuer.storage.read().await?;
        staff::by_name(&mut connection, claim.name).await?
    };
    let found = found.filter(|staff| is_staff_name(&staff.name) && !staff.disabled);
    let hash = found.as_ref().map(|staff| staff.password_hash.clone());
    let password = StaffPassword::typed(claim.password);
    let hashing = desk.hashing.acquire().await;
    let right = tokio::task::spawn_blocking(move || password.fits(hash.as_deref()))
        .await
        .unwrap_or(false);
    drop(hashing);
    let verdict = match &found {
        Some(staff) if right => {
            let subscriber = subscriber_of(&staff.name);
            let verdict = verify_for_staff(&desk.app, &subscriber, claim.code).await;
            verdict.unwrap_or(RpVerdict::Unknown)
        }
        _ => RpVerdict::Rejected,
    };
    let accepted = verdict == RpVerdict::Accepted;
    let (tries, name) = (&tries, found.as_ref().map(|staff| staff.name.as_str()));
    let action = claim.action;
    issuer
        .storage
        .change(tries, |mut transaction| async move {
            let connection = &mut transaction;
            let done = match accepted {
                true => {
                    calls::clear_registration_failures(connection, STAFF_INSTITUTION, tries).await
                }
                false => write_refusal(desk, connection, name, action).await,
            };
            (transaction, done)
        })
        .await?;
    tracing::info!(accepted, action = action.as_str(), "proof at the console");
    Ok(match found {
        Some(staff) if accepted => Proof::Right(staff),
        _ => Proof::Wrong,
    })
}

/// Counts a try before it is looked at, so that many at once overtake no wait. False while there is
/// one.
async fn take_try(desk: &Desk, tries: &str) -> Result<bool, StorageError> {
    let issuer = &desk.app.issuer;
    let now = issuer.now();
    issuer
        .storage
        .change(tries, |mut transaction| async move {
            let connection = &mut transaction;
            let done = async {
                let open = calls::may_register(connection, STAFF_INSTITUTION, tries, now).await?;
                if open {
                    calls::count_registration_failure(connection, STAFF_INSTITUTION, tries, now)
                        .await?;
                }
                Ok(open)
            };
            let done = done.await;
            (transaction, done)
        })
        .await
}

async fn write_refusal(
    desk: &Desk,
    connection: &mut Connection,
    name: Option<&str>,
    action: Action,
) -> Result<(), StorageError> {
    let subject = name.map(subscriber_of);
    let actor = subject.as_deref().unwrap_or("staff");
    let now = desk.app.issuer.now();
    let entry = Entry {
        subscriber_ref: subject.as_deref(),
        ..Entry::of(now, STAFF_INSTITUTION, actor, action, "rejected")
    };
    audit::write(connection, &entry).await
}

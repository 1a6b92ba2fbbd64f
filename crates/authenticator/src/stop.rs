//! Why a set-up stops, and which stops are final.

use skts_provisioning::device::SignError;
use skts_provisioning::k::KError;
use skts_provisioning::s::SError;
use skts_provisioning::wire::{Message, Problem, ProblemCode, paths};
use skts_sealed::scrub_stack;
use skts_vault::{DeviceKeyError, KeyStoreError, VaultError};

use crate::error::ErrorCode;
use crate::ports::{Network, NetworkError};

/// Asked for when a service that is busy does not say how long.
const DEFAULT_RETRY_SECS: u32 = 30;

/// Why a set-up stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Over: the service or the password check refused.
    Refused,
    /// Over: the device is below the institution's level.
    LevelTooLow,
    /// Over: the app is older than the service takes.
    VersionTooOld,
    /// Over: too late.
    Lapsed,
    /// To be resumed.
    Cancelled,
    /// To be resumed, with the password.
    PasswordNeeded,
    /// To be resumed.
    Network,
    /// To be resumed.
    Busy { retry_after_secs: u32 },
    /// To be resumed, once somebody has mended it.
    Fault(ErrorCode),
    /// The device is in the way; to be resumed.
    Vault(VaultError),
}

impl Stop {
    /// Whether the set-up cannot be resumed.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Refused | Self::LevelTooLow | Self::VersionTooOld | Self::Lapsed
        )
    }
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<KError> for Stop {
    fn from(error: KError) -> Self {
        match error {
            KError::PasswordRefused => Self::Refused,
            KError::Reply(_) | KError::Sealed | KError::Grant(_) | KError::OtherInstitution => {
                Self::Fault(ErrorCode::ServiceAnswer)
            }
            KError::Sign(error) => error.into(),
            KError::OtherDevice => Self::Vault(DeviceKeyError::Gone.into()),
            KError::Damaged => Self::Vault(VaultError::Corrupt { saved_aside: None }),
            KError::Params => Self::Fault(ErrorCode::Internal),
        }
    }
}

impl From<SError> for Stop {
    fn from(error: SError) -> Self {
        match error {
            SError::Reply(_)
            | SError::Sealed
            | SError::Grant(_)
            | SError::Signature
            | SError::UnknownKey
            | SError::Work { .. } => Self::Fault(ErrorCode::ServiceAnswer),
            SError::Sign(error) => error.into(),
            SError::OtherDevice => Self::Vault(DeviceKeyError::Gone.into()),
            SError::Damaged => Self::Vault(VaultError::Corrupt { saved_aside: None }),
            SError::Params => Self::Fault(ErrorCode::Internal),
        }
    }
}

impl From<SignError> for Stop {
    fn from(error: SignError) -> Self {
        let error = match error {
            SignError::Gone => DeviceKeyError::Gone,
            SignError::Locked => KeyStoreError::Locked.into(),
            SignError::Slow => KeyStoreError::Slow.into(),
            SignError::NoKeyStore => KeyStoreError::Absent.into(),
            SignError::PartMissing => KeyStoreError::Missing.into(),
            SignError::Busy => DeviceKeyError::Busy,
            SignError::Unavailable => DeviceKeyError::Refused,
            SignError::WrongShape => DeviceKeyError::Damaged,
        };
        Self::Vault(error.into())
    }
}

/// A refusal in the service's own words, with the seconds it asks to wait.
pub(crate) type Refusal = (ProblemCode, Option<u32>);

/// Sends a request; the inner error is a refusal in the service's own words.
pub(crate) fn ask(
    network: &dyn Network,
    address: &str,
    path: &str,
    body: &[u8],
) -> Result<Result<Vec<u8>, Refusal>, Stop> {
    // Waiting may be long, and what was computed before it is over.
    scrub_stack();
    let url = format!("{address}{path}");
    let reply = network.post(&url, body).map_err(|error| match error {
        NetworkError::Unreachable => Stop::Network,
        NetworkError::Unreadable => Stop::Fault(ErrorCode::ServiceAnswer),
        NetworkError::Address => Stop::Fault(ErrorCode::InstitutionList),
    })?;
    if (200..300).contains(&reply.status) {
        return Ok(Ok(reply.body));
    }
    let wait = reply.retry_after_secs;
    match Problem::parse(&reply.body) {
        Ok(problem) => Ok(Err((problem.code, wait))),
        // Something on the way answered: a gateway, a captive portal.
        Err(_) if matches!(reply.status, 429 | 500..=599) => Err(busy(wait)),
        Err(_) => Err(Stop::Fault(ErrorCode::ServiceAnswer)),
    }
}

/// Sends what a device asks of its own token; one that the service does not know is `check-refused`.
pub(crate) fn ask_of_token(
    network: &dyn Network,
    address: &str,
    path: &str,
    body: &[u8],
) -> Result<Vec<u8>, Stop> {
    ask(network, address, path, body)?.map_err(|problem| match problem.0 {
        ProblemCode::NotFound => Stop::Fault(ErrorCode::CheckRefused),
        _ => refusal(problem, path),
    })
}

pub(crate) fn parse<M: Message>(body: &[u8]) -> Result<M, Stop> {
    M::parse(body).map_err(|_| Stop::Fault(ErrorCode::ServiceAnswer))
}

pub(crate) fn busy(retry_after_secs: Option<u32>) -> Stop {
    Stop::Busy {
        retry_after_secs: retry_after_secs
            .unwrap_or(DEFAULT_RETRY_SECS)
            .clamp(1, 86_400),
    }
}

pub(crate) fn refusal((code, wait): Refusal, path: &str) -> Stop {
    let activating = path == paths::ACTIVATION_BEGIN || path == paths::ACTIVATION_FINISH;
    match code {
        ProblemCode::ActivationRefused => Stop::Refused,
        ProblemCode::NotFound if activating => Stop::Refused,
        ProblemCode::Lapsed => Stop::Lapsed,
        ProblemCode::LevelTooLow => Stop::LevelTooLow,
        ProblemCode::VersionTooOld => Stop::VersionTooOld,
        ProblemCode::Busy | ProblemCode::Internal => busy(wait),
        // Whoever answers a path he does not know says this too: no reason to give a token up.
        ProblemCode::NotFound
        | ProblemCode::BadRequest
        | ProblemCode::Conflict
        | ProblemCode::ExpiredChallenge
        | ProblemCode::Forbidden
        | ProblemCode::HeadersTooLarge
        | ProblemCode::MethodNotAllowed
        | ProblemCode::TooLarge
        | ProblemCode::Unauthorized
        | ProblemCode::UnsupportedMediaType => Stop::Fault(ErrorCode::ServiceAnswer),
    }
}

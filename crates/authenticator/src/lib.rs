//! The use cases of the token app, for any host: set up, show a code, switch the mode, look
//! after the tokens. A window and a terminal are hosts; see [`ports`] for what they bring and
//! [`hosts`] for what real programs use.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod app_state;
pub mod dates;
pub mod error;
mod evidence;
pub mod hosts;
pub mod ports;
mod qr_code;
pub mod qr_image;
pub mod views;

mod authenticator;
mod check;
mod chip_words;
mod clock;
mod clock_words;
mod codes;
mod doctor;
mod findings;
mod flow;
mod institutions;
mod notes;
mod pending;
mod pin;
mod prefs;
mod set_up;
mod set_up_qr;
mod settings;
mod sign;
mod signer;
mod stop;
mod stop_token;
mod stores;
mod tokens;

pub use app_state::{AppState, ContactView, DiskProblem, Listed, SetUpStep};
pub use authenticator::{
    ActivationForm, Authenticator, CONSENT_VERSION, Canceller, Config, InstitutionSource,
};
pub use codes::CodeToCopy;
pub use error::{AppError, ErrorClass, ErrorCode, Fault, Field, FieldFault};
pub use set_up_qr::LINK_SCHEME;
pub use settings::{ClearAfter, HideCode, LockAfter, Settings, TextSize, Theme};

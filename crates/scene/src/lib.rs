//! Scenes: the app in a state of one's choosing, at a moment of one's choosing, for pictures of it.
//!
//! A scene is a TOML file ([`Scene`]). [`Stage::set`] brings it about beneath the authenticator's
//! ports: tokens are set up by the app's own use cases with a service made of the provisioning
//! crate's server sides, on a clock that stands still, with a generator that begins with the scene.
//! Codes are computed from seed and time as on any device.
//!
//! It knows the seeds of what it shows, so nothing that is handed out may contain it: it does not compile
//! without the assertions that the profile `release` leaves out.

#[cfg(not(debug_assertions))]
compile_error!("scenes are for development: no release may contain them");

mod cast;
mod clock;
mod device;
mod file;
mod institutions;
mod moment;
mod parts;
mod ratchets;
mod service;
mod stage;

pub use cast::part;
pub use file::{Activation, Checked, Scene, SceneError, Token, Words};
pub use institutions::{
    CodeDigits, Institution, Serial, SetUp, read_institutions, standard_institutions,
};
pub use moment::Moment;
pub use parts::{Callout, DeviceFault, Fault, FaultKind, GuidePicture, Key, Step};
pub use stage::{Stage, StageError};

pub use skts_authenticator::views::Language as AppLanguage;

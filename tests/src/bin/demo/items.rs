//! The story's items in the visitor's own keystore, taken out again at the end.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use serde_json::Value;
use skts_tests::programs::setting;
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::skts::APP_ID;

/// Where a program finds its session bus.
pub(crate) const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

static PROFILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Takes the items of the story's profiles out of the session's keystore when the story ends, before
/// their folders go.
pub(crate) struct Items;

impl Items {
    /// The items of `profile`, if `sandbox` uses the keystore of the visitor's own session.
    pub(crate) fn of(sandbox: &Sandbox, profile: &Path) -> Self {
        let own = setting(BUS).map(OsString::from);
        if own.is_some() && own.as_ref() == sandbox.environment().get(OsStr::new(BUS)) {
            let mut profiles = PROFILES.lock().unwrap_or_else(PoisonError::into_inner);
            profiles.push(profile.to_owned());
        }
        Self
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        take_out();
    }
}

/// Takes the items out now.
pub(crate) fn take_out() {
    let mut profiles = PROFILES.lock().unwrap_or_else(PoisonError::into_inner);
    let ids: Vec<String> = profiles
        .drain(..)
        .filter_map(|profile| profile_id(&profile).ok())
        .collect();
    if ids.is_empty() {
        return;
    }
    if let Ok(sandbox) = Sandbox::new(Keyring::Session) {
        for id in ids {
            let _ = sandbox.delete_keystore_items(APP_ID, &id);
        }
    }
}

/// The public name of a profile, with which the names of its keystore items begin.
pub(crate) fn profile_id(profile: &Path) -> Result<String> {
    let marker: Value = serde_json::from_str(&fs::read_to_string(profile.join("marker.json"))?)?;
    marker["profile_id"]
        .as_str()
        .map(str::to_owned)
        .context("the marker names no profile")
}

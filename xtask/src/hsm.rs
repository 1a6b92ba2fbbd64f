//! Ring `hsm`: SoftHSM 2 in a token folder of its own.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::count::Tally;

const SOFT_HSM: &[&str] = &[
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// Runs the tests that need a PKCS#11 token.
pub(crate) fn run(context: &Context<'_>) -> Result<Tally> {
    let module = SOFT_HSM.iter().find(|module| Path::new(module).is_file());
    let module = module.context("libsofthsm2.so is in none of its usual places")?;
    let folder = tempfile::tempdir()?;
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens)?;
    let settings = folder.path().join("softhsm2.conf");
    std::fs::write(
        &settings,
        format!("directories.tokendir = {}\n", tokens.display()),
    )?;
    let settings = settings.to_string_lossy();
    let test = [
        "test",
        "--workspace",
        "--exclude",
        "skts-tests",
        "--test",
        "hsm",
    ];
    let told = [("SKTS_TEST_PKCS11", *module), ("SOFTHSM2_CONF", &*settings)];
    context.counted_with("cargo", &test, &told)
}

//! The ring `cross`: the window and all below it, and `skts`, are checked for the four other systems,
//! and each system's tree holds its own keystore and no other.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::count::Tally;
use crate::run;

/// The window, which all that a device runs is below, and the program without one where there is a
/// shell to start it from. What is ours on the way is checked by clippy as strictly as on this system.
fn programs(target: &str) -> &'static [&'static str] {
    if target.contains("apple-ios") || target.contains("android") {
        &["skts-app"]
    } else {
        &["skts-app", "skts-cli"]
    }
}

const STORES: &[&str] = &[
    "zbus-secret-service-keyring-store",
    "apple-native-keyring-store",
    "windows-native-keyring-store",
    "android-native-keyring-store",
];

/// Target and the one keystore it may have; the first is the tree of this system, not checked out
/// again.
const TARGETS: &[(&str, &str)] = &[
    (
        "x86_64-unknown-linux-gnu",
        "zbus-secret-service-keyring-store",
    ),
    ("aarch64-linux-android", "android-native-keyring-store"),
    ("aarch64-apple-ios", "apple-native-keyring-store"),
    ("aarch64-apple-darwin", "apple-native-keyring-store"),
    ("x86_64-pc-windows-gnu", "windows-native-keyring-store"),
];

/// Checks every foreign target and every tree.
///
/// # Errors
/// When a tool cannot be started or a target cannot be added.
pub(crate) fn run(context: &Context<'_>) -> Result<Tally> {
    let stubs = stand_ins(context.root)?;
    let mut tally = Tally::default();
    for (target, store) in TARGETS {
        let tree = run::output(run::command(
            context.root,
            "cargo",
            &[
                "tree",
                "-p",
                "skts-vault",
                "--target",
                target,
                "-e",
                "normal",
                "--prefix",
                "none",
            ],
        ))?;
        let found = stores(&tree);
        println!("{target}: {}", found.join(", "));
        tally.check(found == [*store]);
        if target.contains("linux-gnu") {
            continue;
        }
        add_target(context.root, target)?;
        tally.check(type_checks(context, target, &stubs)?);
    }
    Ok(tally)
}

/// Installs the standard library for `target`, unless it is there.
///
/// # Errors
/// When rustup fails.
pub(crate) fn add_target(root: &Path, target: &str) -> Result<()> {
    let list = run::command(root, "rustup", &["target", "list", "--installed"]);
    if run::output(list)?.lines().any(|line| line == target) {
        return Ok(());
    }
    run::step(root, "rustup", &["target", "add", target])
}

/// The keystores named in what `cargo tree --prefix none` prints.
fn stores(tree: &str) -> Vec<&'static str> {
    let named = |store: &&&str| {
        tree.lines()
            .any(|line| line.split(' ').next() == Some(store))
    };
    STORES.iter().filter(named).copied().collect()
}

fn type_checks(context: &Context<'_>, target: &str, stubs: &Path) -> Result<bool> {
    let mut args = vec!["clippy", "--locked", "--target", target];
    for name in programs(target) {
        args.extend(["-p", name]);
    }
    args.extend(["--", "-D", "warnings"]);
    passes(context, target, stubs, &args)
}

fn passes(context: &Context<'_>, target: &str, stubs: &Path, args: &[&str]) -> Result<bool> {
    run::announce("cargo", args);
    let variable = target.replace('-', "_");
    let mut command = run::command(context.root, "cargo", args);
    command
        .env("STUBS", stubs)
        // Any page will do: the real one is built by the rings that look at it.
        .env("TAURI_CONFIG", STAND_IN_PAGE)
        .env("PATH", with_folder(&stubs.join("bin"))?)
        .env(format!("CC_{variable}"), stubs.join("cc"))
        .env(format!("AR_{variable}"), stubs.join("ar"));
    run::watched(&mut command, &mut |_| {})
}

const STAND_IN_PAGE: &str = r#"{"build":{"frontendDist":"../target/stand-ins/page"}}"#;

/// `PATH` with `folder` in front.
fn with_folder(folder: &Path) -> Result<std::ffi::OsString> {
    let path = run::setting("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).context("PATH cannot be extended")
}

/// Stand-ins for the foreign C compilers: only type-checking is wanted, so they make empty objects.
fn stand_ins(root: &Path) -> Result<PathBuf> {
    const COMPILER: &str = "#!/bin/sh\n\
        o=; p=\n\
        for a in \"$@\"; do [ \"$p\" = -o ] && o=$a; p=$a; done\n\
        [ -n \"$o\" ] && : > \"$o\"\n\
        exit 0\n";
    const XCRUN: &str = "#!/bin/sh\n\
        case \"$*\" in *show-sdk-path*) echo \"$STUBS/sdk\";; *) echo \"$STUBS/cc\";; esac\n";
    let stubs = root.join("target/stand-ins");
    fs::create_dir_all(stubs.join("bin"))?;
    fs::create_dir_all(stubs.join("sdk"))?;
    fs::create_dir_all(stubs.join("page"))?;
    fs::write(stubs.join("page/index.html"), "<!doctype html>\n")?;
    for (path, text) in [("cc", COMPILER), ("ar", COMPILER), ("bin/xcrun", XCRUN)] {
        let path = stubs.join(path);
        fs::write(&path, text)?;
        executable(&path)?;
    }
    Ok(stubs)
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o755),
    )?)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_with_a_second_keystore_is_seen() {
        let own = "skts-vault v0.1.0 (/src)\nzbus-secret-service-keyring-store v1.0.1\nzbus v5";
        assert_eq!(stores(own), ["zbus-secret-service-keyring-store"]);
        let planted = format!("{own}\napple-native-keyring-store v1.0.2");
        assert_eq!(stores(&planted).len(), 2);
        assert!(stores("skts-vault v0.1.0").is_empty());
    }
}

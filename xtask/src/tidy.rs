//! `./x tidy`: the rules of the house that no compiler keeps.
//!
//! Who may know whom, who owns which outside crate, and that ARCHITECTURE.md says both and names
//! every folder are here; what is read off the source files is in [`source`].

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run;

mod source;

/// Which of our crates each of our crates may use, for tests too.
const EDGES: &[(&str, &[&str])] = &[
    ("skts-otp", &[]),
    ("skts-sealed", &[]),
    ("skts-pskc", &[]),
    ("skts-provisioning", &["skts-otp", "skts-sealed"]),
    ("skts-vault", &["skts-otp", "skts-sealed"]),
    (
        "skts-authenticator",
        &["skts-otp", "skts-sealed", "skts-provisioning", "skts-vault"],
    ),
    ("skts-cli", &["skts-otp", "skts-authenticator"]),
    (
        "skts-scene",
        &[
            "skts-otp",
            "skts-sealed",
            "skts-provisioning",
            "skts-vault",
            "skts-authenticator",
        ],
    ),
    ("skts-app", &["skts-authenticator", "skts-scene"]),
    (
        "skts-issuer",
        &["skts-otp", "skts-sealed", "skts-pskc", "skts-provisioning"],
    ),
    ("skts-sample-bank", &["skts-otp"]),
    // Opens envelopes, to know what to search memory for.
    ("skts-tests", &["skts-sealed"]),
    (
        "skts-shots",
        &[
            "skts-institution",
            "skts-output",
            "skts-scene",
            "skts-tests",
            "skts-walks",
        ],
    ),
    // Runs bank, service and app in one process.
    (
        "skts-walks",
        &[
            "skts-otp",
            "skts-sealed",
            "skts-pskc",
            "skts-vault",
            "skts-authenticator",
            "skts-issuer",
            "skts-sample-bank",
            "skts-tests",
        ],
    ),
    ("skts-institution", &[]),
    ("skts-output", &[]),
    // Prints with the browser that the tests drive; its own tests print the words of the walks.
    (
        "skts-guide",
        &[
            "skts-institution",
            "skts-output",
            "skts-tests",
            "skts-walks",
        ],
    ),
    ("xtask", &[]),
];

/// Outside crates and who of ours may use each; a star stands for any beginning or end.
const OWNERS: &[(&str, &[&str])] = &[
    ("tauri*", &["skts-app"]),
    ("tray-icon", &["skts-app"]),
    ("axum", &["skts-issuer", "skts-sample-bank"]),
    ("sqlx", &["skts-issuer", "skts-sample-bank"]),
    ("askama", &["skts-issuer", "skts-sample-bank"]),
    ("lettre", &["skts-sample-bank"]),
    ("keyring-core", &["skts-vault"]),
    ("*-keyring-store", &["skts-vault"]),
    ("tpm2-protocol", &["skts-vault"]),
    ("windows-sys", &["skts-vault"]),
    ("jni", &["skts-vault"]),
    ("ndk-context", &["skts-vault"]),
    ("security-framework*", &["skts-vault"]),
    ("core-foundation", &["skts-vault"]),
    ("rxing", &["skts-authenticator"]),
    (
        "image",
        &[
            "skts-authenticator",
            "skts-tests",
            "skts-shots",
            "skts-guide",
        ],
    ),
    ("lopdf", &["skts-guide"]),
    ("ttf-parser", &["skts-institution"]),
    ("aes-gcm", &["skts-sealed"]),
    ("totp-rs", &["skts-otp"]),
    // Credentials for chips are in the TPM's own form.
    ("aes", &["skts-pskc", "skts-issuer"]),
    ("cfb-mode", &["skts-issuer"]),
    ("rsa", &["skts-issuer"]),
    ("rustls-webpki", &["skts-issuer"]),
    ("x509-parser", &["skts-issuer"]),
    ("aes-kw", &["skts-pskc"]),
    ("cbc", &["skts-pskc"]),
    ("pbkdf2", &["skts-pskc"]),
    ("quick-xml", &["skts-pskc"]),
    ("opaque-ke", &["skts-provisioning"]),
    ("hpke", &["skts-provisioning"]),
];

/// Folders that are not ours to describe: made by tools, or placed where a tool looks for them.
const NO_ROOMS: &[&str] = &[".cargo", ".git", ".idea", ".vscode", "target"];

/// Checks every rule; each violation is printed.
///
/// # Errors
/// When a rule is broken, or the workspace cannot be read.
pub(crate) fn run(root: &Path) -> Result<()> {
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    let args = ["metadata", "--format-version", "1", "--no-deps"];
    let metadata = run::output(run::command(root, "cargo", &args))?;
    let packages = packages(&serde_json::from_str(&metadata)?)?;
    let mut findings = edges(&packages, EDGES);
    findings.extend(owners(&packages, OWNERS));
    findings.extend(table(&architecture, EDGES));
    findings.extend(unnamed(&architecture, &rooms(root)?));
    findings.extend(source::check(root)?);
    for finding in &findings {
        println!("tidy: {finding}");
    }
    if !findings.is_empty() {
        bail!("{} rules of the house are broken", findings.len());
    }
    Ok(())
}

/// One of our crates, and the names of the crates it uses directly.
struct Package {
    name: String,
    uses: Vec<String>,
}

fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let name = |value: &Value| {
        let name = value["name"].as_str().map(str::to_owned);
        name.context("cargo metadata without a name")
    };
    let list = |value: &Value, key| {
        let list = value.get(key).and_then(Value::as_array).cloned();
        list.with_context(|| format!("cargo metadata without {key}"))
    };
    list(metadata, "packages")?
        .iter()
        .map(|package| {
            Ok(Package {
                name: name(package)?,
                uses: list(package, "dependencies")?
                    .iter()
                    .map(name)
                    .collect::<Result<_>>()?,
            })
        })
        .collect()
}

fn edges(packages: &[Package], allowed: &[(&str, &[&str])]) -> Vec<String> {
    let ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut findings = Vec::new();
    for package in packages {
        let Some((_, may_use)) = allowed.iter().find(|(name, _)| *name == package.name) else {
            findings.push(format!(
                "{} is not in the table of who may know whom",
                package.name
            ));
            continue;
        };
        for used in package.uses.iter().filter(|used| ours(used)) {
            if !may_use.contains(&used.as_str()) {
                findings.push(format!("{} may not know {used}", package.name));
            }
        }
    }
    for (name, _) in allowed.iter().filter(|(name, _)| !ours(name)) {
        findings.push(format!(
            "the table of who may know whom has no crate {name}"
        ));
    }
    findings
}

fn owners(packages: &[Package], table: &[(&str, &[&str])]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        for used in &package.uses {
            for (pattern, owners) in table {
                if matches(pattern, used) && !owners.contains(&package.name.as_str()) {
                    findings.push(format!(
                        "{} uses {used}, which is for {} alone",
                        package.name,
                        owners.join(", ")
                    ));
                }
            }
        }
    }
    findings
}

fn matches(pattern: &str, name: &str) -> bool {
    if let Some(start) = pattern.strip_suffix('*') {
        name.starts_with(start)
    } else if let Some(end) = pattern.strip_prefix('*') {
        name.ends_with(end)
    } else {
        name == pattern
    }
}

/// Whether the page's table of who may know whom says what ours says.
fn table(architecture: &str, allowed: &[(&str, &[&str])]) -> Vec<String> {
    let rows: Vec<(Vec<&str>, Vec<&str>)> = architecture
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.split_once('|'))
        .map(|(who, whom)| (quoted(who), quoted(whom)))
        .collect();
    let told = |name: &str| rows.iter().find(|(who, _)| who.contains(&name));
    let mut findings = Vec::new();
    for (name, may_use) in allowed {
        let Some((_, whom)) = told(name) else {
            findings.push(format!("ARCHITECTURE.md does not say whom {name} may know"));
            continue;
        };
        let same = whom.len() == may_use.len() && whom.iter().all(|used| may_use.contains(used));
        if !same {
            findings.push(format!(
                "ARCHITECTURE.md says that {name} may know {whom:?}, the table {may_use:?}"
            ));
        }
    }
    findings
}

/// The words of `text` in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The folders that the page must name: those at the top, those of the crates and of the tools.
fn rooms(root: &Path) -> Result<Vec<String>> {
    let mut rooms = Vec::new();
    let folders = [("", ""), ("crates", "crates/"), ("tools", "tools/")];
    for (folder, prefix) in folders.map(|(folder, prefix)| (root.join(folder), prefix)) {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() && !NO_ROOMS.contains(&name.as_str()) {
                rooms.push(format!("{prefix}{name}"));
            }
        }
    }
    // Its rooms are named one by one.
    rooms.retain(|room| room != "crates" && room != "tools");
    rooms.sort();
    Ok(rooms)
}

fn unnamed(architecture: &str, rooms: &[String]) -> Vec<String> {
    rooms
        .iter()
        .filter(|room| !architecture.contains(&format!("`{room}`")))
        .map(|room| format!("ARCHITECTURE.md does not name the folder {room}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[(&str, &[&str])] = &[("a", &[]), ("b", &["a"])];

    fn planted(text: &str) -> Vec<Package> {
        packages(&serde_json::from_str(text).unwrap_or_default()).unwrap_or_default()
    }

    fn metadata(a: &str, b: &str) -> String {
        format!(
            r#"{{"packages":[{{"name":"a","dependencies":[{a}]}},
                {{"name":"b","dependencies":[{b}]}}]}}"#
        )
    }

    #[test]
    fn a_crate_that_knows_what_it_may_not_is_found() {
        let uses_a = r#"{"name":"a","kind":null},{"name":"serde","kind":null}"#;
        let good = planted(&metadata("", uses_a));
        assert_eq!(good.len(), 2);
        assert_eq!(edges(&good, RULES), [""; 0]);
        // A test's dependency leads back up as well as any other.
        let back = planted(&metadata(r#"{"name":"b","kind":"dev"}"#, uses_a));
        assert_eq!(edges(&back, RULES), ["a may not know b"]);
    }

    #[test]
    fn a_crate_outside_the_table_and_a_row_without_a_crate_are_found() {
        let packages = planted(&metadata("", ""));
        let rules: &[(&str, &[&str])] = &[("a", &[]), ("c", &[])];
        assert_eq!(
            edges(&packages, rules),
            [
                "b is not in the table of who may know whom",
                "the table of who may know whom has no crate c"
            ]
        );
    }

    #[test]
    fn one_who_is_no_owner_is_found() {
        let uses = |name: &str| format!(r#"{{"name":"{name}"}}"#);
        let rules: [(&str, &[&str]); 4] = [
            ("cipher", &["a"]),
            ("shell*", &["a"]),
            ("*-store", &["a"]),
            ("shared", &["a", "b"]),
        ];
        let owned = planted(&metadata(&uses("cipher"), &uses("cipher-other")));
        assert_eq!(owners(&owned, &rules), [""; 0]);
        for taken in ["cipher", "shell", "shell-plugin", "one-store"] {
            let packages = planted(&metadata("", &uses(taken)));
            let finding = format!("b uses {taken}, which is for a alone");
            assert_eq!(owners(&packages, &rules), [finding]);
        }
        let shared = planted(&metadata(&uses("shared"), &uses("shared")));
        assert_eq!(owners(&shared, &rules), [""; 0]);
        let third = r#"{"packages":[{"name":"c","dependencies":[{"name":"shared"}]}]}"#;
        assert_eq!(
            owners(&planted(third), &rules),
            ["c uses shared, which is for a, b alone"]
        );
    }

    #[test]
    fn a_page_that_tells_another_table_is_found() {
        let page = "| `a` | nobody |\n| `b` | `a` |\n";
        assert_eq!(table(page, RULES), [""; 0]);
        assert_eq!(table("| `a` | nobody |\n| `b` | `c` |\n", RULES).len(), 1);
        assert_eq!(table("| `a` | `b` |\n| `b` | `a` |\n", RULES).len(), 1);
        assert_eq!(
            table("| `a` | nobody |\n", RULES),
            ["ARCHITECTURE.md does not say whom b may know"]
        );
    }

    #[test]
    fn a_folder_without_a_word_is_found() {
        let page = "**`crates/a`** is the ground, and `docs` speaks of rooms.";
        let rooms = ["crates/a", "crates/b", "docs", "rooms"].map(str::to_owned);
        assert_eq!(
            unnamed(page, &rooms),
            [
                "ARCHITECTURE.md does not name the folder crates/b",
                "ARCHITECTURE.md does not name the folder rooms"
            ]
        );
    }

    #[test]
    fn the_rooms_of_this_house_are_seen() -> Result<()> {
        let rooms = rooms(&crate::root()?)?;
        for room in ["crates/otp", "docs", "tools/guide", "xtask"] {
            assert!(rooms.contains(&room.to_owned()), "{rooms:?}");
        }
        Ok(())
    }
}

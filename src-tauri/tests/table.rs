//! The command table against all that repeats it: the capability, the page's types, the
//! configuration. `cargo test -p skts-app -- --ignored` writes the page's types anew.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use skts_authenticator::views::{
    CodeView, DateView, FaultyTokenView, GlanceView, InstitutionView, Language, LocalizedView,
    PendingStage, PendingView, SetUpWay, TokenView, ViewMode,
};
use skts_authenticator::{
    AppError, AppState, ContactView, DiskProblem, ErrorClass, ErrorCode, Fault, Field, FieldFault,
    SetUpStep,
};
use ts_rs::{Config, TS};

include!("../src/table.rs");

macro_rules! names {
    ($($name:ident),*) => {
        &[$(stringify!($name)),*]
    };
}

const COMMANDS: &[&str] = command_table!(names);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn json(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).expect("the file is there");
    serde_json::from_str(&text).expect("the file is JSON")
}

/// The page's types, as they are made from the Rust ones.
fn types() -> String {
    let config = Config::default();
    let mut text =
        "// Made from the Rust types by `cargo test -p skts-app -- --ignored`. Do not edit.\n\n"
            .to_owned();
    macro_rules! declare {
        ($($type:ty),* $(,)?) => {
            $(text += &format!("export {}\n", <$type as TS>::decl(&config));)*
        };
    }
    declare!(
        SetUpStep, ContactView, AppState, DiskProblem, LocalizedView, DateView, SetUpWay,
        InstitutionView, Language, ViewMode, GlanceView, TokenView, FaultyTokenView, CodeView,
        PendingStage, PendingView, ErrorClass, ErrorCode, Field, Fault, FieldFault, AppError,
    );
    // What the page sends and is started with: plain on both sides.
    text + "export type ActivationForm = { serviceId: string, userId: string, password: string, };\n\
            export type StartView = { glance: GlanceView | null, problem: AppError | null, };\n"
}

const TYPES: &str = "ui/src/lib/ipc/types.ts";

#[test]
fn the_pages_types_are_the_rust_types() {
    let committed = fs::read_to_string(root().join(TYPES)).expect("the types are committed");
    assert!(committed == types(), "{TYPES} is old: run `cargo test -p skts-app -- --ignored`");
}

#[test]
#[ignore = "writes the page's types anew"]
fn write_the_pages_types() {
    fs::write(root().join(TYPES), types()).expect("the types can be written");
}

#[test]
fn the_page_knows_every_command_and_no_other() {
    let text = fs::read_to_string(root().join("ui/src/lib/ipc/commands.ts")).expect("commands.ts");
    let body = text.split("export interface Commands {").nth(1).expect("the table of the page");
    let known: Vec<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| line.split_once(": { args:"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(known, COMMANDS);
}

#[test]
fn one_capability_allows_the_commands_and_nothing_else() {
    let folder = root().join("src-tauri/capabilities");
    assert_eq!(fs::read_dir(folder).expect("capabilities").count(), 1);
    let capability = json("src-tauri/capabilities/main.json");
    let allowed: Vec<String> =
        COMMANDS.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
    assert_eq!(capability["permissions"], serde_json::json!(allowed));
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert!(capability.get("remote").is_none());
    assert!(!capability.to_string().contains('*'));
}

#[test]
fn the_content_policy_lets_nothing_in_from_outside() {
    let config = json("src-tauri/tauri.conf.json");
    let app = &config["app"];
    assert_eq!(app["withGlobalTauri"], false);
    assert_eq!(app["security"]["freezePrototype"], true);
    assert_eq!(app["security"]["capabilities"], serde_json::json!(["main"]));
    assert!(app["security"].get("assetProtocol").is_none());
    let policy = app["security"]["csp"].as_object().expect("a content policy");
    assert_eq!(policy["default-src"], "'none'");
    for (directive, sources) in policy {
        let sources = sources.as_str().expect("sources");
        for source in sources.split(' ') {
            let known = ["'none'", "'self'", "data:", "ipc:", "http://ipc.localhost"];
            assert!(known.contains(&source), "{directive} lets {source} in");
        }
        assert!(directive == "img-src" || !sources.contains("data:"));
    }
    for directive in ["script-src", "connect-src", "base-uri", "form-action", "frame-src"] {
        assert!(policy.contains_key(directive), "{directive} is missing");
    }
}

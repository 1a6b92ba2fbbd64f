//! The command table against everything that has to agree with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

macro_rules! entries {
    ($($place:ident $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        &[$(Entry {
            name: stringify!($name),
            args: &[$((stringify!($arg), stringify!($ty))),*],
            ret: stringify!($ret),
        }),*]
    };
}

struct Entry {
    name: &'static str,
    args: &'static [(&'static str, &'static str)],
    ret: &'static str,
}

const TABLE: &[Entry] = command_table!(entries);

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn json(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(here(path)).unwrap()).unwrap()
}

fn names() -> BTreeSet<String> {
    TABLE.iter().map(|entry| entry.name.to_owned()).collect()
}

#[test]
fn the_capability_of_every_system_allows_the_table_and_nothing_else() {
    let folder: Vec<_> = std::fs::read_dir(here("capabilities")).unwrap().collect();
    assert_eq!(folder.len(), 2, "this one, and the camera's");
    let capability = json("capabilities/main.json");
    let allowed: BTreeSet<String> = capability["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|permission| permission.as_str().unwrap().to_owned())
        .collect();
    let expected = names()
        .iter()
        .map(|name| format!("allow-{}", name.replace('_', "-")))
        .collect();
    assert_eq!(allowed, expected);
    assert_eq!(
        capability["windows"],
        serde_json::json!([crate::window::LABEL])
    );
    assert!(
        capability.get("remote").is_none(),
        "no foreign page may call"
    );
    let listed = json("tauri.conf.json")["app"]["security"]["capabilities"].clone();
    assert_eq!(listed, serde_json::json!(["main", "camera"]));
}

#[test]
fn the_camera_reads_codes_on_phones_alone_and_does_nothing_else() {
    let capability = json("capabilities/camera.json");
    assert_eq!(
        capability["platforms"],
        serde_json::json!(["android", "iOS"])
    );
    assert_eq!(
        capability["windows"],
        serde_json::json!([crate::window::LABEL])
    );
    assert!(capability.get("remote").is_none());
    let of_the_plugin = ["request-permissions", "scan", "cancel", "open-app-settings"]
        .map(|command| format!("barcode-scanner:allow-{command}"));
    assert_eq!(capability["permissions"], serde_json::json!(of_the_plugin));
}

/// The faults of a security configuration, in words.
fn faults(config: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let security = &config["app"]["security"];
    let Some(csp) = security["csp"].as_object() else {
        return vec!["no content policy".to_owned()];
    };
    if csp.get("default-src").and_then(Value::as_str) != Some("'none'") {
        faults.push("default-src is not none".to_owned());
    }
    for (directive, sources) in csp {
        for source in sources.as_str().unwrap_or("*").split_whitespace() {
            let fits = match source {
                "'none'" | "'self'" => true,
                "data:" => directive == "img-src",
                "ipc:" | "http://ipc.localhost" => directive == "connect-src",
                _ => false,
            };
            if !fits {
                faults.push(format!("{directive} {source}"));
            }
        }
    }
    for directive in ["base-uri", "form-action", "frame-src", "object-src"] {
        if csp.get(directive).and_then(Value::as_str) != Some("'none'") {
            faults.push(format!("{directive} is not none"));
        }
    }
    if config["app"]["withGlobalTauri"] != false {
        faults.push("withGlobalTauri".to_owned());
    }
    if security["freezePrototype"] != true {
        faults.push("freezePrototype".to_owned());
    }
    for open in [
        "assetProtocol",
        "dangerousDisableAssetCspModification",
        "headers",
        "devCsp",
    ] {
        if security.get(open).is_some() {
            faults.push(open.to_owned());
        }
    }
    if config["build"].get("devUrl").is_some() {
        faults.push("devUrl".to_owned());
    }
    faults
}

#[test]
fn the_name_is_the_products() {
    assert_eq!(json("tauri.conf.json")["productName"], crate::NAME);
    // Of which a package's name, a file's and an icon's can be made.
    let linux = json("tauri.linux.conf.json");
    assert_eq!(linux["productName"], json("tauri.conf.json")["identifier"]);
}

#[test]
fn the_page_is_shut_in() {
    for config in ["tauri.conf.json", "bench/tauri.conf.json"] {
        assert_eq!(faults(&json(config)), Vec::<String>::new(), "{config}");
    }
}

#[test]
fn an_open_policy_would_be_noticed() {
    let good = json("tauri.conf.json");
    let planted: [(&str, Value); 6] = [
        (
            "/app/security/csp/script-src",
            "'self' 'unsafe-inline'".into(),
        ),
        (
            "/app/security/csp/connect-src",
            "ipc: https://example.com".into(),
        ),
        ("/app/security/csp/default-src", "*".into()),
        ("/app/security/csp", Value::Null),
        ("/app/withGlobalTauri", true.into()),
        ("/app/security/freezePrototype", false.into()),
    ];
    for (place, value) in planted {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        assert_ne!(faults(&bad), Vec::<String>::new(), "{place}");
    }
}

/// A Rust type of the table in TypeScript; the names of our own types are the same.
fn in_typescript(ty: &str) -> String {
    let ty = ty.replace(' ', "");
    let generic = |name: &str| {
        ty.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('<'))
            .and_then(|rest| rest.strip_suffix('>'))
            .map(in_typescript)
    };
    if let Some(inner) = generic("Option") {
        return format!("{inner} | null");
    }
    if let Some(inner) = generic("Channel") {
        return format!("Channel<{inner}>");
    }
    if let Some(inner) = generic("Vec") {
        return format!("{inner}[]");
    }
    match ty.as_str() {
        "()" => "null".to_owned(),
        "String" => "string".to_owned(),
        "bool" => "boolean".to_owned(),
        "u8" | "u32" => "number".to_owned(),
        own => format!("T.{own}"),
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut all, word| {
        all.push_str(&word[..1].to_uppercase());
        all.push_str(&word[1..]);
        all
    })
}

fn commands_ts() -> String {
    let mut text = String::from(
        "// Made from the Rust command table by `cargo test -p skts-app`. Do not edit.\n\
         import type * as T from \"./types\";\n\n\
         /** A stream of messages while a command runs. */\n\
         export interface Channel<M> {\n  onmessage: (message: M) => void;\n}\n\n\
         /** What the page may call. */\nexport interface Commands {\n",
    );
    for entry in TABLE {
        let args: Vec<_> = entry
            .args
            .iter()
            .map(|(arg, ty)| format!("{}: {}", camel(arg), in_typescript(ty)))
            .collect();
        let args = match args.as_slice() {
            [] => "Record<string, never>".to_owned(),
            args => format!("{{ {} }}", args.join("; ")),
        };
        let result = in_typescript(entry.ret);
        text.push_str(&format!(
            "  {}: {{ args: {args}; result: {result} }};\n",
            entry.name
        ));
    }
    text.push_str("}\n");
    text
}

fn types_ts() -> String {
    use skts_authenticator::views::*;
    use skts_authenticator::*;
    use ts_rs::TS;

    let config = ts_rs::Config::default();
    let mut text =
        String::from("// Made from the Rust types by `cargo test -p skts-app`. Do not edit.\n");
    macro_rules! export {
        ($($ty:ty),* $(,)?) => {
            $(text.push_str(&format!("\nexport {}\n", <$ty>::decl(&config)));)*
        };
    }
    export!(
        crate::shell::StartView,
        crate::shell::OpenedView,
        crate::shell::CheckedView,
        crate::shell::DiagnosedView,
        crate::shell::CopiedView,
        crate::screenshots::ScreenshotsView,
        GlanceView,
        InstitutionView,
        SetUpWay,
        LocalizedView,
        DateView,
        Settings,
        Theme,
        TextSize,
        HideCode,
        ClearAfter,
        LockAfter,
        Language,
        ViewMode,
        Towards,
        StoreKind,
        StoreView,
        AppState,
        SetUpStep,
        ContactView,
        LockView,
        PinSettingView,
        PendingView,
        PendingStage,
        FaultyTokenView,
        DiskProblem,
        TokenView,
        ReceiptView,
        SetUpIdsView,
        Halt,
        CheckView,
        ClockView,
        ClockTrust,
        DoctorReport,
        Finding,
        Health,
        ChipUse,
        CodeView,
        PaymentForm,
        PaymentView,
        SignatureView,
        WhichCode,
        AppError,
        ErrorCode,
        ErrorClass,
        FieldFault,
        Field,
        Fault,
    );
    // Only ever sent, never answered: it derives no type of its own.
    text.push_str(
        "\nexport type ActivationForm = { serviceId: string, userId: string, password: string, };\n",
    );
    text
}

/// Set `SKTS_WRITE_BINDINGS=1` to write the files instead.
#[test]
fn the_typescript_types_are_the_rust_types() {
    for (file, text) in [("commands.ts", commands_ts()), ("types.ts", types_ts())] {
        let path = here("../ui/src/lib/ipc").join(file);
        if std::env::var_os("SKTS_WRITE_BINDINGS").is_some() {
            std::fs::write(&path, text).unwrap();
        } else {
            let committed = std::fs::read_to_string(&path).unwrap();
            assert!(
                committed == text,
                "{file} has drifted: SKTS_WRITE_BINDINGS=1 writes it anew"
            );
        }
    }
}

/// Every byte that a seam in the page could take to the shell goes through one file; a phone's camera, which
/// gives text and takes nothing, is in another, loaded when it is asked for.
#[test]
fn one_folder_of_the_page_knows_the_shell() {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if std::fs::read_to_string(&path).is_ok_and(|text| text.contains("@tauri-apps/"))
            {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&here("../ui/src"), &mut found);
    found.sort();
    let host = ["camera.ts", "tauri.ts"].map(|name| here("../ui/src/lib/host").join(name));
    assert_eq!(found, host);
}

//! What must hold in the workflow files, which nothing here can run.

use std::fs;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Each workflow's name and text.
fn workflows() -> Vec<(String, String)> {
    let folder = root().join(".github/workflows");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn jobs(workflow: &Yaml) -> Vec<(&str, &Yaml)> {
    let jobs = workflow["jobs"].as_hash().unwrap();
    jobs.iter()
        .map(|(name, job)| (name.as_str().unwrap(), job))
        .collect()
}

/// An action by the commit it was looked at, not by a name that can be moved.
fn is_pinned(action: &str) -> bool {
    let commit = action.split_once('@').map_or("", |(_, commit)| commit);
    commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is wrong with a workflow.
fn faults(text: &str) -> Vec<String> {
    let documents = YamlLoader::load_from_str(text).unwrap();
    let [workflow] = documents.as_slice() else {
        return vec!["not one document".to_owned()];
    };
    let mut faults = Vec::new();
    let head: String = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .collect();
    if !head.contains("has not run yet") {
        faults.push("it does not say that it has not run".to_owned());
    }
    let least = YamlLoader::load_from_str("contents: read").unwrap();
    if workflow["permissions"] != least[0] {
        faults.push("permissions".to_owned());
    }
    if !workflow["on"]["pull_request_target"].is_badvalue() {
        faults.push("a stranger's request runs with our rights".to_owned());
    }
    if text.contains("secrets.") {
        faults.push("a secret".to_owned());
    }
    for (name, job) in jobs(workflow) {
        if job["timeout-minutes"].as_i64().is_none() {
            faults.push(format!("{name} has no end"));
        }
        if !job["permissions"].is_badvalue() {
            faults.push(format!("{name} has permissions of its own"));
        }
        for step in job["steps"].as_vec().unwrap() {
            if let Some(action) = step["uses"].as_str() {
                if !is_pinned(action) {
                    faults.push(format!("{name} uses {action}"));
                }
                let checkout = action.starts_with("actions/checkout@");
                if checkout && step["with"]["persist-credentials"].as_bool() != Some(false) {
                    faults.push(format!("{name} keeps the credentials"));
                }
            }
            // What others write would be read by a shell.
            if step["run"].as_str().is_some_and(|run| run.contains("${{")) {
                faults.push(format!("{name} puts an expression into a script"));
            }
        }
    }
    faults
}

#[test]
fn every_workflow_is_pinned_and_has_the_least_rights() {
    for (name, text) in workflows() {
        assert_eq!(faults(&text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_careless_workflow_would_be_noticed() {
    let good = fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
    for (from, to) in [
        ("has not run yet", "runs"),
        ("contents: read", "contents: write"),
        ("pull_request:", "pull_request_target:"),
        ("@11bd71901bbe5b1630ceea73d27597364c9af683", "@v4"),
        ("persist-credentials: false", "persist-credentials: true"),
        ("timeout-minutes: 120", "continue-on-error: true"),
        ("run: .ci/run", "run: .ci/run ${{ github.head_ref }}"),
        (
            "run: .ci/run",
            "run: .ci/run\n        env: { KEY: \"${{ secrets.KEY }}\" }",
        ),
    ] {
        let planted = good.replacen(from, to, 1);
        assert_ne!(planted, good, "{from}");
        assert_ne!(faults(&planted), Vec::<String>::new(), "{to}");
    }
}

/// The commands of a job's steps.
fn commands(text: &str, job: &str) -> Vec<String> {
    let documents = YamlLoader::load_from_str(text).unwrap();
    let steps = documents[0]["jobs"][job]["steps"].as_vec().unwrap();
    let runs = steps.iter().filter_map(|step| step["run"].as_str());
    runs.map(str::to_owned).collect()
}

#[test]
fn ci_is_the_command_of_the_readme_and_every_system_has_a_package() {
    let files = workflows();
    let text = |name: &str| &files.iter().find(|(found, _)| found == name).unwrap().1;
    assert_eq!(commands(text("ci.yml"), "test"), [".ci/run"]);
    let packages = text("packages.yml");
    for (job, last) in [
        ("linux", "./x package"),
        ("windows", "cargo tauri build --bundles nsis"),
        ("macos", "cargo tauri build --bundles app,dmg"),
        (
            "android",
            "NDK_HOME=\"$ANDROID_NDK_LATEST_HOME\" cargo tauri android build --apk --aab",
        ),
        ("ios", "cargo tauri ios build --target aarch64-sim --debug"),
    ] {
        assert_eq!(
            commands(packages, job).last().map(String::as_str),
            Some(last)
        );
    }
}

#[test]
fn nothing_that_is_handed_out_asks_for_scenes() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let mut builders = workflows();
    builders.push(("package.rs".to_owned(), read("xtask/src/package.rs")));
    for (name, text) in builders {
        assert!(!text.contains("dangerous"), "{name}");
        assert!(
            !text.contains("--profile") && !text.contains("--all-features"),
            "{name}"
        );
    }
    let app: toml::Table = read("src-tauri/Cargo.toml").parse().unwrap();
    let defaults = app["features"]["default"].as_array().unwrap();
    assert!(
        defaults
            .iter()
            .all(|name| !name.as_str().unwrap().contains("dangerous"))
    );
    let whole: toml::Table = read("Cargo.toml").parse().unwrap();
    let release = whole["profile"]["release"].as_table().unwrap();
    assert!(
        !release.contains_key("debug-assertions"),
        "scenes would compile"
    );
}

//! The rings of `./x test`: one table, in the order they run.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::context::Context;
use crate::count::Tally;
use crate::postgres::{self, Postgres};
use crate::{build, cross, deny, guide, hsm, run, schemathesis, shots, tidy, wine};

/// One ring of tests.
pub(crate) struct Ring {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Programs it drives; without one of them it is skipped.
    pub(crate) programs: &'static [&'static str],
    /// Libraries it builds against, by their pkg-config names.
    pub(crate) libraries: &'static [&'static str],
    /// What it may take from clean on two cores.
    pub(crate) budget_secs: u64,
    run: fn(&Context<'_>) -> Result<Tally>,
}

const KEYRING: &[&str] = &["dbus-daemon", "gnome-keyring-daemon", "secret-tool"];
const WINDOW: &[&str] = &[
    "dbus-daemon",
    "gnome-keyring-daemon",
    "secret-tool",
    "Xvfb",
    "xclip",
    "faketime",
    "WebKitWebDriver",
    "npm",
    "swtpm",
    "xfce4-panel",
    "weston",
];
const BROWSER: &[&str] = &[
    "dbus-daemon",
    "gnome-keyring-daemon",
    "secret-tool",
    "chromium",
    "chromedriver",
    "Xvfb",
    "WebKitWebDriver",
    "npm",
];
const WEBKIT: &[&str] = &["webkit2gtk-4.1", "dbus-1"];

/// Tests of every crate but the stories', which drives programs and buses: rings of their own. Other rings
/// name some of them by `--test` and not by package: so they are built of what ring `unit` has built.
pub(crate) const TEST: &[&str] = &[
    "test",
    "--workspace",
    "--exclude",
    "skts-tests",
    "--no-fail-fast",
];

/// Every ring, cheap ones first; the sum of the budgets is CI's hour.
pub(crate) const RINGS: &[Ring] = &[
    Ring {
        name: "tidy",
        about: "who may know whom, and the other rules of the house",
        programs: &[],
        libraries: &[],
        budget_secs: 10,
        run: |context| {
            let mut tally = Tally::default();
            tally.check(held(tidy::run(context.root)));
            Ok(tally)
        },
    },
    Ring {
        name: "ui",
        about: "the page: installed from the lock file, tested, built",
        programs: &["npm"],
        libraries: &[],
        budget_secs: 80,
        run: |context| {
            build::page_packages(context.root)?;
            let tally = context.counted("npm", &["--prefix", "ui", "test"])?;
            build::page(context.root)?;
            Ok(tally)
        },
    },
    Ring {
        name: "lint",
        about: "rustfmt, clippy without a warning, svelte-check",
        programs: &["npm", "pkg-config"],
        libraries: WEBKIT,
        budget_secs: 300,
        run: |context| {
            let mut tally = Tally::default();
            tally.check(context.holds("cargo", &["fmt", "--all", "--check"])?);
            build::page(context.root)?;
            let clippy = ["clippy", "--workspace", "--all-targets"];
            // As it is handed out, and with the scenes of QA.
            for features in [&[][..], &["--features", "skts-app/dangerous-qa"]] {
                let all = [&clippy, features, &["--", "-D", "warnings"]].concat();
                tally.check(context.holds("cargo", &all)?);
            }
            tally.check(context.holds("npm", &["--prefix", "ui", "run", "check"])?);
            Ok(tally)
        },
    },
    Ring {
        name: "unit",
        about: "cargo test of every crate: no network, bus, display or real time",
        programs: &["npm", "pkg-config"],
        libraries: WEBKIT,
        // 446 from clean, by measurement.
        budget_secs: 460,
        run: |context| {
            build::page(context.root)?;
            context.counted_with("cargo", TEST, &[(THREADS, &twice_the_cores())])
        },
    },
    Ring {
        name: "postgres",
        about: "the token service's tests again, on a private PostgreSQL",
        programs: postgres::PROGRAMS,
        libraries: &[],
        budget_secs: 250,
        run: |context| {
            let server = Postgres::start(false)?;
            let test = [TEST, &["--test", "service", "--test", "secrets"]].concat();
            let (address, threads) = (server.address(), twice_the_cores());
            let settings = [(postgres::ADDRESS, &*address), (THREADS, &*threads)];
            context.counted_with("cargo", &test, &settings)
        },
    },
    Ring {
        name: "hsm",
        about: "the master key wrapped by a real PKCS#11 token (SoftHSM 2)",
        programs: &["softhsm2-util"],
        libraries: &[],
        budget_secs: 20,
        run: hsm::run,
    },
    Ring {
        name: "schemathesis",
        about: "the token service's interface against its own document, allowed and forbidden calls",
        programs: schemathesis::PROGRAMS,
        libraries: &[],
        budget_secs: 80,
        run: |context| schemathesis::run(context.root),
    },
    Ring {
        name: "cross",
        about: "the app and skts for Android, iOS, macOS and Windows, each with its own keystore",
        programs: &["rustup"],
        libraries: &[],
        budget_secs: 300,
        run: cross::run,
    },
    Ring {
        name: "deny",
        about: "licences, bans and sources of every dependency",
        programs: &[],
        libraries: &[],
        budget_secs: 90,
        run: deny::run,
    },
    Ring {
        name: "keystore",
        about: "the vault against real keyrings (GNOME, KeePassXC, KDE) in all their states, and a TPM that is a program",
        programs: &[
            "dbus-daemon",
            "gnome-keyring-daemon",
            "secret-tool",
            "keepassxc",
            "kwalletd5",
            "Xvfb",
            "swtpm",
        ],
        libraries: &[],
        budget_secs: 80,
        run: |context| {
            let test = [
                "test",
                "-p",
                "skts-vault",
                "--features",
                "dangerous-memory-store",
                "--test",
                "secret_service",
                "--test",
                "tpm",
                "--no-fail-fast",
            ];
            context.steadied(&test, &[])
        },
    },
    Ring {
        name: "story",
        about: "whole set-ups between the programs skts and skts-issuer, with every reply lost once",
        programs: &[
            "dbus-daemon",
            "gnome-keyring-daemon",
            "secret-tool",
            "swtpm_setup",
            "Xvfb",
        ],
        libraries: &[],
        budget_secs: 330,
        run: |context| {
            build::programs(context.root, false)?;
            let test = ["--test", "support", "--test", "story", "--no-fail-fast"];
            let test = [&["test", "-p", "skts-tests"][..], &test].concat();
            context.steadied(&test, &[(THREADS, &twice_the_cores())])
        },
    },
    Ring {
        name: "wine",
        about: "the vault and skts built for Windows, under Wine, with a token service on this side",
        programs: wine::PROGRAMS,
        libraries: &[],
        budget_secs: 200,
        run: wine::run,
    },
    Ring {
        name: "page",
        about: "the page in real Chromium on a host that stands in: contrast, the system's own colours, 320 pixels",
        programs: &["chromium", "chromedriver", "npm"],
        libraries: &[],
        budget_secs: 90,
        run: |context| {
            build::fixture_page(context.root)?;
            let test = [
                "test",
                "-p",
                "skts-tests",
                "--test",
                "page",
                "--no-fail-fast",
            ];
            context.steadied(&test, &[])
        },
    },
    Ring {
        name: "guide",
        about: "the customer's guide of each preset, printed by real Chromium and read back",
        programs: &["chromium", "chromedriver", "pdftotext", "pdffonts"],
        libraries: &[],
        budget_secs: 45,
        run: guide::ring,
    },
    Ring {
        name: "window",
        about: "the real window under Xvfb, by WebDriver, with a real token service and keyring",
        programs: WINDOW,
        libraries: WEBKIT,
        budget_secs: 430,
        run: window,
    },
    Ring {
        name: "shots",
        about: "pictures: the same bytes twice, as their baselines, and no release that could take them",
        programs: &["Xvfb", "WebKitWebDriver", "faketime", "npm"],
        libraries: WEBKIT,
        budget_secs: 170,
        run: shots::ring,
    },
    Ring {
        name: "bank",
        about: "the guides' procedures in real Chromium: bank, token service, the app and cards",
        programs: BROWSER,
        libraries: WEBKIT,
        budget_secs: 525,
        run: bank,
    },
    Ring {
        name: "demo",
        about: "./x demo --headless, as a newcomer runs it",
        programs: KEYRING,
        libraries: &[],
        budget_secs: 120,
        run: |context| {
            let mut tally = Tally::default();
            tally.check(context.holds("cargo", &["xtask", "demo", "--headless"])?);
            Ok(tally)
        },
    },
];

impl Ring {
    /// Why the ring cannot run here, if it cannot.
    pub(crate) fn obstacle(&self) -> Option<String> {
        let programs = self
            .programs
            .iter()
            .filter(|program| !run::installed(program));
        let libraries = self
            .libraries
            .iter()
            .filter(|library| !library_installed(library));
        let missing: Vec<&str> = programs.chain(libraries).copied().collect();
        (!missing.is_empty()).then(|| format!("not installed: {}", missing.join(", ")))
    }

    /// Runs it; a step that could not even start is one failure.
    pub(crate) fn run(&self, context: &Context<'_>) -> Tally {
        (self.run)(context).unwrap_or_else(|error| {
            println!("{}: {error:#}", self.name);
            Tally {
                failed: 1,
                ..Tally::default()
            }
        })
    }
}

/// The stories, then the table of the screens against the pictures they have just taken.
fn window(context: &Context<'_>) -> Result<Tally> {
    build::programs(context.root, true)?;
    take_away(&context.root.join("target/shots"), "png")?;
    let test = ["test", "-p", "skts-tests", "--no-fail-fast", "--test"];
    let threads = twice_the_cores();
    let mut tally = context.steadied(&[&test[..], &["window"]].concat(), &[(THREADS, &threads)])?;
    tally += context.counted("cargo", &[&test[..], &["screens"]].concat())?;
    Ok(tally)
}

/// Deletes the files of `folder` with this ending: what earlier runs left would pass for what this one
/// took.
fn take_away(folder: &Path, ending: &str) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == ending) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The stories, then the table of the guides against what they have just walked.
fn bank(context: &Context<'_>) -> Result<Tally> {
    // axe-core is one of the page's packages.
    build::page_packages(context.root)?;
    build::programs(context.root, true)?;
    // What earlier runs left would pass for what this one took.
    let left = context.root.join("target/shots/bank");
    if left.exists() {
        fs::remove_dir_all(&left)?;
    }
    // The stories wait for the next code most of the time: more of them than cores.
    let stories = [
        "--test",
        "bank",
        "--no-fail-fast",
        "--",
        "--test-threads=12",
    ];
    let test = ["test", "-p", "skts-tests"];
    let mut tally = context.steadied(&[&test[..], &stories].concat(), &[])?;
    let table = ["--test", "guides", "--no-fail-fast"];
    tally += context.counted("cargo", &[&test[..], &table].concat())?;
    Ok(tally)
}

const THREADS: &str = "RUST_TEST_THREADS";

/// How many tests run at a time where they wait for something a third of their time.
fn twice_the_cores() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (2 * cores).to_string()
}

/// Whether `result` is good; if not, says why.
fn held(result: Result<()>) -> bool {
    if let Err(error) = &result {
        println!("{error:#}");
    }
    result.is_ok()
}

fn library_installed(name: &str) -> bool {
    let found = Command::new("pkg-config").args(["--exists", name]).status();
    found.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn ring(run: fn(&Context<'_>) -> Result<Tally>, programs: &'static [&'static str]) -> Ring {
        Ring {
            name: "sample",
            about: "",
            programs,
            libraries: &[],
            budget_secs: 1,
            run,
        }
    }

    fn here() -> Context<'static> {
        Context {
            root: Path::new("/"),
        }
    }

    #[test]
    fn the_budgets_fit_into_cis_hour() {
        let total: u64 = RINGS.iter().map(|ring| ring.budget_secs).sum();
        assert!(total <= 60 * 60, "{total} seconds");
    }

    #[test]
    fn a_ring_without_its_program_says_which_is_missing() {
        let lacking = ring(|_| Ok(Tally::default()), &["sh", "no-such-program-here"]);
        let reason = lacking.obstacle().unwrap_or_default();
        assert!(reason.ends_with("no-such-program-here"), "{reason}");
        assert_eq!(ring(|_| Ok(Tally::default()), &["sh"]).obstacle(), None);
    }

    #[test]
    fn a_ring_that_cannot_start_or_does_not_compile_or_runs_nothing_has_failed() {
        let cannot_start = ring(|_| anyhow::bail!("no"), &[]);
        assert_eq!(cannot_start.run(&here()).failed, 1);
        let does_not_compile = ring(|context| context.counted("sh", &["-c", "exit 101"]), &[]);
        assert_eq!(does_not_compile.run(&here()).failed, 1);
        let runs_nothing = ring(|context| context.counted("true", &[]), &[]);
        assert_eq!(runs_nothing.run(&here()).failed, 1);
    }
}

//! `./x package`: the installable packages; with `--try`, one of them in a bare Debian.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};

use crate::{build, run};

/// The package's name at Debian, made from the app's identifier.
const NAME: &str = "jp-example-skts";
/// The release of Debian that is the oldest with the web view we need.
const RELEASE: &str = "bookworm";
/// What a customer's desktop has, and what drives the window in its place.
const DESKTOP: &[&str] = &[
    "appstream",
    "dbus",
    "desktop-file-utils",
    "fonts-noto-cjk",
    "gnome-keyring",
    "libsecret-tools",
    "swtpm",
    "webkit2gtk-driver",
    "xauth",
    "xclip",
    "xvfb",
];
/// A set-up in the window, from the first screen to a code that the service takes.
const STORY: &str =
    "set_up::a_self_provisioned_token_shows_serial_and_a_code_the_service_accepts_once";
/// Mounts and processes that end with the command they are for, whatever becomes of this program.
const ENTER: &str = "mount -t proc proc \"$1/proc\" && mkdir -p \"$1/dev/shm\" \
    && mount -t tmpfs tmpfs \"$1/dev/shm\" && exec chroot \"$1\" /bin/sh -c \"$2\"";

/// Makes the packages; with `--try` installs, uses and removes the Debian one.
///
/// # Errors
/// When a step fails.
pub(crate) fn main(root: &Path, args: &[String]) -> Result<ExitCode> {
    build::page(root)?;
    let tauri = root.join("ui/node_modules/.bin/tauri");
    let tauri = tauri.to_str().context("the project's folder")?;
    run::step(root, tauri, &["build", "--bundles", "deb,rpm", "--ci"])?;
    let bundles = root.join("target/release/bundle");
    let deb = only_file(&bundles.join("deb"), "deb")?;
    for package in [&deb, &only_file(&bundles.join("rpm"), "rpm")?] {
        let bytes = fs::metadata(package)?.len();
        println!("{} ({} KiB)", package.display(), bytes / 1024);
    }
    if args.iter().any(|arg| arg == "--try") {
        try_out(root, &deb)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The newest file with this ending in `folder`.
fn only_file(folder: &Path, ending: &str) -> Result<PathBuf> {
    let files = fs::read_dir(folder).with_context(|| format!("no {ending} was made"))?;
    let files = files.flatten().map(|entry| entry.path());
    files
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .max_by_key(|path| fs::metadata(path).and_then(|file| file.modified()).ok())
        .with_context(|| format!("no {ending} was made"))
}

/// Installs the package where nothing is installed, sets a token up in its window, and removes it.
fn try_out(root: &Path, deb: &Path) -> Result<()> {
    // The programs that ask and answer, as they are built for the stories.
    build::programs(root, false)?;
    run::step(root, "cargo", &["build", "-p", "skts-tests", "--tests"])?;
    let story = story_program(root)?;

    let debian = Debian::make(&env::temp_dir())?;
    let inside = debian.path("/srv/package");
    fs::create_dir_all(&inside)?;
    let put = |from: &Path, name: &str| fs::copy(from, inside.join(name)).map(drop);
    put(deb, "app.deb")?;
    put(&story, "window")?;
    for program in ["skts", "skts-issuer"] {
        put(&root.join("target/debug").join(program), program)?;
    }
    debian.apt(&["install", "/srv/package/app.deb"])?;
    debian.holds(
        "every library is there",
        "! ldd /usr/bin/skts-app | grep 'not found'",
    )?;
    let files = debian.output(&format!("dpkg -L {NAME}"))?;

    debian.apt(&[&["install"][..], DESKTOP].concat())?;
    for check in [
        "desktop-file-validate /usr/share/applications/jp.example.skts.desktop",
        "appstreamcli validate --no-net /usr/share/metainfo/jp.example.skts.metainfo.xml",
    ] {
        debian.holds(check, check)?;
    }
    debian.holds(
        "a token is set up in the installed window",
        &format!(
            "cd /srv/package && CI=true SKTS_BIN_DIR=/srv/package SKTS_BIN_SKTS_APP=/usr/bin/skts-app \
             ./window --exact {STORY} | tee told && grep -q '1 passed' told"
        ),
    )?;

    debian.apt(&["remove", NAME])?;
    for file in files.lines() {
        let path = debian.path(file);
        ensure!(!path.is_file(), "{file} is still there");
    }
    println!("removed, and none of its files is left");
    Ok(())
}

/// The stories of the window as cargo has built them.
fn story_program(root: &Path) -> Result<PathBuf> {
    let list = ["test", "-p", "skts-tests", "--test", "window", "--no-run"];
    let mut command = run::command(root, "cargo", &list);
    command.arg("--message-format=json");
    let told = run::output(command)?;
    let name = told
        .lines()
        .filter(|line| line.contains("\"name\":\"window\""))
        .find_map(|line| line.split("\"executable\":\"").nth(1)?.split('"').next())
        .context("cargo names no program for the stories of the window")?;
    Ok(PathBuf::from(name))
}

/// A bare Debian in a folder of its own, which goes with it.
struct Debian {
    folder: tempfile::TempDir,
}

impl Debian {
    fn make(parent: &Path) -> Result<Self> {
        // A folder of another file system, a chroot, mounts: all that is root's.
        let mut id = Command::new("id");
        id.arg("-u");
        let user = run::output(id)?;
        ensure!(
            user.trim() == "0",
            "--try needs root, to make a Debian of its own"
        );
        let folder = tempfile::Builder::new()
            .prefix("skts-debian-")
            .tempdir_in(parent)?;
        let place = folder.path().to_str().context("the folder's name")?;
        run::step(
            parent,
            "debootstrap",
            &["--variant=minbase", RELEASE, place],
        )?;
        Ok(Self { folder })
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside.trim_start_matches('/'))
    }

    fn sh(&self, script: &str) -> Command {
        let mut command = Command::new("unshare");
        // What is left running in the background ends with it, too.
        command.args(["--mount", "--pid", "--fork", "--kill-child"]);
        command.args(["/bin/sh", "-c", ENTER, "sh"]);
        command.arg(self.folder.path()).arg(script);
        command.env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", "/root").env("LANG", "C.UTF-8");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    /// # Errors
    /// When the script does not end with 0.
    fn holds(&self, what: &str, script: &str) -> Result<()> {
        if !self.sh(script).status()?.success() {
            bail!("it does not hold that {what}");
        }
        println!("holds: {what}");
        Ok(())
    }

    fn output(&self, script: &str) -> Result<String> {
        run::output(self.sh(script))
    }

    /// Nothing that is only recommended: what is needed is to be named.
    fn apt(&self, args: &[&str]) -> Result<()> {
        let script = format!(
            "apt-get -qq update && apt-get -qq -y --no-install-recommends {}",
            args.join(" ")
        );
        self.holds(&format!("apt-get {}", args.join(" ")), &script)
    }
}

//! A home, a session bus and a keyring of a story's own.
//!
//! ```text
//! <folder>/home            HOME and the XDG folders
//! <folder>/run             XDG_RUNTIME_DIR (0700), with the bus socket
//! <folder>/logs            what the daemons said
//! ```

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use rand_core::{OsRng, RngCore};

use zbus::blocking::Proxy;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use crate::clock::wait_for;
use crate::dump::CANARY;
use crate::process::{Running, leashed, log_to, remember_folder, remove_folder};
use crate::programs::setting;
use crate::search::Secret;

/// The throwaway password of a sandbox's keyring.
const SECRETS: &str = "org.freedesktop.secrets";
const SECRETS_PATH: &str = "/org/freedesktop/secrets";
const KEYRING_PASSWORD: &str = "keyring of a story";
const LOGIN_COLLECTION: &str = "/org/freedesktop/secrets/collection/login";

/// What the programs in a sandbox find as their OS keystore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyring {
    /// A keyring with an unlocked default collection.
    Unlocked,
    /// A keyring whose default collection is locked.
    Locked,
    /// A session bus without any secret service.
    Absent,
    /// A secret service that has no collection, as on a machine nobody has logged in to.
    NoDefaultCollection,
    /// No session bus at all.
    NoBus,
    /// The keyring of the session this program runs in; see [`session_keyring_is_open`].
    Session,
}

/// The folders, the bus and the keyring of one story.
#[derive(Debug)]
pub struct Sandbox {
    // Dropped in this order: first what uses the bus, then the bus, then the folder.
    keyring: Option<Running>,
    bus: Option<Running>,
    environment: BTreeMap<OsString, OsString>,
    keyring_password: String,
    folder: Option<tempfile::TempDir>,
    path: PathBuf,
}

impl Sandbox {
    /// Makes a sandbox in a new folder under the system's temporary folder.
    ///
    /// # Errors
    /// When a folder cannot be made or a daemon does not start.
    pub fn new(keyring: Keyring) -> Result<Self> {
        Self::with_display(keyring, None)
    }

    /// As [`Sandbox::new`], with the X display `display` (such as `:7`) given to the programs and
    /// to what the bus starts: with it a locked keyring can put up its prompt.
    ///
    /// # Errors
    /// As [`Sandbox::new`].
    pub fn with_display(keyring: Keyring, display: Option<&str>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("skts-story-").tempdir()?;
        let path = folder.path().to_owned();
        remember_folder(&path);
        let mut sandbox = Self {
            keyring: None,
            bus: None,
            environment: BTreeMap::new(),
            keyring_password: KEYRING_PASSWORD.to_owned(),
            folder: Some(folder),
            path: path.clone(),
        };
        for name in ["home", "run", "logs", "services"] {
            fs::create_dir(path.join(name))?;
        }
        fs::set_permissions(path.join("run"), fs::Permissions::from_mode(0o700))?;
        let home = path.join("home");
        sandbox.set("HOME", &home);
        sandbox.set("XDG_DATA_HOME", home.join(".local/share"));
        sandbox.set("XDG_CONFIG_HOME", home.join(".config"));
        sandbox.set("XDG_CACHE_HOME", home.join(".cache"));
        sandbox.set("XDG_RUNTIME_DIR", path.join("run"));
        sandbox.set("LANG", "C.UTF-8");
        sandbox.set("NO_AT_BRIDGE", "1");
        sandbox.set(CANARY, hex::encode(OsRng.next_u64().to_be_bytes()));
        // Not the chip of the computer the tests run on.
        sandbox.set("SKTS_TPM", "none");
        sandbox.set(
            "PATH",
            setting("PATH").unwrap_or_else(|| "/usr/bin:/bin".to_owned()),
        );
        if let Some(display) = display {
            sandbox.set("DISPLAY", display);
        }
        if !matches!(keyring, Keyring::NoBus | Keyring::Session) {
            sandbox.start_bus()?;
        }
        match keyring {
            Keyring::NoBus | Keyring::Absent => {}
            Keyring::Session => {
                if let Some(address) = setting("DBUS_SESSION_BUS_ADDRESS") {
                    sandbox.set("DBUS_SESSION_BUS_ADDRESS", address);
                }
            }
            Keyring::Unlocked => sandbox.start_keyring(true)?,
            Keyring::NoDefaultCollection => sandbox.start_keyring(false)?,
            Keyring::Locked => {
                sandbox.start_keyring(true)?;
                sandbox.lock_keyring()?;
            }
        }
        Ok(sandbox)
    }

    /// The sandbox's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path inside the sandbox.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Sets a variable for every program started here from now on.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.environment
            .insert(name.into(), value.as_ref().to_owned());
    }

    /// Takes a variable from every program started here from now on.
    pub fn unset(&mut self, name: &str) {
        self.environment.remove(OsStr::new(name));
    }

    /// What every program started here has in its memory.
    pub fn canary(&self) -> Secret {
        let canary = self.environment.get(OsStr::new(CANARY));
        let canary = canary.map(|value| value.as_encoded_bytes());
        Secret::new("canary", canary.unwrap_or_default())
    }

    /// The variables of the programs started here; nothing else is passed on to them.
    pub fn environment(&self) -> &BTreeMap<OsString, OsString> {
        &self.environment
    }

    /// `program`, to be run in this sandbox.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        self.dress(&mut command);
        command
    }

    /// Gives `command` this sandbox's environment and no other.
    pub fn dress(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(&self.environment)
            .current_dir(&self.path);
    }

    /// Locks the default collection, as the end of a login session or a time limit does.
    ///
    /// # Errors
    /// When the keyring refuses.
    pub fn lock_keyring(&self) -> Result<()> {
        self.call_bus(&[
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            &format!("array:objpath:{LOGIN_COLLECTION}"),
        ])
        .map(drop)
    }

    /// Ends the secret service; the bus stays.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop_keyring(&mut self) -> Result<()> {
        match self.keyring.take() {
            Some(mut keyring) => keyring.end(),
            None => Ok(()),
        }
    }

    /// Starts the secret service again with its collection unlocked, as logging in does; what it
    /// held is there again.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart_keyring(&mut self) -> Result<()> {
        self.stop_keyring()?;
        self.start_keyring(true)
    }

    /// Puts `other`'s keyring, as its files are now, in the place of this sandbox's own: what
    /// somebody has who copied the whole home folder and knows the password.
    ///
    /// # Errors
    /// When the files cannot be copied or the secret service does not start with them.
    pub fn take_keyring_of(&mut self, other: &Self) -> Result<()> {
        self.stop_keyring()?;
        let files = "home/.local/share/keyrings";
        copy_folder(&other.join(files), &self.join(files))?;
        self.start_keyring(true)
    }

    /// Gives the keyring another password, as its own window does, and starts it again with that.
    ///
    /// # Errors
    /// When it refuses, or does not open with the new one.
    pub fn change_keyring_password(&mut self) -> Result<()> {
        let address = self.environment.get(OsStr::new("DBUS_SESSION_BUS_ADDRESS"));
        let address = address.and_then(|address| address.to_str());
        let bus =
            zbus::blocking::connection::Builder::address(address.context("no bus")?)?.build()?;
        let call = |interface| Proxy::new(&bus, SECRETS, SECRETS_PATH, interface);
        let service = call("org.freedesktop.Secret.Service")?;
        let (_, session): (OwnedValue, OwnedObjectPath) =
            service.call("OpenSession", &("plain", Value::from("")))?;
        let collection: OwnedObjectPath = service.call("ReadAlias", &("default",))?;
        let new = "another password of the keyring";
        let secret = |text: &str| {
            (
                &session,
                Vec::<u8>::new(),
                text.as_bytes().to_vec(),
                "text/plain",
            )
        };
        // The interface of the keyring's own window; there is no other way.
        let own = call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")?;
        let secrets = (&collection, secret(&self.keyring_password), secret(new));
        let () = own.call("ChangeWithMasterPassword", &secrets)?;
        self.keyring_password = new.to_owned();
        self.stop_keyring()?;
        self.start_keyring(true)
    }

    /// The names (attribute `username`) of the keystore items of `app_id` that begin with
    /// `prefix`, as `secret-tool search` shows them.
    ///
    /// # Errors
    /// When `secret-tool` cannot be run.
    pub fn keystore_names(&self, app_id: &str, prefix: &str) -> Result<Vec<String>> {
        let output = self
            .command("secret-tool")
            .args(["search", "--all", "service", app_id])
            .output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&text)
            .lines()
            .filter_map(|line| line.strip_prefix("attribute.username = "))
            .filter(|name| name.starts_with(prefix))
            .map(str::to_owned)
            .collect())
    }

    /// Deletes the keystore items of `app_id` whose name begins with `prefix`, and gives their
    /// number.
    ///
    /// # Errors
    /// When `secret-tool` fails.
    pub fn delete_keystore_items(&self, app_id: &str, prefix: &str) -> Result<usize> {
        let names = self.keystore_names(app_id, prefix)?;
        for name in &names {
            let arguments = ["clear", "service", app_id, "username", name];
            let status = self.command("secret-tool").args(arguments).status()?;
            ensure!(status.success(), "secret-tool clear failed");
        }
        Ok(names.len())
    }

    fn start_bus(&mut self) -> Result<()> {
        // Of the machine's own services only the keyring's prompt may be started: a secret
        // service by activation would spoil the story of an absent one.
        let prompter = "org.gnome.keyring.SystemPrompter.service";
        let installed = Path::new("/usr/share/dbus-1/services").join(prompter);
        if installed.is_file() && self.environment.contains_key(OsStr::new("DISPLAY")) {
            fs::copy(installed, self.join("services").join(prompter))?;
        }
        let socket = self.join("run/bus");
        let address = format!("unix:path={}", socket.display());
        let config = self.join("bus.conf");
        fs::write(
            &config,
            format!(
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n \
                 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
                 <busconfig>\n  <type>session</type>\n  <listen>{address}</listen>\n  \
                 <auth>EXTERNAL</auth>\n  <servicedir>{}</servicedir>\n  \
                 <policy context=\"default\">\n    <allow send_destination=\"*\" eavesdrop=\"true\"/>\n    \
                 <allow eavesdrop=\"true\"/>\n    <allow own=\"*\"/>\n  </policy>\n</busconfig>\n",
                self.join("services").display()
            ),
        )?;
        self.set("DBUS_SESSION_BUS_ADDRESS", &address);
        let mut command = leashed("dbus-daemon");
        self.dress(&mut command);
        command.arg("--nofork").arg("--config-file").arg(&config);
        log_to(&mut command, &self.join("logs/bus.log"))?;
        self.bus = Some(Running::start("dbus-daemon", &mut command)?);
        wait_for(Duration::from_secs(10), "the session bus", || {
            Ok(socket.exists().then_some(()))
        })
    }

    fn start_keyring(&mut self, unlock: bool) -> Result<()> {
        let mut command = leashed("gnome-keyring-daemon");
        self.dress(&mut command);
        command.args(["--foreground", "--components=secrets"]);
        log_to(&mut command, &self.join("logs/keyring.log"))?;
        if unlock {
            command.arg("--unlock").stdin(Stdio::piped());
        }
        let mut keyring = Running::start("gnome-keyring-daemon", &mut command)?;
        if let Some(mut input) = keyring.child().stdin.take() {
            input.write_all(self.keyring_password.as_bytes())?;
        }
        self.keyring = Some(keyring);
        wait_for(Duration::from_secs(15), "the secret service", || {
            let answer = self.call_bus(&[
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus.NameHasOwner",
                "string:org.freedesktop.secrets",
            ]);
            Ok(answer
                .is_ok_and(|text| text.contains("boolean true"))
                .then_some(()))
        })?;
        if unlock {
            wait_for(Duration::from_secs(15), "the default collection", || {
                let answer = self.call_bus(&[
                    "--dest=org.freedesktop.secrets",
                    "/org/freedesktop/secrets",
                    "org.freedesktop.Secret.Service.ReadAlias",
                    "string:default",
                ]);
                Ok(answer
                    .is_ok_and(|text| text.contains("/collection/"))
                    .then_some(()))
            })?;
        }
        Ok(())
    }

    fn call_bus(&self, arguments: &[&str]) -> Result<String> {
        send(self.command("dbus-send"), arguments)
    }
}

/// Copies a folder with all that is in it; what was there before is gone.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Whether the session this program runs in has a keyring that is unlocked now, so that nobody
/// would be asked for its password.
pub fn session_keyring_is_open() -> bool {
    let ask = |arguments: &[&str]| send(Command::new("dbus-send"), arguments).ok();
    let open = || {
        let owned = ask(&[
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner",
            "string:org.freedesktop.secrets",
        ])?;
        let alias = ask(&[
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.ReadAlias",
            "string:default",
        ])?;
        let collection = alias.rsplit('"').nth(1)?;
        let locked = ask(&[
            "--dest=org.freedesktop.secrets",
            collection,
            "org.freedesktop.DBus.Properties.Get",
            "string:org.freedesktop.Secret.Collection",
            "string:Locked",
        ])?;
        Some(owned.contains("boolean true") && locked.contains("boolean false"))
    };
    setting("DBUS_SESSION_BUS_ADDRESS").is_some() && open().unwrap_or(false)
}

fn send(mut command: Command, arguments: &[&str]) -> Result<String> {
    let output = command
        .args(["--session", "--print-reply", "--reply-timeout=5000"])
        .args(arguments)
        .output()
        .context("cannot run dbus-send")?;
    if !output.status.success() {
        bail!(
            "dbus-send: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.keyring.take();
        self.bus.take();
        if let Some(folder) = self.folder.take() {
            remove_folder(&folder.keep());
        }
    }
}

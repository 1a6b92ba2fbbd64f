//! A private session bus with a provider of its own, in a home of its own.

use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;
use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

use super::provider::Provider;

const PAUSE: Duration = Duration::from_millis(20);
const TRIES: u32 = 500;
pub(crate) const PASSWORD: &str = "private keyring";
const WALLET: &str = "/org/freedesktop/secrets/collection/kdewallet";
const PROMPTER: &str = "/usr/share/dbus-1/services/org.gnome.keyring.SystemPrompter.service";

/// Ends the process it holds, and no other.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Which services the bus can start by itself.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Services {
    None,
    Installed,
}

/// Fields are dropped in this order: the provider before its bus, the bus before its display.
pub(crate) struct Ring {
    provider: Option<Running>,
    bus: Option<Running>,
    display: Option<(Running, String)>,
    address: Option<String>,
    home: TempDir,
}

impl Ring {
    /// A home without any bus.
    pub(crate) fn new() -> Self {
        let home = tempfile::Builder::new()
            .prefix("skts-vault-ring-")
            .tempdir()
            .unwrap();
        for folder in ["run", "data", "config", "cache"] {
            DirBuilder::new()
                .mode(0o700)
                .create(home.path().join(folder))
                .unwrap();
        }
        Self {
            provider: None,
            bus: None,
            display: None,
            address: None,
            home,
        }
    }

    pub(crate) fn with_display(mut self) -> Self {
        assert!(
            Path::new(PROMPTER).exists(),
            "gcr-prompter is missing: install gcr"
        );
        let mut server = self.command("Xvfb", "xvfb");
        server.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "640x480x24",
            "-nolisten",
            "tcp",
        ]);
        let (running, number) = first_line(server, "Xvfb", "xvfb");
        self.display = Some((running, format!(":{number}")));
        self
    }

    pub(crate) fn with_bus(mut self, services: Services) -> Self {
        let config = self.path().join("bus.conf");
        let started = match services {
            Services::None => "",
            Services::Installed => "<standard_session_servicedirs/>",
        };
        let text = format!(
            r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={}/bus.socket</listen>{started}
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#,
            self.path().display()
        );
        fs::write(&config, text).unwrap();
        let mut daemon = self.command("dbus-daemon", "dbus");
        daemon
            .arg("--nofork")
            .arg("--print-address=1")
            .arg("--config-file")
            .arg(&config);
        let (running, address) = first_line(daemon, "dbus-daemon", "dbus");
        self.bus = Some(running);
        self.address = Some(address);
        self
    }

    /// Starts a provider that nobody unlocks: in a fresh home GNOME's has no default collection.
    pub(crate) fn with_locked(mut self, provider: Provider) -> Self {
        self.start(provider, false);
        self
    }

    /// Starts a provider and unlocks its default collection, making it at the first time.
    pub(crate) fn with(mut self, provider: Provider) -> Self {
        self.start_unlocked(provider);
        self
    }

    pub(crate) fn start_locked(&mut self, provider: Provider) {
        self.start(provider, false);
    }

    pub(crate) fn start_unlocked(&mut self, provider: Provider) {
        self.start(provider, true);
        if provider == Provider::KWallet {
            self.open_wallet();
            if self.default_collection().is_none() {
                // A wallet made just now becomes a collection when the program starts again.
                self.stop_provider();
                self.start(provider, true);
                self.open_wallet();
                self.set_default_wallet();
            }
        }
        wait_for("the default collection", || {
            self.default_collection().is_some()
        });
        // KWallet's is called locked until a program opens it for itself, without a question.
        if provider != Provider::KWallet {
            wait_for("an open collection", || !self.is_locked());
        }
    }

    pub(crate) fn stop_provider(&mut self) {
        self.provider = None;
        wait_for("the provider to leave the bus", || !self.has_provider());
    }

    /// Locks the default collection, as a screen saver may.
    pub(crate) fn lock(&self) {
        let collection = self.default_collection().expect("a default collection");
        let objects: Vec<ObjectPath<'_>> = vec![collection.clone().into_inner()];
        let _: (Vec<OwnedObjectPath>, OwnedObjectPath) = self
            .service(&self.connect())
            .call("Lock", &(objects,))
            .unwrap();
    }

    /// Runs `secret-tool` on this bus.
    pub(crate) fn secret_tool(&self, arguments: &[&str]) -> (bool, String) {
        let mut tool = self.command("secret-tool", "libsecret-tools");
        let output = tool.args(arguments).stderr(Stdio::piped()).output();
        let output = output.unwrap_or_else(|_| missing("secret-tool", "libsecret-tools"));
        let printed = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&printed).into_owned(),
        )
    }

    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    /// A command in this home, on this bus and display, with nothing of the surroundings.
    pub(crate) fn command(&self, program: &str, package: &str) -> Command {
        assert!(!package.is_empty());
        let mut command = Command::new(program);
        for name in [
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "DBUS_SESSION_BUS_ADDRESS",
            "GNOME_KEYRING_CONTROL",
        ] {
            command.env_remove(name);
        }
        let at = |folder: &str| -> PathBuf { self.path().join(folder) };
        command
            .env("HOME", self.path())
            .env("XDG_RUNTIME_DIR", at("run"))
            .env("TMPDIR", at("run"))
            .env("XDG_DATA_HOME", at("data"))
            .env("XDG_CONFIG_HOME", at("config"))
            .env("XDG_CACHE_HOME", at("cache"))
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        if let Some(address) = &self.address {
            command.env("DBUS_SESSION_BUS_ADDRESS", address);
        }
        if let Some((_, display)) = &self.display {
            command.env("DISPLAY", display);
        }
        command
    }

    fn start(&mut self, provider: Provider, open: bool) {
        let (mut command, typed) = provider.command(self, open);
        let child = command.stdout(Stdio::null()).stdin(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|_| missing("the provider", "its package"));
        let mut input = child.stdin.take().unwrap();
        input.write_all(typed.as_bytes()).unwrap();
        drop(input);
        self.provider = Some(Running(child));
        wait_for("the provider on the bus", || self.has_provider());
    }

    /// Opens KDE's wallet as the login does, with a key made of the login's password; the first time
    /// makes it.
    fn open_wallet(&self) {
        let bus = self.connect();
        let wallet = ("org.kde.kwalletd5", "/modules/kwalletd5", "org.kde.KWallet");
        let daemon = Proxy::new(&bus, wallet.0, wallet.1, wallet.2).unwrap();
        let key = [7_u8; 56].to_vec();
        let _: () = daemon.call("pamOpen", &("kdewallet", key, 0_i32)).unwrap();
    }

    /// Makes KDE's wallet the default collection, as its settings do.
    fn set_default_wallet(&self) {
        let wallet = ObjectPath::from_static_str_unchecked(WALLET);
        let alias = ("default", wallet);
        let bus = self.connect();
        let _: () = self.service(&bus).call("SetAlias", &alias).unwrap();
    }

    fn is_locked(&self) -> bool {
        let bus = self.connect();
        let Some(collection) = self.default_collection() else {
            return true;
        };
        let interface = "org.freedesktop.Secret.Collection";
        let proxy = Proxy::new(&bus, "org.freedesktop.secrets", collection, interface).unwrap();
        proxy.get_property("Locked").unwrap_or(true)
    }

    fn connect(&self) -> Connection {
        let address = self.address.as_deref().expect("a bus");
        connection::Builder::address(address)
            .unwrap()
            .build()
            .unwrap()
    }

    fn service<'a>(&self, bus: &Connection) -> Proxy<'a> {
        let interface = "org.freedesktop.Secret.Service";
        Proxy::new(
            bus,
            "org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            interface,
        )
        .unwrap()
    }

    fn has_provider(&self) -> bool {
        let bus = self.connect();
        let names = zbus::blocking::fdo::DBusProxy::new(&bus).unwrap();
        names
            .name_has_owner("org.freedesktop.secrets".try_into().unwrap())
            .unwrap()
    }

    fn default_collection(&self) -> Option<OwnedObjectPath> {
        let path: OwnedObjectPath = self
            .service(&self.connect())
            .call("ReadAlias", &("default",))
            .ok()?;
        (path.as_str() != "/").then_some(path)
    }
}

pub(crate) fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    for _ in 0..TRIES {
        if is_there() {
            return;
        }
        sleep(PAUSE);
    }
    panic!("waited in vain for {what}");
}

fn first_line(mut command: Command, program: &str, package: &str) -> (Running, String) {
    let child = command.stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|_| missing(program, package));
    let output = child.stdout.take().unwrap();
    let running = Running(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).unwrap();
    let line = line.trim().to_owned();
    assert!(!line.is_empty(), "{program} did not start");
    (running, line)
}

pub(crate) fn missing(program: &str, package: &str) -> ! {
    panic!("{program} is missing: install {package}")
}

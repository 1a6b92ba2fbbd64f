//! The providers people have, each in a home of its own and without a screen.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::ring::{PASSWORD, Ring, missing};

/// Who answers for `org.freedesktop.secrets`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Provider {
    GnomeKeyring,
    KeePassXc,
    KWallet,
}

/// The group that the database shows to other programs, by the database's own word.
const DATABASE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile><Meta><DatabaseName>ring</DatabaseName><CustomData><Item>
<Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{00112233-4455-6677-8899-aabbccddeeff}</Value>
</Item></CustomData></Meta><Root><Group><UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name>
</Group></Root></KeePassFile>"#;
/// As its settings page says "Enable Secret Service integration", and no question at each access.
const KEEPASSXC: &str = "[General]\nConfigVersion=2\nUpdateCheckMessageShown=true\n\
    [FdoSecrets]\nEnabled=true\nConfirmAccessItem=false\nConfirmDeleteItem=false\n\
    ShowNotification=false\n[Security]\nLockDatabaseIdle=false\n";
/// As its settings page says "Use KWallet for the Secret Service interface".
const KWALLET: &str = "[Wallet]\nDefault Wallet=kdewallet\nEnabled=true\nFirst Use=false\n\
    Prompt on Open=false\n[org.freedesktop.secrets]\napiEnabled=true\n";

impl Provider {
    pub(crate) const ALL: [Self; 3] = [Self::GnomeKeyring, Self::KeePassXc, Self::KWallet];

    /// What it keeps its items in.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::GnomeKeyring => "data/keyrings/login.keyring",
            Self::KeePassXc => "ring.kdbx",
            Self::KWallet => "data/kwalletd/kdewallet.kwl",
        }
    }

    /// The running program, its keyring made at the first time; `open` with its password.
    pub(crate) fn command(self, ring: &Ring, open: bool) -> (Command, String) {
        let typed = if open { PASSWORD } else { "" }.to_owned();
        match self {
            Self::GnomeKeyring => {
                let mut daemon = ring.command("gnome-keyring-daemon", "gnome-keyring");
                daemon.args(["--foreground", "--components=secrets"]);
                if open {
                    daemon.arg("--unlock");
                }
                (daemon, typed)
            }
            Self::KeePassXc => {
                // Before any of its programs has made one.
                settings(ring, "keepassxc/keepassxc.ini", KEEPASSXC);
                let database = ring.path().join(self.file());
                if !database.exists() {
                    make_database(ring, &database);
                }
                let mut program = without_screen(ring, "keepassxc", "keepassxc");
                if open {
                    program.arg("--pw-stdin");
                }
                program.arg(&database);
                // A line, where GNOME's takes all it is given.
                (program, typed + "\n")
            }
            Self::KWallet => {
                settings(ring, "kwalletrc", KWALLET);
                (without_screen(ring, "kwalletd5", "libkf5wallet-bin"), typed)
            }
        }
    }
}

fn settings(ring: &Ring, name: &str, text: &str) {
    let path = ring.path().join("config").join(name);
    if !path.exists() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn without_screen(ring: &Ring, program: &str, package: &str) -> Command {
    let mut command = ring.command(program, package);
    command.env("QT_QPA_PLATFORM", "offscreen");
    command
}

fn make_database(ring: &Ring, at: &Path) {
    let text = at.with_extension("xml");
    fs::write(&text, DATABASE).unwrap();
    let mut command = without_screen(ring, "keepassxc-cli", "keepassxc");
    command.args(["import", "-p"]).arg(&text).arg(at);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut child = child.unwrap_or_else(|_| missing("keepassxc-cli", "keepassxc"));
    let mut input = child.stdin.take().unwrap();
    write!(input, "{PASSWORD}\n{PASSWORD}\n").unwrap();
    drop(input);
    assert!(child.wait().unwrap().success(), "no database was made");
}

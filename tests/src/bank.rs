//! The sample bank as a process of its own, with its demonstration's customers, clock and mailbox.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::clock::wait_for;
use crate::issuer::{Issuer, SHINKIN, SHINKUMI, run, tail};
use crate::machine::{Disk, Machine};
use crate::process::{Running, leashed, log_to};
use crate::programs::program;
use crate::sandbox::Sandbox;

/// What the counter's staff log in with.
pub const STAFF_PASSWORD: &str = "madoguchi-28461937";

/// A customer of the demonstration. Everybody knows these passwords.
#[derive(Clone, Copy, Debug)]
pub struct Customer {
    /// 契約者ID, 10 digits.
    pub contract_id: &'static str,
    /// ログインパスワード.
    pub login_password: &'static str,
    /// 資金移動用パスワード, 10 digits.
    pub transfer_password: &'static str,
    /// 確認用パスワード, which a 信用組合 asks for.
    pub confirmation_password: &'static str,
}

/// The one with the most money.
pub const TARO: Customer = Customer {
    contract_id: "1000000011",
    login_password: "mihon11",
    transfer_password: "3141592653",
    confirmation_password: "kakunin11",
};

/// Another.
pub const HANAKO: Customer = Customer {
    contract_id: "1000000022",
    login_password: "mihon22",
    transfer_password: "2718281828",
    confirmation_password: "kakunin22",
};

/// Whose guides the bank follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// 信用金庫: guides 000, 001, 002 and 004.
    Shinkin,
    /// 信用組合: guide 003.
    Shinkumi,
}

impl Style {
    /// The sample institution whose bank it is.
    pub fn institution(self) -> &'static str {
        match self {
            Self::Shinkin => SHINKIN,
            Self::Shinkumi => SHINKUMI,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Shinkin => "shinkin",
            Self::Shinkumi => "shinkumi",
        }
    }
}

/// From when payments are confirmed with a token just registered; guides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effective {
    /// Guides 000, 001 and 002.
    AtOnce,
    /// Guide 004.
    NextDay,
}

/// The last day of devices whose maker names none.
const DEVICES_UNTIL: &str = "2037-03-31";

/// A running bank.
#[derive(Debug)]
pub struct SampleBank {
    address: String,
    style: Style,
    data: PathBuf,
    server: Running,
}

impl SampleBank {
    /// Starts the bank of `style`'s institution in `sandbox` on a free port, which reaches the token
    /// service `issuer` at `service`.
    ///
    /// # Errors
    /// When it does not begin to listen within 20 seconds.
    pub fn start(
        sandbox: &Sandbox,
        issuer: &Issuer,
        service: &str,
        style: Style,
        effective: Effective,
    ) -> Result<Self> {
        Self::start_on(sandbox, issuer, service, style, effective, None)
    }

    /// As [`SampleBank::start`], which demands signatures of transfers as `demands` says, arguments of
    /// the program.
    ///
    /// # Errors
    /// As [`SampleBank::start`].
    pub fn start_demanding(
        sandbox: &Sandbox,
        issuer: &Issuer,
        service: &str,
        style: Style,
        demands: &[&str],
    ) -> Result<Self> {
        let effective = Effective::AtOnce;
        Self::launch(sandbox, issuer, service, (style, effective), None, demands)
    }

    /// As [`SampleBank::start`], its data on a disk of its own of so many KiB.
    ///
    /// # Errors
    /// As [`SampleBank::start`].
    pub fn start_on(
        sandbox: &Sandbox,
        issuer: &Issuer,
        service: &str,
        style: Style,
        effective: Effective,
        disk_kib: Option<u32>,
    ) -> Result<Self> {
        Self::launch(sandbox, issuer, service, (style, effective), disk_kib, &[])
    }

    fn launch(
        sandbox: &Sandbox,
        issuer: &Issuer,
        service: &str,
        (style, effective): (Style, Effective),
        disk_kib: Option<u32>,
        demands: &[&str],
    ) -> Result<Self> {
        let folder = sandbox.join(format!("bank-{}", style.word()));
        fs::create_dir(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        let (key, staff) = (folder.join("api-key"), folder.join("staff-password"));
        fs::write(&key, issuer.bank(style.institution())?.api_key())?;
        fs::write(&staff, STAFF_PASSWORD)?;
        let (ready, log) = (
            folder.join("ready"),
            sandbox.join(format!("logs/bank-{}.log", style.word())),
        );
        let (mut program, data) = (program("skts-sample-bank")?, folder.join("data"));
        if let Some(kib) = disk_kib {
            fs::create_dir(&data)?;
            let machine = Machine::with_small_disk(&data, kib);
            program = machine.wrap(&program, &sandbox.join("bank-machine"))?;
        }
        let mut command = leashed(program);
        sandbox.dress(&mut command);
        command.arg("--data").arg(&data);
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]);
        command.args(["--style", style.word(), "--issuer", service, "--effective"]);
        command.arg(match effective {
            Effective::AtOnce => "at-once",
            Effective::NextDay => "next-day",
        });
        command.args(demands);
        command.arg("--api-key-file").arg(&key);
        command.arg("--staff-password-file").arg(&staff);
        command.arg("--ready-file").arg(&ready);
        log_to(&mut command, &log)?;
        let mut server = Running::start("skts-sample-bank", &mut command)?;
        let address = wait_for(Duration::from_secs(20), "the bank to listen", || {
            if let Some(status) = server.poll()? {
                bail!("skts-sample-bank ended with {status}: {}", tail(&log));
            }
            let line = fs::read_to_string(&ready).unwrap_or_default();
            Ok(line.strip_suffix('\n').map(str::to_owned))
        })?;
        Ok(Self {
            address,
            style,
            data,
            server,
        })
    }

    /// The disk of [`SampleBank::start_on`].
    pub fn disk(&self) -> Disk {
        Disk::of(self.server.pid(), &self.data)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Makes hardware tokens to hold on the bank's pages, and brings them in at the service.
    ///
    /// # Errors
    /// When one of the programs refuses.
    pub fn make_devices(&self, sandbox: &Sandbox, issuer: &Issuer) -> Result<()> {
        let file = sandbox.join(format!("devices-{}.csv", self.style.word()));
        let mut command = sandbox.command(program("skts-sample-bank")?);
        command.arg("--data").arg(&self.data);
        run(command.arg("demo-cards").arg("--out").arg(&file))?;
        let file = file.to_str().context("a path that is no text")?;
        let institution = self.style.institution();
        let import = ["hardware", "import", "--institution", institution, "--csv"];
        let arguments = [&import[..], &["--until", DEVICES_UNTIL, file]].concat();
        issuer.operate(sandbox, &arguments).map(drop)
    }
}

impl Customer {
    /// The digit of the 資金移動用パスワード at `position`, counted from 1.
    ///
    /// # Errors
    /// When there is no such position.
    pub fn transfer_digit(&self, position: usize) -> Result<String> {
        position
            .checked_sub(1)
            .and_then(|index| self.transfer_password.get(index..=index))
            .map(str::to_owned)
            .with_context(|| format!("no digit {position}"))
    }
}

//! How the service is run: a TOML file, then the environment, then flags.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::attestation::AttestationConfig;
use crate::bank_tls::BankTlsConfig;
use crate::keys::HsmConfig;
use crate::rules::activation;
use crate::rules::allowance::Allowance;
use crate::rules::app_version::AppVersion;
use crate::rules::roles;
use crate::serve::ConnectionLimits;
use crate::storage::Place;

/// Everything an operator sets.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder with the key files, and the database if it is a file.
    pub data: PathBuf,
    /// PostgreSQL; none for a file in the folder.
    pub database: Option<Place>,
    /// The HSM that wraps the master key; none for a file of its own.
    pub hsm: Option<HsmConfig>,
    /// Where seals of the audit trail are added; none for a file in the folder.
    pub audit_anchor: Option<PathBuf>,
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where banks call over mutual TLS; none for the address above only.
    pub bank_tls: Option<BankTlsConfig>,
    /// What device keys in hardware are believed by.
    pub attestation: AttestationConfig,
    /// Where `GET /metrics` listens; nowhere if absent. Not for the public.
    pub metrics_listen: Option<SocketAddr>,
    /// Leading zero bits of the proof of work in self-provisioning, 0 to 24.
    pub work_bits: u8,
    /// How long an activation can be begun, in seconds.
    pub activation_valid_secs: u64,
    /// The oldest app that tokens are set up with; none for any.
    pub lowest_app_version: Option<AppVersion>,
    /// Provisioning calls one address may make at once.
    pub provisioning_burst: u32,
    /// Provisioning calls one address may make a minute.
    pub provisioning_per_minute: u32,
    /// Calls one bank's key may make at once.
    pub bank_burst: u32,
    /// Calls one bank's key may make a minute.
    pub bank_per_minute: u32,
    /// Calls under way at once; one more is told to come again.
    pub calls_at_once: usize,
    /// Connections at once, of each listener; one more waits to be taken in.
    pub connections_at_once: usize,
    /// How long the head of a call may be on its way, and how long a connection may be idle, in
    /// seconds.
    pub head_within_secs: u64,
    /// Where the staff console listens; none for no console. Never the address above.
    pub console_listen: Option<SocketAddr>,
    /// Tokens one member of the staff may release alone on a day.
    pub console_unlocks_alone: u32,
    /// Hardware tokens one member of the staff may bring in alone, in one file.
    pub console_imported_alone: usize,
    /// How long a new voucher is not yet good, in seconds.
    pub voucher_cooling_secs: u64,
    /// How long a bank may take to take its events, in seconds.
    pub events_within_secs: u64,
    /// How long calls under way may take after the service was asked to end, in seconds.
    pub end_within_secs: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("issuer-data"),
            database: None,
            hsm: None,
            audit_anchor: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8480)),
            bank_tls: None,
            attestation: AttestationConfig::default(),
            metrics_listen: None,
            work_bits: 16,
            activation_valid_secs: activation::VALID_FOR_SECS,
            lowest_app_version: None,
            provisioning_burst: 120,
            provisioning_per_minute: 120,
            bank_burst: 20_000,
            bank_per_minute: 600_000,
            calls_at_once: 1024,
            connections_at_once: 8192,
            head_within_secs: 75,
            console_listen: None,
            console_unlocks_alone: roles::UNLOCKS_ALONE_A_DAY,
            console_imported_alone: roles::IMPORTED_ALONE,
            voucher_cooling_secs: roles::VOUCHER_COOLING_SECS,
            events_within_secs: 10,
            end_within_secs: 20,
        }
    }
}

impl Config {
    /// Reads a TOML file; what it does not name has its default.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.to_owned(),
            kind: error.kind(),
        })?;
        let config: Self = toml::from_str(&text).map_err(|error| ConfigError::Malformed {
            path: path.to_owned(),
            why: error.message().to_owned(),
        })?;
        config.check()?;
        Ok(config)
    }

    /// Whether the values can be kept.
    ///
    /// # Errors
    /// [`ConfigError::WorkBits`], [`ConfigError::ConsoleInPublic`].
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.work_bits > skts_provisioning::wire::MAX_WORK_BITS {
            return Err(ConfigError::WorkBits {
                found: self.work_bits,
            });
        }
        let same =
            |console: SocketAddr| console.port() != 0 && console.port() == self.listen.port();
        if self.console_listen.is_some_and(same) {
            return Err(ConfigError::ConsoleInPublic);
        }
        Ok(())
    }

    pub(crate) fn place(&self) -> Place {
        self.database
            .clone()
            .unwrap_or_else(|| Place::in_folder(&self.data))
    }

    /// The file that seals of the audit trail are added to.
    pub fn audit_anchor(&self) -> PathBuf {
        let own = || self.data.join("audit-seals.jsonl");
        self.audit_anchor.clone().unwrap_or_else(own)
    }

    /// What connections may take.
    pub fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits {
            at_once: self.connections_at_once,
            head_within: Duration::from_secs(self.head_within_secs),
        }
    }

    pub(crate) fn bank_allowance(&self) -> Allowance {
        Allowance {
            burst: self.bank_burst,
            per_minute: self.bank_per_minute,
        }
    }

    pub(crate) fn provisioning_allowance(&self) -> Allowance {
        Allowance {
            burst: self.provisioning_burst,
            per_minute: self.provisioning_per_minute,
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML, or a field that is unknown or mistyped.
    #[error("{path}: {why}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The file cannot be read.
    #[error("{path} cannot be read: {kind}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// The console has a port of its own, so that a proxy cannot publish it by mistake.
    #[error("console_listen must be another port than listen")]
    ConsoleInPublic,
    /// More work than any app does.
    #[error("work_bits is {found}; apps do at most 24")]
    WorkBits {
        /// What was asked for.
        found: u8,
    },
}

//! Keys of banks, the master key, and where events are sent.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use skts_issuer::rules::scope::{Scope, Scopes};
use skts_issuer::{Issuer, Thumbprint};

use super::say;

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Makes a key for a bank's programs; prints it, once.
    Add {
        #[arg(long)]
        institution: String,
        /// The bank's own name for it; used once.
        #[arg(long)]
        name: String,
        /// What it may be used for.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<Scope>,
        /// Days until it ends; without it, until it is ended.
        #[arg(long)]
        days: Option<u32>,
        /// PEM file with the bank's certificate: the key is good over it and over no other.
        #[arg(long)]
        certificate: Option<PathBuf>,
    },
    /// Prints an institution's keys, a line of JSON each, without the keys themselves.
    List {
        #[arg(long)]
        institution: String,
    },
    /// Ends a key.
    End {
        #[arg(long)]
        institution: String,
        #[arg(long)]
        name: String,
        /// Hours from now, so that programs can take up another.
        #[arg(long, default_value_t = 0)]
        in_hours: u32,
    },
}

#[derive(Subcommand)]
pub(crate) enum MasterKeyCommand {
    /// Makes a new master key; from now on it seals.
    Rotate,
    /// Seals everything anew that an older one sealed.
    Reseal,
    /// Takes an older one away, once nothing is sealed under it.
    Retire {
        #[arg(long)]
        version: i64,
    },
}

#[derive(Subcommand)]
pub(crate) enum WebhookCommand {
    /// Sends an institution's events there from now on; prints the secret they are signed with, once.
    Set {
        #[arg(long)]
        institution: String,
        /// https://…
        #[arg(long)]
        url: String,
    },
    /// Sends them nowhere any more.
    End {
        #[arg(long)]
        institution: String,
    },
}

pub(crate) async fn key(issuer: &Issuer, command: KeyCommand) -> Result<()> {
    let after = |hours: u64| issuer.now().saturating_add_secs(hours * 3600);
    match command {
        KeyCommand::Add {
            institution,
            name,
            scopes,
            days,
            certificate,
        } => {
            let certificate = certificate.as_deref().map(Thumbprint::read).transpose()?;
            let ends_at = days.map(|days| after(u64::from(days) * 24));
            let scopes = Scopes::of(scopes);
            let key = issuer.add_bank_key(&institution, &name, scopes, ends_at, certificate);
            say(&serde_json::to_string(&key.await?)?)
        }
        KeyCommand::List { institution } => {
            for key in issuer.bank_keys(&institution).await? {
                say(&serde_json::to_string(&key)?)?;
            }
            Ok(())
        }
        KeyCommand::End {
            institution,
            name,
            in_hours,
        } => {
            let ends_at = after(u64::from(in_hours));
            Ok(issuer.end_bank_key(&institution, &name, ends_at).await?)
        }
    }
}

pub(crate) async fn master_key(issuer: &Issuer, command: MasterKeyCommand) -> Result<()> {
    match command {
        MasterKeyCommand::Rotate => {
            let version = issuer.rotate_keys().await?;
            say(&serde_json::json!({ "version": version }).to_string())
        }
        MasterKeyCommand::Reseal => say(&serde_json::to_string(&issuer.reseal().await?)?),
        MasterKeyCommand::Retire { version } => Ok(issuer.retire_key(version).await?),
    }
}

pub(crate) async fn webhook(issuer: &Issuer, command: WebhookCommand) -> Result<()> {
    match command {
        WebhookCommand::Set { institution, url } => {
            let secret = issuer.set_webhook(&institution, &url).await?;
            say(&serde_json::json!({ "secret": secret }).to_string())
        }
        WebhookCommand::End { institution } => Ok(issuer.end_webhook(&institution).await?),
    }
}

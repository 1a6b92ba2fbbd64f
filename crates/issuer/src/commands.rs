//! What operators do from the command line, beside serving.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use skts_issuer::rules::attestation::ATTESTED;
use skts_issuer::{
    AuditFilter, ImportByStaff, ImportRequest, Issuer, NewInstitution, PolicyKind, StaffChange,
};
use skts_otp::{AssuranceLevel, UnixTime};
use skts_provisioning::activation_qr::ActivationQr;
use skts_provisioning::ids::{ActivationPassword, ServiceId, UserId};
use skts_provisioning::institution::Localized;
use skts_pskc::{Protection, Secret, parse_csv, parse_pskc};

mod keys;
mod staff;

pub(crate) use keys::{KeyCommand, MasterKeyCommand, WebhookCommand, key, master_key, webhook};
pub(crate) use staff::{StaffCommand, staff};

#[derive(Subcommand)]
pub(crate) enum InstitutionCommand {
    /// Adds an institution; prints its bank's key, once.
    Add(AddInstitution),
    /// Adds the three sample institutions.
    Samples,
    /// Writes the signed list that an app on this machine reads.
    ListFile {
        /// Base address of the service, loopback.
        #[arg(long)]
        address: String,
        /// The file to write.
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct AddInstitution {
    /// Short name for programs.
    #[arg(long)]
    id: String,
    /// 8 digits.
    #[arg(long)]
    service_id: String,
    #[arg(long)]
    name_ja: String,
    #[arg(long)]
    name_en: String,
    #[arg(long)]
    contact_ja: String,
    #[arg(long)]
    contact_en: String,
    /// #rrggbb
    #[arg(long, default_value = "#0b5d3b")]
    accent: String,
    #[arg(long)]
    policy: Policy,
    /// Wrong codes in a row until a token is locked, 1 to 10.
    #[arg(long)]
    lock_after: Option<u8>,
    /// What must be proved of a device, 0 to 3: 1 takes any, 3 takes attested hardware only.
    #[arg(long, value_parser = level)]
    lowest_level: Option<AssuranceLevel>,
    /// Days a token is valid.
    #[arg(long)]
    validity_days: Option<u32>,
    /// After so many days without トークンの確認 the app asks for one; without it, never.
    #[arg(long)]
    check_in_notice_days: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Policy {
    SelfProvisioned,
    Activated,
    ActivatedBoth,
}

#[derive(Subcommand)]
pub(crate) enum ActivationCommand {
    /// Issues an activation; the password is read from standard input.
    Issue {
        #[arg(long)]
        institution: String,
        /// The bank's own name for the customer.
        #[arg(long)]
        subscriber: String,
    },
    /// Takes an activation back.
    Withdraw {
        #[arg(long)]
        institution: String,
        /// 12 digits.
        #[arg(long)]
        user_id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Checks the whole trail against its seals; fails if anything was changed, cut or written anew.
    Verify {
        /// A file of seals kept outside the database; the service's own if none is named.
        #[arg(long = "seals")]
        seals: Vec<PathBuf>,
    },
    /// Prints entries, a line of JSON each, oldest first.
    Show {
        #[arg(long)]
        institution: Option<String>,
        /// The bank's own name for the customer.
        #[arg(long)]
        subscriber: Option<String>,
        #[arg(long)]
        serial: Option<String>,
        /// The last so many.
        #[arg(long, default_value_t = 100)]
        most: u64,
    },
}

#[derive(Args)]
pub(crate) struct TokenCommand {
    change: Change,
    #[arg(long)]
    institution: String,
    /// The bank's own name for the customer.
    #[arg(long)]
    subscriber: String,
    /// Why; it goes to the audit trail.
    #[arg(long)]
    reason: String,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Change {
    /// Releases a token locked by wrong codes.
    Unlock,
    /// Holds one.
    Suspend,
    /// Releases a held one.
    Resume,
    /// Ends one for good.
    Revoke,
}

#[derive(Subcommand)]
pub(crate) enum HardwareCommand {
    /// Takes a maker's file in: all of it, or nothing.
    Import {
        #[arg(long)]
        institution: String,
        /// PSKC (RFC 6030), or with --csv a table.
        file: PathBuf,
        /// The file is a table: serial,type,secret_hex,digits,period_secs,counter,algorithm,expires
        #[arg(long, conflicts_with_all = ["key_file", "password_file"])]
        csv: bool,
        /// File with the key agreed with the maker, in hex.
        #[arg(long, conflicts_with = "password_file")]
        key_file: Option<PathBuf>,
        /// File with the password agreed with the maker, in its first line.
        #[arg(long)]
        password_file: Option<PathBuf>,
        /// Last day of tokens whose end the file does not say, Japan time: 2031-03-31.
        #[arg(long, value_parser = day)]
        until: chrono::NaiveDate,
        /// Account of the staff who bring it in, an operator: a large file then waits for an approver at
        /// the console. Without one, whoever runs this program does.
        #[arg(long, requires = "reason")]
        staff: Option<String>,
        /// Why; it goes to the audit trail.
        #[arg(long, requires = "staff")]
        reason: Option<String>,
    },
}

pub(crate) async fn institution(issuer: &Issuer, command: InstitutionCommand) -> Result<()> {
    match command {
        InstitutionCommand::Add(add) => {
            let mut policy = match add.policy {
                Policy::SelfProvisioned => PolicyKind::SelfProvisioned,
                Policy::Activated => PolicyKind::Activated,
                Policy::ActivatedBoth => PolicyKind::ActivatedBoth,
            }
            .policy();
            policy.lock_after = add.lock_after.unwrap_or(policy.lock_after);
            policy.lowest_level = add.lowest_level.unwrap_or(policy.lowest_level);
            policy.validity_days = add.validity_days.unwrap_or(policy.validity_days);
            policy.check_in_notice_days = add.check_in_notice_days;
            let added = issuer
                .add_institution(NewInstitution {
                    id: add.id,
                    service_id: ServiceId::parse(&add.service_id).context("--service-id")?,
                    name: Localized {
                        ja: add.name_ja,
                        en: add.name_en,
                    },
                    contact: Localized {
                        ja: add.contact_ja,
                        en: add.contact_en,
                    },
                    accent: add.accent,
                    policy,
                })
                .await?;
            say(&serde_json::to_string(&added)?)
        }
        InstitutionCommand::Samples => {
            let added = issuer.add_samples().await?;
            say(&serde_json::json!({ "institutions": added }).to_string())
        }
        InstitutionCommand::ListFile { address, out } => {
            let list = issuer.institution_list(&address).await?;
            std::fs::write(&out, list).with_context(|| format!("cannot write {}", out.display()))
        }
    }
}

pub(crate) async fn activation(issuer: &Arc<Issuer>, command: ActivationCommand) -> Result<()> {
    match command {
        ActivationCommand::Issue {
            institution,
            subscriber,
        } => {
            let mut text = String::new();
            std::io::stdin()
                .take(64)
                .read_to_string(&mut text)
                .context("standard input")?;
            let password = ActivationPassword::parse(text.trim_end())
                .context("the activation password has 4 to 8 digits")?;
            let issued = issuer
                .issue_activation(&institution, &subscriber, &password)
                .await?;
            let qr = ActivationQr {
                service_id: ServiceId::parse(&issued.service_id)?,
                user_id: UserId::parse(&issued.user_id)?,
            };
            let mut issued = serde_json::to_value(&issued)?;
            issued["qr"] = qr.to_string().into();
            say(&issued.to_string())
        }
        ActivationCommand::Withdraw {
            institution,
            user_id,
        } => {
            let user_id = UserId::parse(&user_id).context("--user-id")?;
            Ok(issuer.withdraw_activation(&institution, &user_id).await?)
        }
    }
}

pub(crate) async fn token(issuer: &Issuer, command: TokenCommand) -> Result<()> {
    let change = match command.change {
        Change::Unlock => StaffChange::Unlock,
        Change::Suspend => StaffChange::Suspend,
        Change::Resume => StaffChange::Resume,
        Change::Revoke => StaffChange::Revoke,
    };
    let state = issuer
        .change_token(
            &command.institution,
            &command.subscriber,
            change,
            &command.reason,
        )
        .await?;
    say(&serde_json::json!({ "state": state.as_str() }).to_string())
}

pub(crate) async fn audit(issuer: &Issuer, command: AuditCommand) -> Result<()> {
    match command {
        AuditCommand::Verify { mut seals } => {
            if seals.is_empty() {
                seals.push(issuer.audit_anchor());
            }
            say(&serde_json::to_string(&issuer.verify_audit(&seals).await?)?)
        }
        AuditCommand::Show {
            institution,
            subscriber,
            serial,
            most,
        } => {
            let filter = AuditFilter {
                institution_id: institution,
                subscriber_ref: subscriber,
                serial,
                most,
            };
            for entry in issuer.audit_entries(&filter).await? {
                say(&serde_json::to_string(&entry)?)?;
            }
            Ok(())
        }
    }
}

pub(crate) async fn hardware(issuer: &Issuer, command: HardwareCommand) -> Result<()> {
    let HardwareCommand::Import {
        institution,
        file,
        csv,
        key_file,
        password_file,
        until,
        staff,
        reason,
    } = command;
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let secret = |bytes: Vec<u8>| Secret::new(bytes.trim_ascii_end().to_vec());
    let protection = match (key_file, password_file) {
        (Some(path), _) => {
            let key = hex::decode(read(&path)?.trim_ascii()).context("the key is not hex")?;
            Protection::PreSharedKey(Secret::new(key))
        }
        (None, Some(path)) => Protection::Password(secret(read(&path)?)),
        (None, None) => Protection::Plain,
    };
    let bytes = read(&file)?;
    let keys = match csv {
        true => parse_csv(&bytes),
        false => parse_pskc(&bytes, &protection),
    }
    .with_context(|| format!("nothing was taken of {}", file.display()))?;
    let nothing = || format!("nothing was taken of {}", file.display());
    let until = end_of(until)?;
    let (Some(name), Some(reason)) = (&staff, &reason) else {
        let done = issuer
            .import_hardware(&institution, &keys, until, "staff")
            .await;
        return say(&serde_json::to_string(&done.with_context(nothing)?)?);
    };
    let by = ImportByStaff {
        name,
        institution_id: &institution,
        bytes: &bytes,
        reason,
    };
    let done = issuer.import_hardware_by_staff(&by, &keys, until).await;
    match done.with_context(nothing)? {
        ImportRequest::Done(imported) => say(&serde_json::to_string(&imported)?),
        ImportRequest::Waits { file } => {
            say(&serde_json::json!({ "waits_for_approval_of": file }).to_string())?;
            bail!("nothing was taken yet: a second person has to approve this file at the console")
        }
    }
}

fn level(text: &str) -> Result<AssuranceLevel, String> {
    let number = text.parse::<u8>().ok();
    number
        .and_then(|number| AssuranceLevel::try_from(number).ok())
        .filter(|level| *level <= ATTESTED)
        .ok_or_else(|| "a level is 0 to 3: no device can prove more".to_owned())
}

fn day(text: &str) -> Result<chrono::NaiveDate, String> {
    text.parse()
        .map_err(|_| "a day is written 2031-03-31".to_owned())
}

/// The end of a day in Japan.
fn end_of(day: chrono::NaiveDate) -> Result<UnixTime> {
    const JAPAN_AHEAD_SECS: i64 = 9 * 3600;
    let next = day.succ_opt().context("--until")?;
    let midnight = next.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    let secs = u64::try_from(midnight - JAPAN_AHEAD_SECS).context("--until")?;
    Ok(UnixTime::from_secs(secs))
}

pub(crate) fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

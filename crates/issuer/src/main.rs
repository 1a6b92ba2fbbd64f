//! `skts-issuer`: the token service and what its operators do.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use rand_core::OsRng;
use skts_issuer::{
    AuditFilter, Config, Entropy, Issuer, NewInstitution, Place, PolicyKind, StaffChange,
    SystemClock, router,
};
use skts_provisioning::ids::{ActivationPassword, ServiceId, UserId};
use skts_provisioning::institution::Localized;

#[derive(Parser)]
#[command(
    name = "skts-issuer",
    version,
    about = "Token service for one-time passwords"
)]
struct Cli {
    /// TOML file with settings; the environment and flags override it.
    #[arg(long, global = true, env = "SKTS_ISSUER_CONFIG")]
    config: Option<PathBuf>,
    /// Folder with the database and the key files.
    #[arg(long, global = true, env = "SKTS_ISSUER_DATA")]
    data: Option<PathBuf>,
    /// PostgreSQL (postgres://…) for the database; without it SQLite in the data folder.
    #[arg(
        long,
        global = true,
        env = "SKTS_ISSUER_DATABASE",
        hide_env_values = true
    )]
    database: Option<Place>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a new service: keys and an empty database.
    Init,
    /// Serves until SIGTERM or Ctrl-C, then ends after what is under way.
    Serve(Serve),
    /// Institutions, their keys and lists.
    #[command(subcommand)]
    Institution(InstitutionCommand),
    /// Activations, as a bank's call issues them.
    #[command(subcommand)]
    Activation(ActivationCommand),
    /// Changes a customer's token, as staff do, and says where it stands then.
    Token(TokenCommand),
    /// The audit trail.
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Subcommand)]
enum AuditCommand {
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
struct TokenCommand {
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
enum Change {
    /// Releases a token locked by wrong codes.
    Unlock,
    /// Holds one.
    Suspend,
    /// Releases a held one.
    Resume,
    /// Ends one for good.
    Revoke,
}

#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "SKTS_ISSUER_LISTEN")]
    listen: Option<SocketAddr>,
    /// Leading zero bits of the proof of work, 0 to 24.
    #[arg(long, env = "SKTS_ISSUER_WORK_BITS")]
    work_bits: Option<u8>,
    /// Seconds an activation can be begun.
    #[arg(long, env = "SKTS_ISSUER_ACTIVATION_VALID_SECS")]
    activation_valid_secs: Option<u64>,
    /// File that gets the address once the service listens.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum InstitutionCommand {
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
struct AddInstitution {
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
    /// Days a token is valid.
    #[arg(long)]
    validity_days: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Policy {
    SelfProvisioned,
    Activated,
    ActivatedBoth,
}

#[derive(Subcommand)]
enum ActivationCommand {
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

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("SKTS_ISSUER_LOG")
                .unwrap_or_else(|_| "info,sqlx=warn".into()),
        )
        .init();
    let mut config = match &cli.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    if let Some(data) = cli.data {
        config.data = data;
    }
    config.database = cli.database.or(config.database);
    match cli.command {
        Command::Init => {
            Issuer::init(&config, &Entropy::new(OsRng)).await?;
            say(&format!(
                "made a token service in {}",
                config.data.display()
            ))
        }
        Command::Serve(serve) => {
            config.listen = serve.listen.unwrap_or(config.listen);
            config.work_bits = serve.work_bits.unwrap_or(config.work_bits);
            config.activation_valid_secs = serve
                .activation_valid_secs
                .unwrap_or(config.activation_valid_secs);
            config.check()?;
            self::serve(config, serve.ready_file).await
        }
        Command::Institution(command) => institution(&open(config).await?, command).await,
        Command::Activation(command) => activation(&Arc::new(open(config).await?), command).await,
        Command::Token(command) => token(&open(config).await?, command).await,
        Command::Audit(command) => audit(&open(config).await?, command).await,
    }
}

async fn open(config: Config) -> Result<Issuer> {
    let data = config.data.clone();
    Issuer::open(config, SystemClock, Entropy::new(OsRng))
        .await
        .with_context(|| {
            format!(
                "{} holds no service that can be opened; `skts-issuer init` makes one",
                data.display()
            )
        })
}

async fn serve(config: Config, ready_file: Option<PathBuf>) -> Result<()> {
    let listen = config.listen;
    let end_within = Duration::from_secs(config.end_within_secs);
    let issuer = Arc::new(open(config).await?);
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    let address = format!("http://{}", listener.local_addr()?);
    let tidying = tokio::spawn(issuer.clone().keep_tidy());
    let sealing = tokio::spawn(issuer.clone().keep_sealed());
    let app = router(issuer.clone()).into_make_service_with_connect_info::<SocketAddr>();
    if let Some(path) = ready_file {
        std::fs::write(&path, format!("{address}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    say(&format!("listening on {address}"))?;
    let (asked, mut was_asked) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        asked_to_end().await;
        let _ = asked.send(true);
    });
    // A client that never ends its request must not keep the service from ending.
    let too_long = async {
        if was_asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(end_within).await;
    };
    tokio::select! {
        ended = server => ended?,
        () = too_long => tracing::warn!("ended with connections still open"),
    }
    tidying.abort();
    sealing.abort();
    if let Err(error) = issuer.seal_audit().await {
        tracing::error!(%error, "sealing the audit trail failed");
    }
    issuer.close().await;
    Ok(())
}

async fn asked_to_end() {
    let ctrl_c = async {
        // Without a handler the process ends at once, which is what was asked for.
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = ctrl_c => {}
        () = terminate => {}
    }
}

async fn institution(issuer: &Issuer, command: InstitutionCommand) -> Result<()> {
    match command {
        InstitutionCommand::Add(add) => {
            let mut policy = match add.policy {
                Policy::SelfProvisioned => PolicyKind::SelfProvisioned,
                Policy::Activated => PolicyKind::Activated,
                Policy::ActivatedBoth => PolicyKind::ActivatedBoth,
            }
            .policy();
            policy.lock_after = add.lock_after.unwrap_or(policy.lock_after);
            policy.validity_days = add.validity_days.unwrap_or(policy.validity_days);
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

async fn activation(issuer: &Arc<Issuer>, command: ActivationCommand) -> Result<()> {
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
            say(&serde_json::to_string(&issued)?)
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

async fn token(issuer: &Issuer, command: TokenCommand) -> Result<()> {
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

async fn audit(issuer: &Issuer, command: AuditCommand) -> Result<()> {
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

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

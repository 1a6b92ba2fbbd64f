//! `skts-issuer`: the token service and what its operators do.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use rand_core::OsRng;
use skts_issuer::rules::app_version::AppVersion;
use skts_issuer::{
    BankTls, BankTlsConfig, Config, Entropy, Issuer, Place, SystemClock, bank_router,
    console_router, metrics_router, router,
};
use tokio::net::TcpListener;

use self::commands::{
    ActivationCommand, AuditCommand, HardwareCommand, InstitutionCommand, KeyCommand,
    MasterKeyCommand, StaffCommand, TokenCommand, WebhookCommand, say,
};

mod commands;

/// Requests, replies and what libraries made of them are wiped when they are given back, as are the
/// secrets in our own types.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

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
    /// Copies the SQLite database to a new file while the service runs; the key files are not in it.
    Backup {
        /// The copy. What is there already is not overwritten.
        #[arg(long)]
        out: PathBuf,
    },
    /// To be run once an older database was put back, before serving: no code of the time in between is
    /// good again.
    Restored,
    /// Institutions, their keys and lists.
    #[command(subcommand)]
    Institution(InstitutionCommand),
    /// Activations, as a bank's call issues them.
    #[command(subcommand)]
    Activation(ActivationCommand),
    /// Changes a customer's token, as staff do, and says where it stands then.
    Token(TokenCommand),
    /// Keys that banks call with.
    #[command(subcommand)]
    Key(KeyCommand),
    /// The key that everything is sealed under.
    #[command(subcommand)]
    MasterKey(MasterKeyCommand),
    /// Where a bank's events are sent, if it does not fetch them.
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Hardware tokens, by their makers' files.
    #[command(subcommand)]
    Hardware(HardwareCommand),
    /// Accounts of the staff who work at the console.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The audit trail.
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "SKTS_ISSUER_LISTEN")]
    listen: Option<SocketAddr>,
    /// Where GET /metrics listens; nowhere without it. Not for the public.
    #[arg(long, env = "SKTS_ISSUER_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// Where the staff console listens, a port of its own; without it there is none.
    #[arg(long, env = "SKTS_ISSUER_CONSOLE_LISTEN")]
    console_listen: Option<SocketAddr>,
    /// Folder with the roots that device keys in hardware are attested by, and what was revoked.
    #[arg(long, env = "SKTS_ISSUER_ATTESTATION_ROOTS")]
    attestation_roots: Option<PathBuf>,
    /// Leading zero bits of the proof of work, 0 to 24.
    #[arg(long, env = "SKTS_ISSUER_WORK_BITS")]
    work_bits: Option<u8>,
    /// Seconds an activation can be begun.
    #[arg(long, env = "SKTS_ISSUER_ACTIVATION_VALID_SECS")]
    activation_valid_secs: Option<u64>,
    /// The oldest app that tokens are set up with, such as 1.4.0; without it, any.
    #[arg(long, env = "SKTS_ISSUER_LOWEST_APP_VERSION")]
    lowest_app_version: Option<AppVersion>,
    /// File that gets the address once the service listens.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    // A dump would hold the keys. A system that refuses still runs the program.
    let _ = secmem_proc::harden_process();
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
            config.metrics_listen = serve.metrics_listen.or(config.metrics_listen);
            config.console_listen = serve.console_listen.or(config.console_listen);
            config.attestation.roots = serve.attestation_roots.or(config.attestation.roots);
            config.work_bits = serve.work_bits.unwrap_or(config.work_bits);
            config.activation_valid_secs = serve
                .activation_valid_secs
                .unwrap_or(config.activation_valid_secs);
            config.lowest_app_version = serve.lowest_app_version.or(config.lowest_app_version);
            config.check()?;
            self::serve(config, serve.ready_file).await
        }
        Command::Backup { out } => Ok(skts_issuer::back_up(&config, &out).await?),
        Command::Restored => {
            let done = open(config).await?.restored().await?;
            say(&serde_json::to_string(&done)?)
        }
        Command::Institution(command) => commands::institution(&open(config).await?, command).await,
        Command::Activation(command) => {
            commands::activation(&Arc::new(open(config).await?), command).await
        }
        Command::Token(command) => commands::token(&open(config).await?, command).await,
        Command::Key(command) => commands::key(&open(config).await?, command).await,
        Command::MasterKey(command) => commands::master_key(&open(config).await?, command).await,
        Command::Webhook(command) => commands::webhook(&open(config).await?, command).await,
        Command::Hardware(command) => commands::hardware(&open(config).await?, command).await,
        Command::Staff(command) => commands::staff(&open(config).await?, command).await,
        Command::Audit(command) => commands::audit(&open(config).await?, command).await,
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
    let (listen, console_listen) = (config.listen, config.console_listen);
    let end_within = Duration::from_secs(config.end_within_secs);
    let limits = config.connection_limits();
    let bank_tls = config.bank_tls.clone();
    let issuer = Arc::new(open(config).await?);
    let banks = match &bank_tls {
        Some(config) => Some(listen_for_banks(&issuer, config).await?),
        None => None,
    };
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    let address = format!("http://{}", listener.local_addr()?);
    if let Some(listen) = issuer.metrics_listen() {
        let listener = TcpListener::bind(listen).await;
        let listener = listener.with_context(|| format!("cannot listen on {listen}"))?;
        say(&format!(
            "metrics on http://{}/metrics",
            listener.local_addr()?
        ))?;
        let metrics = metrics_router(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, metrics).await });
    }
    let (asked, mut was_asked) = tokio::sync::watch::channel(false);
    let console = match console_listen {
        Some(listen) => Some(serve_console(&issuer, listen, was_asked.clone()).await?),
        None => None,
    };
    let tidying = tokio::spawn(issuer.clone().keep_tidy());
    let sealing = tokio::spawn(issuer.clone().keep_sealed());
    let sending = tokio::spawn(issuer.clone().keep_sending());
    let app = router(issuer.clone());
    if let Some(path) = ready_file {
        std::fs::write(&path, format!("{address}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    say(&format!("listening on {address}"))?;
    let public = skts_issuer::serve(listener, app, limits, async move {
        asked_to_end().await;
        let _ = asked.send(true);
    });
    let mut banks_were_asked = was_asked.clone();
    let banks = async {
        if let Some((listener, tls)) = banks {
            let app = bank_router(issuer.clone());
            skts_issuer::serve_banks(listener, app, tls, limits, async move {
                // The sender gone is the end, too.
                let _ = banks_were_asked.wait_for(|asked| *asked).await;
            })
            .await;
        }
    };
    let server = async { tokio::join!(public, banks) };
    // A client that never ends its request must not keep the service from ending.
    let too_long = async {
        if was_asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(end_within).await;
    };
    tokio::select! {
        _ = server => {}
        () = too_long => tracing::warn!("ended with connections still open"),
    }
    if let Some(console) = console {
        console.abort();
    }
    tidying.abort();
    sealing.abort();
    sending.abort();
    if let Err(error) = issuer.seal_audit().await {
        tracing::error!(%error, "sealing the audit trail failed");
    }
    issuer.close().await;
    Ok(())
}

/// Where banks call over mutual TLS, and how they are taken in.
async fn listen_for_banks(
    issuer: &Arc<Issuer>,
    config: &BankTlsConfig,
) -> Result<(TcpListener, BankTls)> {
    let tls = BankTls::read(config, issuer)?;
    let listen = config.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen for banks on {listen}"))?;
    say(&format!(
        "banks over mutual TLS on https://{}",
        listener.local_addr()?
    ))?;
    Ok((listener, tls))
}

/// Serves the console beside the API until the service is asked to end.
async fn serve_console(
    issuer: &Arc<Issuer>,
    listen: SocketAddr,
    mut was_asked: tokio::sync::watch::Receiver<bool>,
) -> Result<tokio::task::JoinHandle<()>> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("the console cannot listen on {listen}"))?;
    say(&format!(
        "console on http://{}/console",
        listener.local_addr()?
    ))?;
    let app = console_router(issuer.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        // The sender gone is the end, too.
        let _ = was_asked.wait_for(|asked| *asked).await;
    });
    Ok(tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the console ended");
        }
    }))
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

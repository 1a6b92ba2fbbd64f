//! `skts-sample-bank`: the sample bank's server, and its customers added by hand.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use rand_core::OsRng;
use skts_otp::EffectiveDay;
use skts_sample_bank::mail::{Inbox, MailLine, Server};
use skts_sample_bank::{
    Bank, Config, Entropy, NewCustomer, Patience, SAMPLES, SigningRule, Style, SystemClock, router,
};

/// How long calls under way may take once the program was asked to end.
const END_WITHIN: Duration = Duration::from_secs(20);

#[derive(Parser)]
#[command(
    name = "skts-sample-bank",
    version,
    about = "A sample internet bank that uses one-time passwords"
)]
struct Cli {
    /// Folder with the bank's database; made if it is not there.
    #[arg(long, global = true, default_value = "bank-data")]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM or Ctrl-C, then ends after what is under way.
    Serve(Serve),
    /// Makes hardware tokens to hold on the demonstration's pages.
    DemoCards(DemoCards),
    /// Customers.
    #[command(subcommand)]
    Customer(CustomerCommand),
}

#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8580")]
    listen: SocketAddr,
    /// Which guides the bank follows.
    #[arg(long, value_enum, default_value_t = BankStyle::Shinkin)]
    style: BankStyle,
    /// Base address of the token service.
    #[arg(long)]
    issuer: String,
    /// File with this bank's key there.
    #[arg(long)]
    api_key_file: PathBuf,
    /// From when a token just registered confirms payments.
    #[arg(long, value_enum, default_value_t = Effective::NextDay)]
    effective: Effective,
    /// A first transfer to an account has to be signed by the app (取引認証).
    #[arg(long)]
    sign_new_payees: bool,
    /// So has one of more than so many yen.
    #[arg(long, value_name = "YEN", value_parser = clap::value_parser!(i64).range(0..))]
    sign_above: Option<i64>,
    /// Mail server, host and port; without one mail stays queued, and in a demonstration goes to
    /// its own mailbox, a page.
    #[arg(long)]
    smtp: Option<String>,
    /// File with the password of the counter's staff; without one the counter is closed.
    #[arg(long)]
    staff_password_file: Option<PathBuf>,
    /// Browsers come over HTTPS, through a proxy on this machine: cookies are Secure.
    #[arg(long)]
    https: bool,
    /// Sample customers whose passwords everybody knows, and a clock that can be moved. Loopback only.
    #[arg(long)]
    demo: bool,
    /// File that gets the address once the bank listens.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

#[derive(Args)]
struct DemoCards {
    /// New file with their secrets, for `skts-issuer hardware import --csv`.
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=100))]
    count: u8,
}

#[derive(Clone, Copy, ValueEnum)]
enum BankStyle {
    /// 信用金庫: procedures on the login page.
    Shinkin,
    /// 信用組合: トークン発行, 利用開始 and 利用解除 after login.
    Shinkumi,
}

#[derive(Clone, Copy, ValueEnum)]
enum Effective {
    AtOnce,
    NextDay,
}

#[derive(Subcommand)]
enum CustomerCommand {
    /// Adds a customer. Standard input has two lines: login password, transfer password (10 digits);
    /// for a 信用組合 a third: confirmation password (6 to 12 letters and digits).
    Add {
        /// 契約者ID, 10 digits.
        #[arg(long)]
        contract_id: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        mail: String,
        #[arg(long)]
        phone: String,
        /// Yen.
        #[arg(long, default_value_t = 0)]
        balance: i64,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("SKTS_BANK_LOG")
                .unwrap_or_else(|_| "info,sqlx=warn".into()),
        )
        .init();
    make_folder(&cli.data).with_context(|| format!("cannot make {}", cli.data.display()))?;
    match cli.command {
        Command::Serve(serve) => self::serve(&cli.data, serve).await,
        Command::DemoCards(cards) => {
            let mut out = new_file(&cards.out)
                .with_context(|| format!("cannot make {}", cards.out.display()))?;
            let bank = open(&cli.data, offline()).await?;
            let csv = bank.make_demo_cards(cards.count).await?;
            bank.close().await;
            Ok(out.write_all(csv.as_bytes())?)
        }
        Command::Customer(CustomerCommand::Add {
            contract_id,
            name,
            mail,
            phone,
            balance,
        }) => {
            let mut text = String::new();
            std::io::stdin().take(256).read_to_string(&mut text)?;
            let mut lines = text.lines();
            let (Some(login), Some(transfer)) = (lines.next(), lines.next()) else {
                bail!("standard input needs two lines: login password, transfer password");
            };
            let customer = NewCustomer {
                contract_id,
                name,
                login_password: login.to_owned(),
                transfer_password: transfer.to_owned(),
                confirmation_password: lines.next().map(str::to_owned),
                balance_yen: balance,
                mail,
                phone,
            };
            let bank = open(&cli.data, offline()).await?;
            bank.add_customer(&customer).await?;
            bank.close().await;
            Ok(())
        }
    }
}

/// The database has what customers authenticate with: nobody else on the machine may read it.
fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// A file that is not there yet, for its owner only: there are secrets in it.
fn new_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A bank that asks nobody.
fn offline() -> Config {
    Config {
        style: Style::Shinkin,
        signboard: None,
        issuer: String::new(),
        api_key: String::new(),
        patience: Patience::default(),
        effective: EffectiveDay::NextDay,
        signing: SigningRule::default(),
        https: false,
        staff_password: None,
        demo: false,
        inbox: None,
    }
}

async fn open(data: &Path, config: Config) -> Result<Bank> {
    Bank::open(data, config, SystemClock, Entropy::new(OsRng))
        .await
        .with_context(|| format!("the bank in {} cannot be opened", data.display()))
}

fn secret_in(path: &Path) -> Result<String> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let secret = text.trim();
    if secret.is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(secret.to_owned())
}

fn mail_server(text: &str) -> Result<Server> {
    let (host, port) = text
        .rsplit_once(':')
        .context("--smtp is a host and a port: localhost:25")?;
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let port = port.parse().context("--smtp ends with a port")?;
    Ok(Server { host, port })
}

fn check_issuer(address: &str) -> Result<()> {
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_here = loopback.iter().any(|start| {
        address
            .strip_prefix(start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    if is_here || address.starts_with("https://") {
        Ok(())
    } else {
        bail!("--issuer is an https:// address, or http:// on this machine: the key travels there")
    }
}

async fn serve(data: &Path, serve: Serve) -> Result<()> {
    check_issuer(&serve.issuer)?;
    if serve.demo && !serve.listen.ip().is_loopback() {
        bail!(
            "--demo has customers whose passwords everybody knows: it listens on this machine only"
        );
    }
    let (inbox, smtp) = match serve.smtp.as_deref().map(mail_server).transpose()? {
        None if serve.demo => {
            let (inbox, address) = Inbox::open().await?;
            let (host, port) = (address.ip().to_string(), address.port());
            (Some(inbox), Some(Server { host, port }))
        }
        smtp => (None, smtp),
    };
    let config = Config {
        style: match serve.style {
            BankStyle::Shinkin => Style::Shinkin,
            BankStyle::Shinkumi => Style::Shinkumi,
        },
        signboard: None,
        issuer: serve.issuer,
        api_key: secret_in(&serve.api_key_file)?,
        patience: Patience::default(),
        effective: match serve.effective {
            Effective::AtOnce => EffectiveDay::AtOnce,
            Effective::NextDay => EffectiveDay::NextDay,
        },
        signing: SigningRule {
            new_payees: serve.sign_new_payees,
            above_yen: serve.sign_above,
        },
        https: serve.https,
        staff_password: serve
            .staff_password_file
            .as_deref()
            .map(secret_in)
            .transpose()?,
        demo: serve.demo,
        inbox,
    };
    let bank = Arc::new(open(data, config).await?);
    let mail = match &smtp {
        None => None,
        Some(server) => {
            let line = MailLine::new(server)?;
            Some(tokio::spawn(line.run(bank.clone())))
        }
    };
    let tidying = tokio::spawn(bank.clone().keep_tidy());
    let listening = tokio::spawn(bank.clone().keep_listening());
    let listener = tokio::net::TcpListener::bind(serve.listen)
        .await
        .with_context(|| format!("cannot listen on {}", serve.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    if serve.demo {
        bank.add_samples().await?;
        say_samples()?;
    }
    if let Some(path) = serve.ready_file {
        std::fs::write(&path, format!("{address}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    say(&format!("listening on {address}"))?;
    let (asked, mut was_asked) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, router(bank.clone())).with_graceful_shutdown(async move {
        asked_to_end().await;
        let _ = asked.send(true);
    });
    // A browser that keeps its connection open must not keep the bank from ending.
    let too_long = async {
        if was_asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(END_WITHIN).await;
    };
    tokio::select! {
        ended = server => ended?,
        () = too_long => tracing::warn!("ended with connections still open"),
    }
    tidying.abort();
    listening.abort();
    if let Some(mail) = mail {
        mail.abort();
    }
    bank.close().await;
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

fn say_samples() -> Result<()> {
    say("契約者ID    ログインパスワード  資金移動用パスワード  確認用パスワード  残高")?;
    for sample in SAMPLES {
        say(&format!(
            "{}  {:<18}  {:<20}  {:<16}  {}円",
            sample.contract_id,
            sample.login_password,
            sample.transfer_password,
            sample.confirmation_password,
            sample.balance_yen
        ))?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

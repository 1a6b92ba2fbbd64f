//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::sign::{SIGN_JSON, SignArguments};

/// The language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// 日本語
    Ja,
    /// English
    En,
}

const AFTER_HELP: &str = "\
Exit status:
  0   done
  2   wrong usage, or something typed cannot be used
  3   refused: by the service, by the policy, or out of date
  4   the keystore, the disk or the profile is in the way
  5   the service cannot be reached or is busy; `skts resume` goes on
  6   the PIN is needed and nobody is there to type it, or wrong, or none is looked at now
  70  a fault in this program or in the service

JSON (--json):
  Success prints one object on standard output, failure one on standard error:
    {\"error\":{\"code\",\"class\",\"message\",\"next\",\"faults\":[{\"field\",\"fault\"}]}}
  code      kebab-case name of the error, the same as the app's screen
  class     user-input, precondition, retry, environment or bug
  message   what happened;  next  what to do
  Times ending in Ms are milliseconds, in Secs seconds, since 1970-01-01 00:00 UTC.
  Each command's help lists its fields.

A set-up that is interrupted, by Ctrl-C too, loses nothing: `skts resume`.";

const SETUP_JSON: &str = "\
The activation password is asked for without echo, or read as one line from standard input if
that is no terminal; it is never an argument. Running this command agrees to the notice that a
token cannot be moved to another device.

JSON: state \"setup-done\", token (see `skts help tokens`), matchNumber (compare with the bank's
page), clockOff {offSecs, text {ja,en}, howToSet} (if this device's clock is a minute off, else null).";

const TOKENS_JSON: &str = "\
JSON: tokens [id, institutionId, institutionName {ja,en}, contact {ja,en}, accent, serial,
serialGrouped, startedAt {unixSecs, text {ja,en}}, expiresAt, expired, halt, checkedAt or null,
renewableFrom, expiring, uncheckedDays or null, stopping, receipt {number, at} or null, digits,
allowedDigits, periodSecs, mode, signing, matchNumber, level, attested], faulty [id, serialGrouped, institutionName,
contact, problem], pending (institutionId, institutionName, way, stage, serviceId, userId,
needsPassword) or null.";

const CODE_JSON: &str = "\
JSON: serial, institutionName {ja,en}, digits, grouped, validFromMs, validUntilMs, nowMs, step,
remainingSecs, periodSecs; with --next also next and nextGrouped. With --watch one object a line,
one for each time step.";

const SERIAL_JSON: &str = "JSON: serial, serialGrouped, and svg with --qr or --svg.";

const CHECK_JSON: &str = "\
The answer is signed, and remembered: a token that the service has stopped shows no code any more.
The exit status is 0 if its codes are accepted, or will be once it is registered, else 3. Without an
answer nothing changes: run it again.

JSON: token (see `skts help tokens`), state (provisioned, active, locked, suspended, revoked,
replaced, expired, lapsed), halt (locked, suspended, suspected-copy, revoked, replaced, lapsed, or
null), registered, checkedAt {unixSecs, text {ja,en}}, expiresAt, renewable, renewableFrom,
registerBefore or null, lastUsedAt or null, resyncAsked, clock {trust, offSecs, measuredSecsAgo}.
trust is fresh (codes are corrected), never, old, jumped or restarted; offSecs is positive if this
computer's clock was ahead.";

const STOP_JSON: &str = "\
The request is signed by this computer's key and kept until the service has answered. The receipt is
kept with the token, until that is removed.

JSON: the token (see `skts help tokens`); receipt is null if it was over by something else, as an
exchange.";

const PIN_HELP: &str = "\
The PIN (4 to 12 digits) locks every token of this profile: it is asked for at each start. It is typed
at the terminal without echo, or with --pin-stdin read from standard input, a line each: the PIN in
force, then the new one. It is never an argument. Without either the exit status is 6.

After several wrong PINs none is looked at for a while; after ten in a row the tokens can no longer be
used, and are set up again through the institution. A forgotten PIN can be had back from nobody: go to
your institution and have the token reissued or exchanged.

JSON of `skts pin`: set, triesLeft, waitUntilMs or null, inHardware.";

const DOCTOR_JSON: &str = "\
JSON: appVersion, platform, keystoreKind, keystore, keystoreProblem, chip (used, ready, not-used,
absent, not-hardware, denied, busy, unsupported), deviceKey (software, tpm2, platform-provider,
secure-enclave, android-keystore, or null), machineId, level, clock, clockTrust (as clock in
`skts help check`), clockHealth, profileDir, profilePermissions, profileProblem, listSource,
listIssuedAt, listInstitutions, tokens, selfTest, pending, findings [name, health,
state, said, problem]. Health is good, notice or bad. The exit status is 0 if nothing is bad, else 4.";

/// Shows one-time passwords from tokens kept in this computer's keystore.
#[derive(Debug, Parser)]
#[command(name = "skts", version, after_long_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Folder of the profile
    #[arg(long, global = true, value_name = "DIR", env = "SKTS_PROFILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Institution list to use instead of the one built in; its addresses must be on this computer
    #[arg(long, global = true, value_name = "FILE", env = "SKTS_INSTITUTIONS")]
    pub(crate) institutions: Option<PathBuf>,
    /// TPM device or simulator socket to use instead of the system's own, or `none`
    #[arg(long, global = true, value_name = "PATH", env = "SKTS_TPM")]
    pub(crate) tpm: Option<PathBuf>,
    /// Language of messages; without it, that of the environment
    #[arg(long, global = true, value_name = "LANG")]
    pub(crate) lang: Option<Lang>,
    /// Read the PIN as a line from standard input, before anything else is read from it
    #[arg(long, global = true)]
    pub(crate) pin_stdin: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set a token up with service ID, user ID and activation password
    #[command(after_long_help = SETUP_JSON)]
    Setup {
        /// 8 digits
        #[arg(long, value_name = "DIGITS")]
        service_id: Option<String>,
        /// 12 digits
        #[arg(long, value_name = "DIGITS")]
        user_id: Option<String>,
    },
    /// Set a token up by itself; register its serial at the bank afterwards
    #[command(after_long_help = SETUP_JSON)]
    Provision {
        /// Id of the institution; see `skts institutions`
        #[arg(long, value_name = "ID")]
        institution: String,
    },
    /// Go on with a set-up that was interrupted
    #[command(after_long_help = SETUP_JSON)]
    Resume,
    /// Give an unfinished set-up up for good
    Cancel {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// List the institutions
    #[command(
        after_long_help = "JSON: institutions [id, serviceId, name {ja,en}, contact {ja,en}, accent, way]."
    )]
    Institutions,
    /// List the tokens
    #[command(after_long_help = TOKENS_JSON)]
    Tokens,
    /// Show the one-time password
    #[command(after_long_help = CODE_JSON)]
    Code {
        /// Serial of the token; without it, the one used last
        serial: Option<String>,
        /// Go on showing it, until Ctrl-C
        #[arg(long)]
        watch: bool,
        /// Show the next one too
        #[arg(long)]
        next: bool,
        /// From now on show so many digits, where the institution allows both
        #[arg(long, value_name = "6|8")]
        digits: Option<u8>,
    },
    /// Sign a payment: the digits that the bank's page asks for
    #[command(after_long_help = SIGN_JSON)]
    Sign(SignArguments),
    /// Show the serial number
    #[command(after_long_help = SERIAL_JSON)]
    Serial {
        /// Serial of the token; without it, the one used last
        serial: Option<String>,
        /// Draw it as a QR code
        #[arg(long)]
        qr: bool,
        /// Print the QR code as an SVG picture
        #[arg(long, conflicts_with = "qr")]
        svg: bool,
    },
    /// Remove a token from this computer; it cannot be undone
    Remove {
        /// Serial of the token
        serial: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Ask the service where the token stands, and how far this computer's clock is off
    #[command(after_long_help = CHECK_JSON)]
    Check {
        /// Serial of the token; without it, the one used last
        serial: Option<String>,
    },
    /// End a token at the service, for good; without an answer, run it again
    #[command(after_long_help = STOP_JSON)]
    Stop {
        /// Serial of the token
        serial: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Say how the lock of this profile stands, or set, change or take off its PIN
    #[command(after_long_help = PIN_HELP)]
    Pin {
        #[command(subcommand)]
        change: Option<PinChange>,
    },
    /// Look at everything a token needs
    #[command(after_long_help = DOCTOR_JSON)]
    Doctor,
    /// Move a profile that cannot be opened aside; its tokens are lost
    StartOver {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Print the man page
    Man,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum PinChange {
    /// Set a PIN, where none is
    Set,
    /// Put a new PIN in the place of the one in force
    Change,
    /// Take the PIN off
    Remove,
}

//! `skts`: the authenticator without a window.

mod arguments;
mod check;
mod commands;
mod doctor;
mod input;
mod output;
mod pin;
mod set_up;
mod sign;
mod stop;
mod watch;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};
use skts_authenticator::hosts::{Https, SystemClock, ThisDevice};
use skts_authenticator::{AppError, Authenticator, Config, ErrorCode, InstitutionSource};

use crate::arguments::{Arguments, Command, Lang};
use crate::output::{Output, print};

/// Service name of the keystore items, the same as the window's.
const APP_ID: &str = "jp.example.skts";

/// Requests, replies and what libraries made of them are wiped when they are given back, as are the
/// secrets in our own types.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    // A dump at the wrong moment would hold a seed. A system that refuses still runs the program.
    let _ = secmem_proc::harden_process();
    let arguments = Arguments::parse();
    let output = Output {
        json: arguments.json,
        lang: arguments.lang.unwrap_or_else(environment_lang),
    };
    match run(arguments, output) {
        Ok(code) => code,
        Err(error) => output.error(&error),
    }
}

fn run(arguments: Arguments, output: Output) -> Result<ExitCode, AppError> {
    if let Command::Man = arguments.command {
        return man();
    }
    let config = Config {
        profile_dir: match arguments.profile {
            Some(dir) => dir,
            None => default_profile().ok_or(ErrorCode::Disk)?,
        },
        app_id: APP_ID.to_owned(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: std::env::consts::OS.to_owned(),
        institutions: match arguments.institutions {
            Some(file) => InstitutionSource::Outside(file),
            None => InstitutionSource::BuiltIn,
        },
    };
    let authenticator = Authenticator::new(
        config,
        Arc::new(SystemClock),
        Arc::new(Https::new()),
        Arc::new(ThisDevice::new(arguments.tpm.clone())),
    )?;
    commands::Session {
        authenticator,
        output,
        pin_stdin: arguments.pin_stdin,
    }
    .run(arguments.command)
}

/// The window's folder too: both are the same app. Not the one that Windows takes along to the user's
/// other computers, where it is of no use.
fn default_profile() -> Option<PathBuf> {
    let folders = directories::BaseDirs::new()?;
    Some(folders.data_local_dir().join(APP_ID).join("profile"))
}

fn environment_lang() -> Lang {
    #[expect(clippy::disallowed_methods, reason = "read once, in the host's main")]
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let lang = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    let lang = lang.or_else(users_locale);
    if lang.is_some_and(|lang| lang.starts_with("ja")) {
        Lang::Ja
    } else {
        Lang::En
    }
}

/// Windows has it in the user's settings and not in the environment.
#[cfg(windows)]
fn users_locale() -> Option<String> {
    let settings = windows_registry::CURRENT_USER.open(r"Control Panel\International");
    settings.ok()?.get_string("LocaleName").ok()
}

#[cfg(not(windows))]
fn users_locale() -> Option<String> {
    None
}

fn man() -> Result<ExitCode, AppError> {
    let mut page = Vec::new();
    let command = Arguments::command();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|_| ErrorCode::Internal)?;
    for command in command
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        let page = &mut page;
        let name = format!("skts {}", command.get_name());
        let man = clap_mangen::Man::new(
            command
                .clone()
                .display_name(name.clone())
                .bin_name(name)
                .disable_help_flag(true),
        );
        man.render_name_section(page)
            .and_then(|()| man.render_synopsis_section(page))
            .and_then(|()| man.render_description_section(page))
            .and_then(|()| man.render_options_section(page))
            .and_then(|()| man.render_extra_section(page))
            .map_err(|_| ErrorCode::Internal)?;
    }
    print(&String::from_utf8_lossy(&page))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_says_what_is_printed_and_with_which_status() {
        let mut command = Arguments::command().term_width(100);
        // The version is the workspace's; the environment is the reader's.
        let mut help = command.render_long_help().to_string();
        for name in [
            "setup", "tokens", "code", "sign", "serial", "check", "stop", "pin", "doctor",
        ] {
            if let Some(command) = command.find_subcommand_mut(name) {
                help += &format!("\n--- {name}\n{}", command.render_long_help());
            }
        }
        insta::assert_snapshot!(help);
    }
}

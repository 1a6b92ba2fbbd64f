//! Accounts of the staff.

use std::io::BufRead;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use rand_core::OsRng;
use skts_issuer::rules::roles::Role;
use skts_issuer::{Issuer, NewStaff, StaffPassword};

use super::say;

#[derive(Subcommand)]
pub(crate) enum StaffCommand {
    /// Adds an account. Its password is made and shown once, and another is to be chosen at the first
    /// sign-in; or it is read twice from standard input.
    Add(AddStaff),
    /// Prints every account, a line of JSON each.
    List,
    /// Registers the token somebody signs in with, by its serial and a current code.
    Token {
        #[arg(long)]
        name: String,
        #[arg(long)]
        serial: String,
        #[arg(long)]
        code: String,
    },
    /// Makes a new password for an account and prints it, once; another is to be chosen at the next
    /// sign-in. Its sessions end.
    ResetPassword {
        #[arg(long)]
        name: String,
    },
    /// Takes an account's access away; its sessions end.
    Disable {
        #[arg(long)]
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct AddStaff {
    /// 2 to 32 of a-z 0-9 . _ -, the first a letter.
    #[arg(long)]
    name: String,
    /// clerk, operator, approver, auditor or admin.
    #[arg(long)]
    role: Role,
    /// Whose customers they see; without it, those of every institution.
    #[arg(long)]
    institution: Option<String>,
    /// Read the password from standard input, on two lines.
    #[arg(long)]
    password_stdin: bool,
}

pub(crate) async fn staff(issuer: &Issuer, command: StaffCommand) -> Result<()> {
    match command {
        StaffCommand::Add(add) => {
            let (password, shown) = if add.password_stdin {
                (read_twice(&add.name)?, None)
            } else {
                let (password, text) = StaffPassword::make(&mut OsRng);
                (password, Some(text))
            };
            let name = add.name.clone();
            let new = NewStaff {
                name: add.name,
                role: add.role,
                institution_id: add.institution,
            };
            issuer.add_staff(new, password, "staff").await?;
            say(&serde_json::json!({ "name": name, "password": shown }).to_string())
        }
        StaffCommand::List => {
            for account in issuer.staff_accounts().await? {
                say(&serde_json::to_string(&account)?)?;
            }
            Ok(())
        }
        StaffCommand::Token { name, serial, code } => {
            Ok(issuer.register_staff_token(&name, &serial, &code).await?)
        }
        StaffCommand::ResetPassword { name } => {
            let password = issuer.reset_staff_password(&name, "staff").await?;
            say(&serde_json::json!({ "name": name, "password": password }).to_string())
        }
        StaffCommand::Disable { name } => {
            Ok(issuer.change_staff(&name, None, true, "staff").await?)
        }
    }
}

fn read_twice(name: &str) -> Result<StaffPassword> {
    let mut lines = std::io::stdin().lock().lines();
    let mut line = || -> Result<String> {
        let line = lines.next().context("standard input has two lines")?;
        Ok(line?)
    };
    let (first, second) = (line()?, line()?);
    if first != second {
        bail!("the two passwords are not the same");
    }
    Ok(StaffPassword::choose(&first, name)?)
}

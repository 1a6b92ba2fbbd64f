//! What is typed.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};

use skts_authenticator::{AppError, ErrorCode};
use zeroize::Zeroizing;

/// No line typed here is longer.
const MOST_LINE_BYTES: usize = 1024;

/// Reads the activation password without echo, or one line of standard input if that is no
/// terminal.
pub(crate) fn password(prompt: &str) -> Result<Zeroizing<String>, AppError> {
    if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password(prompt).map_err(|_| ErrorCode::Internal)?;
        Ok(Zeroizing::new(typed))
    } else {
        line()
    }
}

/// Asks for a line; `None` if nobody is at a terminal.
pub(crate) fn ask(prompt: &str) -> Result<Option<String>, AppError> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut err = std::io::stderr();
    // A prompt that cannot be shown is still a question.
    let _ = write!(err, "{prompt}").and_then(|()| err.flush());
    Ok(Some(line()?.as_str().to_owned()))
}

/// Asks a yes-or-no question; `otherwise` if nobody is at a terminal.
pub(crate) fn confirm(prompt: &str, otherwise: bool) -> Result<bool, AppError> {
    Ok(match ask(prompt)? {
        Some(answer) => matches!(answer.trim(), "y" | "Y" | "yes" | "はい"),
        None => otherwise,
    })
}

pub(crate) fn line() -> Result<Zeroizing<String>, AppError> {
    if std::io::stdin().is_terminal() {
        // Nothing secret is asked for in this way at a terminal, which has a coding of its own.
        let mut text = Zeroizing::new(String::new());
        std::io::stdin()
            .read_line(&mut text)
            .map_err(|_| ErrorCode::Internal)?;
        return Ok(Zeroizing::new(
            text.trim_end_matches(['\r', '\n']).to_owned(),
        ));
    }
    // Its whole length at once: growing would leave copies of a password behind. And a byte at a time,
    // as the standard library's own buffer keeps what went through it.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_LINE_BYTES));
    let mut input = unbuffered_input().map_err(|_| ErrorCode::Internal)?;
    let mut byte = [0];
    while bytes.len() < MOST_LINE_BYTES
        && input.read(&mut byte).map_err(|_| ErrorCode::Internal)? == 1
        && byte != *b"\n"
    {
        bytes.extend(byte);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

#[cfg(unix)]
fn unbuffered_input() -> std::io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(std::io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn unbuffered_input() -> std::io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(
        std::io::stdin().as_handle().try_clone_to_owned()?,
    ))
}

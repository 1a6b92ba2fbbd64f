//! What is typed.

use std::io::{BufRead, IsTerminal, Read, Write};

use skts_authenticator::{AppError, ErrorCode};
use zeroize::Zeroizing;

/// No line typed here is longer.
const MOST_LINE_BYTES: u64 = 1024;

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

fn line() -> Result<Zeroizing<String>, AppError> {
    // Its whole length at once: growing would leave copies of a password behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    let mut input = std::io::stdin().lock().take(MOST_LINE_BYTES);
    input
        .read_until(b'\n', &mut bytes)
        .map_err(|_| ErrorCode::Internal)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

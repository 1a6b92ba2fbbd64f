//! Small programs that tests write and then start.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

/// Writes the program `text` to `path`, ready to be started.
///
/// Another process writes it. A file that is open for writing anywhere cannot be started
/// (`ETXTBSY`), and whatever this process holds open is, for a moment, also open in each child
/// that another test's thread happens to start just then.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let mut writer = Command::new("/bin/sh")
        .args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = writer.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    ensure!(writer.wait()?.success(), "cannot write {}", path.display());
    Ok(())
}

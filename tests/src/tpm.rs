//! A TPM 2.0 that is a program: `swtpm`, with a folder for its silicon.

pub mod maker;
pub mod tap;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::clock::wait_for;
use crate::process::{Running, leashed, log_to};

/// `TPM2_Clear` with the lockout's empty password, as the firmware's menu sends it.
const CLEAR: [u8; 27] = [
    0x80, 0x02, 0, 0, 0, 27, 0, 0, 0x01, 0x26, 0x40, 0, 0, 0x0a, 0, 0, 0, 9, 0x40, 0, 0, 0x09, 0,
    0, 0, 0, 0,
];

/// A chip in `folder`. Switched off when dropped.
pub struct Tpm {
    folder: PathBuf,
    program: Option<Running>,
}

impl Tpm {
    /// A new chip, switched on.
    ///
    /// # Errors
    /// When `swtpm` does not start.
    pub fn start(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(folder.join("state"))?;
        let mut chip = Self {
            folder,
            program: None,
        };
        chip.switch_on()?;
        Ok(chip)
    }

    /// A second chip with all that is in this one, as a cloned virtual machine has. This one must
    /// be off meanwhile, so it is switched off and on.
    ///
    /// # Errors
    /// When the state cannot be copied or a chip does not start.
    pub fn clone_to(&mut self, folder: PathBuf) -> Result<Self> {
        self.switch_off()?;
        fs::create_dir_all(folder.join("state"))?;
        for file in fs::read_dir(self.folder.join("state"))? {
            let file = file?;
            fs::copy(file.path(), folder.join("state").join(file.file_name()))?;
        }
        self.switch_on()?;
        Self::start(folder)
    }

    /// What `SKTS_TPM` names.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Switches it on again.
    ///
    /// # Errors
    /// When `swtpm` does not start.
    pub fn switch_on(&mut self) -> Result<()> {
        let unix = |path: &Path| format!("type=unixio,path={}", path.display());
        let mut command = leashed("swtpm");
        command
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .arg("--tpmstate")
            .arg(format!("dir={}", self.folder.join("state").display()))
            .arg("--server")
            .arg(unix(&self.socket()))
            .arg("--ctrl")
            .arg(unix(&self.folder.join("control")));
        log_to(&mut command, &self.folder.join("log"))?;
        self.program = Some(Running::start("swtpm", &mut command)?);
        wait_for(Duration::from_secs(10), "the chip", || {
            Ok(UnixStream::connect(self.socket()).ok())
        })?;
        Ok(())
    }

    /// Takes its power away; nothing is saved first.
    ///
    /// # Errors
    /// When it does not end.
    pub fn switch_off(&mut self) -> Result<()> {
        if let Some(mut program) = self.program.take() {
            program.kill()?;
        }
        for socket in [self.socket(), self.folder.join("control")] {
            if socket.exists() {
                fs::remove_file(socket)?;
            }
        }
        Ok(())
    }

    /// Clears it: whatever was made in it works no more.
    ///
    /// # Errors
    /// When the chip refuses.
    pub fn clear(&self) -> Result<()> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.write_all(&CLEAR)?;
        let mut answer = [0; 64];
        let length = stream.read(&mut answer)?;
        ensure!(
            length >= 10 && answer[6..10] == [0; 4],
            "TPM2_Clear: {:02x?}",
            &answer[..length]
        );
        Ok(())
    }
}

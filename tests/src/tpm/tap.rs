//! A line to the chip that can stand still at a command.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// `TPM2_HMAC`: the moment at which a code is computed.
pub const HMAC: u32 = 0x155;

/// Between a program and a chip.
pub struct Tap {
    socket: PathBuf,
    held: Receiver<()>,
    go_on: Sender<()>,
}

impl Tap {
    /// Listens at `socket` for the chip at `chip`; each command `code` waits for [`Tap::go_on`], until
    /// this is dropped.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn start(socket: PathBuf, chip: PathBuf, code: u32) -> Result<Self> {
        let listener = UnixListener::bind(&socket)?;
        let (tell, held) = channel();
        let (go_on, may) = channel();
        thread::spawn(move || {
            let hold = Hold { code, tell, may };
            for program in listener.incoming() {
                // A conversation that breaks off is the program's to notice.
                let _ = program.and_then(|program| pass(program, &chip, &hold));
            }
        });
        Ok(Self {
            socket,
            held,
            go_on,
        })
    }

    /// What `SKTS_TPM` names.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Waits until the command is held.
    ///
    /// # Errors
    /// When none comes in ten seconds.
    pub fn wait_held(&self) -> Result<()> {
        self.held
            .recv_timeout(Duration::from_secs(10))
            .context("the command does not come")
    }

    /// Lets it pass.
    pub fn go_on(&self) {
        let _ = self.go_on.send(());
    }
}

struct Hold {
    code: u32,
    tell: Sender<()>,
    may: Receiver<()>,
}

/// One conversation: a command in one piece, and its answer in one piece.
fn pass(mut program: UnixStream, chip: &Path, hold: &Hold) -> std::io::Result<()> {
    let mut chip = UnixStream::connect(chip)?;
    let mut bytes = [0; 4096];
    loop {
        let length = program.read(&mut bytes)?;
        if length == 0 {
            return Ok(());
        }
        if bytes[6..10] == hold.code.to_be_bytes() && hold.tell.send(()).is_ok() {
            let _ = hold.may.recv();
        }
        chip.write_all(&bytes[..length])?;
        let length = chip.read(&mut bytes)?;
        program.write_all(&bytes[..length])?;
    }
}

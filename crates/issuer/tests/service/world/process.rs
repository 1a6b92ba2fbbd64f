//! The program itself, on the folder and the database of a world.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::World;

/// A running `skts-issuer`. Dropped, it ends.
pub(crate) struct Process {
    pub(crate) program: Child,
    pub(crate) address: String,
}

impl Process {
    pub(crate) fn start(world: &World) -> Self {
        Self::with(world, |_| {})
    }

    /// The same, with something said of how it is to run.
    pub(crate) fn with(world: &World, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skts-issuer"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(&world.config.data).stderr(Stdio::null());
        if let Some(server) = &world.server {
            command.env("SKTS_ISSUER_DATABASE", server);
        }
        change(&mut command);
        let mut program = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(program.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { program, address }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

//! What a ring is given: the root, and ways to run test commands and count their tests.

use std::path::Path;

use anyhow::Result;

use crate::again::{self, Failures};
use crate::count::Tally;
use crate::run;

/// What a ring is given.
pub(crate) struct Context<'a> {
    pub(crate) root: &'a Path,
}

impl Context<'_> {
    /// Runs a test command and counts its tests. A command that fails without a failed test, as
    /// when it does not compile, counts as one failure; so does one that ran no test at all.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn counted(&self, program: &str, args: &[&str]) -> Result<Tally> {
        self.counted_with(program, args, &[])
    }

    /// The same, with settings of its own.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn counted_with(
        &self,
        program: &str,
        args: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<Tally> {
        self.read(program, args, settings, &mut |_| {})
    }

    /// Runs cargo's tests in the same way; a few failures run once more, alone ([`crate::again`]).
    ///
    /// # Errors
    /// When cargo cannot be started.
    pub(crate) fn steadied(&self, args: &[&str], settings: &[(&str, &str)]) -> Result<Tally> {
        let mut failures = Failures::default();
        let mut tally = self.read("cargo", args, settings, &mut |line| failures.read(line))?;
        for name in failures.few(&tally) {
            let alone = self.counted_with("cargo", &again::alone(args, &name), settings)?;
            tally.ran_again(name, &alone);
        }
        Ok(tally)
    }

    fn read(
        &self,
        program: &str,
        args: &[&str],
        settings: &[(&str, &str)],
        also: &mut dyn FnMut(&str),
    ) -> Result<Tally> {
        run::announce(program, args);
        let mut tally = Tally::default();
        let mut skips: usize = 0;
        let mut command = run::command(self.root, program, args);
        let succeeded = run::watched(
            command.env("NO_COLOR", "1").envs(settings.iter().copied()),
            &mut |line| {
                tally.read(line);
                skips += usize::from(line.starts_with("SKIPPED"));
                also(line);
            },
        )?;
        let ran = tally.passed + tally.failed > 0;
        // A test that finds out for itself that it cannot run says SKIPPED, and its harness "ok".
        tally.passed = tally.passed.saturating_sub(skips);
        tally.skipped += skips;
        if tally.failed == 0 && !(succeeded && ran) {
            if succeeded {
                println!("no test ran");
            }
            tally.failed = 1;
        }
        Ok(tally)
    }

    /// Runs a command that holds (exit status 0) or does not.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn holds(&self, program: &str, args: &[&str]) -> Result<bool> {
        run::announce(program, args);
        run::watched(&mut run::command(self.root, program, args), &mut |_| {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_counts_what_its_tests_say() {
        let here = Context {
            root: Path::new("/"),
        };
        let line = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'";
        let tally = here.counted("sh", &["-c", line]).unwrap_or_default();
        assert_eq!((tally.passed, tally.failed), (2, 0));
    }
}

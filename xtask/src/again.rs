//! Stories that failed, told once more.
//!
//! Rings that drive browsers, desktops and Wine depend on programs that are not ours. A story that
//! failed there runs once more, alone. One that then holds does not fail CI, but is named at the
//! end of the run, with its first failure above: it is a fault to find, in the story or in what it
//! tells of. More than a few are no accident and are not run again.

use crate::count::Tally;

/// How many failures of one command may be accidents.
const FEW: usize = 2;

/// The names of the tests that failed, from the lines of cargo's harness.
#[derive(Default)]
pub(crate) struct Failures(Vec<String>);

impl Failures {
    /// Takes the name, if `line` says that a test failed.
    pub(crate) fn read(&mut self, line: &str) {
        let name = line.strip_prefix("test ").and_then(|rest| {
            let (name, verdict) = rest.split_once(" ... ")?;
            verdict.ends_with("FAILED").then_some(name)
        });
        self.0.extend(name.map(str::to_owned));
    }

    /// Those to run again: none unless every failure of `tally` has a name, and they are few.
    pub(crate) fn few(self, tally: &Tally) -> Vec<String> {
        if self.0.len() == tally.failed && self.0.len() <= FEW {
            self.0
        } else {
            Vec::new()
        }
    }
}

/// The arguments that run only the test `name` of the command with these.
pub(crate) fn alone<'a>(args: &[&'a str], name: &'a str) -> Vec<&'a str> {
    let ours = args.iter().take_while(|arg| **arg != "--");
    ours.copied().chain(["--", "--exact", name]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(lines: &[&str]) -> Failures {
        let mut failures = Failures::default();
        lines.iter().for_each(|line| failures.read(line));
        failures
    }

    fn failed(failed: usize) -> Tally {
        Tally {
            failed,
            ..Tally::default()
        }
    }

    #[test]
    fn a_few_failures_by_name_run_again_and_nothing_else_does() {
        let lines = ["test a::b ... ok", "test a::c ... FAILED", "a::c FAILED"];
        assert_eq!(failures(&lines).few(&failed(1)), ["a::c"]);
        assert!(failures(&lines).few(&failed(2)).is_empty());
        assert!(failures(&[]).few(&failed(1)).is_empty());
        let many = [
            "test a ... FAILED",
            "test b ... FAILED",
            "test c ... FAILED",
        ];
        assert!(failures(&many).few(&failed(3)).is_empty());
    }

    #[test]
    fn one_test_runs_alone() {
        let args = ["test", "--test", "bank", "--", "--test-threads=12"];
        assert_eq!(
            alone(&args, "pay::pays"),
            ["test", "--test", "bank", "--", "--exact", "pay::pays"]
        );
    }
}

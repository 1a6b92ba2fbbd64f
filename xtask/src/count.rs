//! How many tests ran: read from the result lines of cargo's harness and of vitest.

use std::ops::AddAssign;

/// How the reasons begin of ignored tests that are none: parts of other tests, which start them as
/// a process of their own; tests for machines that no ring has, run by hand; makers of frozen samples.
const NO_SKIP: &[&str] = &["run by ", "writes the "];

/// Tests of one ring, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    /// The names of those that failed first and passed when run once more ([`crate::again`]).
    pub(crate) unsteady: Vec<String>,
}

impl Tally {
    /// One check that was made, and held or did not.
    pub(crate) fn check(&mut self, held: bool) {
        if held {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Takes what a second run of the failed test `name`, alone, has counted.
    pub(crate) fn ran_again(&mut self, name: String, alone: &Self) {
        if (alone.passed, alone.failed, alone.skipped) == (1, 0, 0) {
            self.passed += 1;
            self.failed = self.failed.saturating_sub(1);
            self.unsteady.push(name);
        }
    }

    /// Adds what `line` says, if it is a result line; other lines say nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let line = plain(line);
        let line = line.trim();
        if let Some((_, reason)) = one_test(line).and_then(|rest| rest.split_once(" ... ignored")) {
            let reason = reason.trim_start_matches(", ");
            self.skipped += usize::from(!NO_SKIP.iter().any(|start| reason.starts_with(start)));
        } else if let Some(rest) = line.strip_prefix("test result: ") {
            // test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; …
            let counts = rest.split_once(". ").map_or(rest, |(_, counts)| counts);
            for part in counts.split(';') {
                self.part(part.trim());
            }
        } else if let Some(rest) = line.strip_prefix("Tests  ") {
            // Tests  1 failed | 11 passed | 2 skipped (14)
            for part in rest.split('|') {
                self.part(part.trim());
            }
        }
    }

    fn part(&mut self, part: &str) {
        let mut words = part.split_whitespace();
        let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<usize>), words.next())
        else {
            return;
        };
        match what {
            "passed" => self.passed += count,
            "failed" => self.failed += count,
            "skipped" | "todo" => self.skipped += count,
            _ => {}
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.unsteady.extend(other.unsteady);
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// What a line of cargo's harness says of one test.
fn one_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")
        .filter(|_| !line.starts_with("test result"))
}

/// `line` without terminal colours.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            for skipped in characters.by_ref() {
                if skipped.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn reads_cargos_result_lines() {
        let read = tally(&[
            "running 3 tests",
            "test a ... ok",
            "test b ... ignored, too slow today",
            "test c ... ignored, run by the cases, in their surroundings",
            "test d ... ignored, writes the sample of the current version",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; \
             finished in 0.03s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ]);
        assert_eq!(
            read,
            Tally {
                passed: 16,
                failed: 2,
                skipped: 1,
                ..Tally::default()
            }
        );
    }

    #[test]
    fn only_a_test_that_passed_when_run_again_is_unsteady_and_no_failure() {
        let mut failed = tally(&["test result: FAILED. 4 passed; 1 failed; 0 ignored"]);
        let before = failed.clone();
        failed.ran_again(
            "a".to_owned(),
            &tally(&["test result: FAILED. 0 passed; 1 failed"]),
        );
        failed.ran_again(
            "a".to_owned(),
            &tally(&["test result: ok. 0 passed; 0 failed"]),
        );
        assert_eq!(failed, before);
        failed.ran_again(
            "a".to_owned(),
            &tally(&["test result: ok. 1 passed; 0 failed"]),
        );
        assert_eq!((failed.passed, failed.failed), (5, 0));
        assert_eq!(failed.unsteady, ["a"]);
    }

    #[test]
    fn reads_vitests_result_lines_and_no_file_counts() {
        let read = tally(&[
            " Test Files  1 failed | 3 passed (4)",
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m11 passed\u{1b}[39m \
             | 2 skipped\u{1b}[90m (14)\u{1b}[39m",
        ]);
        assert_eq!(
            read,
            Tally {
                passed: 11,
                failed: 1,
                skipped: 2,
                ..Tally::default()
            }
        );
    }

    #[test]
    fn a_line_of_a_test_that_only_speaks_of_results_counts_nothing() {
        assert_eq!(
            tally(&["12 passed; 0 failed", "Tests of 12 passed"]),
            Tally::default()
        );
    }
}

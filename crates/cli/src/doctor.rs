//! `skts doctor`.

use std::process::ExitCode;

use skts_authenticator::views::{Finding, Health};

use crate::commands::{Done, Session};
use crate::words::words;

impl Session {
    pub(crate) fn doctor(&mut self) -> Done {
        let report = self.authenticator.doctor();
        let rows: Vec<(&str, &str, String)> = report
            .findings
            .iter()
            .map(|finding| self.row(finding))
            .collect();
        let width = rows
            .iter()
            .map(|(name, ..)| columns(name))
            .max()
            .unwrap_or(0);
        let mut text = format!("skts {} ({})\n", report.app_version, report.platform);
        for (name, state, detail) in rows {
            let gap = " ".repeat(width.saturating_sub(columns(name)) + 2);
            text += format!("{name}{gap}{state}  {detail}").trim_end();
            text.push('\n');
        }
        self.output.result(&report, &text)?;
        // What a customer can do without, such as a chip, is a notice at most.
        let bad = report
            .findings
            .iter()
            .any(|finding| finding.health == Some(Health::Bad));
        Ok(ExitCode::from(if bad { 4 } else { 0 }))
    }

    /// Name, state and, with the way out of a problem, what there is.
    fn row<'a>(&self, finding: &'a Finding) -> (&'a str, &'a str, String) {
        let said = self.pick(&finding.said);
        let detail = match finding.problem {
            None => said.to_owned(),
            Some(code) => {
                let words = words(code, self.output.lang);
                format!("{said} {}: {} {}", code.as_str(), words.message, words.next)
            }
        };
        (self.pick(&finding.name), self.pick(&finding.state), detail)
    }
}

/// Columns a text takes in a terminal: two for Japanese characters.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| if c < '\u{1100}' { 1 } else { 2 })
        .sum()
}

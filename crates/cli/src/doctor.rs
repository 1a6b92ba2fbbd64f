//! `skts doctor`.

use std::process::ExitCode;

use skts_authenticator::ErrorCode;
use skts_authenticator::views::{DateView, Health};

use crate::commands::{Done, Session};

impl Session {
    pub(crate) fn doctor(&mut self) -> Done {
        let report = self.authenticator.doctor();
        let output = self.output;
        let mark = |health: Health| match health {
            Health::Good => output.say("良好", "good"),
            Health::Notice => output.say("注意", "notice"),
            Health::Bad => output.say("異常", "bad"),
        };
        let problem = |code: Option<ErrorCode>| code.map_or("", ErrorCode::as_str);
        let list_source = match report.list_source.as_str() {
            "built-in" => output.say("内蔵", "built in"),
            _ => output.say("外部", "outside"),
        };
        let level = report
            .level
            .map_or("—".to_owned(), |level| level.to_string());
        let profile_health = health(report.profile_problem.is_none());
        let rows = [
            (
                output.say("鍵保管", "keystore"),
                mark(report.keystore).to_owned(),
                format!(
                    "{} {}",
                    report.keystore_kind.as_deref().unwrap_or("—"),
                    problem(report.keystore_problem)
                ),
            ),
            (
                output.say("端末識別子", "machine id"),
                mark(report.machine_id).to_owned(),
                String::new(),
            ),
            (
                output.say("保証レベル", "assurance level"),
                level,
                String::new(),
            ),
            (
                output.say("時計", "clock"),
                mark(report.clock_health).to_owned(),
                self.date(&report.clock).to_owned(),
            ),
            (
                output.say("プロファイル", "profile"),
                mark(profile_health).to_owned(),
                format!("{} {}", report.profile_dir, problem(report.profile_problem)),
            ),
            (
                output.say("アクセス権", "permissions"),
                mark(report.profile_permissions).to_owned(),
                String::new(),
            ),
            (
                output.say("金融機関一覧", "institution list"),
                list_source.to_owned(),
                format!(
                    "{} ({})",
                    self.date(&report.list_issued_at),
                    report.list_institutions
                ),
            ),
            (
                output.say("トークン", "tokens"),
                report.tokens.to_string(),
                report
                    .self_test
                    .map(|test| mark(test).to_owned())
                    .unwrap_or_default(),
            ),
            (
                output.say("途中の初期設定", "unfinished set-ups"),
                report.pending.to_string(),
                String::new(),
            ),
        ];
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
        output.result(&report, &text)?;
        let bad = [
            report.keystore,
            report.machine_id,
            report.clock_health,
            profile_health,
            report.self_test.unwrap_or(Health::Good),
        ];
        Ok(ExitCode::from(if bad.contains(&Health::Bad) {
            4
        } else {
            0
        }))
    }

    fn date<'a>(&self, date: &'a DateView) -> &'a str {
        self.pick(&date.text)
    }
}

fn health(good: bool) -> Health {
    if good { Health::Good } else { Health::Bad }
}

/// Columns a text takes in a terminal: two for Japanese characters.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| if c < '\u{1100}' { 1 } else { 2 })
        .sum()
}

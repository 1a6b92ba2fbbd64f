//! What `doctor` found, in words: what is there, what is used, why not more, and what to do.

use crate::chip_words::{chip_words, key_words, level_words};
use crate::dates;
use crate::institutions::institution_name;
use crate::notes::Notes;
use crate::views::{ChipUse, DoctorReport, Finding, Health, Language, LocalizedView};
use crate::{Authenticator, ErrorCode};

impl Authenticator {
    /// The findings of `report`, in the order they are shown; for people, not for programs.
    pub(crate) fn findings(&self, report: &DoctorReport) -> Vec<Finding> {
        let mut all = vec![
            Finding {
                problem: report.keystore_problem,
                ..judged(
                    "鍵保管",
                    "Keystore",
                    report.keystore,
                    LocalizedView::same(report.keystore_kind.as_deref().unwrap_or("—")),
                )
            },
            judged(
                "セキュリティチップ",
                "Security chip",
                chip_health(report.chip),
                chip_words(report.chip),
            ),
            judged(
                "端末識別子",
                "Machine identifier",
                report.machine_id,
                LocalizedView::default(),
            ),
            stated(
                "保証レベル",
                "Assurance level",
                report
                    .level
                    .map_or("—".to_owned(), |level| level.to_string()),
                held_words(report),
            ),
            judged(
                "時計",
                "Clock",
                report.clock_health,
                report.clock.text.clone(),
            ),
            stated(
                "時計のずれ",
                "Clock offset",
                String::new(),
                report.clock_trust.text.clone(),
            ),
            Finding {
                problem: report.profile_problem,
                ..judged(
                    "プロファイル",
                    "Profile",
                    profile_health(report),
                    LocalizedView::same(&report.profile_dir),
                )
            },
            judged(
                "アクセス権",
                "Permissions",
                report.profile_permissions,
                match report.profile_permissions {
                    Health::Good => LocalizedView::default(),
                    _ => LocalizedView::new(
                        "プロファイルのフォルダを、ほかの利用者も読めます。フォルダのアクセス権を本人だけにしてください",
                        "other users can read the profile's folder; give its permissions to its owner only",
                    ),
                },
            ),
            self.list_finding(report),
        ];
        let tokens = report.tokens.to_string();
        all.push(match report.self_test {
            Some(health) => judged("トークン", "Tokens", health, LocalizedView::same(&tokens)),
            None => stated("トークン", "Tokens", tokens, LocalizedView::default()),
        });
        let pending = report.pending.to_string();
        all.push(stated(
            "途中の初期設定",
            "Unfinished set-ups",
            pending,
            LocalizedView::default(),
        ));
        all.extend(self.sent());
        all
    }

    fn list_finding(&self, report: &DoctorReport) -> Finding {
        let (ja, en) = match report.list_source.as_str() {
            "built-in" => ("内蔵", "built in"),
            _ => ("外部", "from outside"),
        };
        let (issued, count) = (&report.list_issued_at.text, report.list_institutions);
        Finding {
            state: LocalizedView::new(ja, en),
            ..stated(
                "金融機関一覧",
                "Institution list",
                String::new(),
                LocalizedView {
                    ja: format!("{}・{count}件", issued.ja),
                    en: format!("{} ({count})", issued.en),
                },
            )
        }
    }

    /// Where this device has sent something of a token, and when.
    fn sent(&self) -> Vec<Finding> {
        let tokens = self.vault.as_ref().map_or(&[][..], |vault| vault.tokens());
        let sent = tokens.iter().map(|record| {
            let institution = self.institutions.by_id(&record.institution_id);
            let to = institution.map_or("—", |institution| institution.address.as_str());
            let name = institution_name(institution, record);
            let set_up = dates::day(record.started_at).text;
            let checked = Notes::of(record)
                .told
                .map(|told| dates::minute(told.at).text);
            let checked = checked.unwrap_or_else(|| LocalizedView::new("なし", "never"));
            Finding {
                name: LocalizedView {
                    ja: format!("通信先（{}）", name.ja),
                    en: format!("Sent to ({})", name.en),
                },
                ..stated(
                    "",
                    "",
                    String::new(),
                    LocalizedView {
                        ja: format!("{to}　初期設定 {}　最後の確認 {}", set_up.ja, checked.ja),
                        en: format!("{to}; set-up {}; last check {}", set_up.en, checked.en),
                    },
                )
            }
        });
        sent.collect()
    }
}

impl DoctorReport {
    /// The findings as lines of text to copy into a message: no secret, no code, no whole serial.
    pub fn text(&self, language: Language) -> String {
        let pick = |text: &LocalizedView| text.in_language(language).to_owned();
        let mut text = format!("skts {} ({})\n", self.app_version, self.platform);
        for finding in &self.findings {
            let code = finding.problem.map_or("", ErrorCode::as_str);
            let parts = [pick(&finding.state), pick(&finding.said), code.to_owned()];
            let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            text += &format!("{}: {}\n", pick(&finding.name), parts.join(" · "));
        }
        text
    }
}

fn judged(ja: &str, en: &str, health: Health, said: LocalizedView) -> Finding {
    let state = match health {
        Health::Good => LocalizedView::new("良好", "good"),
        Health::Notice => LocalizedView::new("注意", "notice"),
        Health::Bad => LocalizedView::new("異常", "bad"),
    };
    Finding {
        name: LocalizedView::new(ja, en),
        health: Some(health),
        state,
        said,
        problem: None,
    }
}

fn stated(ja: &str, en: &str, state: String, said: LocalizedView) -> Finding {
    Finding {
        name: LocalizedView::new(ja, en),
        health: None,
        state: LocalizedView::same(&state),
        said,
        problem: None,
    }
}

/// What holds the device key, and what that is worth.
fn held_words(report: &DoctorReport) -> LocalizedView {
    let (Some(key), Some(level)) = (report.device_key.as_deref(), report.level) else {
        return LocalizedView::default();
    };
    let held = key_words(key);
    let worth = level_words(level);
    LocalizedView {
        ja: format!("{}。{}", held.ja, worth.ja),
        en: format!("{}; {}", held.en, worth.en),
    }
}

fn profile_health(report: &DoctorReport) -> Health {
    match report.profile_problem {
        None => Health::Good,
        // As the customer wishes it.
        Some(ErrorCode::PinNeeded | ErrorCode::PinWait) => Health::Notice,
        Some(_) => Health::Bad,
    }
}

/// Without a chip a token works; with one it is safer.
fn chip_health(chip: ChipUse) -> Health {
    match chip {
        ChipUse::Used | ChipUse::Ready | ChipUse::Unsupported => Health::Good,
        ChipUse::NotUsed
        | ChipUse::Absent
        | ChipUse::NotHardware
        | ChipUse::Denied
        | ChipUse::Busy => Health::Notice,
    }
}

//! `skts code --watch`: the code, redrawn as time passes.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use skts_authenticator::AppError;
use skts_authenticator::hosts::SystemClock;
use skts_authenticator::ports::Clock;
use skts_authenticator::views::{CodeView, TokenView};

use crate::arguments::Lang;
use crate::commands::{Session, code_json};
use crate::output::print;

/// How often the wall clock is read: a computer that wakes shows its new code so soon.
const GLANCE: Duration = Duration::from_millis(200);
const BAR_CELLS: u64 = 20;

/// Shows the code until the program is interrupted or the token cannot compute one.
pub(crate) fn watch(
    session: &mut Session,
    token: &TokenView,
    next: bool,
) -> Result<ExitCode, AppError> {
    let redraws = std::io::stdout().is_terminal() && !session.output.json;
    if redraws {
        let name = session.pick(&token.institution_name).to_owned();
        print(&format!("{name}  {}\n", token.serial_grouped))?;
    }
    let mut shown: Option<CodeView> = None;
    let mut line = String::new();
    loop {
        let now_ms = SystemClock.now_millis();
        let current = |code: &CodeView| (code.valid_from_ms..code.valid_until_ms).contains(&now_ms);
        let code = match shown.take().filter(current) {
            Some(code) => code,
            // A new step, a wake-up or a clock that jumped either way.
            None => {
                let code = session.authenticator.code(&token.id)?;
                if !redraws {
                    print(&one_line(session, token, &code, next))?;
                }
                code
            }
        };
        if redraws {
            let drawn = draw(session, token, &code, now_ms, next);
            if drawn != line {
                let mut out = std::io::stdout().lock();
                // Without a terminal left to draw on there is nothing more to do.
                if write!(out, "\r\u{1b}[2K{drawn}")
                    .and_then(|()| out.flush())
                    .is_err()
                {
                    return Ok(ExitCode::SUCCESS);
                }
                line = drawn;
            }
        }
        shown = Some(code);
        std::thread::sleep(GLANCE);
    }
}

fn one_line(session: &Session, token: &TokenView, code: &CodeView, next: bool) -> String {
    if session.output.json {
        code_json(token, code, next).to_string()
    } else if next {
        format!("{}  {}", code.grouped, code.next_grouped)
    } else {
        code.grouped.clone()
    }
}

/// `123 456  ██████████░░░░░░░░░░  15 s  → 789 012`
fn draw(session: &Session, token: &TokenView, code: &CodeView, now_ms: u64, next: bool) -> String {
    let left_ms = code.valid_until_ms.saturating_sub(now_ms);
    let left = left_ms.div_ceil(1000);
    let full = left_ms * BAR_CELLS / (u64::from(token.period_secs.max(1)) * 1000);
    let bar: String = (0..BAR_CELLS)
        .map(|cell| if cell < full { '█' } else { '░' })
        .collect();
    let seconds = match session.output.lang {
        Lang::Ja => format!("残り{left:>2}秒"),
        Lang::En => format!("{left:>2} s"),
    };
    let next = if next {
        format!("  → {}", code.next_grouped)
    } else {
        String::new()
    };
    format!("  {}  {bar}  {seconds}{next}", code.grouped)
}

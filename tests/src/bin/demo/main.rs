//! `demo`: the main job, end to end, told as a story.
//!
//! `demo --headless` sets tokens up both ways through `skts` against a running `skts-issuer`, with
//! the OS keystore between, walks the sample bank's pages with one of them, and ends with status 0
//! only if every step did what it should. `demo` opens the window beside the bank instead and stays
//! until it is closed.

mod bank;
mod headless;
mod items;
mod tell;
mod windowed;

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use rustix::process::getppid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use skts_tests::process::end_everything;

const HELP: &str = "\
Usage: demo [--headless]

  (nothing)    start the token service and the sample bank, open the window, stay until it is
               closed or Ctrl-C
  --headless   the same story without a window; exit status 0 only if every step did what it should

SKTS_BIN_DIR names the folder of the built programs; without it, the folder of this one.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => begin(windowed::tell),
        ["--headless"] => begin(headless::tell),
        ["--help" | "-h"] => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n✗ {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn clean_up(status: i32) -> ! {
    eprintln!("\n終了します · cleaning up");
    items::take_out();
    end_everything();
    std::process::exit(status);
}

/// Tells a story, which leaves nothing behind whichever way it ends.
fn begin(story: fn() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            clean_up(128 + signal);
        }
    });
    // A runner that is told to end may end alone; the story goes with it.
    let parent = getppid();
    thread::spawn(move || {
        while getppid() == parent {
            thread::sleep(Duration::from_millis(500));
        }
        clean_up(128 + SIGHUP);
    });
    let told = story();
    end_everything();
    told
}

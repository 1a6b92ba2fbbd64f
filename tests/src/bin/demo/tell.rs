//! How the story is put on the terminal.

use std::cell::Cell;
use std::time::Instant;

use skts_tests::clock;

thread_local! {
    static STEP: Cell<u32> = const { Cell::new(0) };
}

/// A heading with the next number.
pub(crate) fn heading(ja: &str, en: &str) {
    let number = STEP.get() + 1;
    STEP.set(number);
    println!("\n{number}. {ja} · {en}");
}

/// A sentence.
pub(crate) fn say(line: &str) {
    println!("   {line}");
}

/// A command line as a reader could type it.
pub(crate) fn command(line: &str) {
    println!("   $ {line}");
}

/// Something that was to be shown and has been.
pub(crate) fn done(line: &str) {
    println!("   ✓ {line}");
}

/// A code with the time it has left, as a bar and in seconds.
pub(crate) fn code(grouped: &str, valid_until_ms: u64, period_secs: u64) {
    let left_ms = valid_until_ms.saturating_sub(clock::unix_millis());
    let left_secs = left_ms.div_ceil(1000);
    let filled = usize::try_from((left_secs * 10).div_ceil(period_secs.max(1)))
        .unwrap_or(0)
        .min(10);
    println!(
        "   ワンタイムパスワード   {grouped}   [{}{}] 残り {left_secs} 秒 · {left_secs} s left",
        "■".repeat(filled),
        "□".repeat(10 - filled),
    );
}

/// `digits` in the groups of the screen: `123 456`, `1234 5678`.
pub(crate) fn grouped(digits: &str) -> String {
    let half = digits.len() / 2;
    match (digits.get(..half), digits.get(half..)) {
        (Some(first), Some(second)) => format!("{first} {second}"),
        _ => digits.to_owned(),
    }
}

/// The seconds since `started`, for the last line.
pub(crate) fn took(started: Instant) -> String {
    format!(
        "{:.0} 秒 · {:.0} s",
        started.elapsed().as_secs_f64(),
        started.elapsed().as_secs_f64()
    )
}

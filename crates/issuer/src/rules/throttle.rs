//! Growing waits between wrong codes.

/// Seconds to wait after the `fails`-th wrong code in a row: none after the first, then
/// 5, 10, 20, … up to 15 minutes (`min(5 · 2^(fails−2), 900)`).
///
/// # Source
/// RFC 4226 §7.3; NIST SP 800-63B-4 §3.2.2.
pub const fn wait_secs(fails: u32) -> u64 {
    const LONGEST_SECS: u64 = 900;
    match fails.checked_sub(2) {
        None => 0,
        Some(doublings) if doublings >= 8 => LONGEST_SECS,
        Some(doublings) => {
            let wait = 5 << doublings;
            if wait > LONGEST_SECS {
                LONGEST_SECS
            } else {
                wait
            }
        }
    }
}

/// Wrong codes since the last accepted one, whatever staff released, until the token must be set up
/// again (NIST SP 800-63B-4 §3.2.2).
pub const MOST_WRONG_IN_A_ROW: i64 = 100;

#[cfg(test)]
mod tests {
    use super::wait_secs;

    #[test]
    fn waits_grow_from_nothing_to_fifteen_minutes() {
        let waits: Vec<u64> = (0..12).map(wait_secs).collect();
        assert_eq!(waits, [0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
    }
}

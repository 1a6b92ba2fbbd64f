//! What wrong passwords cost.

/// Wrong login passwords in a row until a wait begins.
pub const FREE_LOGIN_TRIES: u32 = 5;
/// Wrong transfer passwords in a row until staff have to release it.
pub const TRANSFER_PASSWORD_TRIES: u32 = 5;
/// The longest wait. Not for ever: a stranger who knows a contract id must not be able to shut its
/// customer out.
const LONGEST_WAIT_SECS: u64 = 15 * 60;

/// Seconds until the next login password is looked at, after `fails` wrong ones in a row: 30, then
/// twice as long each time.
pub fn login_wait_secs(fails: u32) -> u64 {
    match fails.checked_sub(FREE_LOGIN_TRIES) {
        None => 0,
        Some(over) => 30_u64
            .checked_shl(over.min(16))
            .unwrap_or(u64::MAX)
            .min(LONGEST_WAIT_SECS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_begin_at_the_fifth_wrong_password_and_end_growing_at_a_quarter_of_an_hour() {
        let waits: Vec<u64> = (0..12).map(login_wait_secs).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(login_wait_secs(u32::MAX), 900);
    }
}

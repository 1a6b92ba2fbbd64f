//! Which of the staff may do what, and what takes two of them.
//!
//! | | clerk | operator | approver | auditor | admin |
//! |---|---|---|---|---|---|
//! | find a customer, see the state | ✓ | ✓ | ✓ | | |
//! | start a resync, note a report | ✓ | ✓ | | | |
//! | unlock, suspend, resume, reissue, voucher, import | | ✓ | | | |
//! | decide what another asked for | | | ✓ | | |
//! | read the audit trail | | | | ✓ | |
//! | staff accounts | | | | | ✓ |

use std::fmt;
use std::str::FromStr;

use skts_otp::UnixTime;

/// What a member of the staff is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Answers the telephone: sees, and starts what the customer completes.
    Clerk,
    /// Changes tokens.
    Operator,
    /// The second person.
    Approver,
    /// Reads what was done.
    Auditor,
    /// Says who works here.
    Admin,
}

/// What can be done at the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Search, and read where a customer's token stands.
    Find,
    /// Ask the customer for two codes in a row.
    StartResync,
    /// Note what is wrong with a hardware token.
    Report,
    /// Release a locked token.
    Unlock,
    /// Hold one.
    Suspend,
    /// Release a held one.
    Resume,
    /// End one, so that the customer can set up another.
    Reissue,
    /// Make a voucher for a dead phone.
    Voucher,
    /// Bring hardware tokens in.
    Import,
    /// Decide what another asked for.
    Approve,
    /// Read the audit trail.
    ReadAudit,
    /// Add, change and disable accounts.
    ManageStaff,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Clerk,
        Self::Operator,
        Self::Approver,
        Self::Auditor,
        Self::Admin,
    ];

    /// Whether this role may do `task`.
    pub const fn may(self, task: Task) -> bool {
        match task {
            Task::Find => matches!(self, Self::Clerk | Self::Operator | Self::Approver),
            Task::StartResync | Task::Report => matches!(self, Self::Clerk | Self::Operator),
            Task::Unlock
            | Task::Suspend
            | Task::Resume
            | Task::Reissue
            | Task::Voucher
            | Task::Import => matches!(self, Self::Operator),
            Task::Approve => matches!(self, Self::Approver),
            Task::ReadAudit => matches!(self, Self::Auditor),
            Task::ManageStaff => matches!(self, Self::Admin),
        }
    }

    /// The word in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("roles are clerk, operator, approver, auditor and admin")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or(UnknownRole)
    }
}

/// Tokens one operator may release alone on a day, unless the settings say otherwise.
pub const UNLOCKS_ALONE_A_DAY: u32 = 10;
/// Hardware tokens that may be brought in without a second person, unless the settings say otherwise.
pub const IMPORTED_ALONE: usize = 10;
/// How long a second person may take to decide, and an approved import to be made.
pub const APPROVAL_VALID_SECS: u64 = 24 * 3600;
/// A session without a request is over after this.
pub const SESSION_IDLE_SECS: u64 = 15 * 60;
/// A session is over after this, whatever is done in it.
pub const SESSION_LONGEST_SECS: u64 = 8 * 3600;
/// How long a new voucher is not yet good: time for the notice to reach whom it should.
pub const VOUCHER_COOLING_SECS: u64 = 24 * 3600;
/// How long a voucher is good after that.
pub const VOUCHER_VALID_SECS: u64 = 72 * 3600;
/// How long the customer has to complete a resync that staff started.
pub const RESYNC_VALID_SECS: u64 = 24 * 3600;

/// The day in Japan, counted since 1970.
pub fn day_in_japan(now: UnixTime) -> u64 {
    const JAPAN_AHEAD_SECS: u64 = 9 * 3600;
    now.saturating_add_secs(JAPAN_AHEAD_SECS).as_secs() / 86_400
}

/// Whether a session of this age is still one.
pub fn session_is_alive(created_at: UnixTime, seen_at: UnixTime, now: UnixTime) -> bool {
    now < seen_at.saturating_add_secs(SESSION_IDLE_SECS)
        && now < created_at.saturating_add_secs(SESSION_LONGEST_SECS)
}

/// Whether this can be a staff name: 2 to 32 of `a-z 0-9 . _ -`, the first a letter.
pub fn is_staff_name(name: &str) -> bool {
    let allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    (2..=32).contains(&name.len())
        && name.chars().all(allowed)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_and_who_decides_are_never_one_role() {
        for role in Role::ALL {
            let asks = [Task::Unlock, Task::Import];
            assert!(!(role.may(Task::Approve) && asks.iter().any(|task| role.may(*task))));
        }
    }

    #[test]
    fn who_makes_accounts_and_who_reads_the_trail_touch_no_token() {
        use Task::*;
        for task in [
            Find,
            StartResync,
            Report,
            Unlock,
            Suspend,
            Resume,
            Reissue,
            Voucher,
            Import,
            Approve,
        ] {
            assert!(!Role::Admin.may(task), "{task:?}");
            assert!(!Role::Auditor.may(task), "{task:?}");
        }
    }

    #[test]
    fn every_word_reads_back() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }

    #[test]
    fn a_session_ends_by_idleness_and_by_age() {
        let at = UnixTime::from_secs;
        assert!(session_is_alive(at(0), at(0), at(899)));
        assert!(!session_is_alive(at(0), at(0), at(900)));
        assert!(session_is_alive(at(0), at(28_700), at(28_799)));
        assert!(!session_is_alive(at(0), at(28_799), at(28_800)));
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        // 2026-11-20 15:00:00 UTC is midnight in Japan.
        let midnight = 1_795_186_800;
        let day = |secs| day_in_japan(UnixTime::from_secs(secs));
        assert_eq!(day(midnight), day(midnight - 1) + 1);
        assert_eq!(day(midnight), day(midnight + 86_399));
    }

    #[test]
    fn names_are_plain() {
        for name in ["ai", "hanako.s", "k-2_x"] {
            assert!(is_staff_name(name), "{name}");
        }
        for name in [
            "",
            "a",
            "A1",
            "2a",
            "花子",
            "a b",
            "a'--",
            "<b>",
            &"a".repeat(33),
        ] {
            assert!(!is_staff_name(name), "{name}");
        }
    }
}

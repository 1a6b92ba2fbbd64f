//! Where a customer stands on the way トークン発行 → 利用開始 → 利用解除 (guide 003).
//!
//! ```text
//! 未登録 ──トークン発行──► トークン発行済 ──利用開始──► 利用中 ──利用解除──► 未登録
//!   ▲                                                 │  ▲                  │
//!   │                                       hardware, │  │ 利用開始 of       │ from the
//!   │                              90 days before end └──┘ the new one      │ next day
//!   └───────────────────────────────────────────────────────────────────────┘
//! ```

use chrono::{Days, NaiveDate};

use super::access::TokenKind;

/// What is issued to the customer and not in use yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// IDs for the app.
    Software,
    /// A device by post.
    Hardware,
}

/// Where a customer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The token in use.
    pub in_use: Option<TokenKind>,
    /// The token issued since.
    pub pending: Option<Pending>,
    /// The day of the last 利用解除.
    pub released_on: Option<NaiveDate>,
    /// From when on the token in use may be followed by another.
    pub renewable_on: Option<NaiveDate>,
}

/// Why a step is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Not before this day: 利用解除 was the day before.
    ReleasedUntil(NaiveDate),
    /// A token is in use: 利用解除 comes first.
    InUse,
    /// A device is in use; another is sent from this day on.
    NotBefore(NaiveDate),
    /// トークン発行 comes first.
    NothingIssued,
    /// No token is in use.
    NothingInUse,
}

impl Standing {
    /// 登録状況.
    pub const fn words(&self) -> &'static str {
        match (self.in_use, self.pending) {
            (Some(_), None) => "利用中",
            (Some(_), Some(_)) => "利用中（新しいトークン発行済）",
            (None, Some(_)) => "トークン発行済",
            (None, None) => "未登録",
        }
    }

    /// Whether a token may be issued: the app's, unless one is in use; a device's also in place of
    /// a device that soon ends.
    ///
    /// # Errors
    /// [`Closed`].
    pub fn may_issue(&self, kind: TokenKind, today: NaiveDate) -> Result<(), Closed> {
        let from = self
            .released_on
            .and_then(|day| day.checked_add_days(Days::new(1)));
        match (self.in_use, self.renewable_on) {
            (None, _) => match from {
                Some(from) if today < from => Err(Closed::ReleasedUntil(from)),
                _ => Ok(()),
            },
            (Some(TokenKind::Hardware), Some(from)) if kind == TokenKind::Hardware => {
                if today < from {
                    Err(Closed::NotBefore(from))
                } else {
                    Ok(())
                }
            }
            _ => Err(Closed::InUse),
        }
    }

    /// Whether there is a token whose use can begin.
    ///
    /// # Errors
    /// [`Closed::NothingIssued`].
    pub fn may_begin(&self) -> Result<Pending, Closed> {
        self.pending.ok_or(Closed::NothingIssued)
    }

    /// Whether there is a token whose use can end.
    ///
    /// # Errors
    /// [`Closed::NothingInUse`].
    pub fn may_end(&self) -> Result<(), Closed> {
        self.in_use.map(drop).ok_or(Closed::NothingInUse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, number).unwrap()
    }

    const KINDS: [TokenKind; 2] = [TokenKind::Software, TokenKind::Hardware];

    #[test]
    fn a_new_token_comes_from_the_day_after_the_old_one_was_released() {
        let standing = Standing {
            released_on: Some(day(3)),
            ..Standing::default()
        };
        for kind in KINDS {
            let until = Err(Closed::ReleasedUntil(day(4)));
            assert_eq!(standing.may_issue(kind, day(3)), until);
            assert_eq!(standing.may_issue(kind, day(4)), Ok(()));
            assert_eq!(Standing::default().may_issue(kind, day(1)), Ok(()));
        }
    }

    #[test]
    fn only_a_device_near_its_end_is_followed_by_a_device_without_release() {
        let standing = |in_use| Standing {
            in_use: Some(in_use),
            renewable_on: Some(day(10)),
            ..Standing::default()
        };
        let device = standing(TokenKind::Hardware);
        let not_before = Err(Closed::NotBefore(day(10)));
        assert_eq!(device.may_issue(TokenKind::Hardware, day(9)), not_before);
        assert_eq!(device.may_issue(TokenKind::Hardware, day(10)), Ok(()));
        let in_use = Err(Closed::InUse);
        assert_eq!(device.may_issue(TokenKind::Software, day(10)), in_use);
        for kind in KINDS {
            assert_eq!(
                standing(TokenKind::Software).may_issue(kind, day(20)),
                in_use
            );
        }
    }

    #[test]
    fn use_begins_after_issue_and_ends_after_use() {
        let nothing = Standing::default();
        assert_eq!(nothing.may_begin(), Err(Closed::NothingIssued));
        assert_eq!(nothing.may_end(), Err(Closed::NothingInUse));
        assert_eq!(nothing.words(), "未登録");
        let issued = Standing {
            pending: Some(Pending::Software),
            ..nothing
        };
        assert_eq!(issued.may_begin(), Ok(Pending::Software));
        assert_eq!(issued.words(), "トークン発行済");
        let in_use = Standing {
            in_use: Some(TokenKind::Software),
            ..nothing
        };
        assert_eq!(in_use.may_end(), Ok(()));
        assert_eq!(in_use.words(), "利用中");
    }
}

//! Which procedure is open to whom, on which face, and from when.

use std::fmt;
use std::str::FromStr;

use chrono::{Days, NaiveDate};
use skts_otp::{EffectiveDay, SerialNumber};

use crate::faces::Face;

macro_rules! procedures {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What can be done at the bank.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Procedure {
            $($(#[$doc])* $name,)*
        }

        impl Procedure {
            /// Every procedure.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its word in addresses.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

procedures! {
    /// ログイン.
    Login = "login",
    /// 利用開始.
    Start = "start",
    /// 交換.
    Exchange = "exchange",
    /// 利用中止.
    Stop = "stop",
    /// 振込.
    Transfer = "transfer",
    /// Pay-easy, 収納サービス.
    PayEasy = "pay-easy",
    /// 限度額変更.
    Limit = "limit",
    /// お客様情報変更.
    Details = "details",
    /// トークン発行.
    Issue = "issue",
    /// ワンタイムパスワード利用開始, after トークン発行.
    BeginUse = "begin-use",
    /// ワンタイムパスワード利用解除.
    EndUse = "end-use",
    /// トークンの電池切れ・故障の連絡.
    Report = "report",
    /// The staff's login.
    StaffLogin = "staff-login",
    /// What staff do at the counter.
    Counter = "counter",
}

impl Procedure {
    /// Who may begin it.
    pub const fn audience(self) -> Audience {
        match self {
            Self::Login | Self::Start | Self::Exchange | Self::Stop | Self::StaffLogin => {
                Audience::Anybody
            }
            Self::Transfer
            | Self::PayEasy
            | Self::Limit
            | Self::Details
            | Self::Issue
            | Self::BeginUse
            | Self::EndUse
            | Self::Report => Audience::Customers,
            Self::Counter => Audience::Staff,
        }
    }
}

impl fmt::Display for Procedure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Procedure {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL
            .iter()
            .copied()
            .find(|procedure| procedure.as_str() == word)
            .ok_or(())
    }
}

/// Whom a procedure is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Who is not logged in as well.
    Anybody,
    /// Customers who are logged in.
    Customers,
    /// The bank's staff.
    Staff,
}

/// What a customer's codes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The app.
    Software,
    /// A device that the bank sent.
    Hardware,
}

impl TokenKind {
    /// What a serial that a customer of a 信用金庫 types belongs to: the app's begin with `SKTS`
    /// (guide 004).
    pub fn of(serial: &SerialNumber) -> Self {
        if serial.as_str().starts_with("SKTS") {
            Self::Software
        } else {
            Self::Hardware
        }
    }
}

/// Why a procedure is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Not on a feature phone: by form at the counter.
    OnThisFace,
    /// There is a token already: 交換 is the way.
    HasToken,
    /// There is no token: 利用開始 comes first.
    NoToken,
    /// The token counts from this day.
    Until(NaiveDate),
}

/// Whether `procedure` is open, on `face` and `today`, to a customer whose token counts from
/// `usable_from` (`None`: he has no token).
///
/// # Errors
/// [`Closed`].
pub fn check(
    procedure: Procedure,
    face: Face,
    usable_from: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(), Closed> {
    match (procedure, usable_from) {
        (Procedure::Stop, _) if face == Face::Feature => Err(Closed::OnThisFace),
        (Procedure::Start, Some(_)) => Err(Closed::HasToken),
        (Procedure::Exchange | Procedure::Stop, None) => Err(Closed::NoToken),
        (
            Procedure::Transfer | Procedure::PayEasy | Procedure::Limit | Procedure::Details,
            usable_from,
        ) => match usable_from {
            None => Err(Closed::NoToken),
            Some(from) if today < from => Err(Closed::Until(from)),
            Some(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Whether a token of `kind` can be registered from `face`: a feature phone runs no app.
pub fn takes_kind(face: Face, kind: TokenKind) -> bool {
    face != Face::Feature || kind == TokenKind::Hardware
}

/// The first day on which payments are confirmed with a token registered on `day`.
pub fn usable_from(policy: EffectiveDay, day: NaiveDate) -> NaiveDate {
    match policy {
        EffectiveDay::AtOnce => day,
        EffectiveDay::NextDay => day.checked_add_days(Days::new(1)).unwrap_or(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, number).unwrap()
    }

    #[test]
    fn a_feature_phone_stops_no_token_and_takes_no_app() {
        let check = |face| check(Procedure::Stop, face, Some(day(1)), day(2));
        assert_eq!(check(Face::Feature), Err(Closed::OnThisFace));
        assert_eq!(check(Face::Pc), Ok(()));
        assert_eq!(check(Face::Smartphone), Ok(()));
        assert!(!takes_kind(Face::Feature, TokenKind::Software));
        assert!(takes_kind(Face::Feature, TokenKind::Hardware));
        assert!(takes_kind(Face::Smartphone, TokenKind::Software));
    }

    #[test]
    fn payments_wait_for_a_token_and_for_its_day() {
        for procedure in [
            Procedure::Transfer,
            Procedure::PayEasy,
            Procedure::Limit,
            Procedure::Details,
        ] {
            let check = |from, today| check(procedure, Face::Pc, from, today);
            assert_eq!(check(None, day(1)), Err(Closed::NoToken));
            assert_eq!(check(Some(day(2)), day(1)), Err(Closed::Until(day(2))));
            assert_eq!(check(Some(day(2)), day(2)), Ok(()));
        }
    }

    #[test]
    fn a_second_token_comes_by_exchange_only() {
        let check = |procedure, from| check(procedure, Face::Pc, from, day(1));
        assert_eq!(check(Procedure::Start, Some(day(1))), Err(Closed::HasToken));
        assert_eq!(check(Procedure::Start, None), Ok(()));
        assert_eq!(check(Procedure::Exchange, None), Err(Closed::NoToken));
        assert_eq!(check(Procedure::Stop, None), Err(Closed::NoToken));
    }

    #[test]
    fn the_policy_says_from_which_day() {
        let new_year = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
        assert_eq!(usable_from(EffectiveDay::AtOnce, day(31)), day(31));
        assert_eq!(usable_from(EffectiveDay::NextDay, day(31)), new_year);
    }

    #[test]
    fn the_serial_tells_app_and_device_apart() {
        let kind = |text| TokenKind::of(&SerialNumber::parse(text).unwrap());
        assert_eq!(kind("skts 1234 5678"), TokenKind::Software);
        assert_eq!(kind("2V07160I6FK2"), TokenKind::Hardware);
    }

    #[test]
    fn every_word_in_an_address_reads_back() {
        for procedure in Procedure::ALL {
            assert_eq!(procedure.as_str().parse(), Ok(*procedure));
        }
        assert_eq!("logout".parse::<Procedure>(), Err(()));
    }
}

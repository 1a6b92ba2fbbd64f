//! The two kinds of bank whose guides are walked: their words, and which procedures they have.

use super::access::Procedure;

/// What kind of bank this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// 信用金庫: token procedures on the login page (guides 000, 001, 002, 004).
    Shinkin,
    /// 信用組合: トークン発行, 利用開始 and 利用解除 after login (guide 003).
    Shinkumi,
}

impl Style {
    /// The sample bank's name.
    pub const fn bank_name(self) -> &'static str {
        match self {
            Self::Shinkin => "見本信用金庫",
            Self::Shinkumi => "見本信用組合",
        }
    }

    /// How the bank speaks of itself.
    pub const fn we(self) -> &'static str {
        match self {
            Self::Shinkin => "当金庫",
            Self::Shinkumi => "当組合",
        }
    }

    /// Whether this bank has `procedure`.
    pub const fn has(self, procedure: Procedure) -> bool {
        match procedure {
            Procedure::Start | Procedure::Exchange | Procedure::Stop => {
                matches!(self, Self::Shinkin)
            }
            Procedure::Issue | Procedure::BeginUse | Procedure::EndUse => {
                matches!(self, Self::Shinkumi)
            }
            _ => true,
        }
    }
}

//! Which transfers have to be signed: 取引認証 is for those that a thief would order.

use super::access::TokenKind;

/// When a code is not enough. By default it always is, and a signature is offered beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SigningRule {
    /// To an account that this customer has never sent money to.
    pub new_payees: bool,
    /// Of a larger amount than this.
    pub above_yen: Option<i64>,
}

/// Why a transfer has to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// The first to this account.
    NewPayee,
    /// A large one.
    Amount {
        /// Up to which a code is enough.
        up_to_yen: i64,
    },
}

impl SigningRule {
    /// Why the transfer has to be signed, if it has to. A device that the bank sent shows codes, and signs
    /// only if it has keys to press: of its owner nothing is demanded.
    pub fn demand(self, kind: TokenKind, known_payee: bool, amount_yen: i64) -> Option<Demand> {
        if kind == TokenKind::Hardware {
            return None;
        }
        if self.new_payees && !known_payee {
            return Some(Demand::NewPayee);
        }
        let up_to_yen = self.above_yen.filter(|most| amount_yen > *most)?;
        Some(Demand::Amount { up_to_yen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: TokenKind = TokenKind::Software;

    #[test]
    fn nothing_is_demanded_unless_the_bank_says_so() {
        let demand = SigningRule::default().demand(APP, false, 10_000_000);
        assert_eq!(demand, None);
    }

    #[test]
    fn a_new_account_and_a_large_amount_are_signed() {
        let rule = SigningRule {
            new_payees: true,
            above_yen: Some(100_000),
        };
        let large = Demand::Amount { up_to_yen: 100_000 };
        assert_eq!(rule.demand(APP, false, 1), Some(Demand::NewPayee));
        assert_eq!(rule.demand(APP, true, 100_000), None);
        assert_eq!(rule.demand(APP, true, 100_001), Some(large));
        assert_eq!(rule.demand(APP, false, 100_001), Some(Demand::NewPayee));
        let by_amount = SigningRule {
            new_payees: false,
            ..rule
        };
        assert_eq!(by_amount.demand(APP, false, 100_000), None);
        assert_eq!(by_amount.demand(APP, false, 100_001), Some(large));
    }

    #[test]
    fn a_device_without_keys_is_not_asked_for_what_it_cannot_do() {
        let rule = SigningRule {
            new_payees: true,
            above_yen: Some(0),
        };
        assert_eq!(rule.demand(TokenKind::Hardware, false, 500_000), None);
    }
}

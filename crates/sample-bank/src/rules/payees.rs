//! Numbers of the banks and branches of the sample world: a signature covers numbers, not names.

/// Names and 金融機関コード.
const BANKS: [(&str, &str); 2] = [("見本信用組合", "9999"), ("見本信用金庫", "9998")];
/// Names and 支店コード, the same at each bank.
const BRANCHES: [(&str, &str); 2] = [("本店", "001"), ("駅前支店", "002")];

fn find(list: &[(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    list.iter()
        .find(|(found, _)| *found == name)
        .map(|(_, number)| *number)
}

/// Four digits of the bank and three of its branch, by the names a customer typed; none if either is
/// not known.
pub fn numbers(bank: &str, branch: &str) -> Option<(&'static str, &'static str)> {
    find(&BANKS, bank).zip(find(&BRANCHES, branch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_known_have_numbers() {
        assert_eq!(numbers("見本信用組合", "本店"), Some(("9999", "001")));
        assert_eq!(numbers("見本信用組合", "北店"), None);
        assert_eq!(numbers("", "本店"), None);
    }
}

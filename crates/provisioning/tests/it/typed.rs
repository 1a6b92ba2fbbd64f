//! What customers type.

use proptest::prelude::*;
use skts_provisioning::ids::{ServiceId, UserId};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_and_parsing_are_inverse(digits in "[0-9]{12}") {
        let id = UserId::parse(&digits).unwrap();
        prop_assert_eq!(id.to_string(), digits);
        prop_assert_eq!(UserId::parse(&id.grouped()).unwrap(), id.clone());
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), id);
    }

    #[test]
    fn full_width_is_the_same_as_half_width(digits in "[0-9]{8}") {
        let wide: String =
            digits.bytes().map(|b| char::from_u32(0xFF10 + u32::from(b - b'0')).unwrap()).collect();
        prop_assert_eq!(ServiceId::parse(&wide).unwrap(), ServiceId::parse(&digits).unwrap());
    }

    #[test]
    fn nothing_typed_panics(text in any::<String>()) {
        let _ = ServiceId::parse(&text);
        let _ = UserId::parse(&text);
    }
}

#[test]
fn user_ids_are_read_in_fours() {
    assert_eq!(
        UserId::parse("123456789012").unwrap().grouped(),
        "1234 5678 9012"
    );
}

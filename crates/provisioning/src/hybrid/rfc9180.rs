//! RFC 9180 Appendix A through the functions above.

use rand_core::{CryptoRng, RngCore};
use serde_json::Value;

use super::*;

/// Gives out one prepared ephemeral key.
struct Once(Option<Vec<u8>>);

impl CryptoRng for Once {}

impl RngCore for Once {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        out.copy_from_slice(&self.0.take().expect("one draw"));
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

fn vector() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/rfc9180.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn seals_as_rfc_9180_does() {
    let vector = vector();
    let first = &vector["first_encryption"];
    for export in vector["exports"].as_array().unwrap() {
        let sealed = seal(
            &bytes(&vector["pkRm"]),
            &bytes(&vector["info"]),
            &bytes(&first["aad"]),
            &bytes(&first["pt"]),
            &bytes(&export["exporter_context"]),
            &mut Once(Some(bytes(&vector["ikmE"]))),
        )
        .unwrap();
        assert_eq!(sealed.encapped_key, bytes(&vector["enc"]));
        assert_eq!(sealed.ciphertext, bytes(&first["ct"]));
        assert_eq!(
            sealed.exported.expose_secret(),
            bytes(&export["exported_value"])
        );
    }
}

#[test]
fn opens_as_rfc_9180_does() {
    let vector = vector();
    let first = &vector["first_encryption"];
    for export in vector["exports"].as_array().unwrap() {
        let (plaintext, exported) = open(
            &bytes(&vector["skRm"]),
            &bytes(&vector["enc"]),
            &bytes(&vector["info"]),
            &bytes(&first["aad"]),
            &bytes(&first["ct"]),
            &bytes(&export["exporter_context"]),
        )
        .unwrap();
        assert_eq!(plaintext.expose_secret(), bytes(&first["pt"]));
        assert_eq!(exported.expose_secret(), bytes(&export["exported_value"]));
    }
}

#[test]
fn makes_the_receivers_keys_of_rfc_9180() {
    let vector = vector();
    let (public, private) = make_keys(&mut Once(Some(bytes(&vector["ikmR"]))));
    assert_eq!(public, bytes(&vector["pkRm"]));
    assert_eq!(private.expose_secret(), bytes(&vector["skRm"]));
}

#[test]
fn refuses_points_of_low_order() {
    for low in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    ] {
        let point = hex::decode(low).unwrap();
        assert!(!is_usable(&point), "{low}");
        assert!(
            seal(&point, b"", b"", b"", b"", &mut Once(Some(vec![7; 32]))).is_err(),
            "{low}"
        );
    }
    assert!(is_usable(&bytes(&vector()["pkRm"])));
    assert!(!is_usable(&[9; 31]));
}

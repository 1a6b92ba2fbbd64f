//! Where the app comes from: shown to who needs it on another device, or needs a newer one.

use serde::Deserialize;

use crate::authenticator::Authenticator;
use crate::error::{AppError, ErrorCode};
use crate::qr_code;
use crate::views::{StoreKind, StoreView};

/// The publisher's addresses; samples, under reserved `.example` names.
const STORES: &str = include_str!("../data/stores.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    kind: StoreKind,
    address: String,
}

impl Authenticator {
    /// Where the app is to be had for each kind of device, with a QR code of the address each: an SVG as
    /// [`serial_qr`](Self::serial_qr) gives.
    ///
    /// # Errors
    /// None where the build's own list is well-formed, which a test sees to.
    pub fn stores() -> Result<Vec<StoreView>, AppError> {
        let stores: Vec<Store> = serde_json::from_str(STORES).map_err(|_| ErrorCode::Internal)?;
        let view = |store: Store| {
            Ok(StoreView {
                qr: qr_code::svg(&qr_code::of(&store.address)?),
                kind: store.kind,
                address: store.address,
            })
        };
        stores.into_iter().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_device_has_one_address_that_can_be_scanned() {
        let stores = Authenticator::stores().unwrap();
        let kinds: Vec<StoreKind> = stores.iter().map(|store| store.kind).collect();
        assert_eq!(
            kinds,
            [StoreKind::Ios, StoreKind::Android, StoreKind::Computer]
        );
        for store in stores {
            assert!(store.address.starts_with("https://"), "{}", store.address);
            assert!(store.qr.starts_with("<svg"), "{}", store.qr);
        }
    }
}

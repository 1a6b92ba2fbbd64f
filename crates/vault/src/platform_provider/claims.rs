//! What a provider says of itself, and what is believed of it.

use skts_otp::AssuranceLevel;

use crate::DeviceKeyError;
use crate::device_key::is_virtual_maker;

/// What a provider says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// The system is Wine: whatever it says, there is only software behind.
    pub(crate) wine: bool,
    /// `Impl Type`: in hardware, and not in software.
    pub(crate) hardware: bool,
    /// `PCP_PLATFORM_TYPE`, which only the platform provider has:
    /// `TPM-Version:2.0 -Level:0-Revision:1.38-VendorID:'INTC'-Firmware:…`.
    pub(crate) platform: Option<String>,
    /// `PCP_TPM_MANUFACTURER_ID` as the number it came as.
    pub(crate) maker: Option<u32>,
    /// `PCP_TPM_IFX_RSA_KEYGEN_VULNERABILITY` is not 0: its RSA keys can be computed from their
    /// public halves (CVE-2017-15361).
    pub(crate) weak_rsa: bool,
}

impl Claims {
    /// The level that a key made here may claim; the service decides the real one.
    ///
    /// # Errors
    /// - [`DeviceKeyError::NotHardware`]: a name, with software behind it.
    /// - [`DeviceKeyError::Unsupported`]: a TPM 1.2, or one whose RSA keys are weak.
    pub(crate) fn level(&self) -> Result<AssuranceLevel, DeviceKeyError> {
        let platform = self.platform.as_deref().unwrap_or_default();
        let version = platform.strip_prefix("TPM-Version:");
        let version = match version {
            Some(version) if self.hardware && !self.wine => version,
            _ => return Err(DeviceKeyError::NotHardware),
        };
        if !version.starts_with("2.") || self.weak_rsa {
            return Err(DeviceKeyError::Unsupported);
        }
        let named = vendor(platform);
        // The bytes of the number are letters; which end comes first is not written down anywhere.
        let numbered = self.maker.map(|id| [id.to_be_bytes(), id.to_le_bytes()]);
        let mut makers = numbered.iter().flatten().chain(&named).peekable();
        if makers.peek().is_none() || makers.any(is_virtual_maker) {
            Ok(AssuranceLevel::L1)
        } else {
            Ok(AssuranceLevel::L2)
        }
    }
}

/// The four letters between the quotes after `VendorID:`.
fn vendor(platform: &str) -> Option<[u8; 4]> {
    let (_, rest) = platform.split_once("VendorID:'")?;
    let (letters, _) = rest.split_once('\'')?;
    let mut vendor = *b"    ";
    if letters.is_empty() || letters.len() > vendor.len() {
        return None;
    }
    vendor
        .iter_mut()
        .zip(letters.bytes())
        .for_each(|(to, from)| *to = from);
    Some(vendor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chip(vendor: &str, maker: Option<u32>) -> Claims {
        Claims {
            hardware: true,
            platform: Some(format!(
                "TPM-Version:2.0 -Level:0-Revision:1.38-VendorID:'{vendor}'-Firmware:403177472.0"
            )),
            maker,
            ..Claims::default()
        }
    }

    #[test]
    fn a_chip_claims_level_2_and_one_that_is_a_program_level_1() {
        let intel = u32::from_be_bytes(*b"INTC");
        for claims in [
            chip("INTC", Some(intel)),
            chip("INTC", None),
            chip("STM", None),
        ] {
            assert_eq!(claims.level(), Ok(AssuranceLevel::L2), "{claims:?}");
        }
        for (vendor, maker) in [
            ("MSFT", None),
            ("VMW", None),
            ("IBM", None),
            ("INTC", Some(u32::from_be_bytes(*b"AMZN"))),
            ("INTC", Some(u32::from_le_bytes(*b"GOOG"))),
            ("INTC", Some(u32::from_be_bytes(*b"VMW\0"))),
            // Nobody made it.
            ("", None),
        ] {
            let claims = chip(vendor, maker);
            assert_eq!(claims.level(), Ok(AssuranceLevel::L1), "{claims:?}");
        }
    }

    #[test]
    fn a_providers_name_alone_is_not_believed() {
        let good = chip("INTC", None);
        let named_only = Claims::default();
        let of_wine = Claims {
            wine: true,
            ..good.clone()
        };
        let in_software = Claims {
            hardware: false,
            ..good.clone()
        };
        let silent = Claims {
            platform: None,
            ..good.clone()
        };
        let other = Claims {
            platform: Some("a smart card".to_owned()),
            ..good
        };
        for claims in [named_only, of_wine, in_software, silent, other] {
            assert_eq!(
                claims.level(),
                Err(DeviceKeyError::NotHardware),
                "{claims:?}"
            );
        }
    }

    #[test]
    fn an_old_chip_and_one_with_weak_keys_are_not_used() {
        let weak = Claims {
            weak_rsa: true,
            ..chip("IFX", None)
        };
        let old = Claims {
            platform: Some("TPM-Version:1.2 -Level:2-Revision:3-VendorID:'STM '".to_owned()),
            ..chip("STM", None)
        };
        for claims in [weak, old] {
            assert_eq!(
                claims.level(),
                Err(DeviceKeyError::Unsupported),
                "{claims:?}"
            );
        }
    }
}

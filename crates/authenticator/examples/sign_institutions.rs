//! Writes the built-in institution list, signed with a new key whose private half is forgotten.
//!
//! `cargo run -p skts-authenticator --example sign_institutions -- crates/authenticator/data`
//! writes `institutions.json` and `list-key.hex`. The institutions are samples at reserved
//! `.example` addresses: nobody answers there.

use std::path::PathBuf;

use rand_core::OsRng;
use skts_otp::{CodeLength, Period, SerialScheme, TokenPolicy, UnixTime};
use skts_provisioning::ids::ServiceId;
use skts_provisioning::institution::{
    Institution, InstitutionList, ListSigningKey, Localized, SignedList,
};
use skts_provisioning::s::ProvisioningSigningKey;

/// 2026-11-20 00:00 in Japan.
const ISSUED_AT: u64 = 1_795_100_400;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("usage: sign_institutions FOLDER")?;
    let folder = PathBuf::from(folder);
    let both = TokenPolicy {
        serial: SerialScheme::skts(),
        code_length: CodeLength::Both,
        period: Period::THIRTY,
        ..TokenPolicy::activated()
    };
    let institutions = vec![
        institution(
            "mihon-shinkin",
            "10000001",
            ["見本信用金庫", "Mihon Shinkin Bank"],
            "#005a9c",
            TokenPolicy::self_provisioned(),
        )?,
        institution(
            "mihon-shinkumi",
            "10112235",
            ["見本信用組合", "Mihon Credit Cooperative"],
            "#00695c",
            TokenPolicy::activated(),
        )?,
        institution(
            "mihon-rengo",
            "10000003",
            ["見本信用金庫連合", "Mihon Shinkin Federation"],
            "#6a1b4d",
            both,
        )?,
    ];
    let list = InstitutionList {
        issued_at: UnixTime::from_secs(ISSUED_AT),
        institutions,
    };
    let key = ListSigningKey::make(&mut OsRng);
    let text = SignedList::sign(&list, &key)?;
    let public: String = key
        .public_sec1()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    SignedList::verify_pinned(&text, &key.public_sec1())?;
    std::fs::write(folder.join("institutions.json"), text)?;
    std::fs::write(folder.join("list-key.hex"), public + "\n")?;
    Ok(())
}

fn institution(
    id: &str,
    service_id: &str,
    [ja, en]: [&str; 2],
    accent: &str,
    policy: TokenPolicy,
) -> Result<Institution, Box<dyn std::error::Error>> {
    let keys = [(); 2].map(|()| ProvisioningSigningKey::make(&mut OsRng).public());
    Ok(Institution {
        id: id.to_owned(),
        service_id: ServiceId::parse(service_id)?,
        name: Localized {
            ja: ja.to_owned(),
            en: en.to_owned(),
        },
        contact: Localized {
            ja: format!("{ja} 見本窓口"),
            en: format!("{en}, sample desk"),
        },
        accent: accent.to_owned(),
        address: format!("https://{id}.example"),
        provisioning_keys: keys.to_vec(),
        policy,
    })
}

//! The institutions there are, and their signed list.

use rand_core::OsRng;
use skts_otp::{CodeLength, TokenPolicy, UnixTime};
use skts_provisioning::ids::ServiceId;
use skts_provisioning::institution::{
    Institution, InstitutionList, ListSigningKey, Localized, SignedList,
};
use skts_provisioning::s::ProvisioningSigningKey;

use crate::support::{ACTIVATED, NOW, SELF, SERVICE_ID};

pub(crate) fn activated_policy() -> TokenPolicy {
    TokenPolicy {
        code_length: CodeLength::Both,
        signing: false,
        check_in_notice_days: Some(30),
        ..TokenPolicy::activated()
    }
}

pub(crate) fn list(key: &ProvisioningSigningKey, address: &str) -> String {
    let institution = |id: &str, service_id: &str, policy| Institution {
        id: id.to_owned(),
        service_id: ServiceId::parse(service_id).unwrap(),
        name: Localized {
            ja: "見本".to_owned(),
            en: "Sample".to_owned(),
        },
        contact: Localized {
            ja: "窓口".to_owned(),
            en: "Desk".to_owned(),
        },
        accent: "#005a9c".to_owned(),
        address: address.to_owned(),
        provisioning_keys: vec![key.public()],
        policy,
    };
    let institutions = vec![
        institution(SELF, "10000001", TokenPolicy::self_provisioned()),
        institution(ACTIVATED, SERVICE_ID, activated_policy()),
    ];
    let list = InstitutionList {
        issued_at: UnixTime::from_secs(NOW - 86_400),
        institutions,
    };
    SignedList::sign(&list, &ListSigningKey::make(&mut OsRng)).unwrap()
}

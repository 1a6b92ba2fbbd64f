//! Makers of chips and phones, made for a test: authorities, certificates, and what is in them.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber,
};

/// Whoever signs.
pub(crate) struct Maker(CertifiedIssuer<'static, KeyPair>);

/// What is in a certificate, beside the key.
pub(crate) struct Says {
    pub(crate) serial: u64,
    pub(crate) until: i32,
    pub(crate) purposes: Vec<Vec<u64>>,
    pub(crate) extensions: Vec<CustomExtension>,
}

impl Default for Says {
    fn default() -> Self {
        Self {
            serial: 7,
            until: 2040,
            purposes: Vec::new(),
            extensions: Vec::new(),
        }
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2040, 1, 1);
    params
}

impl Maker {
    /// A root.
    pub(crate) fn root(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(authority(name), key).unwrap())
    }

    /// Signed by another, which lets it sign; what its own certificate says beside that.
    pub(crate) fn under(name: &str, other: &Self, says: Vec<CustomExtension>) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = authority(name);
        params.custom_extensions = says;
        Self(CertifiedIssuer::signed_by(params, key, &other.0).unwrap())
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    /// A certificate of something that signs no others.
    pub(crate) fn sign(&self, key: &impl PublicKeyData, says: Says) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "A key");
        params.serial_number = Some(SerialNumber::from(says.serial));
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(says.until, 1, 1);
        params.extended_key_usages = says
            .purposes
            .into_iter()
            .map(ExtendedKeyUsagePurpose::Other)
            .collect();
        params.custom_extensions = says.extensions;
        params.signed_by(key, &self.0).unwrap().der().to_vec()
    }
}

pub(crate) const EK_PURPOSE: [u64; 5] = [2, 23, 133, 8, 1];

/// What a maker of chips says of an endorsement key.
pub(crate) fn of_a_chip(manufacturer: &str) -> Says {
    Says {
        purposes: vec![EK_PURPOSE.to_vec()],
        extensions: vec![chip_name(manufacturer)],
        ..Says::default()
    }
}

/// Subject alternative name: a directory name with manufacturer, model and version (TCG EK Credential
/// Profile 2.5, §3.2.9).
pub(crate) fn chip_name(manufacturer: &str) -> CustomExtension {
    let part = |last: u8, text: &str| {
        let oid = tlv(&[0x06], &[0x67, 0x81, 0x05, 0x02, last]);
        tlv(
            &[0x31],
            &tlv(&[0x30], &[oid, tlv(&[0x0c], text.as_bytes())].concat()),
        )
    };
    let parts = [part(1, manufacturer), part(2, "TEST"), part(3, "id:0001")].concat();
    let name = tlv(&[0x30], &tlv(&[0xa4], &tlv(&[0x30], &parts)));
    CustomExtension::from_oid_content(&[2, 5, 29, 17], name)
}

/// What a phone's keystore says of a key.
pub(crate) struct Attests<'a> {
    pub(crate) level: u8,
    pub(crate) key_level: u8,
    pub(crate) challenge: &'a [u8],
    pub(crate) purposes: &'a [u8],
    pub(crate) origin: u8,
    pub(crate) for_all: bool,
    pub(crate) locked: bool,
    pub(crate) boot: u8,
    pub(crate) package: &'a str,
    pub(crate) signer: [u8; 32],
}

pub(crate) const PACKAGE: &str = "jp.example.skts";
pub(crate) const SIGNER: [u8; 32] = [0x5a; 32];

impl<'a> Attests<'a> {
    /// As the app on a phone as it should be.
    pub(crate) fn good(challenge: &'a [u8]) -> Self {
        Self {
            level: 1,
            key_level: 1,
            challenge,
            purposes: &[2],
            origin: 0,
            for_all: false,
            locked: true,
            boot: 0,
            package: PACKAGE,
            signer: SIGNER,
        }
    }

    pub(crate) fn extension(&self) -> CustomExtension {
        CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 11129, 2, 1, 17], self.description())
    }

    pub(crate) fn says(&self) -> Says {
        Says {
            extensions: vec![self.extension()],
            ..Says::default()
        }
    }

    pub(crate) fn description(&self) -> Vec<u8> {
        let integer = |number: u8| tlv(&[0x02], &[number]);
        let octets = |bytes: &[u8]| tlv(&[0x04], bytes);
        let package = [octets(self.package.as_bytes()), integer(1)].concat();
        let app = [
            tlv(&[0x31], &tlv(&[0x30], &package)),
            tlv(&[0x31], &octets(&self.signer)),
        ];
        let app = octets(&tlv(&[0x30], &app.concat()));
        let mut software = explicit(701, &tlv(&[0x02], &[1, 2, 3, 4, 5, 6]));
        software.extend(explicit(709, &app));
        let purposes: Vec<u8> = self.purposes.iter().flat_map(|one| integer(*one)).collect();
        let root = [
            octets(&[7; 32]),
            tlv(&[0x01], &[if self.locked { 0xff } else { 0 }]),
            tlv(&[0x0a], &[self.boot]),
            octets(&[8; 32]),
        ];
        let mut hardware = explicit(1, &tlv(&[0x31], &purposes));
        hardware.extend(explicit(2, &integer(3)));
        hardware.extend(explicit(10, &integer(1)));
        if self.for_all {
            hardware.extend(explicit(600, &tlv(&[0x05], &[])));
        }
        hardware.extend(explicit(702, &integer(self.origin)));
        hardware.extend(explicit(704, &tlv(&[0x30], &root.concat())));
        let parts = [
            integer(100),
            tlv(&[0x0a], &[self.level]),
            integer(100),
            tlv(&[0x0a], &[self.key_level]),
            octets(self.challenge),
            octets(&[]),
            tlv(&[0x30], &software),
            tlv(&[0x30], &hardware),
        ];
        tlv(&[0x30], &parts.concat())
    }
}

/// A value of DER behind its tag and length.
pub(crate) fn tlv(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
    let size = match length {
        0..=127 => vec![low],
        128..=255 => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [tag, &size, content].concat()
}

/// `[tag] EXPLICIT`.
fn explicit(tag: u16, content: &[u8]) -> Vec<u8> {
    let low = u8::try_from(tag & 0x7f).unwrap();
    let high = u8::try_from(tag >> 7).unwrap();
    match tag {
        0..=30 => tlv(&[0xa0 | low], content),
        31..=127 => tlv(&[0xbf, low], content),
        _ => tlv(&[0xbf, 0x80 | high, low], content),
    }
}

/// `TPMT_PUBLIC` of a device key as the app has its chip make it.
pub(crate) fn public_area(spki: &[u8]) -> Vec<u8> {
    let point = &spki[spki.len() - 64..];
    let head = hex::decode("0023000b00040472000000100018000b00030010").unwrap();
    [
        head.as_slice(),
        &[0x00, 0x20],
        &point[..32],
        &[0x00, 0x20],
        &point[32..],
    ]
    .concat()
}

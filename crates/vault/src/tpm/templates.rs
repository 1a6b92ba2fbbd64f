//! The public areas of the objects made in the chip (TCG TPM 2.0 Library, Part 2 §12.2.4).
//!
//! None is bound to PCRs: a firmware update must not kill a token. All are `noDA`: their
//! authorisation has 256 bits, and a wrong one must not lock the machine's chip for everybody.

use skts_otp::HashAlgorithm;
use tpm2_protocol::basic::{TpmUint16, TpmUint32};
use tpm2_protocol::data::{
    Tpm2bDigest, Tpm2bEccParameter, Tpm2bPublicKeyRsa, TpmAlgId, TpmEccCurve, TpmaObject,
    TpmsEccParms, TpmsEccPoint, TpmsKeyedhashParms, TpmsRsaParms, TpmsSchemeHash, TpmtEccScheme,
    TpmtKdfScheme, TpmtKeyedhashScheme, TpmtPublic, TpmtRsaScheme, TpmtSymDef, TpmuAsymScheme,
    TpmuKeyedhashScheme, TpmuPublicId, TpmuPublicParms, TpmuSymKeyBits, TpmuSymMode,
};
use tpm2_protocol::{TpmMarshal, TpmSized, TpmWriter};

use super::chip::{ChipError, algorithm};
use super::link::FRAME_LIMIT_BYTES;

const STAYS_HERE: TpmaObject =
    TpmaObject::from_bits_truncate(TpmaObject::FIXED_TPM.bits() | TpmaObject::FIXED_PARENT.bits());

/// A template's bytes, as `TPMT_PUBLIC`.
pub(super) type Template = Vec<u8>;

/// The storage root key of the TCG's provisioning guidance: P-256, AES-128-CFB. Made again from
/// the chip's own seed, it is the same key each time, until the chip is cleared.
pub(super) fn storage_root() -> Result<Template, ChipError> {
    template(&TpmtPublic {
        object_type: TpmAlgId::Ecc,
        name_alg: TpmAlgId::Sha256,
        object_attributes: STAYS_HERE
            | TpmaObject::SENSITIVE_DATA_ORIGIN
            | TpmaObject::USER_WITH_AUTH
            | TpmaObject::NO_DA
            | TpmaObject::RESTRICTED
            | TpmaObject::DECRYPT,
        auth_policy: Tpm2bDigest::default(),
        parameters: TpmuPublicParms::Ecc(TpmsEccParms {
            symmetric: aes_128_cfb(),
            scheme: TpmtEccScheme::default(),
            curve_id: TpmEccCurve::NistP256,
            kdf: TpmtKdfScheme::default(),
        }),
        unique: TpmuPublicId::Ecc(TpmsEccPoint::default()),
    })
}

/// The device key: P-256, ECDSA with SHA-256, made in the chip.
pub(super) fn signing_key() -> Result<Template, ChipError> {
    template(&TpmtPublic {
        object_type: TpmAlgId::Ecc,
        name_alg: TpmAlgId::Sha256,
        object_attributes: STAYS_HERE
            | TpmaObject::SENSITIVE_DATA_ORIGIN
            | TpmaObject::USER_WITH_AUTH
            | TpmaObject::NO_DA
            | TpmaObject::SIGN_ENCRYPT,
        auth_policy: Tpm2bDigest::default(),
        parameters: TpmuPublicParms::Ecc(TpmsEccParms {
            symmetric: TpmtSymDef::default(),
            scheme: TpmtEccScheme {
                scheme: TpmAlgId::Ecdsa,
                details: TpmuAsymScheme::Hash(TpmsSchemeHash {
                    hash_alg: TpmAlgId::Sha256,
                }),
            },
            curve_id: TpmEccCurve::NistP256,
            kdf: TpmtKdfScheme::default(),
        }),
        unique: TpmuPublicId::Ecc(TpmsEccPoint::default()),
    })
}

/// A key for HMAC with `hash`.
pub(super) fn hmac_key(made_in_chip: bool, hash: HashAlgorithm) -> Result<Template, ChipError> {
    let origin = if made_in_chip {
        TpmaObject::SENSITIVE_DATA_ORIGIN
    } else {
        TpmaObject::empty()
    };
    hmac_template(
        origin | TpmaObject::USER_WITH_AUTH,
        Tpm2bDigest::default(),
        hash,
    )
}

/// A key made in the chip for HMAC with SHA-256, that works by a policy and by no password.
pub(super) fn hmac_key_under(policy: [u8; 32]) -> Result<Template, ChipError> {
    let policy = Tpm2bDigest::try_from(policy.as_slice()).map_err(|_| ChipError::Refused)?;
    let origin = TpmaObject::SENSITIVE_DATA_ORIGIN;
    hmac_template(origin, policy, HashAlgorithm::Sha256)
}

fn hmac_template(
    attributes: TpmaObject,
    auth_policy: Tpm2bDigest,
    hash: HashAlgorithm,
) -> Result<Template, ChipError> {
    template(&TpmtPublic {
        object_type: TpmAlgId::KeyedHash,
        name_alg: TpmAlgId::Sha256,
        object_attributes: STAYS_HERE | attributes | TpmaObject::NO_DA | TpmaObject::SIGN_ENCRYPT,
        auth_policy,
        parameters: TpmuPublicParms::KeyedHash(TpmsKeyedhashParms {
            scheme: TpmtKeyedhashScheme {
                scheme: TpmAlgId::Hmac,
                details: TpmuKeyedhashScheme::Hmac(TpmsSchemeHash {
                    hash_alg: algorithm(hash),
                }),
            },
        }),
        unique: TpmuPublicId::KeyedHash(Tpm2bDigest::default()),
    })
}

/// The endorsement key by the TCG's template L-2: P-256.
pub(super) fn endorsement_p256() -> Result<Template, ChipError> {
    let zeros = || Tpm2bEccParameter::try_from([0; 32].as_slice()).map_err(|_| ChipError::Refused);
    let parameters = TpmuPublicParms::Ecc(TpmsEccParms {
        symmetric: aes_128_cfb(),
        scheme: TpmtEccScheme::default(),
        curve_id: TpmEccCurve::NistP256,
        kdf: TpmtKdfScheme::default(),
    });
    let unique = TpmuPublicId::Ecc(TpmsEccPoint {
        x: zeros()?,
        y: zeros()?,
    });
    endorsement_key(TpmAlgId::Ecc, parameters, unique)
}

/// The endorsement key by the TCG's template L-1: RSA with 2048 bits.
pub(super) fn endorsement_rsa() -> Result<Template, ChipError> {
    let parameters = TpmuPublicParms::Rsa(TpmsRsaParms {
        symmetric: aes_128_cfb(),
        scheme: TpmtRsaScheme::default(),
        key_bits: TpmUint16::from(2048),
        exponent: TpmUint32::from(0),
    });
    let zeros = Tpm2bPublicKeyRsa::try_from([0; 256].as_slice());
    let unique = TpmuPublicId::Rsa(zeros.map_err(|_| ChipError::Refused)?);
    endorsement_key(TpmAlgId::Rsa, parameters, unique)
}

/// `PolicySecret` of the endorsement hierarchy (TCG EK Credential Profile 2.5, §B.3.2).
const ENDORSEMENT_POLICY: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
    0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
];

fn endorsement_key(
    object_type: TpmAlgId,
    parameters: TpmuPublicParms,
    unique: TpmuPublicId,
) -> Result<Template, ChipError> {
    let policy = Tpm2bDigest::try_from(ENDORSEMENT_POLICY.as_slice());
    template(&TpmtPublic {
        object_type,
        name_alg: TpmAlgId::Sha256,
        object_attributes: STAYS_HERE
            | TpmaObject::SENSITIVE_DATA_ORIGIN
            | TpmaObject::ADMIN_WITH_POLICY
            | TpmaObject::RESTRICTED
            | TpmaObject::DECRYPT,
        auth_policy: policy.map_err(|_| ChipError::Refused)?,
        parameters,
        unique,
    })
}

fn aes_128_cfb() -> TpmtSymDef {
    TpmtSymDef {
        algorithm: TpmAlgId::Aes,
        key_bits: TpmuSymKeyBits::Aes(TpmUint16::from(128)),
        mode: TpmuSymMode::Aes(TpmAlgId::Cfb),
    }
}

fn template(public: &TpmtPublic) -> Result<Template, ChipError> {
    let mut buffer = [0; FRAME_LIMIT_BYTES];
    let mut writer = TpmWriter::new(&mut buffer);
    public
        .marshal(&mut writer)
        .map_err(|_| ChipError::Refused)?;
    debug_assert_eq!(writer.len(), public.len());
    Ok(writer.as_bytes().to_vec())
}

//! HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender};
use rand_core::CryptoRngCore;
use skts_sealed::SecretBytes;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of an X25519 public key, and of an encapsulated key.
pub(crate) const PUBLIC_KEY_BYTES: usize = 32;
/// Bytes of an exported secret.
const EXPORT_BYTES: usize = 32;

type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// HPKE did not go through: an unusable key, or a ciphertext that does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HybridError;

/// What [`seal`] gives.
pub(crate) struct Sealed {
    pub(crate) encapped_key: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    /// 32 bytes, secret: `Context.Export(exporter_context, 32)`.
    pub(crate) exported: SecretBytes,
}

/// Makes a key pair: public, private.
pub(crate) fn make_keys<R: CryptoRngCore>(rng: &mut R) -> (Vec<u8>, SecretBytes) {
    let (private, public) = X25519HkdfSha256::gen_keypair(rng);
    let mut bytes = private.to_bytes();
    let secret = SecretBytes::from_slice(&bytes);
    bytes.zeroize();
    (public.to_bytes().to_vec(), secret)
}

/// Whether `public_key` can be sealed to: 32 bytes that are no point of low order.
pub(crate) fn is_usable(public_key: &[u8]) -> bool {
    let Ok(key) = EncappedKey::from_bytes(public_key) else {
        return false;
    };
    // Any private key tells: with a point of low order the shared secret is zero, and that is
    // refused inside (RFC 9180 §7.1.4).
    let (probe, _) = X25519HkdfSha256::derive_keypair(&[1; 32]);
    X25519HkdfSha256::decap(&probe, None, &key).is_ok()
}

/// Seals `plaintext` to `public_key`.
pub(crate) fn seal<R: CryptoRngCore>(
    public_key: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    exporter_context: &[u8],
    rng: &mut R,
) -> Result<Sealed, HybridError> {
    let key = PublicKey::from_bytes(public_key).map_err(|_| HybridError)?;
    let (encapped_key, mut context) =
        setup_sender::<AesGcm256, HkdfSha256, X25519HkdfSha256, R>(&OpModeS::Base, &key, info, rng)
            .map_err(|_| HybridError)?;
    let ciphertext = context.seal(plaintext, aad).map_err(|_| HybridError)?;
    let mut exported = Zeroizing::new([0; EXPORT_BYTES]);
    context
        .export(exporter_context, exported.as_mut())
        .map_err(|_| HybridError)?;
    Ok(Sealed {
        encapped_key: encapped_key.to_bytes().to_vec(),
        ciphertext,
        exported: SecretBytes::from_slice(exported.as_ref()),
    })
}

/// Opens what [`seal`] made: plaintext, exported secret.
pub(crate) fn open(
    private_key: &[u8],
    encapped_key: &[u8],
    info: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    exporter_context: &[u8],
) -> Result<(SecretBytes, SecretBytes), HybridError> {
    let key = PrivateKey::from_bytes(private_key).map_err(|_| HybridError)?;
    let encapped_key = EncappedKey::from_bytes(encapped_key).map_err(|_| HybridError)?;
    let mut context = setup_receiver::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &key,
        &encapped_key,
        info,
    )
    .map_err(|_| HybridError)?;
    let plaintext = context
        .open(ciphertext, aad)
        .map(SecretBytes::new)
        .map_err(|_| HybridError)?;
    let mut exported = Zeroizing::new([0; EXPORT_BYTES]);
    context
        .export(exporter_context, exported.as_mut())
        .map_err(|_| HybridError)?;
    Ok((plaintext, SecretBytes::from_slice(exported.as_ref())))
}

#[cfg(test)]
mod rfc9180;

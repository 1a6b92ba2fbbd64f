//! `TPM2_MakeCredential` (TCG TPM 2.0 Library, Part 1 §24): a secret that only the chip of one
//! endorsement key gives back, and only while it holds the key of one name.

use aes::Aes128;
use cfb_mode::cipher::{AsyncStreamCipher, KeyIvInit};
use hmac::{Hmac, Mac};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::DecodePublicKey;
use rand_core::CryptoRngCore;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Oaep, RsaPublicKey};
use sha2::{Digest, Sha256};
use skts_provisioning::statement::Credential;
use skts_sealed::SecretBytes;
use zeroize::Zeroizing;

/// Bytes of the secret in a credential: as many as the name's hash has, which is the most.
pub const CREDENTIAL_BYTES: usize = 32;
const RSA_BITS: usize = 2048;
const RSA_EXPONENT: u64 = 65_537;
const AES_BITS: u32 = 128;
const HMAC_BITS: u32 = 256;

/// An endorsement key of one of the TCG's two usual templates (EK Credential Profile 2.5, §B.3): storage
/// keys with AES-128-CFB and SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndorsementKey {
    /// Template L-1: RSA with 2048 bits.
    Rsa(RsaPublicKey),
    /// Template L-2.
    P256(p256::PublicKey),
}

impl EndorsementKey {
    /// Reads the DER of a certificate's SPKI; none for a key of another kind or size.
    pub fn from_spki(spki: &[u8]) -> Option<Self> {
        if let Ok(key) = p256::PublicKey::from_public_key_der(spki) {
            return Some(Self::P256(key));
        }
        let key = RsaPublicKey::from_public_key_der(spki).ok()?;
        let usual = key.n().bits() == RSA_BITS && *key.e() == BigUint::from(RSA_EXPONENT);
        (usual && !is_weak(key.n())).then_some(Self::Rsa(key))
    }
}

/// Whether a modulus was made by the library whose keys can be computed from their public halves
/// (CVE-2017-15361, "ROCA"): its primes are powers of 65537 modulo each of these, and so is their product.
/// Of other keys about one in 2^28 is.
fn is_weak(modulus: &BigUint) -> bool {
    const SMALL: [u64; 17] = [
        11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
    ];
    SMALL.iter().all(|&prime| {
        let residue = modulus % BigUint::from(prime);
        let powers = std::iter::successors(Some(1), |power| Some(power * RSA_EXPONENT % prime));
        let mut powers = powers.take(usize::try_from(prime).unwrap_or(usize::MAX));
        powers.any(|power| BigUint::from(power) == residue)
    })
}

/// Name of a TPM's object: the hash's number and SHA-256 of its public area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName([u8; 34]);

impl KeyName {
    /// Of a `TPMT_PUBLIC` whose name is by SHA-256.
    pub fn of(public: &[u8]) -> Self {
        let mut name = [0; 34];
        let (number, digest) = name.split_at_mut(2);
        number.copy_from_slice(&[0x00, 0x0b]);
        digest.copy_from_slice(&Sha256::digest(public));
        Self(name)
    }
}

/// Makes a credential.
///
/// # Shapes and units
/// - `secret`: at most [`CREDENTIAL_BYTES`].
///
/// None if the key cannot encrypt, which no parsed one does.
pub fn make_credential(
    key: &EndorsementKey,
    name: &KeyName,
    secret: &SecretBytes,
    rng: &mut impl CryptoRngCore,
) -> Option<Credential> {
    let (seed, encrypted_secret) = share(key, rng)?;
    // EXPOSE: encrypted in the statement after next.
    let secret = secret.expose_secret();
    let length = u16::try_from(secret.len()).ok()?;
    let mut identity = Zeroizing::new([length.to_be_bytes().as_slice(), secret].concat());
    let symmetric = derive(&seed, b"STORAGE", &name.0, AES_BITS);
    let key = symmetric.get(..16)?;
    cfb_mode::Encryptor::<Aes128>::new_from_slices(key, &[0; 16])
        .ok()?
        .encrypt(&mut identity);
    let integrity = derive(&seed, b"INTEGRITY", &[], HMAC_BITS);
    let mac = Hmac::<Sha256>::new_from_slice(integrity.as_slice())
        .ok()?
        .chain_update(identity.as_slice())
        .chain_update(name.0)
        .finalize()
        .into_bytes();
    Some(Credential {
        id_object: [&[0x00, 0x20], mac.as_slice(), &identity].concat(),
        encrypted_secret,
    })
}

type Seed = Zeroizing<[u8; 32]>;

/// A seed, and the seed as only the endorsement key's chip can read it (Part 1, Annexes B.10 and
/// C.6).
fn share(key: &EndorsementKey, rng: &mut impl CryptoRngCore) -> Option<(Seed, Vec<u8>)> {
    let mut seed = Zeroizing::new([0; 32]);
    match key {
        EndorsementKey::Rsa(key) => {
            rng.fill_bytes(seed.as_mut());
            // Only the public key is here, so there is no private operation to time.
            let padding = Oaep::new_with_label::<Sha256, _>("IDENTITY\0");
            let encrypted = key.encrypt(rng, padding, seed.as_slice()).ok()?;
            Some((seed, encrypted))
        }
        EndorsementKey::P256(key) => {
            let own = p256::ecdh::EphemeralSecret::random(rng);
            let shared = own.diffie_hellman(key);
            let ours = own.public_key().to_encoded_point(false);
            let theirs = key.to_encoded_point(false);
            // KDFe (Part 1 §11.4.10.3): one block of SHA-256.
            seed.copy_from_slice(
                &Sha256::new()
                    .chain_update(1_u32.to_be_bytes())
                    .chain_update(shared.raw_secret_bytes())
                    .chain_update(b"IDENTITY\0")
                    .chain_update(ours.x()?)
                    .chain_update(theirs.x()?)
                    .finalize(),
            );
            let size = [0x00, 0x20];
            let (x, y) = (ours.x()?.as_slice(), ours.y()?.as_slice());
            let point = [&size, x, &size, y];
            Some((seed, point.concat()))
        }
    }
}

/// KDFa (Part 1 §11.4.10.2) for at most one block of HMAC-SHA-256.
fn derive(seed: &Seed, label: &[u8], context: &[u8], bits: u32) -> Seed {
    let mut key = Zeroizing::new([0; 32]);
    if let Ok(mac) = Hmac::<Sha256>::new_from_slice(seed.as_slice()) {
        let block = mac
            .chain_update(1_u32.to_be_bytes())
            .chain_update(label)
            .chain_update([0])
            .chain_update(context)
            .chain_update(bits.to_be_bytes())
            .finalize()
            .into_bytes();
        key.copy_from_slice(&block);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modulus_of_weak_primes_is_told() {
        // As that library made its primes: k·M + 65537^a modulo M, the product of the small ones.
        let product = [
            11_u64, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
        ]
        .iter()
        .fold(BigUint::from(1_u64), |product, prime| product * prime);
        let generator = BigUint::from(RSA_EXPONENT);
        let made = |k: u64, a: u64| {
            BigUint::from(k) * &product + generator.modpow(&BigUint::from(a), &product)
        };
        assert!(is_weak(&(made(1_234_567, 89) * made(7_654_321, 1_000))));
        assert!(!is_weak(
            &(made(1_234_567, 89) * made(7_654_321, 1_000) + 2_u64)
        ));
    }
}

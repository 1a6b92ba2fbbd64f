//! A TPM as far as a credential goes: its endorsement key, and `TPM2_ActivateCredential` (TCG TPM 2.0
//! Library, Part 1 §24), written apart from what makes credentials.

use aes::Aes128;
use cfb_mode::cipher::{AsyncStreamCipher, KeyIvInit};
use hmac::{Hmac, Mac};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::DecodePrivateKey;
use p256::{EncodedPoint, PublicKey, SecretKey};
use rcgen::KeyPair;
use sha2::{Digest, Sha256};
use skts_provisioning::statement::Credential;
use skts_sealed::SecretBytes;

/// A chip with a P-256 endorsement key.
pub(crate) struct Chip(KeyPair);

impl Chip {
    pub(crate) fn new() -> Self {
        Self(KeyPair::generate().unwrap())
    }

    /// For its maker, to certify.
    pub(crate) fn key(&self) -> &KeyPair {
        &self.0
    }

    /// What the chip gives back while it holds the key of that public area; none if it refuses.
    pub(crate) fn activate(&self, credential: &Credential, public: &[u8]) -> Option<SecretBytes> {
        let name = [&[0, 11], Sha256::digest(public).as_slice()].concat();
        let secret = SecretKey::from_pkcs8_der(&self.0.serialize_der()).unwrap();
        let point = &credential.encrypted_secret;
        assert_eq!(
            (point.len(), &point[..2], &point[34..36]),
            (68, &[0, 32][..], &[0, 32][..])
        );
        let theirs =
            EncodedPoint::from_affine_coordinates(point[2..34].into(), point[36..].into(), false);
        let theirs_key = PublicKey::from_sec1_bytes(theirs.as_bytes()).unwrap();
        let shared = p256::ecdh::diffie_hellman(secret.to_nonzero_scalar(), theirs_key.as_affine());
        let ours = secret.public_key().to_encoded_point(false);
        let seed = Sha256::new()
            .chain_update([0, 0, 0, 1])
            .chain_update(shared.raw_secret_bytes())
            .chain_update(b"IDENTITY\0")
            .chain_update(&point[2..34])
            .chain_update(ours.x().unwrap())
            .finalize();
        let mac = |key: &[u8], parts: &[&[u8]]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes()
        };
        let [_, 32, id @ ..] = credential.id_object.as_slice() else {
            panic!("no integrity");
        };
        let (integrity, identity) = id.split_at(32);
        let key = mac(&seed, &[&[0, 0, 0, 1], b"INTEGRITY\0", &[0, 0, 1, 0]]);
        if mac(&key, &[identity, &name]).as_slice() != integrity {
            return None;
        }
        let key = mac(
            &seed,
            &[&[0, 0, 0, 1], b"STORAGE\0", &name, &[0, 0, 0, 128]],
        );
        let mut plain = identity.to_vec();
        cfb_mode::Decryptor::<Aes128>::new_from_slices(&key[..16], &[0; 16])
            .unwrap()
            .decrypt(&mut plain);
        assert_eq!(plain[..2], [0, 32]);
        Some(SecretBytes::from_slice(&plain[2..]))
    }
}

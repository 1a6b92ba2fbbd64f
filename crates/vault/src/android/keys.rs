//! The few calls of the Android Keystore that a device key needs.

use jni::objects::{JObject, JValue};
use p256::PublicKey;
use p256::pkcs8::DecodePublicKey;
use skts_otp::{HashAlgorithm, Mac};
use skts_sealed::SecretBytes;
use zeroize::Zeroizing;

use super::java::Java;
use super::plan::{self, Way};
use super::specification::{initialise, protection, set, specification};
use crate::DeviceKeyError;
use crate::platform_key::{Place, spki_of};

const PROVIDER: &str = "AndroidKeyStore";
const HMAC_BITS: i32 = 256;

/// The store of this application's keys, opened.
pub(super) struct Keys<'l>(JObject<'l>);

impl<'l> Keys<'l> {
    pub(super) fn open(java: &mut Java<'_, 'l>) -> Result<Self, DeviceKeyError> {
        let provider = java.text(PROVIDER)?;
        let store = java.of_class(
            "java/security/KeyStore",
            "getInstance",
            "(Ljava/lang/String;)Ljava/security/KeyStore;",
            &[JValue::Object(&provider)],
        )?;
        java.run(
            &store,
            "load",
            "(Ljava/security/KeyStore$LoadStoreParameter;)V",
            &[JValue::Object(&JObject::null())],
        )?;
        Ok(Self(store))
    }

    /// Makes a P-256 key that signs SHA-256, in place of what had its name.
    pub(super) fn make_signing_key(
        java: &mut Java<'_, 'l>,
        name: &str,
        way: Way,
        challenge: &[u8],
    ) -> Result<(), DeviceKeyError> {
        let builder = specification(java, name, way.strong_box)?;
        let curve = java.text("secp256r1")?;
        let curve = java.make(
            "java/security/spec/ECGenParameterSpec",
            "(Ljava/lang/String;)V",
            &[JValue::Object(&curve)],
        )?;
        set(
            java,
            &builder,
            "setAlgorithmParameterSpec",
            "Ljava/security/spec/AlgorithmParameterSpec;",
            JValue::Object(&curve),
        )?;
        let digests = java.texts("SHA-256")?;
        set(
            java,
            &builder,
            "setDigests",
            "[Ljava/lang/String;",
            JValue::Object(&digests),
        )?;
        if way.attested {
            let challenge = java.bytes(challenge)?;
            set(
                java,
                &builder,
                "setAttestationChallenge",
                "[B",
                JValue::Object(&challenge),
            )?;
        }
        let generator = provided(java, "java/security/KeyPairGenerator", "EC")?;
        initialise(java, &generator, "initialize", &builder)?;
        let made = java.object(
            &generator,
            "generateKeyPair",
            "()Ljava/security/KeyPair;",
            &[],
        );
        made.map(|_| ())
    }

    /// Makes a key for HMAC-SHA256 that nobody ever sees, in place of what had its name.
    pub(super) fn make_hmac_key(
        java: &mut Java<'_, 'l>,
        name: &str,
        strong_box: bool,
    ) -> Result<(), DeviceKeyError> {
        let builder = specification(java, name, strong_box)?;
        set(java, &builder, "setKeySize", "I", JValue::Int(HMAC_BITS))?;
        let generator = provided(java, "javax/crypto/KeyGenerator", "HmacSHA256")?;
        initialise(java, &generator, "init", &builder)?;
        let made = java.object(&generator, "generateKey", "()Ljavax/crypto/SecretKey;", &[]);
        made.map(|_| ())
    }

    /// Puts an HMAC key in, in place of what had its name.
    ///
    /// The array that is made here is overwritten. `SecretKeySpec` and the keystore's own code copy
    /// it, and those copies are Java's until it collects them.
    pub(super) fn put_hmac_key(
        &self,
        java: &mut Java<'_, 'l>,
        name: &str,
        key: &SecretBytes,
        hash: HashAlgorithm,
        strong_box: bool,
    ) -> Result<(), DeviceKeyError> {
        let protection = protection(java, strong_box)?;
        let name = java.text(name)?;
        let algorithm = java.text(hmac_name(hash))?;
        // EXPOSE: the keystore takes keys in by Java's heap only.
        let raw = java.bytes(key.expose_secret())?;
        let specified = java.make(
            "javax/crypto/spec/SecretKeySpec",
            "([BLjava/lang/String;)V",
            &[JValue::Object(&raw), JValue::Object(&algorithm)],
        );
        java.wipe(&raw, key.len())?;
        let entry = java.make(
            "java/security/KeyStore$SecretKeyEntry",
            "(Ljavax/crypto/SecretKey;)V",
            &[JValue::Object(&specified?)],
        )?;
        java.run(
            &self.0,
            "setEntry",
            "(Ljava/lang/String;Ljava/security/KeyStore$Entry;\
             Ljava/security/KeyStore$ProtectionParameter;)V",
            &[
                JValue::Object(&name),
                JValue::Object(&entry),
                JValue::Object(&protection),
            ],
        )
    }

    /// The reference to a key; [`DeviceKeyError::Gone`] if there is none of that name.
    fn key(&self, java: &mut Java<'_, 'l>, name: &str) -> Result<JObject<'l>, DeviceKeyError> {
        let name = java.text(name)?;
        let key = java.object(
            &self.0,
            "getKey",
            "(Ljava/lang/String;[C)Ljava/security/Key;",
            &[JValue::Object(&name), JValue::Object(&JObject::null())],
        )?;
        present(key)
    }

    /// The public key, DER SubjectPublicKeyInfo, from the certificate that every pair has.
    pub(super) fn spki(
        &self,
        java: &mut Java<'_, 'l>,
        name: &str,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        // The keystore answers null for whatever went wrong with a certificate; the key says what.
        self.key(java, name)?;
        let name = java.text(name)?;
        let certificate = java.object(
            &self.0,
            "getCertificate",
            "(Ljava/lang/String;)Ljava/security/cert/Certificate;",
            &[JValue::Object(&name)],
        )?;
        let certificate = not_now(certificate)?;
        let public = java.object(
            &certificate,
            "getPublicKey",
            "()Ljava/security/PublicKey;",
            &[],
        )?;
        let encoded = java.object(&public, "getEncoded", "()[B", &[])?;
        let encoded = java.read(present(encoded)?)?;
        spki_of(PublicKey::from_public_key_der(&encoded).ok())
    }

    /// The certificates of a pair, DER, leaf first.
    pub(super) fn chain(
        &self,
        java: &mut Java<'_, 'l>,
        name: &str,
    ) -> Result<Vec<Vec<u8>>, DeviceKeyError> {
        self.key(java, name)?;
        let name = java.text(name)?;
        let chain = java.object(
            &self.0,
            "getCertificateChain",
            "(Ljava/lang/String;)[Ljava/security/cert/Certificate;",
            &[JValue::Object(&name)],
        )?;
        let mut certificates = Vec::new();
        for certificate in java.elements(not_now(chain)?)? {
            let encoded = java.object(&certificate, "getEncoded", "()[B", &[])?;
            certificates.push(java.read(present(encoded)?)?);
        }
        Ok(certificates)
    }

    /// Signs with ECDSA over SHA-256; returns the DER form.
    pub(super) fn sign(
        &self,
        java: &mut Java<'_, 'l>,
        name: &str,
        message: &[u8],
    ) -> Result<Vec<u8>, DeviceKeyError> {
        let key = self.key(java, name)?;
        let algorithm = java.text("SHA256withECDSA")?;
        let signature = java.of_class(
            "java/security/Signature",
            "getInstance",
            "(Ljava/lang/String;)Ljava/security/Signature;",
            &[JValue::Object(&algorithm)],
        )?;
        java.run(
            &signature,
            "initSign",
            "(Ljava/security/PrivateKey;)V",
            &[JValue::Object(&key)],
        )?;
        let message = java.bytes(message)?;
        java.run(&signature, "update", "([B)V", &[JValue::Object(&message)])?;
        let signed = java.object(&signature, "sign", "()[B", &[])?;
        java.read(present(signed)?)
    }

    /// HMAC over each message, in their order.
    pub(super) fn hmac(
        &self,
        java: &mut Java<'_, 'l>,
        name: &str,
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, DeviceKeyError> {
        let key = self.key(java, name)?;
        let algorithm = java.text(hmac_name(hash))?;
        let mac = java.of_class(
            "javax/crypto/Mac",
            "getInstance",
            "(Ljava/lang/String;)Ljavax/crypto/Mac;",
            &[JValue::Object(&algorithm)],
        )?;
        java.run(
            &mac,
            "init",
            "(Ljava/security/Key;)V",
            &[JValue::Object(&key)],
        )?;
        let mut macs = Vec::new();
        for message in messages {
            let message = java.bytes(message)?;
            let done = java.object(&mac, "doFinal", "([B)[B", &[JValue::Object(&message)])?;
            java.release(message.into());
            macs.push(java.take(present(done)?)?);
        }
        Ok(macs)
    }

    /// HMAC over messages.
    pub(super) fn macs(
        &self,
        java: &mut Java<'_, 'l>,
        name: &str,
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        let macs = self.hmac(java, name, hash, messages)?;
        let mac = |bytes: &Zeroizing<Vec<u8>>| {
            Mac::from_bytes(bytes).map_err(|_| DeviceKeyError::Refused)
        };
        macs.iter().map(mac).collect()
    }

    /// Where a pair's private key is; [`DeviceKeyError::NotHardware`] if in software.
    pub(super) fn place_of_pair(
        &self,
        java: &mut Java<'_, 'l>,
        name: &str,
        asked_strong_box: bool,
    ) -> Result<Place, DeviceKeyError> {
        let key = self.key(java, name)?;
        let factory = provided(java, "java/security/KeyFactory", "EC")?;
        let signature = "(Ljava/security/Key;Ljava/lang/Class;)Ljava/security/spec/KeySpec;";
        place(java, &factory, signature, &key, asked_strong_box)
    }

    /// Where an HMAC key is; [`DeviceKeyError::NotHardware`] if in software.
    pub(super) fn place_of_hmac_key(
        &self,
        java: &mut Java<'_, 'l>,
        name: &str,
        hash: HashAlgorithm,
        asked_strong_box: bool,
    ) -> Result<Place, DeviceKeyError> {
        let key = self.key(java, name)?;
        let factory = provided(java, "javax/crypto/SecretKeyFactory", hmac_name(hash))?;
        let signature = "(Ljavax/crypto/SecretKey;Ljava/lang/Class;)Ljava/security/spec/KeySpec;";
        place(java, &factory, signature, &key, asked_strong_box)
    }

    /// The names of all of this application's keys.
    pub(super) fn names(&self, java: &mut Java<'_, 'l>) -> Result<Vec<String>, DeviceKeyError> {
        let listed = java.object(&self.0, "aliases", "()Ljava/util/Enumeration;", &[])?;
        let mut names = Vec::new();
        while java.yes(&listed, "hasMoreElements")? {
            let name = java.object(&listed, "nextElement", "()Ljava/lang/Object;", &[])?;
            names.push(java.words(present(name)?)?);
        }
        Ok(names)
    }

    /// Deletes a key; one that is not there is no error.
    pub(super) fn delete(&self, java: &mut Java<'_, 'l>, name: &str) -> Result<(), DeviceKeyError> {
        let name = java.text(name)?;
        java.run(
            &self.0,
            "deleteEntry",
            "(Ljava/lang/String;)V",
            &[JValue::Object(&name)],
        )
    }
}

/// Java's name of HMAC with that hash, for `Mac` and for the key.
fn hmac_name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha1 => "HmacSHA1",
        HashAlgorithm::Sha256 => "HmacSHA256",
        HashAlgorithm::Sha512 => "HmacSHA512",
    }
}

/// Null is Java's way to say that there is none.
fn present(object: JObject<'_>) -> Result<JObject<'_>, DeviceKeyError> {
    if object.is_null() {
        Err(DeviceKeyError::Gone)
    } else {
        Ok(object)
    }
}

/// A certificate that is not given of a key that is there: another time it will be.
fn not_now(certificate: JObject<'_>) -> Result<JObject<'_>, DeviceKeyError> {
    if certificate.is_null() {
        Err(DeviceKeyError::Busy)
    } else {
        Ok(certificate)
    }
}

/// A generator or factory of the keystore's provider.
fn provided<'l>(
    java: &mut Java<'_, 'l>,
    class: &str,
    algorithm: &str,
) -> Result<JObject<'l>, DeviceKeyError> {
    let algorithm = java.text(algorithm)?;
    let provider = java.text(PROVIDER)?;
    java.of_class(
        class,
        "getInstance",
        &format!("(Ljava/lang/String;Ljava/lang/String;)L{class};"),
        &[JValue::Object(&algorithm), JValue::Object(&provider)],
    )
}

fn place<'l>(
    java: &mut Java<'_, 'l>,
    factory: &JObject<'_>,
    signature: &str,
    key: &JObject<'_>,
    asked_strong_box: bool,
) -> Result<Place, DeviceKeyError> {
    let class = java.class("android/security/keystore/KeyInfo")?;
    let info = java.object(
        factory,
        "getKeySpec",
        signature,
        &[JValue::Object(key), JValue::Object(&class)],
    )?;
    if java.api >= plan::S {
        let level = java.number(&info, "getSecurityLevel")?;
        return plan::place_of_level(level).ok_or(DeviceKeyError::NotHardware);
    }
    let is_inside = java.yes(&info, "isInsideSecureHardware")?;
    plan::place_of_hardware(is_inside, asked_strong_box).ok_or(DeviceKeyError::NotHardware)
}

//! OPAQUE (RFC 9807), bytes in and bytes out: ristretto255-SHA512, 3DH, HKDF-SHA512,
//! Argon2id 64 MiB t=3 p=1. The only place that knows opaque-ke.

use std::fmt;
use std::marker::PhantomData;

use argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::key_exchange::tripledh::TripleDh;
use opaque_ke::ksf::Ksf;
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialFinalization, CredentialRequest,
    CredentialResponse, Identifiers, Ristretto255, ServerLogin, ServerLoginParameters,
    ServerRegistration, ServerSetup,
};
use rand_core::CryptoRngCore;
use sha2::Sha512;
use skts_sealed::SecretBytes;
use zeroize::Zeroize;

/// Bytes of KE1: blinded element, nonce, key share.
pub const KE1_BYTES: usize = 96;
/// Bytes of KE2: evaluated element, masking nonce, masked response, nonce, key share, MAC.
pub const KE2_BYTES: usize = 320;
/// Bytes of KE3: MAC.
pub const KE3_BYTES: usize = 64;
/// Bytes of a registration record: client key, masking key, envelope.
pub const RECORD_BYTES: usize = 192;
/// Bytes of the client's state between KE1 and KE2.
const LOGIN_STATE_BYTES: usize = 192;
/// Bytes of the service's state between KE2 and KE3: session key, expected KE3.
const SERVER_STATE_BYTES: usize = 128;
/// Bytes of an encoded [`OpaqueSetup`]: OPRF seed, private key, public key of fake records.
const SETUP_BYTES: usize = 128;

/// The suite, whatever stretches the password. `K` is Argon2id but for the RFC's own vectors,
/// which are made with none.
struct Suite<K>(PhantomData<K>);

impl<K: Ksf> CipherSuite for Suite<K> {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, Sha512>;
    type Ksf = K;
}

type Login = Suite<Argon2<'static>>;

/// Argon2id, 64 MiB, three passes, one lane (DV5).
pub(crate) fn stretching() -> Argon2<'static> {
    stretching_of(64 * 1024, 3)
}

#[expect(
    clippy::expect_used,
    reason = "the costs are constants inside Argon2's bounds"
)]
fn stretching_of(memory_kib: u32, passes: u32) -> Argon2<'static> {
    let params = Params::new(memory_kib, passes, 1, None).expect("costs within bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Who is who inside one exchange.
#[derive(Clone, Copy)]
pub(crate) struct Parties<'a> {
    /// The user ID.
    pub(crate) client: &'a [u8],
    /// `skts/issuer/<institution id>`.
    pub(crate) server: &'a [u8],
}

impl<'a> Parties<'a> {
    fn identifiers(self) -> Identifiers<'a> {
        Identifiers {
            client: Some(self.client),
            server: Some(self.server),
        }
    }
}

/// The service's long-lived OPAQUE secrets: OPRF seed, key pair, and the key of fake records.
/// Kept apart from the records: either alone gives no password away.
pub struct OpaqueSetup(ServerSetup<Login>);

/// Bytes that are no [`OpaqueSetup`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an OPAQUE server setup")]
pub struct OpaqueSetupError;

impl OpaqueSetup {
    /// Makes a new one.
    pub fn make<R: CryptoRngCore>(rng: &mut R) -> Self {
        Self(ServerSetup::new(rng))
    }

    /// 128 bytes to be stored sealed.
    pub fn encode(&self) -> SecretBytes {
        take_secret(&mut self.0.serialize())
    }

    /// Reads what [`OpaqueSetup::encode`] wrote.
    ///
    /// # Errors
    /// [`OpaqueSetupError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, OpaqueSetupError> {
        if bytes.len() != SETUP_BYTES {
            return Err(OpaqueSetupError);
        }
        ServerSetup::deserialize(bytes)
            .map(Self)
            .map_err(|_| OpaqueSetupError)
    }
}

impl fmt::Debug for OpaqueSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueSetup(redacted)")
    }
}

/// Why an exchange does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpaqueError {
    /// The other side's message holds no valid points, or is our own thrown back.
    Message,
    /// The other side does not know the password, or something was changed on the way.
    Refused,
    /// Our own stored state or record is damaged.
    State,
}

/// Copies a secret out and wipes where it was.
fn take_secret(bytes: &mut [u8]) -> SecretBytes {
    let secret = SecretBytes::from_slice(bytes);
    bytes.zeroize();
    secret
}

/// Runs both sides of RFC 9807 §5 and returns the record.
pub(crate) fn register<K: Ksf, R: CryptoRngCore>(
    setup: &[u8],
    credential_identifier: &[u8],
    parties: Parties<'_>,
    password: &[u8],
    ksf: &K,
    rng: &mut R,
) -> Result<Vec<u8>, OpaqueError> {
    let setup = ServerSetup::<Suite<K>>::deserialize(setup).map_err(|_| OpaqueError::State)?;
    let client =
        ClientRegistration::<Suite<K>>::start(rng, password).map_err(|_| OpaqueError::Message)?;
    let server = ServerRegistration::start(&setup, client.message, credential_identifier)
        .map_err(|_| OpaqueError::State)?;
    let params = ClientRegistrationFinishParameters::new(parties.identifiers(), Some(ksf));
    let finished = client
        .state
        .finish(rng, password, server.message, params)
        .map_err(|_| OpaqueError::Message)?;
    Ok(ServerRegistration::<Suite<K>>::finish(finished.message)
        .serialize()
        .to_vec())
}

/// Makes KE1 (RFC 9807 §6.2.1). Returns it and the state to keep, secret.
pub(crate) fn client_start<R: CryptoRngCore>(
    password: &[u8],
    rng: &mut R,
) -> Result<(Vec<u8>, SecretBytes), OpaqueError> {
    let started = ClientLogin::<Login>::start(rng, password).map_err(|_| OpaqueError::State)?;
    let state = take_secret(&mut started.state.serialize());
    Ok((started.message.serialize().to_vec(), state))
}

/// What the client has once KE2 was good.
pub(crate) struct ClientFinish {
    pub(crate) ke3: Vec<u8>,
    /// 64 bytes.
    pub(crate) session_key: SecretBytes,
}

/// Takes KE2 and makes KE3 (RFC 9807 §6.2.3).
pub(crate) fn client_finish<K: Ksf, R: CryptoRngCore>(
    state: &[u8],
    password: &[u8],
    ke2: &[u8],
    context: &[u8],
    parties: Parties<'_>,
    ksf: &K,
    rng: &mut R,
) -> Result<ClientFinish, OpaqueError> {
    if state.len() != LOGIN_STATE_BYTES {
        return Err(OpaqueError::State);
    }
    let state = ClientLogin::<Suite<K>>::deserialize(state).map_err(|_| OpaqueError::State)?;
    if ke2.len() != KE2_BYTES {
        return Err(OpaqueError::Message);
    }
    let ke2 = CredentialResponse::deserialize(ke2).map_err(|_| OpaqueError::Message)?;
    let params = ClientLoginFinishParameters::new(Some(context), parties.identifiers(), Some(ksf));
    // Under a wrong password the unmasked keys are noise, so every failure from here on can come
    // of one: it has one name.
    let mut finished = state
        .finish(rng, password, ke2, params)
        .map_err(|error| match error {
            opaque_ke::errors::ProtocolError::ReflectedValueError => OpaqueError::Message,
            _ => OpaqueError::Refused,
        })?;
    Ok(ClientFinish {
        ke3: finished.message.serialize().to_vec(),
        session_key: take_secret(&mut finished.session_key),
    })
}

/// Takes KE1 and makes KE2 (RFC 9807 §6.2.2); without a record, a fake one with the same work.
/// Returns KE2 and the state to keep, secret.
pub(crate) fn server_start<R: CryptoRngCore>(
    setup: &OpaqueSetup,
    record: Option<&[u8]>,
    credential_identifier: &[u8],
    ke1: &[u8],
    context: &[u8],
    parties: Parties<'_>,
    rng: &mut R,
) -> Result<(Vec<u8>, SecretBytes), OpaqueError> {
    if ke1.len() != KE1_BYTES {
        return Err(OpaqueError::Message);
    }
    let ke1 = CredentialRequest::deserialize(ke1).map_err(|_| OpaqueError::Message)?;
    let record = match record {
        Some(record) if record.len() == RECORD_BYTES => {
            Some(ServerRegistration::deserialize(record).map_err(|_| OpaqueError::State)?)
        }
        Some(_) => return Err(OpaqueError::State),
        None => None,
    };
    let params = ServerLoginParameters {
        context: Some(context),
        identifiers: parties.identifiers(),
    };
    let started = ServerLogin::start(rng, &setup.0, record, ke1, credential_identifier, params)
        .map_err(|_| OpaqueError::Message)?;
    let state = take_secret(&mut started.state.serialize());
    Ok((started.message.serialize().to_vec(), state))
}

/// Takes KE3 (RFC 9807 §6.2.4) and returns the session key, 64 bytes.
pub(crate) fn server_finish(
    state: &[u8],
    ke3: &[u8],
    context: &[u8],
    parties: Parties<'_>,
) -> Result<SecretBytes, OpaqueError> {
    if state.len() != SERVER_STATE_BYTES {
        return Err(OpaqueError::State);
    }
    let state = ServerLogin::<Login>::deserialize(state).map_err(|_| OpaqueError::State)?;
    if ke3.len() != KE3_BYTES {
        return Err(OpaqueError::Message);
    }
    let ke3 = CredentialFinalization::deserialize(ke3).map_err(|_| OpaqueError::Message)?;
    let params = ServerLoginParameters {
        context: Some(context),
        identifiers: parties.identifiers(),
    };
    let mut finished = state
        .finish(ke3, params)
        .map_err(|_| OpaqueError::Refused)?;
    Ok(take_secret(&mut finished.session_key))
}

#[cfg(test)]
mod guessing;
#[cfg(test)]
mod rfc9807;

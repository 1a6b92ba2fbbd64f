//! The lock itself: made, tried, changed and taken off.
//!
//! ```text
//! set     tries: 0, places ─► guard in the chip ─► device's item: locked ─► places given back
//! try     tries: +1 ─► PIN tried ─► right: tries: 0   wrong: said   tenth: device's item emptied
//! change  as a right try, then as set: one item is replaced, so that the old PIN or the new one opens
//! remove  as a right try ─► device's item: open ─► tries, place given back
//! ```

use argon2::{Algorithm, Argon2, Params, Version};
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use skts_sealed::{FieldReader, FieldWriter, SealingKey, SecretBytes, scrub_stack};
use zeroize::Zeroizing;

use super::Pin;
use super::store::PinStore;
use super::tries::{MOST_PIN_TRIES, Moment, PinStatus, Tries};
use crate::device_key::PinGuards;
use crate::record::{self, Kind, RecordError};
use crate::{DeviceKeyError, KeyStoreError, VaultError};

const SALT_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
/// As for the activation password (RFC 9106 §4, the second recommended option). The unit tests
/// try hundreds; those in `tests/` pay the real one.
const COST: Cost = Cost {
    memory_kib: if cfg!(test) { 64 } else { 64 * 1024 },
    passes: 3,
};
/// More than this is damage, and not waited for.
const MOST_COST: Cost = Cost {
    memory_kib: 1024 * 1024,
    passes: 16,
};
const CHIP_AUTH: &str = "skts/pin-chip-auth/v1";
const PAD: &str = "skts/pin-pad/v1";

/// What the device's item holds instead of its secret.
pub(crate) enum Lock {
    Closed(Closed),
    /// Ten wrong PINs: the secret is not there any more.
    Over,
}

/// What one PIN costs to try, by Argon2id.
#[derive(Clone, Copy)]
struct Cost {
    memory_kib: u32,
    passes: u32,
}

/// The secret behind a PIN.
pub(crate) struct Closed {
    cost: Cost,
    salt: Vec<u8>,
    /// secret ⊕ pad.
    masked: Vec<u8>,
    /// SHA-256 of `device.skts`, so that damage to it is not taken for a wrong PIN.
    device_digest: Vec<u8>,
    /// Of the hardware's guard; both empty where there is none.
    place: Vec<u8>,
    guard: Vec<u8>,
}

impl Lock {
    /// `None` if the item is the open secret.
    pub(crate) fn decode(item: &SecretBytes) -> Result<Option<Self>, RecordError> {
        if item.len() == SECRET_BYTES {
            return Ok(None);
        }
        // EXPOSE: what is locked is not secret by itself.
        let mut reader = FieldReader::new(record::decode_frame(Kind::Lock, item.expose_secret())?);
        let lock = match reader.u64()? {
            0 => Self::Over,
            1 => Self::Closed(Closed {
                cost: Cost::read(&mut reader)?,
                salt: reader.bytes()?.to_vec(),
                masked: reader.bytes()?.to_vec(),
                device_digest: reader.bytes()?.to_vec(),
                place: reader.bytes()?.to_vec(),
                guard: reader.bytes()?.to_vec(),
            }),
            _ => return Err(RecordError::Damaged),
        };
        reader.end()?;
        Ok(Some(lock))
    }

    fn encode(&self) -> Vec<u8> {
        let body = match self {
            Self::Over => FieldWriter::new().u64(0),
            Self::Closed(closed) => FieldWriter::new()
                .u64(1)
                .u64(u64::from(closed.cost.memory_kib))
                .u64(u64::from(closed.cost.passes))
                .bytes(&closed.salt)
                .bytes(&closed.masked)
                .bytes(&closed.device_digest)
                .bytes(&closed.place)
                .bytes(&closed.guard),
        };
        // EXPOSE: as in `decode`.
        record::encode_frame(Kind::Lock, body.finish().expose_secret())
    }
}

impl Cost {
    fn read(reader: &mut FieldReader<'_>) -> Result<Self, RecordError> {
        let mut number = |most: u32| match u32::try_from(reader.u64()?) {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(RecordError::Damaged),
        };
        Ok(Self {
            memory_kib: number(MOST_COST.memory_kib)?,
            passes: number(MOST_COST.passes)?,
        })
    }
}

impl Closed {
    /// The secret, if `pad` is the right one; other bytes if it is not.
    pub(crate) fn open(&self, pad: &SecretBytes) -> SecretBytes {
        // EXPOSE: the mask is taken off.
        SecretBytes::new(masked(&self.masked, pad.expose_secret()))
    }
}

/// How a try ended.
pub(crate) enum Tried {
    /// `verify` has seen what opens the secret.
    Right,
    /// Counted.
    Wrong(PinStatus),
    /// Not looked at: there is a wait, or it is over.
    NotNow(PinStatus),
}

/// Everything a lock is made of, beside the PIN.
pub(crate) struct LockSmith<'a> {
    pub(crate) store: &'a PinStore,
    pub(crate) profile_id: &'a str,
    /// Profile ‖ application ‖ machine.
    pub(crate) context: &'a SecretBytes,
    /// Of the hardware that holds the device key.
    pub(crate) guards: Option<&'a dyn PinGuards>,
}

impl LockSmith<'_> {
    /// The lock, if there is one.
    pub(crate) fn lock(&self) -> Result<Option<Lock>, VaultError> {
        let item = self.store.below().get(&self.device_item())?;
        Lock::decode(&item).map_err(of_a_record)
    }

    /// Where the lock stands.
    pub(crate) fn status(&self, lock: &Lock, now: &Moment) -> Result<PinStatus, VaultError> {
        match lock {
            Lock::Over => Ok(over(false)),
            Lock::Closed(closed) => Ok(self.tries(closed, now)?.status(now, closed.is_guarded())),
        }
    }

    /// Counts a try, then looks whether `pin` is right: by the chip, if that counts, and by `verify`,
    /// which is shown what opens the secret.
    pub(crate) fn try_pin(
        &self,
        lock: &Lock,
        pin: &Pin,
        now: &Moment,
        verify: impl FnOnce(&SecretBytes) -> Result<bool, VaultError>,
    ) -> Result<Tried, VaultError> {
        let Lock::Closed(closed) = lock else {
            return Ok(Tried::NotNow(over(false)));
        };
        let before = self.tries(closed, now)?;
        let status = before.status(now, closed.is_guarded());
        if status.is_over() {
            self.end(closed);
            return Ok(Tried::NotNow(status));
        }
        if status.wait.is_some() {
            return Ok(Tried::NotNow(status));
        }
        let counted = before.one_more(now);
        self.put_tries(&counted)?;
        let tried = self.pad(closed, pin).and_then(|pad| match pad {
            Some(pad) => verify(&pad),
            None => Ok(false),
        });
        scrub_stack();
        match tried {
            Ok(true) => {
                self.put_tries(&Tries::none(before.to_clear))?;
                Ok(Tried::Right)
            }
            Ok(false) => {
                let status = counted.status(now, closed.is_guarded());
                if status.is_over() {
                    self.end(closed);
                }
                Ok(Tried::Wrong(status))
            }
            // Nobody learnt anything: it was no try. A keystore that refuses this, too, leaves it counted.
            Err(error) => {
                let _ = self.put_tries(&before);
                Err(error)
            }
        }
    }

    /// Locks `secret`, which the device's item holds, open or under the lock `old`.
    pub(crate) fn close(
        &self,
        old: Option<&Lock>,
        secret: &SecretBytes,
        pin: &Pin,
        device_piece: &[u8],
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<SecretBytes, VaultError> {
        // EXPOSE: a salt is not secret.
        let salt = SecretBytes::make(SALT_BYTES, &mut rng)
            .expose_secret()
            .to_vec();
        let stretched = stretch(pin, &salt, COST)?;
        let mut to_clear = match self.read_tries() {
            Ok(tries) => tries.to_clear,
            Err(_) => Vec::new(),
        };
        if let Some(Lock::Closed(old)) = old
            && old.is_guarded()
        {
            to_clear.push(old.place.clone());
        }
        let (place, guard, half) = self.make_guard(&stretched, &mut to_clear, rng)?;
        // Where there is no guard, nothing was written down yet.
        self.put_tries(&Tries::none(to_clear.clone()))?;
        let pad = self.pad_of(&stretched, half.as_ref());
        let lock = Lock::Closed(Closed {
            cost: COST,
            salt,
            // EXPOSE: masked here.
            masked: masked(secret.expose_secret(), pad.expose_secret()),
            device_digest: digest(device_piece),
            place: place.clone(),
            guard,
        });
        self.put_device(&lock.encode())?;
        self.clear_places(to_clear, &place);
        scrub_stack();
        Ok(pad)
    }

    /// Takes the lock off, after a right try.
    pub(crate) fn take_off(&self, lock: &Lock, secret: &SecretBytes) -> Result<(), VaultError> {
        // EXPOSE: half of the device's lock goes to the keystore, which is its place.
        self.put_device(secret.expose_secret())?;
        let mut to_clear = self
            .read_tries()
            .map_or_else(|_| Vec::new(), |tries| tries.to_clear);
        if let Lock::Closed(closed) = lock
            && closed.is_guarded()
        {
            to_clear.push(closed.place.clone());
        }
        self.clear_places(to_clear, &[]);
        Ok(())
    }

    /// Gives back what the hardware keeps for this profile; for starting over.
    pub(crate) fn forget(&self) {
        let mut places = self
            .read_tries()
            .map_or_else(|_| Vec::new(), |tries| tries.to_clear);
        if let Ok(Some(Lock::Closed(closed))) = self.lock()
            && closed.is_guarded()
        {
            places.push(closed.place);
        }
        if let Some(guards) = self.guards {
            for place in places {
                // The customer cannot wait for it to start over.
                let _ = guards.forget_place(&place);
            }
        }
    }

    pub(crate) fn tries_item(&self) -> String {
        format!("{}.tries", self.profile_id)
    }

    fn device_item(&self) -> String {
        format!("{}.device", self.profile_id)
    }

    /// The tries as they count: the chip's number over ours, and a clock that was set back considered.
    fn tries(&self, closed: &Closed, now: &Moment) -> Result<Tries, VaultError> {
        let read = self.read_tries()?;
        let mut tries = read.clone();
        if closed.is_guarded() {
            let guards = self.guards.ok_or(DeviceKeyError::Absent)?;
            tries = tries.raised(guards.wrong(&closed.place)?, now);
        }
        let tries = tries.anchored(now);
        if tries != read {
            self.put_tries(&tries)?;
        }
        Ok(tries)
    }

    /// What the PIN opens with; none if the chip says it is wrong.
    fn pad(&self, closed: &Closed, pin: &Pin) -> Result<Option<SecretBytes>, VaultError> {
        let stretched = stretch(pin, &closed.salt, closed.cost)?;
        if !closed.is_guarded() {
            return Ok(Some(self.pad_of(&stretched, None)));
        }
        let guards = self.guards.ok_or(DeviceKeyError::Absent)?;
        match guards.half(&closed.place, &closed.guard, &self.chip_auth(&stretched)) {
            Ok(half) => Ok(Some(self.pad_of(&stretched, Some(&half)))),
            Err(DeviceKeyError::WrongItem) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A guard in the hardware, with its place and half; nothing where it makes none.
    #[expect(
        clippy::type_complexity,
        reason = "place, guard and half, taken apart at once"
    )]
    fn make_guard(
        &self,
        stretched: &SecretBytes,
        to_clear: &mut Vec<Vec<u8>>,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<(Vec<u8>, Vec<u8>, Option<SecretBytes>), VaultError> {
        let nothing = (Vec::new(), Vec::new(), None);
        let Some(guards) = self.guards else {
            return Ok(nothing);
        };
        let auth = self.chip_auth(stretched);
        let made = guards.find_place(rng).and_then(|place| {
            // Written down before it is taken, so that it can be given back.
            to_clear.push(place.clone());
            let mut tries = self.read_tries().unwrap_or_default();
            tries.to_clear.clone_from(to_clear);
            self.put_tries(&tries).map_err(|error| match error {
                VaultError::KeyStore(error) => DeviceKeyError::KeyStore(error),
                _ => DeviceKeyError::Refused,
            })?;
            let guard = guards.make_guard(&place, &auth, MOST_PIN_TRIES, rng)?;
            let half = guards.half(&place, &guard, &auth)?;
            Ok((place, guard, Some(half)))
        });
        match made {
            Err(DeviceKeyError::Unsupported | DeviceKeyError::Denied | DeviceKeyError::Refused) => {
                Ok(nothing)
            }
            made => Ok(made?),
        }
    }

    fn chip_auth(&self, stretched: &SecretBytes) -> SecretBytes {
        // EXPOSE: input of the derivation, with a context that is not secret.
        let (key, context) = (stretched.expose_secret(), self.context.expose_secret());
        // EXPOSE: into a type that wipes itself.
        SecretBytes::from_slice(SealingKey::derive(key, &[], CHIP_AUTH, context).expose_secret())
    }

    fn pad_of(&self, stretched: &SecretBytes, half: Option<&SecretBytes>) -> SecretBytes {
        let mut key = Zeroizing::new(Vec::with_capacity(2 * SECRET_BYTES));
        // EXPOSE: input of the derivation.
        key.extend_from_slice(stretched.expose_secret());
        if let Some(half) = half {
            // EXPOSE: as above.
            key.extend_from_slice(half.expose_secret());
        }
        // EXPOSE: a context is not secret.
        let pad = SealingKey::derive(&key, &[], PAD, self.context.expose_secret());
        // EXPOSE: into a type that wipes itself.
        SecretBytes::from_slice(pad.expose_secret())
    }

    fn read_tries(&self) -> Result<Tries, VaultError> {
        let item = self.store.below().get(&self.tries_item())?;
        // EXPOSE: numbers and places.
        Tries::decode(item.expose_secret()).map_err(of_a_record)
    }

    fn put_tries(&self, tries: &Tries) -> Result<(), VaultError> {
        Ok(self
            .store
            .below()
            .put(&self.tries_item(), &tries.encode())?)
    }

    /// Replaces the device's item, and sees that it was kept.
    fn put_device(&self, value: &[u8]) -> Result<(), VaultError> {
        let (name, store) = (self.device_item(), self.store.below());
        store.put(&name, value)?;
        if store.get(&name)?.ct_eq(&SecretBytes::from_slice(value)) {
            Ok(())
        } else {
            Err(KeyStoreError::Damaged.into())
        }
    }

    /// After the tenth wrong PIN: the secret goes, and what the chip keeps of it. The tries say so
    /// already, so that a failure here gives nothing back.
    fn end(&self, closed: &Closed) {
        let _ = self.put_device(&Lock::Over.encode());
        if let Some(guards) = self.guards.filter(|_| closed.is_guarded()) {
            let _ = guards.forget_place(&closed.place);
        }
    }

    /// Gives places back, but the one in use. What fails stays written down, for next time; a count
    /// is kept only while there is a lock.
    fn clear_places(&self, mut places: Vec<Vec<u8>>, in_use: &[u8]) {
        places.retain(|place| {
            place != in_use
                && self
                    .guards
                    .is_some_and(|guards| guards.forget_place(place).is_err())
        });
        let locked = self.lock().is_ok_and(|lock| lock.is_some());
        // A keystore that refuses this keeps names of places that are free: harmless.
        let _ = if locked || !places.is_empty() {
            self.put_tries(&Tries::none(places))
        } else {
            self.store
                .below()
                .delete(&self.tries_item())
                .map_err(Into::into)
        };
    }
}

impl Closed {
    fn is_guarded(&self) -> bool {
        !self.place.is_empty()
    }

    /// Whether `device.skts` is still what was locked.
    pub(crate) fn fits(&self, device_piece: &[u8]) -> bool {
        self.device_digest == digest(device_piece)
    }
}

const fn over(in_hardware: bool) -> PinStatus {
    PinStatus {
        tries_left: 0,
        wait: None,
        in_hardware,
    }
}

fn stretch(pin: &Pin, salt: &[u8], cost: Cost) -> Result<SecretBytes, DeviceKeyError> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(SECRET_BYTES));
    let params = params.map_err(|_| DeviceKeyError::Refused)?;
    let mut key = Zeroizing::new(vec![0; SECRET_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        // EXPOSE: stretched here.
        .hash_password_into(pin.digits().expose_secret(), salt, &mut key)
        .map_err(|_| DeviceKeyError::Damaged)?;
    Ok(SecretBytes::from_slice(&key))
}

fn masked(bytes: &[u8], pad: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .zip(pad)
        .map(|(byte, pad)| byte ^ pad)
        .collect()
}

fn digest(device_piece: &[u8]) -> Vec<u8> {
    Sha256::digest(device_piece).to_vec()
}

fn of_a_record(error: RecordError) -> VaultError {
    match error {
        RecordError::NewerFormat => VaultError::NewerFormat,
        RecordError::Damaged => VaultError::Corrupt { saved_aside: None },
    }
}

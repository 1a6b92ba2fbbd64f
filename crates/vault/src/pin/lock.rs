//! The lock itself: made, tried, changed and taken off.
//!
//! ```text
//! set     tries: 0, places ─► guard in the chip ─► device's item: locked ─► places given back
//! try     tries: +1 ─► PIN tried ─► right: tries: 0   wrong: said   tenth: device's item emptied
//! change  as a right try, then as set: one item is replaced, so that the old PIN or the new one opens
//! remove  as a right try ─► device's item: open ─► tries, place given back
//! ```

use rand_core::CryptoRngCore;
use skts_sealed::{SealingKey, SecretBytes, scrub_stack};
use zeroize::Zeroizing;

use super::Pin;
use super::item::{COST, Closed, Lock, SECRET_BYTES, digest, masked, stretch};
use super::store::PinStore;
use super::tries::{MOST_PIN_TRIES, Moment, PinStatus, Tries};
use crate::device_key::PinGuards;
use crate::record::RecordError;
use crate::{DeviceKeyError, KeyStoreError, VaultError};

const SALT_BYTES: usize = 16;
const CHIP_AUTH: &str = "skts/pin-chip-auth/v1";
const PAD: &str = "skts/pin-pad/v1";

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

const fn over(in_hardware: bool) -> PinStatus {
    PinStatus {
        tries_left: 0,
        wait: None,
        in_hardware,
    }
}

fn of_a_record(error: RecordError) -> VaultError {
    match error {
        RecordError::NewerFormat => VaultError::NewerFormat,
        RecordError::Damaged => VaultError::Corrupt { saved_aside: None },
    }
}

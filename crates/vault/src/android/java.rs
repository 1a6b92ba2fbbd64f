//! Calls into Java, each with its exception taken and cleared before anything else is called.
//!
//! All of it happens inside [`talk`]: the thread is attached for its time only, and the references
//! that are made in it are freed at its end. Classes of the system are found from any thread.

use jni::errors::Error;
use jni::objects::{JByteArray, JClass, JObject, JObjectArray, JString, JThrowable, JValue};
use jni::{AttachGuard, JNIEnv, JavaVM};
use zeroize::Zeroizing;

use super::fault::{self, Said, Thrown};
use super::plan::Api;
use crate::DeviceKeyError;

/// Room for the references of one conversation; more are found, if needed, by the system.
const FRAME: i32 = 64;
/// Android 13: `KeyStoreException` says its code.
const TIRAMISU: Api = 33;
/// How far an exception is followed to its causes.
const MOST_CAUSES: usize = 8;

/// One conversation with Java.
pub(super) struct Java<'e, 'l> {
    env: &'e mut JNIEnv<'l>,
    /// The application, which outlives this conversation.
    application: &'e JObject<'e>,
    pub(super) api: Api,
}

/// What ends a conversation early.
struct Stop(DeviceKeyError);

impl From<Error> for Stop {
    /// Of the frame itself; every other error of Java has been looked at by then.
    fn from(_: Error) -> Self {
        Self(DeviceKeyError::Refused)
    }
}

/// Attaches this thread, talks, frees the references and leaves no exception behind.
#[expect(
    unsafe_code,
    reason = "the machine and the application come as raw pointers from the activity's start"
)]
pub(super) fn talk<T>(
    act: impl FnOnce(&mut Java<'_, '_>) -> Result<T, DeviceKeyError>,
) -> Result<T, DeviceKeyError> {
    let context = ndk_context::android_context();
    // SAFETY: the pointer was handed over by the process's only Java machine, which is never
    // unloaded; null is refused by the call.
    let machine = unsafe { JavaVM::from_raw(context.vm().cast()) };
    let machine = machine.map_err(|_| DeviceKeyError::Absent)?;
    let mut guard: AttachGuard<'_> = machine
        .attach_current_thread()
        .map_err(|_| DeviceKeyError::Absent)?;
    // SAFETY: a global reference that is kept as long as the process; `JObject` frees nothing.
    let application = unsafe { JObject::from_raw(context.context().cast()) };
    let talked = guard.with_local_frame(FRAME, |env| {
        let mut java = Java {
            env,
            application: &application,
            api: 0,
        };
        java.api = java.version().map_err(Stop)?;
        act(&mut java).map_err(Stop)
    });
    // Each call cleared its own; the frame's would be left.
    if guard.exception_check().unwrap_or(true) {
        let _ = guard.exception_clear();
    }
    talked.map_err(|Stop(error)| error)
}

impl<'l> Java<'_, 'l> {
    fn version(&mut self) -> Result<Api, DeviceKeyError> {
        let field = self
            .env
            .get_static_field("android/os/Build$VERSION", "SDK_INT", "I")
            .and_then(|value| value.i());
        self.answer(field)
    }

    /// Calls a method that gives an object, or null.
    pub(super) fn object(
        &mut self,
        on: &JObject<'_>,
        name: &str,
        signature: &str,
        arguments: &[JValue<'_, '_>],
    ) -> Result<JObject<'l>, DeviceKeyError> {
        let called = self
            .env
            .call_method(on, name, signature, arguments)
            .and_then(|value| value.l());
        self.answer(called)
    }

    /// Calls a method for what it does.
    pub(super) fn run(
        &mut self,
        on: &JObject<'_>,
        name: &str,
        signature: &str,
        arguments: &[JValue<'_, '_>],
    ) -> Result<(), DeviceKeyError> {
        let called = self.env.call_method(on, name, signature, arguments);
        self.answer(called.map(|_| ()))
    }

    /// Calls a method that gives a number.
    pub(super) fn number(&mut self, on: &JObject<'_>, name: &str) -> Result<i32, DeviceKeyError> {
        let called = self
            .env
            .call_method(on, name, "()I", &[])
            .and_then(|value| value.i());
        self.answer(called)
    }

    /// Calls a method that says yes or no.
    pub(super) fn yes(&mut self, on: &JObject<'_>, name: &str) -> Result<bool, DeviceKeyError> {
        let called = self
            .env
            .call_method(on, name, "()Z", &[])
            .and_then(|value| value.z());
        self.answer(called)
    }

    /// Calls a method of a class that gives an object.
    pub(super) fn of_class(
        &mut self,
        class: &str,
        name: &str,
        signature: &str,
        arguments: &[JValue<'_, '_>],
    ) -> Result<JObject<'l>, DeviceKeyError> {
        let called = self
            .env
            .call_static_method(class, name, signature, arguments)
            .and_then(|value| value.l());
        self.answer(called)
    }

    /// Makes an object.
    pub(super) fn make(
        &mut self,
        class: &str,
        signature: &str,
        arguments: &[JValue<'_, '_>],
    ) -> Result<JObject<'l>, DeviceKeyError> {
        let made = self.env.new_object(class, signature, arguments);
        self.answer(made)
    }

    pub(super) fn class(&mut self, name: &str) -> Result<JClass<'l>, DeviceKeyError> {
        let found = self.env.find_class(name);
        self.answer(found)
    }

    pub(super) fn text(&mut self, text: &str) -> Result<JString<'l>, DeviceKeyError> {
        let made = self.env.new_string(text);
        self.answer(made)
    }

    /// An array with one text in it.
    pub(super) fn texts(&mut self, text: &str) -> Result<JObjectArray<'l>, DeviceKeyError> {
        let text = self.text(text)?;
        let made = self.env.new_object_array(1, "java/lang/String", &text);
        self.answer(made)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<JByteArray<'l>, DeviceKeyError> {
        let made = self.env.byte_array_from_slice(bytes);
        self.answer(made)
    }

    /// Reads a byte array and lets go of it, as loops may read many.
    pub(super) fn read(&mut self, array: JObject<'l>) -> Result<Vec<u8>, DeviceKeyError> {
        let array = JByteArray::from(array);
        let read = self.env.convert_byte_array(&array);
        let read = self.answer(read);
        self.release(array.into());
        read
    }

    /// Reads a byte array that holds something secret, and overwrites it.
    pub(super) fn take(
        &mut self,
        array: JObject<'l>,
    ) -> Result<Zeroizing<Vec<u8>>, DeviceKeyError> {
        let array = JByteArray::from(array);
        let read = self.env.convert_byte_array(&array);
        let read = self.answer(read).map(Zeroizing::new);
        let wiped = match &read {
            Ok(bytes) => self.wipe(&array, bytes.len()),
            Err(_) => Ok(()),
        };
        self.release(array.into());
        wiped.and(read)
    }

    /// Overwrites the first bytes of an array, which are all of it.
    pub(super) fn wipe(
        &mut self,
        array: &JByteArray<'_>,
        length: usize,
    ) -> Result<(), DeviceKeyError> {
        let wiped = self.env.set_byte_array_region(array, 0, &vec![0; length]);
        self.answer(wiped)
    }

    /// The elements of an array of objects.
    pub(super) fn elements(
        &mut self,
        array: JObject<'l>,
    ) -> Result<Vec<JObject<'l>>, DeviceKeyError> {
        let array = JObjectArray::from(array);
        let length = self.env.get_array_length(&array);
        let length = self.answer(length)?;
        let mut elements = Vec::new();
        for index in 0..length {
            let element = self.env.get_object_array_element(&array, index);
            elements.push(self.answer(element)?);
        }
        Ok(elements)
    }

    /// Reads a text and lets go of it.
    pub(super) fn words(&mut self, text: JObject<'l>) -> Result<String, DeviceKeyError> {
        let text = JString::from(text);
        let read = self.env.get_string(&text).map(String::from);
        let read = self.answer(read);
        self.release(text.into());
        read
    }

    pub(super) fn release(&mut self, object: JObject<'l>) {
        // May be called with an exception pending, and throws none.
        let _ = self.env.delete_local_ref(object);
    }

    /// The outcome of a call, and the meaning of its exception, which is cleared.
    fn answer<T>(&mut self, outcome: Result<T, Error>) -> Result<T, DeviceKeyError> {
        match outcome {
            Ok(value) => Ok(value),
            Err(_) => Err(self.fault()),
        }
    }

    fn fault(&mut self) -> DeviceKeyError {
        let mut chain = Vec::new();
        let mut thrown = self.pending();
        while let Some(exception) = thrown.take() {
            chain.push(Thrown {
                class: self.class_name(&exception).unwrap_or_default(),
                said: self.said(&exception),
            });
            if chain.len() < MOST_CAUSES {
                thrown = self.cause(&exception);
            }
            self.release(exception);
        }
        fault::meaning(&chain, self.is_locked().unwrap_or(false))
    }

    /// Takes the exception that is pending, if there is one, and clears it.
    fn pending(&mut self) -> Option<JObject<'l>> {
        if !self.env.exception_check().unwrap_or(false) {
            return None;
        }
        let exception: Option<JThrowable<'l>> = self.env.exception_occurred().ok();
        let _ = self.env.exception_clear();
        exception
            .map(JObject::from)
            .filter(|object| !object.is_null())
    }

    /// A call while an exception is looked at: one of its own is cleared and says nothing.
    fn quietly<T>(&mut self, outcome: Result<T, Error>) -> Option<T> {
        if outcome.is_err()
            && let Some(exception) = self.pending()
        {
            self.release(exception);
        }
        outcome.ok()
    }

    fn quiet_object(
        &mut self,
        on: &JObject<'_>,
        name: &str,
        signature: &str,
        arguments: &[JValue<'_, '_>],
    ) -> Option<JObject<'l>> {
        let called = self
            .env
            .call_method(on, name, signature, arguments)
            .and_then(|value| value.l());
        self.quietly(called).filter(|object| !object.is_null())
    }

    fn class_name(&mut self, exception: &JObject<'_>) -> Option<String> {
        let class = self.quiet_object(exception, "getClass", "()Ljava/lang/Class;", &[])?;
        let name = self.quiet_object(&class, "getName", "()Ljava/lang/String;", &[]);
        self.release(class);
        let name = JString::from(name?);
        let read = self.env.get_string(&name).map(String::from);
        let read = self.quietly(read);
        self.release(name.into());
        read
    }

    fn cause(&mut self, exception: &JObject<'_>) -> Option<JObject<'l>> {
        self.quiet_object(exception, "getCause", "()Ljava/lang/Throwable;", &[])
    }

    fn said(&mut self, exception: &JObject<'_>) -> Option<Said> {
        if self.api < TIRAMISU {
            return None;
        }
        let is_one = self
            .env
            .is_instance_of(exception, "android/security/KeyStoreException");
        if !self.quietly(is_one)? {
            return None;
        }
        let code = self
            .env
            .call_method(exception, "getNumericErrorCode", "()I", &[])
            .and_then(|value| value.i());
        let code = self.quietly(code)?;
        let is_transient = self
            .env
            .call_method(exception, "isTransientFailure", "()Z", &[])
            .and_then(|value| value.z());
        let is_transient = self.quietly(is_transient)?;
        Some(Said { code, is_transient })
    }

    /// Whether the device is locked now; `None` where it does not say.
    fn is_locked(&mut self) -> Option<bool> {
        let name = self.env.new_string("keyguard");
        let name = self.quietly(name)?;
        let application = self.application;
        let keyguard = self.quiet_object(
            application,
            "getSystemService",
            "(Ljava/lang/String;)Ljava/lang/Object;",
            &[JValue::Object(&name)],
        );
        self.release(name.into());
        let keyguard = keyguard?;
        let locked = self
            .env
            .call_method(&keyguard, "isDeviceLocked", "()Z", &[])
            .and_then(|value| value.z());
        let locked = self.quietly(locked);
        self.release(keyguard);
        locked
    }
}

//! Which keystore and which hardware this system has: chosen by target, so that a wrong choice does not compile.

use std::sync::Arc;

#[cfg(not(target_os = "linux"))]
use crate::DeviceKeyBackend;
#[cfg(target_os = "android")]
use crate::android::{hardware, open};
#[cfg(any(target_os = "macos", target_os = "ios"))]
use crate::apple::{hardware, open};
#[cfg(target_os = "linux")]
use crate::secret_service::open;
#[cfg(windows)]
use crate::windows::{hardware, open};
use crate::worker::TIME_LIMIT;
use crate::{KeyStore, Worker};

/// The keystore of the system this was built for, on a worker thread with a time limit of five
/// seconds a call. The first call opens it, so this returns at once.
///
/// # Shapes and units
/// - `app_id`: the service name of the items, for example `jp.example.skts`; no `/`.
pub fn platform_key_store(app_id: &str) -> Arc<dyn KeyStore> {
    Arc::new(Worker::new(Box::new(open(app_id)), TIME_LIMIT))
}

/// The secure hardware that this system gives every program access to. Touches nothing yet.
#[cfg(not(target_os = "linux"))]
pub fn platform_hardware() -> Arc<dyn DeviceKeyBackend> {
    Arc::new(hardware())
}

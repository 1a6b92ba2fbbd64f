//! Which keystore this system has: chosen by target, so that a wrong choice does not compile.

use std::sync::Arc;

#[cfg(target_os = "android")]
use crate::android::open;
#[cfg(any(target_os = "macos", target_os = "ios"))]
use crate::apple::open;
#[cfg(target_os = "linux")]
use crate::secret_service::open;
#[cfg(windows)]
use crate::windows::open;
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

//! What a new key is told to be: the builders of its specification and of its protection.

use jni::objects::{JObject, JValue};

use super::java::Java;
use super::plan;
use crate::DeviceKeyError;

/// `KeyProperties.PURPOSE_SIGN`, which is also what an HMAC key is for.
const PURPOSE_SIGN: i32 = 4;
const BUILDER: &str = "android/security/keystore/KeyGenParameterSpec$Builder";
const PROTECTION: &str = "android/security/keystore/KeyProtection$Builder";

/// The builder of a new key, with what both kinds have in common.
pub(super) fn specification<'l>(
    java: &mut Java<'_, 'l>,
    name: &str,
    strong_box: bool,
) -> Result<JObject<'l>, DeviceKeyError> {
    let name = java.text(name)?;
    let builder = java.make(
        BUILDER,
        "(Ljava/lang/String;I)V",
        &[JValue::Object(&name), JValue::Int(PURPOSE_SIGN)],
    )?;
    set_common(java, &builder, BUILDER, strong_box)?;
    Ok(builder)
}

/// What protects a key that is put in.
pub(super) fn protection<'l>(
    java: &mut Java<'_, 'l>,
    strong_box: bool,
) -> Result<JObject<'l>, DeviceKeyError> {
    let builder = java.make(PROTECTION, "(I)V", &[JValue::Int(PURPOSE_SIGN)])?;
    set_common(java, &builder, PROTECTION, strong_box)?;
    let signature = "()Landroid/security/keystore/KeyProtection;";
    java.object(&builder, "build", signature, &[])
}

/// The digest of an HMAC key is the one of its name; nothing else is allowed.
fn set_common(
    java: &mut Java<'_, '_>,
    builder: &JObject<'_>,
    class: &str,
    strong_box: bool,
) -> Result<(), DeviceKeyError> {
    if plan::unlocked_device_required(java.api) {
        let (name, yes) = ("setUnlockedDeviceRequired", JValue::Bool(1));
        set_of(java, builder, class, name, "Z", yes)?;
    }
    if strong_box {
        let (name, yes) = ("setIsStrongBoxBacked", JValue::Bool(1));
        set_of(java, builder, class, name, "Z", yes)?;
    }
    Ok(())
}

/// Sets one property of a new key.
pub(super) fn set(
    java: &mut Java<'_, '_>,
    builder: &JObject<'_>,
    name: &str,
    parameter: &str,
    value: JValue<'_, '_>,
) -> Result<(), DeviceKeyError> {
    set_of(java, builder, BUILDER, name, parameter, value)
}

/// Calls a setter, which gives the builder back.
fn set_of(
    java: &mut Java<'_, '_>,
    builder: &JObject<'_>,
    class: &str,
    name: &str,
    parameter: &str,
    value: JValue<'_, '_>,
) -> Result<(), DeviceKeyError> {
    let signature = format!("({parameter})L{class};");
    java.run(builder, name, &signature, &[value])
}

/// Hands what was built to a generator.
pub(super) fn initialise(
    java: &mut Java<'_, '_>,
    generator: &JObject<'_>,
    method: &str,
    builder: &JObject<'_>,
) -> Result<(), DeviceKeyError> {
    let signature = "()Landroid/security/keystore/KeyGenParameterSpec;";
    let built = java.object(builder, "build", signature, &[])?;
    java.run(
        generator,
        method,
        "(Ljava/security/spec/AlgorithmParameterSpec;)V",
        &[JValue::Object(&built)],
    )
}

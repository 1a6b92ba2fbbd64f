//! The security chip, the device key and its level, in words.

use crate::views::{ChipUse, LocalizedView};

/// What the system's chip is called, in both languages.
const CHIP: (&str, &str) = if cfg!(target_os = "android") {
    ("セキュリティチップ", "security chip")
} else if cfg!(any(target_os = "macos", target_os = "ios")) {
    ("Secure Enclave", "Secure Enclave")
} else {
    ("TPM", "TPM")
};

/// How it stands, why not better, and what to do.
pub(crate) fn chip_words(chip: ChipUse) -> LocalizedView {
    let (ja, en) = match chip {
        ChipUse::Used => ("{}で保護しています", "the keys are in the {}"),
        ChipUse::Ready => (
            "{}が使えます。次の初期設定から使います",
            "the {} works and will be used at the next set-up",
        ),
        ChipUse::NotUsed => (
            "{}は使えますが、このトークンはそれなしで設定されました。設定し直すと使います",
            "the {} works, but this token was set up without it; a new set-up will use it",
        ),
        ChipUse::Absent => absent_words(),
        ChipUse::NotHardware => (
            "{}として応答するのはプログラムです（Wine など）。鍵はソフトウェアで保管します",
            "what answers as the {} is a program, as under Wine; keys are kept in software",
        ),
        ChipUse::Denied if cfg!(target_os = "linux") => (
            "{}を使う権限がありません。管理者に `tss` グループへの追加をご依頼ください",
            "this user may not use the {}; ask the administrator to add it to the group `tss`",
        ),
        ChipUse::Denied => (
            "{}を使う権限がありません。管理者にご相談ください",
            "this user may not use the {}; ask the administrator",
        ),
        ChipUse::Busy => (
            "{}が応答しません。端末のロックを解除し、しばらくしてからお試しください",
            "the {} does not answer now; unlock the device and try again in a while",
        ),
        ChipUse::Unsupported => ("この環境では使いません", "not used on this system"),
    };
    LocalizedView::new(&ja.replace("{}", CHIP.0), &en.replace("{}", CHIP.1))
}

/// Only a computer's TPM can be off: others are there or not.
fn absent_words() -> (&'static str, &'static str) {
    if cfg!(any(target_os = "linux", windows)) {
        (
            "{}がないか、動いていません。ファームウェアの設定で有効にできることがあります",
            "there is no {}, or it does not work; the firmware settings may turn it on",
        )
    } else {
        (
            "{}がないか、この環境からは使えません",
            "there is no {}, or this program cannot reach it",
        )
    }
}

/// What holds the device key, as the reason of the level.
pub(crate) fn key_words(device_key: &str) -> LocalizedView {
    match device_key {
        "software" => {
            LocalizedView::new("端末鍵はソフトウェアにあります", "device key in software")
        }
        "secure-enclave" => LocalizedView::new(
            "端末鍵は Secure Enclave にあります",
            "device key in the Secure Enclave",
        ),
        "android-keystore" => LocalizedView::new(
            "端末鍵は Android Keystore にあります",
            "device key in the Android Keystore",
        ),
        _ => LocalizedView::new("端末鍵は TPM にあります", "device key in the TPM"),
    }
}

/// What a device key of `level` is, as far as the device can say; the service has its own word.
pub(crate) fn level_words(level: u8) -> LocalizedView {
    match level {
        0 => LocalizedView::new("保護なし（試験用）", "unprotected, for tests"),
        1 => LocalizedView::new(
            "OSの鍵保管と端末識別子で守られています",
            "kept by the system's keystore and tied to this device",
        ),
        2 => LocalizedView::new(
            "端末のセキュリティチップの鍵で守られています",
            "guarded by a key in this device's security chip",
        ),
        3 => LocalizedView::new(
            "証明できるセキュリティチップの鍵で守られています",
            "guarded by a key in a security chip that can prove it",
        ),
        _ => LocalizedView::new(
            "証明できるセキュリティチップの中で計算しています",
            "computed inside a security chip that can prove it",
        ),
    }
}

//! What staff can do at the counter, and its words.

use serde::{Deserialize, Serialize};

use crate::issuer::Change;
use crate::rules::style::Style;

/// 発行手数料, tax included (guide 002).
pub(super) const FEE_YEN: i64 = 2_200;

/// What staff do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// A hardware token, for a fee, as ordered, or in exchange for a broken one.
    Send {
        serial: String,
        fee_yen: i64,
        swap: bool,
    },
    /// 利用停止: the phone is lost.
    Hold,
    /// 利用停止の解除: it is found.
    Release,
    /// 再発行: the token is ended without its code; 利用開始 is open again.
    Reissue,
    /// Wrong transfer passwords are forgotten.
    ReleaseTransferPassword,
}

impl Act {
    /// What can be chosen, by word and label.
    pub(super) fn choices(style: Style) -> Vec<(&'static str, &'static str)> {
        let (send, password) = match style {
            Style::Shinkin => (
                "ハードウェアトークンの発行（手数料2,200円）",
                "資金移動用パスワードの利用停止の解除",
            ),
            Style::Shinkumi => (
                "ハードウェアトークンの発送（お申込み分）",
                "確認用パスワードの利用停止の解除",
            ),
        };
        let swap = (
            "swap",
            "ハードウェアトークンの交換（故障・破損・電池切れ、無料）",
        );
        let mut choices = vec![("send", send)];
        // A 信用組合 has no 交換: its customers are issued another after 再発行.
        choices.extend((style == Style::Shinkin).then_some(swap));
        choices.extend([
            ("hold", "利用停止（紛失・盗難）"),
            ("release", "利用停止の解除"),
            (
                "reissue",
                "再発行（トークンの登録を取り消し、新しいトークンを登録できるようにする）",
            ),
            ("release-transfer-password", password),
        ]);
        choices
    }

    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Send { swap: true, .. } => "ハードウェアトークンの交換",
            Self::Send { .. } => "ハードウェアトークンの発行",
            Self::Hold => "利用停止",
            Self::Release => "利用停止の解除",
            Self::Reissue => "再発行",
            Self::ReleaseTransferPassword => "パスワードの利用停止の解除",
        }
    }

    pub(super) fn change(&self) -> Option<Change> {
        match self {
            Self::Hold => Some(Change::Suspend),
            Self::Release => Some(Change::Resume),
            Self::Reissue => Some(Change::Unregister),
            Self::Send { .. } | Self::ReleaseTransferPassword => None,
        }
    }
}

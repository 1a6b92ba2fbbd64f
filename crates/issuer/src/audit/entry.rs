//! What is written down of each change and each verdict, and how entries are chained.

use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;
use skts_sealed::LabelledHash;

/// Something that happened to an institution, an activation or a token.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) at: UnixTime,
    pub(crate) institution_id: &'a str,
    /// `bank:` and the name of a key, `device`, `service`, `staff`, or `staff:` and a name.
    pub(crate) actor: &'a str,
    pub(crate) action: Action,
    /// How it ended: a verdict, `done`, or `refused`.
    pub(crate) outcome: &'a str,
    pub(crate) subscriber_ref: Option<&'a str>,
    pub(crate) serial: Option<&'a str>,
    /// Where the token stands after it, where that changed.
    pub(crate) state: Option<&'a str>,
    pub(crate) request_id: Option<&'a RequestId>,
    /// The bank's purpose, or the reason staff gave.
    pub(crate) detail: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// An entry about nobody in particular.
    pub(crate) const fn of(
        at: UnixTime,
        institution_id: &'a str,
        actor: &'a str,
        action: Action,
        outcome: &'a str,
    ) -> Self {
        Self {
            at,
            institution_id,
            actor,
            action,
            outcome,
            subscriber_ref: None,
            serial: None,
            state: None,
            request_id: None,
            detail: None,
        }
    }
}

/// What was done, or asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    InstitutionAdded,
    ActivationIssued,
    ActivationWithdrawn,
    ActivationClaimed,
    OtherDevice,
    Provisioned,
    Confirmed,
    CheckIn,
    CopySuspected,
    Stop,
    Register,
    Verify,
    Resync,
    Exchange,
    Unregister,
    Suspend,
    Resume,
    Unlock,
    Revoke,
    Expire,
    Lapse,
    Imported,
    Assign,
    Report,
    RenewalDue,
    KeyAdded,
    KeyEnded,
    KeysRotated,
    KeysRetired,
    Restored,
    SignatureAsked,
    Signature,
    Reissue,
    ResyncAsked,
    VoucherMade,
    ApprovalAsked,
    Approved,
    ApprovalRefused,
    StaffAdded,
    StaffChanged,
    PasswordChanged,
    PasswordReset,
    SignIn,
    SignOut,
}

impl Action {
    /// Every action.
    pub(crate) const ALL: [Self; 44] = [
        Self::InstitutionAdded,
        Self::ActivationIssued,
        Self::ActivationWithdrawn,
        Self::ActivationClaimed,
        Self::OtherDevice,
        Self::Provisioned,
        Self::Confirmed,
        Self::CheckIn,
        Self::CopySuspected,
        Self::Stop,
        Self::Register,
        Self::Verify,
        Self::Resync,
        Self::Exchange,
        Self::Unregister,
        Self::Suspend,
        Self::Resume,
        Self::Unlock,
        Self::Revoke,
        Self::Expire,
        Self::Lapse,
        Self::Imported,
        Self::Assign,
        Self::Report,
        Self::RenewalDue,
        Self::KeyAdded,
        Self::KeyEnded,
        Self::KeysRotated,
        Self::KeysRetired,
        Self::Restored,
        Self::SignatureAsked,
        Self::Signature,
        Self::Reissue,
        Self::ResyncAsked,
        Self::VoucherMade,
        Self::ApprovalAsked,
        Self::Approved,
        Self::ApprovalRefused,
        Self::StaffAdded,
        Self::StaffChanged,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::SignIn,
        Self::SignOut,
    ];

    /// The word in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InstitutionAdded => "institution_added",
            Self::ActivationIssued => "activation_issued",
            Self::ActivationWithdrawn => "activation_withdrawn",
            Self::ActivationClaimed => "activation_claimed",
            Self::OtherDevice => "other_device",
            Self::Provisioned => "provisioned",
            Self::Confirmed => "confirmed",
            Self::CheckIn => "check_in",
            Self::CopySuspected => "copy_suspected",
            Self::Stop => "stop",
            Self::Register => "register",
            Self::Verify => "verify",
            Self::Resync => "resync",
            Self::Exchange => "exchange",
            Self::Unregister => "unregister",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Unlock => "unlock",
            Self::Revoke => "revoke",
            Self::Expire => "expire",
            Self::Lapse => "lapse",
            Self::Imported => "imported",
            Self::Assign => "assign",
            Self::Report => "report",
            Self::RenewalDue => "renewal_due",
            Self::KeyAdded => "key_added",
            Self::KeyEnded => "key_ended",
            Self::KeysRotated => "keys_rotated",
            Self::KeysRetired => "keys_retired",
            Self::Restored => "restored",
            Self::SignatureAsked => "signature_asked",
            Self::Signature => "signature",
            Self::Reissue => "reissue",
            Self::ResyncAsked => "resync_asked",
            Self::VoucherMade => "voucher_made",
            Self::ApprovalAsked => "approval_asked",
            Self::Approved => "approved",
            Self::ApprovalRefused => "approval_refused",
            Self::StaffAdded => "staff_added",
            Self::StaffChanged => "staff_changed",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::SignIn => "sign_in",
            Self::SignOut => "sign_out",
        }
    }
}

/// An entry as it stands in the database: every column, as text and numbers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AuditEntry {
    /// Rises with every entry; numbers of changes that were given up are missing.
    pub id: u64,
    /// When.
    pub at: UnixTime,
    /// At which institution.
    pub institution_id: String,
    /// Who: `bank:` and the name of a key, `device`, `service`, `staff`, or `staff:` and a name.
    pub actor: String,
    /// What.
    pub action: String,
    /// How it ended.
    pub outcome: String,
    /// The bank's own name for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriber_ref: Option<String>,
    /// Which token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Where the token stands after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Which call, in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Purpose or reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The hash that nothing comes before.
pub(crate) const BEGINNING: [u8; 32] = [0; 32];

impl AuditEntry {
    /// The chain's hash after this entry: over the hash before it and every column.
    pub(crate) fn chained(&self, before: &[u8; 32]) -> [u8; 32] {
        let optional = |text: &Option<String>| match text {
            None => vec![0],
            Some(text) => [&[1], text.as_bytes()].concat(),
        };
        let mut hash = LabelledHash::new("skts/audit-entry/v1")
            .field(before)
            .field(&self.id.to_be_bytes())
            .field(&self.at.as_secs().to_be_bytes());
        for text in [
            &self.institution_id,
            &self.actor,
            &self.action,
            &self.outcome,
        ] {
            hash = hash.field(text.as_bytes());
        }
        for text in [
            &self.subscriber_ref,
            &self.serial,
            &self.state,
            &self.request_id,
            &self.detail,
        ] {
            hash = hash.field(&optional(text));
        }
        hash.sha256()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry {
            id: 7,
            at: UnixTime::from_secs(1_795_212_000),
            institution_id: "mihon".to_owned(),
            actor: "bank".to_owned(),
            action: "verify".to_owned(),
            outcome: "accepted".to_owned(),
            subscriber_ref: Some("taro".to_owned()),
            serial: Some("SKTS12345678".to_owned()),
            state: None,
            request_id: Some("00".repeat(16)),
            detail: Some("transfer".to_owned()),
        }
    }

    #[test]
    fn no_column_can_change_without_changing_the_hash() {
        let whole = entry().chained(&BEGINNING);
        let changes: [fn(&mut AuditEntry); 11] = [
            |entry| entry.id = 8,
            |entry| entry.at = UnixTime::from_secs(1_795_212_001),
            |entry| entry.institution_id.push('x'),
            |entry| entry.actor = "staff:taro".to_owned(),
            |entry| entry.action = "revoke".to_owned(),
            |entry| entry.outcome = "rejected".to_owned(),
            |entry| entry.subscriber_ref = None,
            |entry| entry.serial = Some(String::new()),
            |entry| entry.state = Some(String::new()),
            |entry| entry.request_id = None,
            |entry| entry.detail = None,
        ];
        for change in changes {
            let mut changed = entry();
            change(&mut changed);
            assert_ne!(changed.chained(&BEGINNING), whole, "{changed:?}");
        }
        assert_ne!(entry().chained(&whole), whole);
        // Moving a letter from one column to the next is a change too.
        let mut moved = entry();
        moved.action = "verif".to_owned();
        moved.outcome = "yaccepted".to_owned();
        assert_ne!(moved.chained(&BEGINNING), whole);
    }
}

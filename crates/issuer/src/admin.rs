//! What operators do from the command line: institutions, their keys and lists, activations.

use std::sync::Arc;

use serde::Serialize;
use skts_otp::{CodeLength, Period, SerialScheme, TokenPolicy, UnixTime};
use skts_provisioning::ids::{ActivationPassword, ServiceId, UserId};
use skts_provisioning::institution::{Institution, InstitutionList, Localized, SignedList};
use skts_provisioning::k::KServer;
use skts_sealed::Namespace;

use crate::audit::{Action, Entry};
use crate::bank_keys;
use crate::http::key_hash;
use crate::issuer::Issuer;
use crate::rules::activation::is_too_easy;
use crate::rules::scope::Scopes;
use crate::staff::STAFF_INSTITUTION;
use crate::storage::activations::NewActivationRow;
use crate::storage::bank_keys::BankKeyRow;
use crate::storage::institutions::InstitutionRow;
use crate::storage::{self, Connection, StorageError, activations, audit, institutions};

/// The policies an institution can start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// 6 digits, 30 s, `SKTS`.
    SelfProvisioned,
    /// 8 digits, 60 s, nine-digit serial.
    Activated,
    /// Activated, `SKTS`, 6 and 8 digits, 30 s.
    ActivatedBoth,
}

impl PolicyKind {
    /// The policy itself.
    pub fn policy(self) -> TokenPolicy {
        match self {
            Self::SelfProvisioned => TokenPolicy::self_provisioned(),
            Self::Activated => TokenPolicy::activated(),
            Self::ActivatedBoth => TokenPolicy {
                serial: SerialScheme::skts(),
                code_length: CodeLength::Both,
                period: Period::THIRTY,
                ..TokenPolicy::activated()
            },
        }
    }
}

/// An institution to be added.
#[derive(Debug, Clone)]
pub struct NewInstitution {
    /// Short name for programs.
    pub id: String,
    /// 8 digits.
    pub service_id: ServiceId,
    /// Name on the screen.
    pub name: Localized,
    /// Where customers turn to.
    pub contact: Localized,
    /// `#rrggbb`.
    pub accent: String,
    /// Its rules.
    pub policy: TokenPolicy,
}

/// An institution just added, with the key its bank calls with. The key is shown once.
#[derive(Debug, Serialize)]
pub struct SampleInstitution {
    /// Short name for programs.
    pub id: String,
    /// 8 digits.
    pub service_id: String,
    /// 64 hex digits, secret.
    pub api_key: String,
}

/// An activation just issued.
#[derive(Debug, Serialize)]
pub struct NewActivation {
    /// 8 digits.
    pub service_id: String,
    /// 12 digits.
    pub user_id: String,
    /// Until when it can be begun.
    pub expires_at: UnixTime,
}

/// Stands for whichever address the list will be made for.
const ANY_ADDRESS: &str = "http://127.0.0.1:1";

/// Why an operator's call was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The policy cannot be kept.
    #[error("the policy cannot be kept: {0}")]
    Policy(#[from] skts_otp::PolicyError),
    /// The list would not be taken by the app.
    #[error("the list would not be taken: {0}")]
    List(#[from] skts_provisioning::institution::ListError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No such institution, or one that does not activate.
    #[error("no institution of this id issues activations")]
    NoActivations,
    /// Everybody tries this password first.
    #[error("the activation password is too easy: no repeats and no runs")]
    TooEasy,
    /// The id of the institution whose customers are the staff.
    #[error("this id is the service's own")]
    Reserved,
    /// OPAQUE failed inside.
    #[error("the activation could not be prepared")]
    Prepare,
}

impl Issuer {
    /// Adds an institution and makes its bank's key.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn add_institution(
        &self,
        new: NewInstitution,
    ) -> Result<SampleInstitution, AdminError> {
        new.policy.validate()?;
        // A key to it would be one to the console.
        if new.id == STAFF_INSTITUTION {
            return Err(AdminError::Reserved);
        }
        let api_key = self.entropy.with(|rng| bank_keys::make(rng));
        let row = InstitutionRow {
            id: new.id,
            service_id: new.service_id,
            name: new.name,
            contact: new.contact,
            accent: new.accent,
            policy: new.policy,
        };
        let (row, hash) = (&row, &key_hash(&api_key));
        self.storage
            .change("institutions", |mut transaction| async move {
                let added = self.store_institution(&mut transaction, row, hash).await;
                (transaction, added)
            })
            .await?;
        Ok(SampleInstitution {
            id: row.id.clone(),
            service_id: row.service_id.as_str().to_owned(),
            api_key,
        })
    }

    async fn store_institution(
        &self,
        connection: &mut Connection,
        row: &InstitutionRow,
        key_hash: &[u8; 32],
    ) -> Result<(), AdminError> {
        institutions::add(connection, row).await?;
        let key = BankKeyRow {
            institution_id: row.id.clone(),
            name: bank_keys::FIRST.to_owned(),
            scopes: Scopes::all(),
            created_at: self.now(),
            ends_at: None,
            certificate: None,
        };
        storage::bank_keys::add(connection, &key, key_hash).await?;
        let entry = Entry::of(
            self.now(),
            &row.id,
            "staff",
            Action::InstitutionAdded,
            "done",
        );
        audit::write(connection, &entry).await?;
        // What an app would not take must not get in: it would spoil the list for all the others.
        self.sign_list(institutions::all(connection).await?, ANY_ADDRESS)?;
        Ok(())
    }

    /// Adds the three sample institutions.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn add_samples(&self) -> Result<Vec<SampleInstitution>, AdminError> {
        let mut added = Vec::new();
        for sample in samples() {
            added.push(self.add_institution(sample).await?);
        }
        Ok(added)
    }

    /// The signed list that an app on this machine reads: every institution at `address`.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn institution_list(&self, address: &str) -> Result<String, AdminError> {
        let mut connection = self.storage.read().await?;
        let rows = institutions::all(&mut connection).await?;
        self.sign_list(rows, address)
    }

    fn sign_list(&self, rows: Vec<InstitutionRow>, address: &str) -> Result<String, AdminError> {
        let list = InstitutionList {
            issued_at: self.now(),
            institutions: rows
                .into_iter()
                .map(|row| Institution {
                    id: row.id,
                    service_id: row.service_id,
                    name: row.name,
                    contact: row.contact,
                    accent: row.accent,
                    address: address.to_owned(),
                    provisioning_keys: vec![self.keys.provisioning.public()],
                    policy: row.policy,
                })
                .collect(),
        };
        Ok(SignedList::sign(&list, &self.keys.list)?)
    }

    /// Issues an activation, as a bank's call does.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn issue_activation(
        self: &Arc<Self>,
        institution_id: &str,
        subscriber_ref: &str,
        password: &ActivationPassword,
    ) -> Result<NewActivation, AdminError> {
        let service_id = {
            let mut connection = self.storage.read().await?;
            institutions::by_id(&mut connection, institution_id)
                .await?
                .filter(|found| found.policy.set_up == skts_otp::SetUpKind::Activated)
                .ok_or(AdminError::NoActivations)?
                .service_id
        };
        let prepared = prepare_activation(
            self.clone(),
            service_id.clone(),
            institution_id.to_owned(),
            // EXPOSE: the password goes into the OPAQUE record and is not kept.
            password.expose_secret(),
        )
        .await?;
        let subject = format!("{institution_id}/{subscriber_ref}");
        let new = &prepared;
        let expires_at = self
            .storage
            .change(&subject, |mut transaction| async move {
                let stored =
                    store_activation(self, &mut transaction, institution_id, subscriber_ref, new)
                        .await;
                (transaction, stored)
            })
            .await?;
        Ok(NewActivation {
            service_id: service_id.as_str().to_owned(),
            user_id: prepared.user_id.as_str().to_owned(),
            expires_at,
        })
    }

    /// Takes an activation back.
    ///
    /// # Errors
    /// [`AdminError`]; [`AdminError::NoActivations`] if there is none that is open.
    pub async fn withdraw_activation(
        &self,
        institution_id: &str,
        user_id: &UserId,
    ) -> Result<(), AdminError> {
        let subject = format!("{institution_id}/{}", user_id.as_str());
        let done = self
            .storage
            .change(&subject, |mut transaction| async move {
                let done = activations::withdraw(&mut transaction, institution_id, user_id).await;
                (transaction, done)
            })
            .await?;
        if done {
            Ok(())
        } else {
            Err(AdminError::NoActivations)
        }
    }
}

/// A new activation before it is stored: its user ID and sealed OPAQUE record.
#[derive(Debug)]
pub(crate) struct PreparedActivation {
    pub(crate) user_id: UserId,
    sealed_record: Vec<u8>,
}

/// Computes the record of a new activation: the slow part, off the runtime's threads.
pub(crate) async fn prepare_activation(
    issuer: Arc<Issuer>,
    service_id: ServiceId,
    institution_id: String,
    password: &[u8],
) -> Result<PreparedActivation, AdminError> {
    let password = std::str::from_utf8(password)
        .ok()
        .and_then(|text| ActivationPassword::parse(text).ok())
        .ok_or(AdminError::Prepare)?;
    // EXPOSE: looked at, not kept.
    if is_too_easy(password.expose_secret()) {
        return Err(AdminError::TooEasy);
    }
    tokio::task::spawn_blocking(move || {
        // A generator of its own, so that others do not wait for half a second of Argon2id.
        let mut rng = issuer.entropy.fork();
        let user_id = UserId::make(&mut rng);
        let keys = &issuer.keys;
        let record = KServer::register(
            &keys.opaque,
            &service_id,
            &user_id,
            &institution_id,
            &password,
            &mut rng,
        )
        .map_err(|_| AdminError::Prepare)?;
        let context = user_id.as_str().as_bytes();
        let sealed_record = keys.seal_state(Namespace::ServiceState, context, &record, &mut rng);
        Ok(PreparedActivation {
            user_id,
            sealed_record,
        })
    })
    .await
    .map_err(|_| AdminError::Prepare)?
}

/// Stores what [`prepare_activation`] made; returns until when it can be begun.
pub(crate) async fn store_activation(
    issuer: &Issuer,
    connection: &mut Connection,
    institution_id: &str,
    subscriber_ref: &str,
    prepared: &PreparedActivation,
) -> Result<UnixTime, StorageError> {
    let now = issuer.now();
    let expires_at = now.saturating_add_secs(issuer.config.activation_valid_secs);
    let row = NewActivationRow {
        user_id: &prepared.user_id,
        institution_id,
        subscriber_ref,
        record: &prepared.sealed_record,
        expires_at,
    };
    activations::add(connection, &row, now).await?;
    Ok(expires_at)
}

fn samples() -> [NewInstitution; 3] {
    let contact = Localized {
        ja: "見本金庫 お客さま窓口（見本）".to_owned(),
        en: "Mihon customer desk (sample)".to_owned(),
    };
    let sample =
        |id: &str, service_id: &str, ja: &str, en: &str, accent: &str, kind: PolicyKind| {
            NewInstitution {
                id: id.to_owned(),
                service_id: ServiceId::parse(service_id).expect("sample service IDs have 8 digits"),
                name: Localized {
                    ja: ja.to_owned(),
                    en: en.to_owned(),
                },
                contact: contact.clone(),
                accent: accent.to_owned(),
                policy: kind.policy(),
            }
        };
    [
        sample(
            "mihon-shinkin",
            "10000001",
            "見本信用金庫",
            "Mihon Shinkin Bank",
            "#0b5d3b",
            PolicyKind::SelfProvisioned,
        ),
        sample(
            "mihon-shinkumi",
            "10112235",
            "見本信用組合",
            "Mihon Credit Cooperative",
            "#1f4e8c",
            PolicyKind::Activated,
        ),
        sample(
            "mihon-rengo",
            "10000003",
            "見本信用金庫連合",
            "Mihon Shinkin Federation",
            "#7a3b69",
            PolicyKind::ActivatedBoth,
        ),
    ]
}

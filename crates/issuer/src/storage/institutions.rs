//! Institutions and the keys of their banks.

use skts_otp::{TokenPolicy, UnixTime};
use skts_provisioning::ids::ServiceId;
use skts_provisioning::institution::Localized;

use super::sql::{Row, query, query_of};
use super::{Connection, StorageError};

/// An institution, as stored.
#[derive(Debug, Clone)]
pub(crate) struct InstitutionRow {
    pub(crate) id: String,
    pub(crate) service_id: ServiceId,
    pub(crate) name: Localized,
    pub(crate) contact: Localized,
    pub(crate) accent: String,
    pub(crate) policy: TokenPolicy,
}

const COLUMNS: &str = "id, service_id, name_ja, name_en, contact_ja, contact_en, accent, policy";

impl InstitutionRow {
    fn from_row(row: &Row) -> Result<Self, StorageError> {
        let wrong = |column| StorageError::Inconsistent {
            table: "institutions",
            column,
        };
        Ok(Self {
            id: row.get(0)?,
            service_id: ServiceId::parse(row.get(1)?).map_err(|_| wrong("service_id"))?,
            name: Localized {
                ja: row.get(2)?,
                en: row.get(3)?,
            },
            contact: Localized {
                ja: row.get(4)?,
                en: row.get(5)?,
            },
            accent: row.get(6)?,
            policy: policy_from_json(row.get(7)?).ok_or_else(|| wrong("policy"))?,
        })
    }
}

pub(crate) fn policy_from_json(json: &str) -> Option<TokenPolicy> {
    serde_json::from_str(json).ok()
}

pub(crate) fn policy_to_json(policy: &TokenPolicy) -> String {
    serde_json::to_string(policy).unwrap_or_default()
}

/// Adds an institution.
pub(crate) async fn add(
    connection: &mut Connection,
    institution: &InstitutionRow,
) -> Result<(), StorageError> {
    let policy = policy_to_json(&institution.policy);
    query(
        "INSERT INTO institutions
             (id, service_id, name_ja, name_en, contact_ja, contact_en, accent, policy)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&institution.id)
    .bind(institution.service_id.as_str())
    .bind(&institution.name.ja)
    .bind(&institution.name.en)
    .bind(&institution.contact.ja)
    .bind(&institution.contact.en)
    .bind(&institution.accent)
    .bind(&policy)
    .execute(connection)
    .await?;
    Ok(())
}

/// All institutions, by id.
pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<InstitutionRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM institutions ORDER BY id");
    let rows = query_of(sql).fetch_all(connection).await?;
    rows.iter().map(InstitutionRow::from_row).collect()
}

/// The institution with this service ID.
pub(crate) async fn by_service_id(
    connection: &mut Connection,
    service_id: &ServiceId,
) -> Result<Option<InstitutionRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM institutions WHERE service_id = $1");
    let row = query_of(sql)
        .bind(service_id.as_str())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(InstitutionRow::from_row).transpose()
}

/// The institution with this id.
pub(crate) async fn by_id(
    connection: &mut Connection,
    id: &str,
) -> Result<Option<InstitutionRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM institutions WHERE id = $1");
    let row = query_of(sql).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(InstitutionRow::from_row).transpose()
}

/// A time as a column.
pub(crate) fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// A column as a time.
pub(crate) fn time(seconds: i64) -> UnixTime {
    UnixTime::from_secs(u64::try_from(seconds).unwrap_or(0))
}

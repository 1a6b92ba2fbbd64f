//! Where the database is.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// Where the database is.
#[derive(Clone)]
pub enum Place {
    /// SQLite, in this file.
    File(PathBuf),
    /// PostgreSQL.
    Server(Box<PgConnectOptions>),
}

impl Place {
    /// The file in `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::File(folder.join("issuer.sqlite"))
    }
}

/// `postgres://user@host/database?sslmode=verify-full`. What is missing comes from the environment
/// (`PGPASSWORD`, `PGPASSFILE`, …), as with every client of PostgreSQL.
impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        if !["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
        {
            return Err(PlaceError::Scheme);
        }
        let options = text.parse().map_err(|_| PlaceError::Address)?;
        Ok(Self::Server(Box::new(options)))
    }
}

impl<'de> serde::Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Shows no password.
impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Server(options) => f
                .debug_struct("Server")
                .field("host", &options.get_host())
                .field("database", &options.get_database())
                .finish_non_exhaustive(),
        }
    }
}

/// Why a text names no database. The text is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Another kind of database.
    #[error("the database must be postgres://…; without one, SQLite in the data folder is used")]
    Scheme,
    /// Not an address.
    #[error("the database address cannot be read")]
    Address,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_shown_by_nothing() {
        let place: Place = "postgres://skts:hunter2@db.example/skts".parse().unwrap();
        assert!(!format!("{place:?}").contains("hunter2"));
        let wrong = "mysql://skts:hunter2@db".parse::<Place>().unwrap_err();
        assert_eq!(wrong, PlaceError::Scheme);
        let wrong = "postgres://skts:hunter2@db:port/x"
            .parse::<Place>()
            .unwrap_err();
        assert!(!format!("{wrong:?} {wrong}").contains("hunter2"));
    }
}

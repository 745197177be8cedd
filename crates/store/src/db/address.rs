//! Where the database is.
//!
//! An address of PostgreSQL holds a password, so `Debug` and `Display` show it redacted; only
//! this crate reads the full text.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// The address of a database; which engine is used follows from it.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A file of the embedded engine. It and its folder are made when missing.
    Sqlite(PathBuf),
    /// A `postgres://` URL, password included.
    Postgres(String),
}

/// A text that is not an address of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither a path nor `postgres://`.
    #[error("{0:?} is not a database Almanac can use: give postgres://… or the path of a file")]
    Scheme(String),
    /// A `postgres://` URL that cannot be parsed; the text is left out since it may hold a password.
    #[error("the postgres:// address is malformed")]
    Malformed,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return match PgConnectOptions::from_str(text) {
                Ok(_) => Ok(Self::Postgres(text.to_owned())),
                Err(_) => Err(AddressError::Malformed),
            };
        }
        match text.split_once("://") {
            Some((scheme, _)) => Err(AddressError::Scheme(scheme.to_owned())),
            None if text.is_empty() => Err(AddressError::Scheme(String::new())),
            None => Ok(Self::Sqlite(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => f.write_str(&redacted(url)),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// The URL without its password and without its query, which may hold one too.
fn redacted(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}")
        }
        None => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://almanac:s3cret@db:5432/almanac",
            "postgres://almanac:s3cret@x@db/almanac",
            "postgres://db/almanac?user=almanac&password=s3cret",
        ] {
            let address: Address = text.parse().expect("an address");
            let shown = format!("{address} {address:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn the_engine_follows_from_the_text() {
        assert_eq!("/tmp/a.db".parse(), Ok(Address::Sqlite("/tmp/a.db".into())));
        assert!(matches!("postgres://db/a".parse(), Ok(Address::Postgres(_))));
        assert_eq!(
            "mysql://u:p@db/a".parse::<Address>(),
            Err(AddressError::Scheme("mysql".to_owned()))
        );
    }
}

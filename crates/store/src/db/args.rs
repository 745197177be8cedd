//! A statement's arguments, the same for both engines.
//!
//! PostgreSQL's text cannot hold U+0000 and SQLite's can; [`Arg::bind_lite`] and [`Arg::bind_pg`]
//! both replace it by U+FFFD, so that the engines agree. Bytes are never touched.

use std::borrow::Cow;

use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::stream::Stream;
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use uuid::Uuid;

/// One argument; each variant is one column type of the schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arg<'a> {
    Int(Option<i64>),
    Bool(Option<bool>),
    Text(Option<Cow<'a, str>>),
    Bytes(Option<Cow<'a, [u8]>>),
    Uuid(Option<Uuid>),
}

/// Builds the argument list of a statement: each value becomes an [`Arg`].
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Arg::from($value)),*] };
}
pub(crate) use args;

impl<'a> Arg<'a> {
    pub(crate) fn bind_lite(self, to: &mut SqliteArguments) -> Result<(), sqlx::Error> {
        match self {
            Arg::Int(value) => to.add(value),
            Arg::Bool(value) => to.add(value),
            Arg::Text(value) => {
                to.add::<Option<String>>(value.map(|v| without_nul(v).into_owned()))
            }
            Arg::Bytes(value) => to.add::<Option<Vec<u8>>>(value.map(Cow::into_owned)),
            Arg::Uuid(value) => to.add(value),
        }
        .map_err(sqlx::Error::Encode)
    }

    pub(crate) fn bind_pg(self, to: &mut PgArguments) -> Result<(), sqlx::Error> {
        match self {
            Arg::Int(value) => to.add(value),
            Arg::Bool(value) => to.add(value),
            Arg::Text(value) => to.add(value.map(without_nul).as_deref()),
            Arg::Bytes(value) => to.add(value.as_deref()),
            Arg::Uuid(value) => to.add(value),
        }
        .map_err(sqlx::Error::Encode)
    }
}

/// Collects arguments for SQLite.
pub(crate) fn lite(args: Vec<Arg<'_>>) -> Result<SqliteArguments, sqlx::Error> {
    let mut bound = SqliteArguments::default();
    Arguments::reserve(&mut bound, args.len(), 0);
    for arg in args {
        arg.bind_lite(&mut bound)?;
    }
    Ok(bound)
}

/// Collects arguments for PostgreSQL.
pub(crate) fn pg(args: Vec<Arg<'_>>) -> Result<PgArguments, sqlx::Error> {
    let mut bound = PgArguments::default();
    bound.reserve(args.len(), 0);
    for arg in args {
        arg.bind_pg(&mut bound)?;
    }
    Ok(bound)
}

fn without_nul(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { text }
}

macro_rules! from {
    ($($source:ty => |$value:ident| $arg:expr;)*) => {
        $(impl<'a> From<$source> for Arg<'a> {
            fn from($value: $source) -> Self { $arg }
        })*
    };
}

from! {
    i64 => |value| Arg::Int(Some(value));
    Option<i64> => |value| Arg::Int(value);
    u32 => |value| Arg::Int(Some(i64::from(value)));
    bool => |value| Arg::Bool(Some(value));
    &'a str => |value| Arg::Text(Some(Cow::Borrowed(value)));
    &'a String => |value| Arg::Text(Some(Cow::Borrowed(value)));
    String => |value| Arg::Text(Some(Cow::Owned(value)));
    Option<&'a str> => |value| Arg::Text(value.map(Cow::Borrowed));
    Option<String> => |value| Arg::Text(value.map(Cow::Owned));
    &'a [u8] => |value| Arg::Bytes(Some(Cow::Borrowed(value)));
    Vec<u8> => |value| Arg::Bytes(Some(Cow::Owned(value)));
    Option<&'a [u8]> => |value| Arg::Bytes(value.map(Cow::Borrowed));
    Uuid => |value| Arg::Uuid(Some(value));
    Option<Uuid> => |value| Arg::Uuid(value);
    TenantId => |value| Arg::Int(Some(value.0));
    ConnectionId => |value| Arg::Int(Some(value.0));
    Option<ConnectionId> => |value| Arg::Int(value.map(|id| id.0));
    Stream => |value| Arg::Text(Some(Cow::Borrowed(value.name())));
    &'a RemoteId => |value| Arg::Text(Some(Cow::Borrowed(value.as_str())));
    Option<&'a RemoteId> => |value| Arg::Text(value.map(|id| Cow::Borrowed(id.as_str())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_in_text_becomes_a_replacement_character() {
        assert_eq!(without_nul("a\0b".into()), "a\u{fffd}b");
        assert!(matches!(without_nul("ab".into()), Cow::Borrowed("ab")));
    }
}

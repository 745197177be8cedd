//! Writing to a PSA: one record's fields at a time, and never without having just read it.
//!
//! A writer creates nothing and removes nothing. It does not try again by itself once something was
//! sent: [`PsaError::OutcomeUnknown`] says that only looking tells what happened.

use std::future::Future;

use almanac_model::asset::RemoteField;
use almanac_model::fact::FactValue;
use almanac_model::stream::Stream;
use jiff::tz::Offset;

use crate::connector::Connector;
use crate::error::PsaError;
use crate::page::RawRow;

/// A field's new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which field.
    pub field: RemoteField,
    /// What it becomes; `None` empties it.
    pub value: Option<FactValue>,
}

/// A change of one record.
#[derive(Debug, Clone, Copy)]
pub struct RecordChange<'a> {
    /// The stream that it is listed in.
    pub stream: Stream,
    /// The record as it was read a moment ago: what is sent as a whole list is made from it.
    pub current: &'a RawRow,
    /// What changes; each field once.
    pub fields: &'a [FieldChange],
    /// The zone of the people who enter dates, so that a day stays the same day (quirk Q-26).
    pub zone: Offset,
}

/// A PSA that can be written to.
pub trait Writer: Connector {
    /// Sends one change. That it was taken is known only by reading the record again: some PSAs
    /// say yes and keep what they had.
    ///
    /// Errs with [`PsaError::Refused`] in the PSA's words, [`PsaError::Forbidden`] without the
    /// right, [`PsaError::NoSuchPath`] for a record that is gone, [`PsaError::OutcomeUnknown`]
    /// after a loss; other errors say that nothing was sent.
    fn write(&self, change: RecordChange<'_>) -> impl Future<Output = Result<(), PsaError>> + Send;
}

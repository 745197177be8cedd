//! The order of assets in a table: by one or several columns, in groups or not.
//!
//! Every order is total: what is equal in all columns goes by client, name and remote id, so that
//! the same question has one answer. An asset without a value in a column comes last whichever
//! way the column is sorted.

use std::cmp::Ordering;

use almanac_model::budget::Quarter;
use almanac_model::grade::Grade;
use jiff::civil::Date;

use crate::asset::{FleetAsset, NO_CLIENT};
use crate::body::Body;
use crate::names::Symbol;

/// A column that assets can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// When a decision is due, the longest overdue first.
    Due,
    /// Its name.
    Name,
    /// Its client's name.
    Client,
    /// Its site's name.
    Site,
    /// Its type's name in the PSA.
    Type,
    /// Its kind, in the order of lists.
    Kind,
    /// Its class, by the number that the class has.
    Class,
    /// Its status's name.
    Status,
    /// Its maker.
    Manufacturer,
    /// Its model.
    Model,
    /// Its serial number.
    Serial,
    /// Its operating system, as written.
    Os,
    /// Its age, the youngest first.
    Age,
    /// The end of its warranty.
    Warranty,
    /// Its grade, the most urgent first.
    Grade,
    /// The quarter it is due in.
    Quarter,
    /// What replacing it costs.
    Amount,
}

impl SortBy {
    /// Every column.
    pub const ALL: [SortBy; 17] = [
        SortBy::Due,
        SortBy::Name,
        SortBy::Client,
        SortBy::Site,
        SortBy::Type,
        SortBy::Kind,
        SortBy::Class,
        SortBy::Status,
        SortBy::Manufacturer,
        SortBy::Model,
        SortBy::Serial,
        SortBy::Os,
        SortBy::Age,
        SortBy::Warranty,
        SortBy::Grade,
        SortBy::Quarter,
        SortBy::Amount,
    ];

    /// The public name, such as `due`, as it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            SortBy::Due => "due",
            SortBy::Name => "name",
            SortBy::Client => "client",
            SortBy::Site => "site",
            SortBy::Type => "type",
            SortBy::Kind => "kind",
            SortBy::Class => "class",
            SortBy::Status => "status",
            SortBy::Manufacturer => "manufacturer",
            SortBy::Model => "model",
            SortBy::Serial => "serial",
            SortBy::Os => "os",
            SortBy::Age => "age",
            SortBy::Warranty => "warranty",
            SortBy::Grade => "grade",
            SortBy::Quarter => "quarter",
            SortBy::Amount => "amount",
        }
    }
}

/// One column of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub by: SortBy,
    /// Whether the last comes first.
    pub is_descending: bool,
}

impl Sort {
    /// The column, the first first.
    pub fn up(by: SortBy) -> Sort {
        Sort { by, is_descending: false }
    }

    /// The column, the last first.
    pub fn down(by: SortBy) -> Sort {
        Sort { by, is_descending: true }
    }
}

/// Compares assets of one body by their places.
pub(crate) struct Order<'a> {
    body: &'a Body,
    sort: Vec<Sort>,
}

impl<'a> Order<'a> {
    /// By these columns; by when a decision is due where none is named.
    pub(crate) fn new(body: &'a Body, sort: &[Sort]) -> Order<'a> {
        let sort = if sort.is_empty() { vec![Sort::up(SortBy::Due)] } else { sort.to_vec() };
        Order { body, sort }
    }

    /// Which of two assets comes first; equal only for one asset.
    pub(crate) fn cmp(&self, a: u32, b: u32) -> Ordering {
        for sort in &self.sort {
            let order = match self.cmp_by(sort.by, a, b) {
                // One of the two has no value: it is last either way.
                (order, true) => order,
                (order, false) if sort.is_descending => order.reverse(),
                (order, false) => order,
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        // Places are by client, name, the rest of its own texts, remote id.
        a.cmp(&b)
    }

    /// The order by one column, and whether it is final because a value is missing.
    fn cmp_by(&self, by: SortBy, a: u32, b: u32) -> (Ordering, bool) {
        match by {
            SortBy::Name => (self.name(a).cmp(&self.name(b)), false),
            SortBy::Serial => with_missing_last(self.serial(a), self.serial(b)),
            _ => {
                let asset = |at: u32| &self.body.assets[at as usize];
                let (a, b) = (self.key(by, asset(a)), self.key(by, asset(b)));
                with_missing_last(a, b)
            }
        }
    }

    /// A number that sorts most pairs of assets as [`Order::cmp`] does: a smaller one comes first,
    /// and of equal ones nothing is known.
    pub(crate) fn rough(&self, at: u32) -> u64 {
        let Some(sort) = self.sort.first() else { return 0 };
        let key = match sort.by {
            SortBy::Name => self.name(at).map(prefix),
            SortBy::Serial => self.serial(at).map(prefix),
            by => {
                let key = self.key(by, &self.body.assets[at as usize]);
                // Moved so that the smallest number is 0.
                key.map(|key| key.cast_unsigned() ^ (1 << 63))
            }
        };
        match key {
            None => u64::MAX,
            Some(key) if sort.is_descending => !key,
            Some(key) => key,
        }
    }

    fn name(&self, at: u32) -> Option<&str> {
        let folded = self.body.folded_line(at as usize);
        let end = memchr::memchr(b'\n', folded.as_bytes())?;
        Some(&folded[..end])
    }

    fn serial(&self, at: u32) -> Option<&str> {
        let folded = self.body.folded_line(at as usize);
        let mut ends = memchr::memchr_iter(b'\n', folded.as_bytes());
        let (start, end) = (ends.next()? + 1, ends.next()?);
        (start < end).then(|| &folded[start..end])
    }

    /// A number that sorts as the column does; `None` where the asset has no value.
    fn key(&self, by: SortBy, asset: &FleetAsset) -> Option<i64> {
        match by {
            SortBy::Name | SortBy::Serial => None,
            SortBy::Due => asset.due_on.map(day),
            SortBy::Client => (asset.client != NO_CLIENT).then(|| i64::from(asset.client)),
            SortBy::Site => self.rank(asset.site),
            SortBy::Type => self.rank(asset.type_name),
            SortBy::Kind => Some(asset.kind as i64),
            SortBy::Class => asset.class.map(|class| i64::from(class.0)),
            SortBy::Status => self.rank(asset.status),
            SortBy::Manufacturer => self.rank(asset.manufacturer),
            SortBy::Model => self.rank(asset.model),
            SortBy::Os => self.rank(asset.os_text),
            SortBy::Age => asset.age.months().map(i64::from),
            SortBy::Warranty => asset.warranty_ends_on().map(day),
            SortBy::Grade => Some(urgency(asset.grade)),
            SortBy::Quarter => asset.quarter.map(quarter),
            SortBy::Amount => asset.amount.map(|amount| amount.minor),
        }
    }

    fn rank(&self, symbol: Option<Symbol>) -> Option<i64> {
        symbol.map(|symbol| i64::from(self.body.frame.names.rank(symbol)))
    }
}

/// The first bytes of a text as a number that sorts as they do.
fn prefix(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let end = text.len().min(8);
    bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
    u64::from_be_bytes(bytes)
}

fn with_missing_last<T: Ord>(a: Option<T>, b: Option<T>) -> (Ordering, bool) {
    match (a, b) {
        (Some(a), Some(b)) => (a.cmp(&b), false),
        (Some(_), None) => (Ordering::Less, true),
        (None, Some(_)) => (Ordering::Greater, true),
        (None, None) => (Ordering::Equal, true),
    }
}

/// Grades as people act on them.
pub(crate) fn urgency(grade: Grade) -> i64 {
    match grade {
        Grade::Replace => 0,
        Grade::Plan => 1,
        Grade::Unknown => 2,
        Grade::Kept => 3,
        Grade::Healthy => 4,
    }
}

fn day(date: Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

pub(crate) fn quarter(quarter: Quarter) -> i64 {
    i64::from(quarter.year()) * 4 + i64::from(quarter.number())
}

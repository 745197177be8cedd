//! The columns of the portfolio. Their names stand in people's preferences and never change.

use almanac_fleet::ClientSort;
use jiff::civil::Date;

use crate::asset_table::named;
use crate::components::table::ColumnKind;
use crate::preferences::Preferences;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PortfolioColumn {
    /// The client's name.
    Name,
    /// Its client type.
    Type,
    /// Assets graded Replace.
    DueNow,
    /// Assets graded Plan.
    DueSoon,
    /// All assets.
    Assets,
    /// Money of this financial year.
    ThisYear,
    /// Money of the next one.
    NextYear,
    /// How old the data is.
    AsOf,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PortfolioCell {
    /// The line's name.
    Name,
    /// Something secondary.
    Text(String),
    /// A value.
    Value(String),
    /// A value that is over its limit.
    Over(String),
    /// Why there is no value.
    Void(&'static str),
    /// How old the data is, which the view holds.
    AsOf,
}

/// How the financial years around a day are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct YearWords {
    /// Head of this year's column.
    this_year: String,
    /// Head of the next one's.
    next_year: String,
    /// Which months a year has.
    pub(super) months: String,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl YearWords {
    /// Years around `on` that begin with the month `first`, 1 to 12.
    pub(super) fn new(on: Date, first: i8) -> YearWords {
        let first = first.clamp(1, 12);
        let year = if on.month() >= first { on.year() } else { on.year() - 1 };
        let at = usize::try_from(first - 1).unwrap_or(0);
        let label = |year: i16| match first {
            1 => format!("FY {year}"),
            _ => format!("FY {year}/{:02}", (year + 1) % 100),
        };
        YearWords {
            this_year: label(year),
            next_year: label(year + 1),
            months: format!("{} to {}", MONTHS[at], MONTHS[(at + 11) % 12]),
        }
    }
}

impl PortfolioColumn {
    /// Every column, in the order of a table that nobody changed.
    pub(super) const ALL: [PortfolioColumn; 8] = [
        PortfolioColumn::Name,
        PortfolioColumn::Type,
        PortfolioColumn::DueNow,
        PortfolioColumn::DueSoon,
        PortfolioColumn::Assets,
        PortfolioColumn::ThisYear,
        PortfolioColumn::NextYear,
        PortfolioColumn::AsOf,
    ];

    /// The public name.
    pub(super) fn name(self) -> &'static str {
        match self {
            PortfolioColumn::Name => "name",
            PortfolioColumn::Type => "type",
            PortfolioColumn::DueNow => "due_now",
            PortfolioColumn::DueSoon => "due_soon",
            PortfolioColumn::Assets => "assets",
            PortfolioColumn::ThisYear => "this_year",
            PortfolioColumn::NextYear => "next_year",
            PortfolioColumn::AsOf => "as_of",
        }
    }

    /// What it is, whatever the year.
    pub(super) fn title(self) -> &'static str {
        match self {
            PortfolioColumn::Name => "Client",
            PortfolioColumn::Type => "Type",
            PortfolioColumn::DueNow => "Due now",
            PortfolioColumn::DueSoon => "12 months",
            PortfolioColumn::Assets => "Assets",
            PortfolioColumn::ThisYear => "This financial year",
            PortfolioColumn::NextYear => "Next financial year",
            PortfolioColumn::AsOf => "As of",
        }
    }

    /// What its head says.
    pub(super) fn label(self, year: &YearWords) -> String {
        match self {
            PortfolioColumn::ThisYear => year.this_year.clone(),
            PortfolioColumn::NextYear => year.next_year.clone(),
            _ => self.title().to_owned(),
        }
    }

    /// How it stands.
    pub(super) fn kind(self) -> ColumnKind {
        match self {
            PortfolioColumn::Name => ColumnKind::Name,
            PortfolioColumn::Type | PortfolioColumn::AsOf => ColumnKind::Text,
            _ => ColumnKind::Number,
        }
    }

    /// What it is sorted by.
    pub(super) fn sort(self) -> Option<ClientSort> {
        Some(match self {
            PortfolioColumn::Name => ClientSort::Name,
            PortfolioColumn::Type => ClientSort::Type,
            PortfolioColumn::DueNow => ClientSort::DueNow,
            PortfolioColumn::DueSoon => ClientSort::DueSoon,
            PortfolioColumn::Assets => ClientSort::Assets,
            PortfolioColumn::ThisYear => ClientSort::ThisYear,
            PortfolioColumn::NextYear => ClientSort::NextYear,
            PortfolioColumn::AsOf => return None,
        })
    }

    /// When it goes for lack of width.
    pub(super) fn drop(self) -> Option<u8> {
        match self {
            PortfolioColumn::Type => Some(1),
            PortfolioColumn::AsOf => Some(2),
            _ => None,
        }
    }

    /// Whether it is always shown.
    pub(super) fn is_fixed(self) -> bool {
        matches!(self, PortfolioColumn::Name | PortfolioColumn::DueNow)
    }
}

/// The columns that a person chose, with those that are always shown.
pub(super) fn chosen(preferences: &Preferences) -> Vec<PortfolioColumn> {
    let Some(names) = preferences.columns.get("portfolio") else {
        return PortfolioColumn::ALL.to_vec();
    };
    let mut columns = vec![PortfolioColumn::Name];
    let find = |name: &String| named(&PortfolioColumn::ALL, PortfolioColumn::name, name);
    for column in names.iter().filter_map(find).chain([PortfolioColumn::DueNow]) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_says_its_months() {
        let on = Date::constant(2026, 11, 23);
        let calendar = YearWords::new(on, 1);
        assert_eq!(
            (calendar.this_year.as_str(), calendar.months.as_str()),
            ("FY 2026", "Jan to Dec")
        );
        let british = YearWords::new(Date::constant(2027, 3, 1), 4);
        assert_eq!(british.this_year, "FY 2026/27");
        assert_eq!(british.next_year, "FY 2027/28");
        assert_eq!(british.months, "Apr to Mar");
    }

    #[test]
    fn a_choice_of_columns_keeps_those_that_decide() {
        let mut preferences = Preferences::default();
        let names = ["as_of", "gone", "assets", "as_of"].map(str::to_owned).to_vec();
        preferences.columns.insert("portfolio".to_owned(), names);
        use PortfolioColumn::{AsOf, Assets, DueNow, Name};
        assert_eq!(chosen(&preferences), [Name, AsOf, Assets, DueNow]);
    }
}

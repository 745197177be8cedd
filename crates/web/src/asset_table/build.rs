//! Makes the view of a table of assets out of the fleet: one question to it, everything from the answer.

use almanac_fleet::{AssetPage, Fleet, FleetClient, GroupBy, Sort, SortBy, Visible};
use almanac_model::grade::Grade;
use almanac_model::money::Money;
use almanac_store::BULK_ASSETS_MAX;

use super::column::{AssetCell, AssetColumn};
use super::filters;
use super::params::{AssetParams, Grouping, address, named};
use super::view::{AssetPart, AssetTableView, Export, Head, Segment, Select};
use crate::components::format;
use crate::components::table::{Direction, ROWS};
use crate::places;
use crate::preferences::Preferences;
use crate::route::Route;

/// Rows of a page for printing; more than these are for an export.
const ROWS_WHOLE: usize = 5_000;

/// A table of assets that is asked for.
pub(crate) struct AssetTableAsk<'a> {
    /// The tenant's assets.
    pub(crate) fleet: &'a Fleet,
    /// Whose assets the person may see.
    pub(crate) visible: Visible,
    /// What the address says.
    pub(crate) params: AssetParams,
    /// The client whose page it is on; `None` for the table of all clients.
    pub(crate) client: Option<&'a FleetClient>,
    /// How the person wants tables to look.
    pub(crate) preferences: &'a Preferences,
    /// Whether the person may decide about the assets.
    pub(crate) may_edit: bool,
    /// Whether the person may take the rows away.
    pub(crate) may_export: bool,
    /// Whether only rows are wanted.
    pub(crate) is_fragment: bool,
}

impl AssetTableAsk<'_> {
    /// The table's name in preferences.
    fn table(&self) -> &'static str {
        if self.client.is_some() { "client_assets" } else { "assets" }
    }

    fn path(&self) -> String {
        match self.client {
            Some(client) => {
                places::ClientAssets { client: client.remote_id.as_str().to_owned() }.url()
            }
            None => places::Assets {}.url(),
        }
    }

    fn group(&self) -> Option<GroupBy> {
        match self.params.group {
            Grouping::By(by) => Some(by),
            Grouping::None => None,
            // One client's assets are read by kind; all clients' by what is due first.
            Grouping::Own => self.client.map(|_| GroupBy::Kind),
        }
    }

    fn columns(&self) -> Vec<AssetColumn> {
        chosen(self.preferences, self.table(), self.client.is_none())
    }

    /// The view.
    pub(crate) fn build(mut self) -> AssetTableView {
        self.params.client = self.client.map(|client| client.remote_id.clone());
        let (path, group, columns) = (self.path(), self.group(), self.columns());
        let limit = if self.params.is_whole { ROWS_WHOLE } else { ROWS };
        let page = self.fleet.asset_page(&self.params.query(self.visible.clone(), group, limit));
        let shown = page.start + page.rows.len();
        let total = page.total();
        let last = page.rows.last().map(|at| self.fleet.asset(*at).remote_id());
        let next_href =
            last.filter(|_| shown < total).map(|last| self.params.href_after(&path, last));
        let whole = || {
            let mut pairs = self.params.pairs();
            pairs.push(("all", "1".to_owned()));
            address(&path, &pairs)
        };
        AssetTableView {
            name: match self.client {
                Some(client) => format!("Assets of {}", client.name),
                None => "Assets of all clients".to_owned(),
            },
            heads: columns.iter().map(|column| self.head(*column, &path)).collect(),
            parts: self.parts(&page, &columns, group),
            totals: columns.iter().map(|column| self.total(*column, &page)).collect(),
            rows_total: total as u64,
            status: status(&page),
            next_href,
            whole_href: (shown < total && !self.params.is_whole).then(whole),
            segments: self.segments(&page, &path),
            chips: filters::chips(self.fleet, &self.params, &path),
            facets: match self.is_fragment {
                true => Vec::new(),
                false => filters::facets(self.fleet, &self.visible, self.client),
            },
            sums: self.sums(&page),
            groups: self.groups(&path, group),
            empty: (total == 0).then(|| filters::empty(self.fleet, &self.params, &page, &path)),
            text: self.params.text.clone(),
            kept: self.params.pairs(),
            export: self.may_export.then(|| self.export()),
            select: self.may_edit.then(|| self.select(total)),
            here: self.params.href(&path),
            table: self.table(),
            columns,
            has_client: self.client.is_none(),
            path,
        }
    }

    fn head(&self, column: AssetColumn, path: &str) -> Head {
        let due = [Sort::up(SortBy::Due)];
        let sorts = if self.params.sort.is_empty() { &due[..] } else { &self.params.sort };
        let now = column.sort().and_then(|by| sorts.iter().find(|sort| sort.by == by));
        let href = |by: SortBy| {
            let is_descending = now.is_some_and(|sort| !sort.is_descending);
            self.params.href_with(path, |other| other.sort = vec![Sort { by, is_descending }])
        };
        Head {
            column,
            sort_href: column.sort().map(href),
            sorted: now.map(|sort| match sort.is_descending {
                true => Direction::Down,
                false => Direction::Up,
            }),
        }
    }

    fn parts(
        &self,
        page: &AssetPage,
        columns: &[AssetColumn],
        group: Option<GroupBy>,
    ) -> Vec<AssetPart> {
        let mut groups = page.groups.iter().peekable();
        let mut group_end = 0;
        let mut parts = Vec::with_capacity(page.rows.len() + page.groups.len());
        for (offset, at) in page.rows.iter().enumerate() {
            let index = page.start + offset;
            let asset = self.fleet.asset(*at);
            while let Some(next) = groups.next_if(|_| index >= group_end) {
                let start = group_end;
                group_end += next.tally.assets as usize;
                // Rows that follow on a page already have the head of their group there.
                let is_begun = index > start && self.is_fragment;
                if index < group_end && !is_begun {
                    let title = match (group, asset.quarter) {
                        (Some(GroupBy::Quarter), Some(quarter)) => format::quarter(quarter),
                        _ => next.title.clone().unwrap_or_else(|| untitled(group).to_owned()),
                    };
                    let count = format::number(next.tally.assets.into());
                    parts.push(AssetPart::Group { label: title, count });
                }
            }
            let cells = columns.iter().map(|column| column.cell(self.fleet, asset)).collect();
            let key = asset.remote_id().to_owned();
            parts.push(AssetPart::Row { index: index as u64 + 1, key, cells });
        }
        parts
    }

    fn money(&self, minor: i64) -> String {
        format::money(Money { minor, currency: self.fleet.currency() })
    }

    fn total(&self, column: AssetColumn, page: &AssetPage) -> AssetCell {
        let tally = &page.tally;
        match column {
            AssetColumn::Name => {
                AssetCell::Strong(format!("Total of {}", format::number(tally.assets.into())))
            }
            AssetColumn::Grade => {
                let count = |grade| format::number(tally.of(grade).into());
                let (now, soon) = (count(Grade::Replace), count(Grade::Plan));
                AssetCell::Text(format!("{now} to replace, {soon} to plan"))
            }
            AssetColumn::Quarter => AssetCell::Text("in 12 months".to_owned()),
            AssetColumn::Amount => AssetCell::Strong(self.money(tally.money_due)),
            _ => AssetCell::Text("\u{a0}".to_owned()),
        }
    }

    /// "£63,660", and what it is for.
    fn sums(&self, page: &AssetPage) -> (String, String) {
        let tally = &page.tally;
        let mut words = "due in 12 months".to_owned();
        if tally.other_currency > 0 {
            let others = format::number(tally.other_currency.into());
            words.push_str(&format!("; {others} in another currency left out"));
        }
        (self.money(tally.money_due), words)
    }

    fn segments(&self, page: &AssetPage, path: &str) -> Vec<Segment> {
        let count = |grade: Grade| {
            let at = Grade::ALL.iter().position(|known| *known == grade);
            page.grades[at.expect("every grade is in the list")]
        };
        let all: u32 = page.grades.iter().sum();
        let mut segments = vec![Segment {
            grade: None,
            count: format::number(all.into()),
            href: self.params.href_with(path, |other| other.grades.clear()),
            is_current: self.params.grades.is_empty(),
        }];
        segments.extend(SEGMENTS.into_iter().map(|grade| Segment {
            grade: Some(grade),
            count: format::number(count(grade).into()),
            href: self.params.href_with(path, |other| other.grades = vec![grade]),
            is_current: self.params.grades == [grade],
        }));
        segments
    }

    fn groups(&self, path: &str, group: Option<GroupBy>) -> Vec<(&'static str, String, bool)> {
        let is_offered = |by: &GroupBy| *by != GroupBy::Client || self.client.is_none();
        let item = |by: GroupBy| {
            let href = self.params.href_with(path, |other| other.group = Grouping::By(by));
            (group_title(by), href, group == Some(by))
        };
        let mut items: Vec<_> = GroupBy::ALL.into_iter().filter(is_offered).map(item).collect();
        let none = self.params.href_with(path, |other| other.group = Grouping::None);
        items.push(("No groups", none, group.is_none()));
        items
    }

    fn select(&self, total: usize) -> Select {
        let query = self.params.href("");
        Select {
            query: query.trim_start_matches('?').to_owned(),
            client: self.params.client.as_ref().map(|id| id.as_str().to_owned()),
            all: match total {
                ..=BULK_ASSETS_MAX => {
                    let total = format::number(i64::try_from(total).unwrap_or(i64::MAX));
                    Ok(format!("Select all {total}"))
                }
                _ => Err(format!("At most {BULK_ASSETS_MAX} at once")),
            },
            done: self.params.done,
        }
    }

    fn export(&self) -> Export {
        let mut pairs = self.params.pairs();
        if let Some(client) = &self.params.client {
            pairs.push(("client", client.as_str().to_owned()));
        }
        Export {
            csv: address(&places::ExportCsv {}.url(), &pairs),
            xlsx: address(&places::ExportXlsx {}.url(), &pairs),
        }
    }
}

/// Grades as the filter shows them: the most urgent first, what is unknown last.
const SEGMENTS: [Grade; 5] =
    [Grade::Replace, Grade::Plan, Grade::Healthy, Grade::Kept, Grade::Unknown];

fn status(page: &AssetPage) -> String {
    match page.total() {
        0 => "No rows".to_owned(),
        total => {
            let number = |value: usize| format::number(value as i64);
            let (first, last) = (page.start + 1, page.start + page.rows.len());
            format!("Rows {} to {} of {}", number(first), number(last), number(total))
        }
    }
}

/// The columns that a person chose, with those that are always shown.
pub(crate) fn chosen(preferences: &Preferences, table: &str, has_client: bool) -> Vec<AssetColumn> {
    let Some(names) = preferences.columns.get(table) else { return AssetColumn::own(has_client) };
    let mut columns: Vec<AssetColumn> = Vec::new();
    let found = names.iter().filter_map(|name| named(&AssetColumn::ALL, AssetColumn::name, name));
    for column in found {
        if !columns.contains(&column) && (has_client || column != AssetColumn::Client) {
            columns.push(column);
        }
    }
    for fixed in AssetColumn::ALL.into_iter().filter(|column| column.is_fixed()) {
        if !columns.contains(&fixed) {
            let at = if fixed == AssetColumn::Name { 0 } else { columns.len() };
            columns.insert(at, fixed);
        }
    }
    columns
}

fn group_title(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Kind => "Kind",
        GroupBy::Grade => "Grade",
        GroupBy::Quarter => "Replace in",
        GroupBy::Client => "Client",
        GroupBy::Site => "Site",
        GroupBy::Type => "Type in Halo",
        GroupBy::Class => "Class",
        GroupBy::Status => "Status",
        GroupBy::Manufacturer => "Manufacturer",
        GroupBy::Model => "Model",
    }
}

fn untitled(group: Option<GroupBy>) -> &'static str {
    match group {
        Some(GroupBy::Quarter) => "Not due",
        Some(GroupBy::Client) => "No client",
        Some(GroupBy::Site) => "No site",
        Some(GroupBy::Type) => "No type",
        Some(GroupBy::Class) => "No class",
        Some(GroupBy::Status) => "No status",
        Some(GroupBy::Manufacturer) => "No manufacturer",
        Some(GroupBy::Model) => "No model",
        Some(GroupBy::Kind | GroupBy::Grade) | None => "Others",
    }
}

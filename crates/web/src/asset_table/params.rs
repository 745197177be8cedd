//! What the address of a table of assets says: filters, order, groups, page.
//!
//! Reading it never fails: what is unknown, doubled, too long or hostile is left out, so that an
//! old link or a crafted one shows a table and never an error.

use almanac_fleet::{AssetQuery, Filter, GroupBy, Note, Sort, SortBy, Start, Visible};
use almanac_model::class::ClassId;
use almanac_model::grade::Grade;
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;
use uuid::Uuid;

/// An address has no more parts than these; the rest is not read.
const PAIRS_MAX: usize = 200;

/// A value is no longer than this; names of types and sites are much shorter.
const VALUE_MAX: usize = 200;

/// Rows are sorted by no more columns than these.
const SORTS_MAX: usize = 3;

/// How a table is grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Grouping {
    /// As the page does by itself.
    #[default]
    Own,
    /// Not at all.
    None,
    /// By this.
    By(GroupBy),
}

/// What the address of a table of assets says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AssetParams {
    /// Only this client's; a client's own page says so by its path instead.
    pub(crate) client: Option<RemoteId>,
    /// Of these grades.
    pub(crate) grades: Vec<Grade>,
    /// Of these kinds.
    pub(crate) kinds: Vec<Kind>,
    /// Of types with these names.
    pub(crate) types: Vec<String>,
    /// At sites with these names.
    pub(crate) sites: Vec<String>,
    /// With statuses of these names.
    pub(crate) statuses: Vec<String>,
    /// Of these classes.
    pub(crate) classes: Vec<ClassId>,
    /// With something of these to look at.
    pub(crate) notes: Vec<Note>,
    /// Holding these words.
    pub(crate) text: String,
    /// By these columns.
    pub(crate) sort: Vec<Sort>,
    /// In these groups.
    pub(crate) group: Grouping,
    /// The page begins after this asset.
    pub(crate) after: Option<RemoteId>,
    /// All rows on one page, for printing.
    pub(crate) is_whole: bool,
    /// The bulk edit that was just made: its undo is offered beside what was done.
    pub(crate) done: Option<Uuid>,
}

impl AssetParams {
    /// Reads the query of an address.
    pub(crate) fn parse(query: &str) -> AssetParams {
        let mut params = AssetParams::default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()).take(PAIRS_MAX) {
            if value.len() <= VALUE_MAX * 4 {
                params.read(&key, &value);
            }
        }
        params
    }

    fn read(&mut self, key: &str, value: &str) {
        match key {
            "client" => self.client = text(value).map(RemoteId::new),
            "grade" => push(&mut self.grades, named(&Grade::ALL, Grade::name, value)),
            "kind" => push(&mut self.kinds, named(&Kind::ALL, Kind::name, value)),
            "type" => push(&mut self.types, text(value)),
            "site" => push(&mut self.sites, text(value)),
            "status" => push(&mut self.statuses, text(value)),
            "class" => push(&mut self.classes, value.parse().ok().map(ClassId)),
            "note" => push(&mut self.notes, named(&Note::ALL, Note::name, value)),
            "q" => self.text = text(value).unwrap_or_default(),
            "sort" if self.sort.len() < SORTS_MAX => {
                let sort = sort(value).filter(|new| self.sort.iter().all(|old| old.by != new.by));
                self.sort.extend(sort);
            }
            "group" if value == "none" => self.group = Grouping::None,
            "group" => {
                let by = named(&GroupBy::ALL, GroupBy::name, value);
                self.group = by.map_or(Grouping::Own, Grouping::By);
            }
            "after" => self.after = text(value).map(RemoteId::new),
            "all" => self.is_whole = value == "1",
            "done" => self.done = value.parse().ok(),
            _ => {}
        }
    }

    /// The parts of the address, but for where the page begins and the client.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.grades.iter().map(|one| ("grade", one.name().to_owned())));
        pairs.extend(self.kinds.iter().map(|one| ("kind", one.name().to_owned())));
        pairs.extend(self.types.iter().map(|one| ("type", one.clone())));
        pairs.extend(self.sites.iter().map(|one| ("site", one.clone())));
        pairs.extend(self.statuses.iter().map(|one| ("status", one.clone())));
        pairs.extend(self.classes.iter().map(|one| ("class", one.0.to_string())));
        pairs.extend(self.notes.iter().map(|one| ("note", one.name().to_owned())));
        if !self.text.is_empty() {
            pairs.push(("q", self.text.clone()));
        }
        pairs.extend(self.sort.iter().map(|sort| {
            let sign = if sort.is_descending { "-" } else { "" };
            ("sort", format!("{sign}{}", sort.by.name()))
        }));
        match self.group {
            Grouping::Own => {}
            Grouping::None => pairs.push(("group", "none".to_owned())),
            Grouping::By(by) => pairs.push(("group", by.name().to_owned())),
        }
        pairs
    }

    /// The same table at `path`, from its first row.
    pub(crate) fn href(&self, path: &str) -> String {
        address(path, &self.pairs())
    }

    /// The same table but for a change, from its first row.
    pub(crate) fn href_with(&self, path: &str, change: impl FnOnce(&mut AssetParams)) -> String {
        let mut other = self.clone();
        change(&mut other);
        other.href(path)
    }

    /// The same table from the row after `asset`.
    pub(crate) fn href_after(&self, path: &str, asset: &str) -> String {
        let mut pairs = self.pairs();
        pairs.push(("after", asset.to_owned()));
        address(path, &pairs)
    }

    /// Takes a filter off.
    pub(crate) fn drop_filter(&mut self, filter: Filter) {
        match filter {
            Filter::Grade => self.grades.clear(),
            Filter::Kind => self.kinds.clear(),
            Filter::Type => self.types.clear(),
            Filter::Site => self.sites.clear(),
            Filter::Class => self.classes.clear(),
            Filter::Status => self.statuses.clear(),
            Filter::Note => self.notes.clear(),
            Filter::Text => self.text.clear(),
        }
    }

    /// What the fleet is asked.
    pub(crate) fn query(
        &self,
        visible: Visible,
        group: Option<GroupBy>,
        limit: usize,
    ) -> AssetQuery {
        AssetQuery {
            visible,
            client: self.client.clone(),
            grades: self.grades.clone(),
            kinds: self.kinds.clone(),
            types: self.types.clone(),
            sites: self.sites.clone(),
            classes: self.classes.clone(),
            statuses: self.statuses.clone(),
            notes: self.notes.clone(),
            text: self.text.clone(),
            sort: self.sort.clone(),
            group,
            start: self.after.clone().map_or(Start::At(0), Start::After),
            limit,
        }
    }
}

/// A path with a query.
pub(crate) fn address(path: &str, pairs: &[(&str, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().map(|(key, value)| (*key, value.as_str())));
    format!("{path}?{}", query.finish())
}

/// One of a list by its public name.
pub(crate) fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, wanted: &str) -> Option<T> {
    all.iter().copied().find(|one| name(*one) == wanted)
}

/// A value that says something.
fn text(value: &str) -> Option<String> {
    let cut: String = value.trim().chars().take(VALUE_MAX).collect();
    (!cut.is_empty()).then_some(cut)
}

fn push<T: PartialEq>(list: &mut Vec<T>, value: Option<T>) {
    list.extend(value.filter(|value| !list.contains(value)));
}

fn sort(value: &str) -> Option<Sort> {
    let (name, is_descending) = match value.strip_prefix('-') {
        Some(name) => (name, true),
        None => (value, false),
    };
    let by = named(&SortBy::ALL, SortBy::name, name)?;
    Some(Sort { by, is_descending })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_the_same_when_read_again() {
        let text = "grade=replace&grade=plan&kind=laptop&type=Thin+%26+light&site=Le%C3%A9ds\
                    &status=In+use&class=3&note=needs_date&q=t14+%3Cscript%3E&sort=-age&sort=name\
                    &group=site";
        let params = AssetParams::parse(text);
        assert_eq!(params.types, ["Thin & light"]);
        assert_eq!(params.sort, [Sort::down(SortBy::Age), Sort::up(SortBy::Name)]);
        let href = params.href("/assets");
        assert_eq!(AssetParams::parse(href.strip_prefix("/assets?").unwrap()), params);
        assert!(!href.contains('<'));
    }

    #[test]
    fn hostile_values_are_left_out() {
        let none = AssetParams::default();
        for query in [
            "",
            "&&&=&=",
            "grade=",
            "grade=REPLACE&grade=%00",
            "kind=nothing",
            "class=-1",
            "class=99999999999999",
            "sort=--due",
            "sort=;drop",
            "group=../..",
            "q=%20%20",
            "all=yes",
            "unknown=1",
        ] {
            assert_eq!(AssetParams::parse(query), none, "{query}");
        }
        let long = format!("q={}", "a".repeat(300));
        assert_eq!(AssetParams::parse(&long).text.len(), VALUE_MAX);
        let many = "grade=plan&".repeat(500);
        assert_eq!(AssetParams::parse(&many).grades, [Grade::Plan]);
        assert_eq!(AssetParams::parse("q=%ff%fe").text, "\u{fffd}\u{fffd}");
        assert_eq!(AssetParams::parse("sort=due&sort=-due").sort, [Sort::up(SortBy::Due)]);
    }

    #[test]
    fn a_filter_is_dropped_alone() {
        let mut params = AssetParams::parse("grade=plan&kind=laptop&q=x&note=locked");
        params.drop_filter(Filter::Kind);
        assert_eq!(params.href("/a"), "/a?grade=plan&note=locked&q=x");
        for filter in Filter::ALL {
            params.drop_filter(filter);
        }
        assert_eq!(params.href("/a"), "/a");
        assert_eq!(params.href_after("/a", "4 2"), "/a?after=4+2");
    }
}

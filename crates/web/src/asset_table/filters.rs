//! The filters of a table of assets: chips that are on, what can be added, what an empty table says.

use almanac_fleet::{AssetPage, Filter, Fleet, FleetClient, Note, Visible};
use almanac_model::class::ClassId;
use almanac_model::grade::Grade;
use almanac_model::kind::Kind;

use super::params::AssetParams;
use crate::components::format;

/// A filter that is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chip {
    /// The field.
    pub(crate) field: &'static str,
    /// The value, several joined by "or".
    pub(crate) value: String,
    /// The same table without it.
    pub(crate) without_href: String,
}

/// A field that a filter can be added by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facet {
    /// Its name in the address.
    pub(crate) name: &'static str,
    /// What a person reads.
    pub(crate) label: &'static str,
    /// Values with their words.
    pub(crate) options: Vec<(String, String)>,
}

/// What a table without rows says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmptyTable {
    /// The answer.
    pub(crate) title: String,
    /// What each filter costs.
    pub(crate) text: String,
    /// Links that take one filter off: words and address.
    pub(crate) actions: Vec<(String, String)>,
    /// Whether filters are the reason.
    pub(crate) is_filtered: bool,
}

/// What a person reads of a filter.
pub(crate) fn title(filter: Filter) -> &'static str {
    match filter {
        Filter::Grade => "Grade",
        Filter::Kind => "Kind",
        Filter::Type => "Type in Halo",
        Filter::Site => "Site",
        Filter::Class => "Class",
        Filter::Status => "Status",
        Filter::Note => "Look at",
        Filter::Text => "Search",
    }
}

/// What a person reads of a note.
pub(crate) fn note_title(note: Note) -> &'static str {
    match note {
        Note::NeedsDate => "needs a purchase date",
        Note::Warning => "has a warning",
        Note::Locked => "has a locked value",
    }
}

fn class_title(fleet: &Fleet, id: ClassId) -> String {
    match fleet.class(id) {
        Some(class) => format!("{} {}", class.kind.title(), class.name),
        None => "one that is gone".to_owned(),
    }
}

/// The words of a filter's values.
fn value(fleet: &Fleet, params: &AssetParams, filter: Filter) -> String {
    let words: Vec<String> = match filter {
        Filter::Grade => params.grades.iter().map(|one| one.title().to_owned()).collect(),
        Filter::Kind => params.kinds.iter().map(|one| one.title().to_owned()).collect(),
        Filter::Type => params.types.clone(),
        Filter::Site => params.sites.clone(),
        Filter::Class => params.classes.iter().map(|one| class_title(fleet, *one)).collect(),
        Filter::Status => params.statuses.clone(),
        Filter::Note => params.notes.iter().map(|one| note_title(*one).to_owned()).collect(),
        Filter::Text if params.text.is_empty() => Vec::new(),
        Filter::Text => vec![format!("“{}”", params.text)],
    };
    words.join(" or ")
}

/// The filters that are on, but for the grade and the words, which have a place of their own. More
/// than one grade has none there, so it becomes a chip.
pub(super) fn chips(fleet: &Fleet, params: &AssetParams, path: &str) -> Vec<Chip> {
    let has_chip = |filter: &Filter| match filter {
        Filter::Grade => params.grades.len() > 1,
        Filter::Text => false,
        _ => true,
    };
    let chip = |filter: Filter| {
        let value = value(fleet, params, filter);
        let without_href = params.href_with(path, |other| other.drop_filter(filter));
        Chip { field: title(filter), value, without_href }
    };
    let all = Filter::ALL.into_iter().filter(has_chip).map(chip);
    all.filter(|chip| !chip.value.is_empty()).collect()
}

/// What filters can be added. Sites and types are offered where they are few enough to choose
/// from: within one client.
pub(super) fn facets(fleet: &Fleet, visible: &Visible, client: Option<&FleetClient>) -> Vec<Facet> {
    let found = fleet.facets(visible, client);
    let kind = |kind: Kind| (kind.name().to_owned(), kind.title().to_owned());
    let class = |id: ClassId| (id.0.to_string(), class_title(fleet, id));
    let note = |note: Note| (note.name().to_owned(), note_title(note).to_owned());
    let named = |names: Vec<&str>| -> Vec<(String, String)> {
        names.into_iter().map(|name| (name.to_owned(), name.to_owned())).collect()
    };
    let facets = [
        ("kind", "Kind", found.kinds.into_iter().map(kind).collect()),
        ("type", "Type in Halo", named(found.types)),
        ("site", "Site", named(found.sites)),
        ("status", "Status", named(found.statuses)),
        ("class", "Class", found.classes.into_iter().map(class).collect()),
        ("note", "Look at", Note::ALL.into_iter().map(note).collect()),
    ];
    let facets = facets.map(|(name, label, options)| Facet { name, label, options });
    facets.into_iter().filter(|facet| !facet.options.is_empty()).collect()
}

/// What a table without rows says.
pub(super) fn empty(
    fleet: &Fleet,
    params: &AssetParams,
    page: &AssetPage,
    path: &str,
) -> EmptyTable {
    let costs = page.without.iter().map(|(filter, rows)| {
        let verb = if *rows == 1 { "there is" } else { "there are" };
        let rows = if *rows == 0 { "none".to_owned() } else { format::number((*rows).into()) };
        match filter {
            Filter::Text => format!("Without these words {verb} {rows}."),
            _ => {
                let value = value(fleet, params, *filter);
                format!("Without “{}: {value}” {verb} {rows}.", title(*filter))
            }
        }
    });
    let off = |filter: Filter| {
        let href = params.href_with(path, |other| other.drop_filter(filter));
        let label = match filter {
            Filter::Text => "Remove the words".to_owned(),
            _ => format!("Remove {}", title(filter)),
        };
        (label, href)
    };
    let mut actions: Vec<(String, String)> =
        page.without.iter().map(|(filter, _)| off(*filter)).collect();
    if page.without.len() > 1 {
        let clear = |other: &mut AssetParams| {
            Filter::ALL.into_iter().for_each(|filter| other.drop_filter(filter));
        };
        actions.push(("Clear all".to_owned(), params.href_with(path, clear)));
    }
    EmptyTable {
        title: if page.without.is_empty() {
            "No assets".to_owned()
        } else {
            question(fleet, params)
        },
        text: if page.without.is_empty() {
            "Halo has no assets here that are shown. Types can be ignored under Settings."
                .to_owned()
        } else {
            costs.collect::<Vec<_>>().join(" ")
        },
        actions,
        is_filtered: !page.without.is_empty(),
    }
}

/// The question that was asked, answered: "No laptop at Leeds is graded Replace".
fn question(fleet: &Fleet, params: &AssetParams) -> String {
    let mut text = match params.kinds.as_slice() {
        [] => "No asset".to_owned(),
        kinds => {
            let kinds: Vec<String> = kinds.iter().map(|kind| kind.title().to_lowercase()).collect();
            format!("No {}", kinds.join(" or "))
        }
    };
    let mut add = |lead: &str, filter: Filter| {
        let words = value(fleet, params, filter);
        if !words.is_empty() {
            text.push_str(lead);
            text.push_str(&words);
        }
    };
    add(" of type ", Filter::Type);
    add(" of class ", Filter::Class);
    add(" at ", Filter::Site);
    add(" with status ", Filter::Status);
    add(" with ", Filter::Text);
    add(" that ", Filter::Note);
    match params.grades.as_slice() {
        [] => text.push_str(" is here"),
        grades => {
            let grades: Vec<&str> = grades.iter().map(|grade| Grade::title(*grade)).collect();
            text.push_str(" is graded ");
            text.push_str(&grades.join(" or "));
        }
    }
    text
}

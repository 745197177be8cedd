//! Tabs of a noun, and segments of a filter: links, one of them current, each with its live count.

use maud::{Markup, html};

use super::sample::Sample;

/// A link of tabs or segments.
#[derive(Debug, Clone)]
pub(crate) struct Tab<'a> {
    /// Its word.
    pub(crate) label: &'a str,
    /// How many lie behind it; tabs of a client always say.
    pub(crate) count: Option<String>,
    /// Where it leads.
    pub(crate) href: &'a str,
    /// Whether the page shows it.
    pub(crate) is_current: bool,
    /// A shape before the word.
    pub(crate) mark: Option<Markup>,
}

impl<'a> Tab<'a> {
    /// A tab without count and mark.
    pub(crate) fn new(label: &'a str, href: &'a str, is_current: bool) -> Self {
        Self { label, count: None, href, is_current, mark: None }
    }

    /// With its count, as by `format::number`.
    pub(crate) fn with_count(self, count: impl Into<String>) -> Self {
        Self { count: Some(count.into()), ..self }
    }

    /// With a shape before its word.
    pub(crate) fn with_mark(self, mark: Markup) -> Self {
        Self { mark: Some(mark), ..self }
    }
}

/// The tabs of a client or a page; `name` says whose they are.
pub(crate) fn tabs(name: &str, tabs: &[Tab<'_>]) -> Markup {
    html! { nav.tabs aria-label=(name) { (links(tabs, "page")) } }
}

/// A segmented filter; `name` says what it filters by.
pub(crate) fn segments(name: &str, tabs: &[Tab<'_>]) -> Markup {
    html! { nav.segments aria-label=(name) { (links(tabs, "true")) } }
}

fn links(tabs: &[Tab<'_>], current: &str) -> Markup {
    html! {
        @for tab in tabs {
            a href=(tab.href) aria-current=[tab.is_current.then_some(current)] {
                @if let Some(mark) = &tab.mark { (mark) }
                (tab.label)
                @if let Some(count) = &tab.count { span.count { (count) } }
            }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    use almanac_model::grade::Grade;

    let client = [
        Tab::new("Overview", "/styleguide", false),
        Tab::new("Assets", "/styleguide", true).with_count("118"),
        Tab::new("Plan", "/styleguide", false).with_count("21"),
        Tab::new("Budget", "/styleguide", false),
    ];
    let grades: Vec<_> = [Grade::Replace, Grade::Plan, Grade::Healthy]
        .into_iter()
        .map(|grade| {
            let mark = super::mark::grade_mark(grade);
            Tab::new(grade.title(), "/styleguide", false).with_count("14").with_mark(mark)
        })
        .collect();
    let grades = [vec![Tab::new("All", "/styleguide", true).with_count("118")], grades].concat();
    vec![
        Sample::new("Tabs with counts", tabs("Client", &client)),
        Sample::new(
            "Segmented filter with counts",
            html! { div.filters { (segments("Grade", &grades)) } },
        ),
    ]
}

//! The page of write-back: what Halo lacks, how each feature is switched, every plan.

use almanac_store::{WRITES_MAX, WriteMode, WritePlan as Stored, WriteSwitch};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use uuid::Uuid;

use super::differ::Differing;
use super::words::{
    Tone, by_and_when, feature_about, feature_title, mode_about, mode_title, plan_words, toned,
    writes,
};
use super::{PLANS_SHOWN, WritePlan, WritePlanMake, WriteSwitchSet};
use crate::components::button::{Button, act, link_button, submit};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::field::radio;
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::page::{Header, body, header, scrolling, section_head};
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::page::{Chrome, Frame};
use crate::places::{self, WriteBack};
use crate::route::Route;

/// The page of a tenant that is connected.
pub(super) struct OverviewView {
    pub(super) title: String,
    pub(super) features: Vec<FeatureView>,
    pub(super) plans: Vec<PlanLine>,
    /// Whether earlier plans than the newest are shown.
    pub(super) is_earlier: bool,
    /// The page of the plans before these.
    pub(super) earlier_url: Option<String>,
}

/// One feature with its switch.
pub(super) struct FeatureView {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) name: &'static str,
    pub(super) mode: WriteMode,
    /// Who switched it last, and when.
    pub(super) by: String,
    /// What Halo lacks, and what is left out of a plan.
    pub(super) words: Vec<String>,
    /// "Plan 12 writes", where there is something to plan.
    pub(super) button: Option<String>,
    /// Whether the visitor may switch it.
    pub(super) may_switch: bool,
}

/// A plan in the list.
pub(super) struct PlanLine {
    pub(super) url: String,
    pub(super) at: String,
    pub(super) by: String,
    pub(super) what: String,
    pub(super) writes: String,
    pub(super) state: (Tone, String),
}

impl OverviewView {
    /// Plans are one more than are shown, where there are more.
    pub(super) fn new(
        differing: &[Differing],
        switches: &[WriteSwitch],
        mut plans: Vec<Stored>,
        (before, may_switch): (Option<Uuid>, bool),
    ) -> OverviewView {
        let shown = usize::try_from(PLANS_SHOWN).unwrap_or(usize::MAX);
        let has_more = plans.len() > shown;
        plans.truncate(shown);
        let earlier = plans.last().filter(|_| has_more);
        let earlier_url =
            earlier.map(|last| format!("{}?before={}#plans", WriteBack {}.url(), last.id));
        let features = differing.iter().zip(switches);
        OverviewView {
            title: title(differing.iter().map(Differing::values).sum()),
            features: features
                .map(|(differing, switch)| FeatureView::new(differing, switch, may_switch))
                .collect(),
            plans: plans.iter().map(|plan| PlanLine::new(plan, switches)).collect(),
            is_earlier: before.is_some(),
            earlier_url,
        }
    }

    /// The whole page.
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let head = Header {
            title: &self.title,
            sentence: "Only values that somebody locked here are written, and nothing before a \
                       person approves the plan of it. Undo is open for 30 days.",
            is_inline: false,
            actions: None,
        };
        let inside = html! {
            (header(&head))
            div.scroll {
                @for feature in &self.features { (feature.section()) }
                (self.plan_section())
            }
        };
        in_frame(chrome, &body(&inside))
    }

    fn plan_section(&self) -> Markup {
        let title = if self.is_earlier { "Earlier plans" } else { "Plans" };
        html! {
            section.section #plans aria-label=(title) {
                (section_head(title, None))
                @if self.plans.is_empty() {
                    p.text-2 {
                        @if self.is_earlier { "There is no plan before these." }
                        @else { "Nothing was ever planned: Almanac has written nothing to Halo." }
                    }
                } @else {
                    (self.table())
                }
                @if self.is_earlier || self.earlier_url.is_some() {
                    p.actions {
                        @if self.is_earlier { a href={ (WriteBack {}.url()) "#plans" } { "Newest plans" } }
                        @if let Some(url) = &self.earlier_url { a href=(url) { "Earlier plans" } }
                    }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::new("Planned", ColumnKind::Name),
            Column { drop: Some(2), ..Column::new("By", ColumnKind::Text) },
            Column::new("What", ColumnKind::Text),
            Column::new("Writes", ColumnKind::Number),
            Column::new("Stands", ColumnKind::Text),
        ];
        let parts: Vec<Part<'_>> = (1..).zip(&self.plans).map(PlanLine::row).collect();
        let table = bare_table(&Table::whole("Plans", &columns, &parts, RowHeight::Compact));
        scrolling("Table of plans", &table)
    }
}

impl FeatureView {
    fn new(differing: &Differing, switch: &WriteSwitch, may_switch: bool) -> FeatureView {
        let planned = differing.writes.len().min(WRITES_MAX);
        let by = match &switch.by {
            Some((by, at_ms)) => format!("switched by {}", by_and_when(by, *at_ms)),
            None => "never switched".to_owned(),
        };
        FeatureView {
            title: feature_title(switch.feature),
            about: feature_about(switch.feature),
            name: switch.feature.name(),
            mode: switch.mode,
            by,
            words: words(differing),
            button: (planned > 0).then(|| format!("Plan {}", writes(planned))),
            may_switch,
        }
    }

    fn section(&self) -> Markup {
        let meta = html! { (mode_title(self.mode)) ", " (self.by) };
        html! {
            section.section aria-label=(self.title) {
                (section_head(self.title, Some(&meta)))
                p.text-2 { (self.about) }
                @for words in &self.words { p { (words) } }
                @if let Some(label) = &self.button {
                    @let id = Uuid::new_v4().to_string();
                    @let hidden = [("id", id.as_str()), ("feature", self.name)];
                    @let button = Button {
                        icon: Some(Icon::WriteBack),
                        busy_label: Some("Planning"),
                        ..Button::new(label)
                    };
                    div.write-plan { (act(&button, &WritePlanMake {}.url(), &hidden)) }
                }
                (self.switch())
            }
        }
    }

    fn switch(&self) -> Markup {
        let url = WriteSwitchSet { feature: self.name.to_owned() }.url();
        let label = format!("Switch {}", self.title.to_lowercase());
        html! {
            @if self.may_switch {
                form.write-switch method="post" action=(url) {
                    fieldset {
                        legend.unseen { (self.title) }
                        @for mode in WriteMode::ALL {
                            (radio("mode", mode.name(), mode_title(mode), Some(mode_about(mode)), mode == self.mode))
                        }
                    }
                    (submit(&Button { is_small: true, ..Button::new(&label) }, None))
                }
            } @else {
                p.text-2 {
                    b { (mode_title(self.mode)) } ". " (mode_about(self.mode))
                    " An owner or administrator switches it."
                }
            }
        }
    }
}

impl PlanLine {
    fn new(plan: &Stored, switches: &[WriteSwitch]) -> PlanLine {
        let switch = switches.iter().find(|switch| switch.feature == plan.feature);
        let mode = switch.map_or(WriteMode::Off, |switch| switch.mode);
        let feature = feature_title(plan.feature);
        PlanLine {
            url: WritePlan { plan: plan.id }.url(),
            at: format::date_time(plan.at_ms, &TimeZone::UTC),
            by: plan.by.name.clone(),
            what: match plan.undo_of {
                Some(_) => format!("{feature}, taken back"),
                None => feature.to_owned(),
            },
            writes: format::number(i64::try_from(plan.len()).unwrap_or(i64::MAX)),
            state: plan_words(plan, mode),
        }
    }

    fn row((index, line): (u64, &PlanLine)) -> Part<'_> {
        let (tone, words) = &line.state;
        let cells = vec![
            Cell::Name { label: &line.at, href: &line.url, beside: None },
            Cell::Text(&line.by),
            Cell::Value(&line.what),
            Cell::Value(&line.writes),
            Cell::Other(toned(*tone, words)),
        ];
        Part::Row(Row { index, key: &line.url, cells })
    }
}

fn title(values: usize) -> String {
    let count = i64::try_from(values).unwrap_or(i64::MAX);
    match values {
        0 => "Nothing waits to be planned for Halo".to_owned(),
        1 => "1 locked value is not in Halo".to_owned(),
        _ => format!("{} locked values are not in Halo", format::number(count)),
    }
}

/// What Halo lacks of a feature, and what a plan leaves out.
fn words(differing: &Differing) -> Vec<String> {
    let count = |count: usize, one, many| {
        format::count(i64::try_from(count).unwrap_or(i64::MAX), one, many)
    };
    let (values, assets) = (differing.values(), differing.writes.len());
    let mut words = Vec::new();
    if values > 0 {
        words.push(format!(
            "{} of {} {} from Halo's.",
            count(values, "locked value", "locked values"),
            count(assets, "asset", "assets"),
            if values == 1 { "differs" } else { "differ" },
        ));
    }
    if assets > WRITES_MAX {
        let most = format::number(i64::try_from(WRITES_MAX).unwrap_or(i64::MAX));
        words.push(format!("A plan takes {most} assets at most: make another one afterwards."));
    }
    if differing.in_plans > 0 {
        let plans = match values {
            0 => count(differing.in_plans, "locked value is", "locked values are"),
            _ => count(differing.in_plans, "more is", "more are"),
        };
        words.push(format!("{plans} in a plan that waits for approval or is being carried out."));
    }
    if differing.homeless > 0 {
        let values = count(differing.homeless, "locked value has", "locked values have");
        words.push(format!("{values} no field in Halo to be written to."));
    }
    if words.is_empty() {
        words.push("Halo has every value that was locked here.".to_owned());
    }
    words
}

/// The page of a tenant without a connection.
pub(super) fn unconnected(chrome: &Chrome) -> Markup {
    let connect = link_button(&Button::primary("Connect Halo"), &places::Connection {}.url());
    let view = Empty {
        kind: EmptyKind::FirstUse(Icon::WriteBack),
        title: "There is no Halo to write to",
        text: "Values that you lock here can be written to Halo, once it is connected and write-back is \
               switched on. Nothing is written before you approve a plan.",
        actions: connect,
    };
    let head = Header {
        title: "Write-back",
        sentence: "Halo is not connected.",
        is_inline: false,
        actions: None,
    };
    in_frame(chrome, &html! { (header(&head)) (body(&empty(&view))) })
}

fn in_frame(chrome: &Chrome, content: &Markup) -> Markup {
    let frame = Frame { title: "Write-back", current: WriteBack::PATH, ..Frame::default() };
    chrome.page(&frame, content)
}

#[cfg(test)]
mod tests {
    use almanac_model::write::WriteFeature;

    use super::*;

    #[test]
    fn what_is_left_out_of_a_plan_is_said() {
        let feature = WriteFeature::AssetFields;
        let none = Differing { feature, writes: Vec::new(), homeless: 1, in_plans: 2 };
        let words = words(&none).join(" ");
        assert!(words.contains("2 locked values are in a plan"), "{words}");
        assert!(words.contains("1 locked value has no field in Halo"), "{words}");
        assert_eq!(title(0), "Nothing waits to be planned for Halo");
        assert_eq!(title(1_200), "1,200 locked values are not in Halo");
    }
}

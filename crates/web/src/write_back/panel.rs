//! Writes beside the sync: the plan that waits for a person with its first fields, and what was
//! written lately with its undo. Nothing is approved here: the plan's own page shows all of it.

use almanac_model::id::ConnectionId;
use almanac_model::write::WriteState;
use almanac_store::{
    OutboxEntry, StoreError, TenantStore, WRITE_UNDO_MS, WriteMode, WritePlan as Stored,
    WriteSwitch,
};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use uuid::Uuid;

use super::lines::{is_risky, shown_value};
use super::words::{Tone, counted, feature_title, plan_words, toned, writes};
use super::{WritePlan, WritePlanUndo};
use crate::components::button::{Button, act, link_button};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::page::section_head;
use crate::fact_words::target_title;
use crate::places::WriteBack;
use crate::route::Route;

/// Plans looked through for what is shown.
const PLANS_MAX: u32 = 30;

/// Fields named of the plan that waits.
const FIELDS_MAX: usize = 6;

/// Plans named of those that were carried out.
const WRITTEN_MAX: usize = 4;

/// The two sections.
#[derive(Debug, Default)]
pub(crate) struct WritesPanel {
    pub(super) waiting: Option<Waiting>,
    pub(super) written: Vec<Written>,
}

/// The oldest plan that waits for a person.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) url: String,
    /// "made 22 Nov 2026, 09:41, 1 of 2".
    pub(super) meta: String,
    pub(super) sentence: String,
    pub(super) fields: Vec<WaitingField>,
    pub(super) button: String,
    /// "31 more fields".
    pub(super) more: Option<String>,
    /// Why some are left out until they are ticked.
    pub(super) risky: Option<String>,
}

/// A field that waits to be written.
#[derive(Debug)]
pub(super) struct WaitingField {
    pub(super) asset: String,
    pub(super) field: &'static str,
    pub(super) now: String,
    pub(super) becomes: String,
    pub(super) is_risky: bool,
}

/// A plan that was approved.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) url: String,
    pub(super) what: String,
    /// "20 Nov 2026, Ruth Adeyemi".
    pub(super) by: String,
    pub(super) state: (Tone, String),
    /// Where it is taken back, or why it is not.
    pub(super) undo: Result<String, &'static str>,
}

impl WritesPanel {
    /// What there is of a connection.
    pub(crate) async fn read(
        store: &TenantStore,
        connection: ConnectionId,
        now_ms: i64,
    ) -> Result<WritesPanel, StoreError> {
        let plans = store.write_plan_list(connection, None, PLANS_MAX).await?;
        let switches = store.write_switch_list(connection).await?;
        let waits = |plan: &&Stored| plan.approved.is_none() && plan.count(WriteState::Planned) > 0;
        let waiting: Vec<&Stored> = plans.iter().filter(waits).collect();
        let oldest = match waiting.last() {
            Some(plan) => store.write_plan_by_id(connection, plan.id).await?,
            None => None,
        };
        let approved = plans.iter().filter(|plan| plan.approved.is_some()).take(WRITTEN_MAX);
        Ok(WritesPanel {
            waiting: oldest.map(|(plan, entries)| Waiting::new(&plan, &entries, waiting.len())),
            written: approved.map(|plan| Written::new(plan, &plans, &switches, now_ms)).collect(),
        })
    }

    /// Both sections.
    pub(crate) fn markup(&self) -> Markup {
        html! { (self.waiting_section()) (self.written_section()) }
    }

    fn waiting_section(&self) -> Markup {
        let Some(waiting) = &self.waiting else {
            return html! {
                section {
                    (section_head("Waiting to be written", None))
                    p.text-2 {
                        "Nothing waits. Values that you lock are planned on "
                        a href=(WriteBack {}.url()) { "Write-back" } "."
                    }
                }
            };
        };
        let look = Button { icon: Some(Icon::WriteBack), ..Button::new(&waiting.button) };
        html! {
            section {
                (section_head("Waiting to be written", Some(&html! { (waiting.meta) })))
                p.text-2 { (waiting.sentence) }
                (waiting.table())
                @if let Some(risky) = &waiting.risky { p.is-plan.small { (risky) } }
                div.actions {
                    (link_button(&look, &waiting.url))
                    @if let Some(more) = &waiting.more { span.text-3.small { (more) } }
                }
            }
        }
    }

    fn written_section(&self) -> Markup {
        html! {
            section {
                (section_head("Written", Some(&html! { "undo is open for 30 days" })))
                @if self.written.is_empty() {
                    p.text-2 { "Almanac has written nothing to Halo." }
                } @else {
                    ul.written { @for line in &self.written { (line.markup()) } }
                    p.small { a href={ (WriteBack {}.url()) "#plans" } { "All plans" } }
                }
            }
        }
    }
}

impl Waiting {
    fn new(plan: &Stored, entries: &[OutboxEntry], waiting: usize) -> Waiting {
        let is_undo = plan.undo_of.is_some();
        let fields: Vec<WaitingField> = entries
            .iter()
            .flat_map(|entry| entry.fields.iter().map(move |field| (entry, field)))
            .map(|(entry, field)| WaitingField {
                asset: entry.label.clone(),
                field: target_title(field.target),
                now: shown_value(field.target, field.base.as_ref()),
                becomes: shown_value(field.target, field.wanted.as_ref()),
                is_risky: !is_undo && is_risky(entry),
            })
            .collect();
        let risky = entries.iter().filter(|entry| !is_undo && is_risky(entry)).count();
        let named = entries.iter().filter_map(|entry| entry.client.as_ref());
        let clients: std::collections::BTreeSet<_> = named.collect();
        let count = |count: usize, one, many| {
            format::count(i64::try_from(count).unwrap_or(i64::MAX), one, many)
        };
        let what = if is_undo { ", taken back" } else { "" };
        let more = fields.len().saturating_sub(FIELDS_MAX);
        Waiting {
            url: WritePlan { plan: plan.id }.url(),
            meta: match waiting {
                1 => format!("made {}", format::date_time(plan.at_ms, &TimeZone::UTC)),
                many => format!("1 of {many} plans"),
            },
            sentence: format!(
                "{}{what}: {} on {} of {}. No other field is touched.",
                feature_title(plan.feature),
                count(fields.len(), "field", "fields"),
                count(entries.len(), "asset", "assets"),
                count(clients.len(), "client", "clients"),
            ),
            button: format!("Look at {}", writes(entries.len())),
            more: (more > 0).then(|| count(more, "more field", "more fields")),
            risky: (risky > 0).then(|| {
                let them = if risky == 1 { "makes" } else { "make" };
                format!(
                    "{} {them} a date earlier than Halo has it: left out until ticked.",
                    writes(risky)
                )
            }),
            fields: fields.into_iter().take(FIELDS_MAX).collect(),
        }
    }

    fn table(&self) -> Markup {
        html! {
            table.table.is-inset.diff {
                caption.unseen { "The first fields" }
                thead { tr {
                    th scope="col" { "Asset" } th scope="col" { "In Halo now" } th scope="col" { "Becomes" }
                } }
                tbody {
                    @for field in &self.fields {
                        tr {
                            th scope="row" { b { (field.asset) } span.beside { (field.field) } }
                            td { (field.now) }
                            td { span class=(if field.is_risky { "value-left-out" } else { "value-new" }) { (field.becomes) } }
                        }
                    }
                }
            }
        }
    }
}

impl Written {
    fn new(plan: &Stored, plans: &[Stored], switches: &[WriteSwitch], now_ms: i64) -> Written {
        let switch = switches.iter().find(|switch| switch.feature == plan.feature);
        let mode = switch.map_or(WriteMode::Off, |switch| switch.mode);
        let (by, at_ms) = plan.approved.as_ref().unwrap_or(&(plan.by.clone(), plan.at_ms)).clone();
        let day = format::date_time(at_ms, &TimeZone::UTC);
        let day = day.split(',').next().unwrap_or(&day).to_owned();
        let is_taken_back =
            plans.iter().any(|other| other.undo_of == Some(plan.id) && !other.is_given_up());
        let was_written = plan.count(WriteState::Applied) + plan.count(WriteState::NotTaken) > 0;
        let feature = feature_title(plan.feature);
        let what = if plan.undo_of.is_some() { ", taken back" } else { "" };
        Written {
            url: WritePlan { plan: plan.id }.url(),
            what: format!("{feature}{what}: {}", writes(counted(plan.len()))),
            by: format!("{day}, {}", by.name),
            state: plan_words(plan, mode),
            undo: match () {
                () if plan.is_under_way() => Err("under way"),
                () if is_taken_back => Err("no undo: taken back"),
                () if !was_written => Err("nothing to undo"),
                () if now_ms.saturating_sub(at_ms) > WRITE_UNDO_MS => Err("no undo: over 30 days"),
                () => Ok(WritePlanUndo { plan: plan.id }.url()),
            },
        }
    }

    fn markup(&self) -> Markup {
        let (tone, words) = &self.state;
        let label = format!("Undo {}", self.what);
        html! {
            li {
                div {
                    a href=(self.url) { (self.what) }
                    p.text-3.small { (self.by) }
                    p.small { (toned(*tone, words)) }
                }
                @match &self.undo {
                    Ok(url) => {
                        @let id = Uuid::new_v4().to_string();
                        @let undo = Button {
                            icon: Some(Icon::Undo),
                            is_small: true,
                            busy_label: Some("Planning"),
                            ..Button::new("Undo")
                        };
                        div role="group" aria-label=(label) { (act(&undo, url, &[("id", &id)])) }
                    },
                    Err(why) => { span.text-3.small { (why) } },
                }
            }
        }
    }
}

/// The panel with everything, and with nothing.
#[cfg(test)]
pub(crate) fn samples() -> [WritesPanel; 2] {
    use crate::components::sample::HOSTILE;

    let field = |is_risky| WaitingField {
        asset: HOSTILE.to_owned(),
        field: "Warranty end",
        now: "no date".to_owned(),
        becomes: HOSTILE.to_owned(),
        is_risky,
    };
    let waiting = Waiting {
        url: "/write-back/1".to_owned(),
        meta: "1 of 2 plans".to_owned(),
        sentence: "Warranty dates: 37 fields on 36 assets of 8 clients. No other field is touched."
            .to_owned(),
        fields: vec![field(false), field(true)],
        button: "Look at 36 writes".to_owned(),
        more: Some("35 more fields".to_owned()),
        risky: Some(
            "1 write makes a date earlier than Halo has it: left out until ticked.".to_owned(),
        ),
    };
    let written = |undo| Written {
        url: "/write-back/2".to_owned(),
        what: "Warranty dates: 12 writes".to_owned(),
        by: format!("20 Nov 2026, {HOSTILE}"),
        state: (Tone::Good, "12 written".to_owned()),
        undo,
    };
    let all =
        vec![written(Ok("/write-back/2/undo".to_owned())), written(Err("no undo: taken back"))];
    [WritesPanel { waiting: Some(waiting), written: all }, WritesPanel::default()]
}

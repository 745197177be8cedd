//! The page of one plan: what it writes, its approval, how it went, its undo.

use std::collections::BTreeMap;

use almanac_model::code::Code;
use almanac_model::write::WriteState;
use almanac_store::{OutboxEntry, WRITE_UNDO_MS, WriteMode, WritePlan as Stored};
use maud::{Markup, html};
use uuid::Uuid;

use super::lines::{Line, is_risky, table};
use super::progress;
use super::standing::Standing;
use super::words::{by_and_when, counted, feature_title, plan_words, writes};
use super::{WritePlan, WritePlanApprove, WritePlanGiveUp, WritePlanUndo};
use crate::components::banner::Level;
use crate::components::button::{Button, Weight, act};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::page::{Header, body, header, section_head, with_plan};
use crate::components::plan_panel::{Effect, Plan as PlanPanel, Verb, plan_panel};
use crate::components::shell::Crumb;
use crate::components::trouble::{Trouble, trouble};
use crate::page::{Chrome, Frame};
use crate::places::WriteBack;
use crate::route::Route;
use crate::shown::Shown;

/// Assets named of one trouble; the table has all.
const NAMED_MAX: usize = 5;

/// A plan as shown.
pub(super) struct PlanView {
    pub(super) title: String,
    /// Who planned and approved it.
    pub(super) sentence: String,
    /// The plan that it takes back, or that takes it back: words and address.
    pub(super) related: Option<(&'static str, String)>,
    pub(super) lines: Vec<Line>,
    pub(super) troubles: Vec<TroubleLine>,
    pub(super) stage: Stage,
}

/// What can be done with it now.
pub(super) enum Stage {
    /// It waits for approval.
    Planned(Box<Planned>),
    /// It is being carried out: how far it is, and where what was not sent is given up.
    UnderWay(Markup, String),
    /// It has ended: what takes it back, where something can.
    Ended(Option<Undo>),
}

/// A plan that waits for approval.
pub(super) struct Planned {
    pub(super) mode: WriteMode,
    /// How many are written, and how many are left out until they are ticked.
    pub(super) ticked: usize,
    pub(super) risky: usize,
    pub(super) approve_url: String,
    pub(super) give_up_url: String,
}

/// How a plan is taken back.
pub(super) struct Undo {
    pub(super) url: String,
    pub(super) label: String,
}

/// What waits for a person, once for all assets that it is the same of.
pub(super) struct TroubleLine {
    pub(super) title: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) act: &'static str,
    pub(super) code: String,
    pub(super) level: Level,
}

/// What is known of a plan besides itself.
pub(super) struct About<'a> {
    /// What its feature is switched to.
    pub(super) mode: WriteMode,
    /// The plan that takes it back.
    pub(super) undone_by: Option<&'a Stored>,
    /// What keeps it from going on.
    pub(super) standing: Option<Standing>,
}

impl PlanView {
    pub(super) fn new(
        shown: &Shown,
        (plan, entries): (&Stored, &[OutboxEntry]),
        about: &About<'_>,
        now_ms: i64,
    ) -> PlanView {
        let is_undo = plan.undo_of.is_some();
        let mut sorted: Vec<&OutboxEntry> = entries.iter().collect();
        if !is_undo {
            // What is risky stands first.
            sorted.sort_by_key(|entry| !is_risky(entry));
        }
        let by = by_and_when(&plan.by, plan.at_ms);
        let approved = match &plan.approved {
            Some((by, at_ms)) => format!(" Approved by {}.", by_and_when(by, *at_ms)),
            None => String::new(),
        };
        let related = match (plan.undo_of, about.undone_by) {
            (Some(of), _) => Some(("It takes another plan back.", of)),
            (None, Some(undo)) => Some(("Another plan takes it back.", undo.id)),
            (None, None) => None,
        };
        PlanView {
            title: title(plan, about.mode),
            sentence: format!("{}. Planned by {by}.{approved}", feature_title(plan.feature)),
            related: related.map(|(words, plan)| (words, WritePlan { plan }.url())),
            lines: sorted.iter().flat_map(|entry| Line::of(shown, entry, is_undo)).collect(),
            troubles: troubles(entries),
            stage: stage((plan, entries), about, now_ms),
        }
    }

    /// The whole page.
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let all = WriteBack {}.url();
        let crumbs = [
            Crumb { label: "Write-back", href: Some(&all) },
            Crumb { label: &self.title, href: None },
        ];
        let frame = Frame {
            title: &self.title,
            crumbs: &crumbs,
            current: WriteBack::PATH,
            ..Frame::default()
        };
        let head = Header {
            title: &self.title,
            sentence: &self.sentence,
            is_inline: false,
            actions: self.actions(),
        };
        let is_planned = matches!(self.stage, Stage::Planned(_));
        let count =
            format::count(i64::try_from(self.lines.len()).unwrap_or(i64::MAX), "field", "fields");
        let inside = html! {
            div.scroll {
                @if let Some((words, url)) = &self.related {
                    p.section { (words) " " a href=(url) { "Show it" } }
                }
                @if let Stage::UnderWay(part, _) = &self.stage { (part) }
                @if !self.troubles.is_empty() { (self.trouble_section()) }
                section.section aria-label="What is written" {
                    (section_head("What is written", Some(&html! { (count) })))
                    (table(&self.lines, is_planned))
                }
            }
        };
        let content = match &self.stage {
            Stage::Planned(planned) => with_plan(&inside, "Plan", &planned.panel()),
            _ => body(&inside),
        };
        chrome.page(&frame, &html! { (header(&head)) (content) })
    }

    fn actions(&self) -> Option<Markup> {
        match &self.stage {
            Stage::UnderWay(_, url) => {
                Some(act(&Button::new("Give up what is not sent yet"), url, &[]))
            }
            Stage::Ended(Some(undo)) => {
                let id = Uuid::new_v4().to_string();
                let button = Button {
                    icon: Some(Icon::Undo),
                    busy_label: Some("Planning"),
                    ..Button::new(&undo.label)
                };
                Some(act(&button, &undo.url, &[("id", &id)]))
            }
            Stage::Planned(_) | Stage::Ended(None) => None,
        }
    }

    fn trouble_section(&self) -> Markup {
        html! {
            section.section aria-label="To look at" {
                @for line in &self.troubles {
                    (trouble(&Trouble {
                        level: line.level,
                        title: &line.title,
                        what: &line.what,
                        why: &line.why,
                        act: line.act,
                        code: Some(&line.code),
                        actions: None,
                    }))
                }
            }
        }
    }
}

impl Planned {
    fn panel(&self) -> Markup {
        let is_real = self.mode == WriteMode::On;
        let leave = format!("Leave out {} until ticked", writes(self.risky));
        let write = match self.mode {
            WriteMode::On => format!("{} to Halo", writes(self.ticked)),
            _ => "0 writes to Halo".to_owned(),
        };
        let rehearse = format!("Rehearse {}", writes(self.ticked));
        let of =
            |verb, title, warning, is_zero| Effect { verb, title, lines: &[], warning, is_zero };
        let mut effects = Vec::new();
        if self.mode == WriteMode::Rehearsal {
            effects.push(of(Verb::Fetch, rehearse.as_str(), None, false));
        }
        if self.risky > 0 {
            let warning = Some("They make a date earlier than Halo has it. Look at them first.");
            effects.push(of(Verb::Leave, leave.as_str(), warning, false));
        }
        effects.push(of(Verb::Write, write.as_str(), None, !is_real));
        let label = match self.ticked {
            0 => "Approve the ticked writes".to_owned(),
            count => format!("Approve {}", writes(count)),
        };
        let off_because = (self.mode == WriteMode::Off)
            .then_some("Writing this is switched off: switch it to rehearsal or on first.");
        let button =
            Button { busy_label: Some("Approving"), off_because, ..Button::primary(&label) };
        let panel = plan_panel(&PlanPanel {
            title: "Plan",
            state: "not approved",
            lead: "Halo is read again just before each write. What somebody changed there since is \
                   left as it is, and named.",
            effects: &effects,
            action: &self.approve_url,
            hidden: &[],
            apply: button,
            undo: match self.mode {
                WriteMode::On => "What is not ticked is left out. Undo is open for 30 days.",
                _ => "What is not ticked is left out.",
            },
        });
        let give_up = Button { weight: Weight::Plain, ..Button::new("Give the plan up") };
        html! { (panel) div.plan-other { (act(&give_up, &self.give_up_url, &[])) } }
    }
}

fn title(plan: &Stored, mode: WriteMode) -> String {
    let all = writes(counted(plan.len()));
    let is_one = plan.len() == 1;
    let words = match plan.approved {
        None if plan.count(WriteState::Planned) == 0 => format!("{all} given up"),
        None => format!("{all} {} for approval", if is_one { "waits" } else { "wait" }),
        // How far it is, is said where it is read again.
        Some(_) if plan.is_under_way() => {
            format!("{all} {} under way", if is_one { "is" } else { "are" })
        }
        Some(_) => plan_words(plan, mode).1,
    };
    if plan.undo_of.is_some() { format!("Taking back: {words}") } else { words }
}

fn stage((plan, entries): (&Stored, &[OutboxEntry]), about: &About<'_>, now_ms: i64) -> Stage {
    let give_up_url = WritePlanGiveUp { plan: plan.id }.url();
    if plan.approved.is_none() && plan.count(WriteState::Planned) > 0 {
        let is_left = |entry: &&OutboxEntry| plan.undo_of.is_none() && is_risky(entry);
        let risky = entries.iter().filter(is_left).count();
        return Stage::Planned(Box::new(Planned {
            mode: about.mode,
            ticked: entries.len() - risky,
            risky,
            approve_url: WritePlanApprove { plan: plan.id }.url(),
            give_up_url,
        }));
    }
    if plan.is_under_way() {
        let part = match &about.standing {
            Some(standing) => progress::part_standing(plan, standing),
            None => progress::part(plan, about.mode),
        };
        return Stage::UnderWay(part, give_up_url);
    }
    let is_open = plan
        .approved
        .as_ref()
        .is_some_and(|(_, at_ms)| now_ms.saturating_sub(*at_ms) <= WRITE_UNDO_MS);
    let was_written = entries.iter().filter(|entry| is_changed(entry)).count();
    Stage::Ended((is_open && about.undone_by.is_none() && was_written > 0).then(|| Undo {
        url: WritePlanUndo { plan: plan.id }.url(),
        label: format!("Undo {}", writes(was_written)),
    }))
}

/// Whether Halo has another value by it than before.
fn is_changed(entry: &OutboxEntry) -> bool {
    let is_other = |seen: &almanac_model::write::SeenValues| seen.before != seen.after;
    matches!(entry.state, WriteState::Applied | WriteState::NotTaken)
        && entry.fields.iter().any(|field| field.seen.as_ref().is_some_and(is_other))
}

/// What waits for a person, and what Halo changed besides; the same of many assets is one.
fn troubles(entries: &[OutboxEntry]) -> Vec<TroubleLine> {
    let mut same: BTreeMap<(&str, &str), Vec<&OutboxEntry>> = BTreeMap::new();
    for entry in entries {
        let Some((code, words)) = &entry.problem else { continue };
        let is_more = code == Code::WRITE_MORE_CHANGED.code;
        if entry.state.is_wedged() || is_more {
            same.entry((code, words)).or_default().push(entry);
        }
    }
    let line = |((code, words), entries): (&(&str, &str), &Vec<&OutboxEntry>)| {
        let known = Code::ALL.iter().find(|known| known.code == *code);
        let is_wedged = entries.iter().any(|entry| entry.state.is_wedged());
        TroubleLine {
            title: known.map_or("It was not written", |known| known.title).to_owned(),
            what: named(entries),
            why: (*words).to_owned(),
            act: known.map_or("Look at it in Halo.", |known| known.remedy),
            code: (*code).to_owned(),
            level: if is_wedged { Level::Halt } else { Level::Warning },
        }
    };
    same.iter().map(line).collect()
}

/// "HP-LT-014, HP-FS01 and 3 more".
fn named(entries: &[&OutboxEntry]) -> String {
    let names: Vec<&str> =
        entries.iter().take(NAMED_MAX).map(|entry| entry.label.as_str()).collect();
    let names = names.join(", ");
    match entries.len().saturating_sub(NAMED_MAX) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

//! The pages of this area in the states that matter.

use almanac_model::author::Author;
use almanac_model::id::ConnectionId;
use almanac_model::write::{WriteFeature, WriteState};
use almanac_store::{WriteCount, WriteMode, WritePlan as Stored};
use maud::Markup;
use uuid::Uuid;

use super::lines;
use super::overview::{FeatureView, OverviewView, PlanLine, unconnected};
use super::plan_view::{PlanView, Planned, Stage, TroubleLine, Undo};
use super::progress;
use super::standing::Standing;
use super::words::Tone;
use crate::components::banner::Level;
use crate::components::sample::HOSTILE;
use crate::page::Chrome;

fn hostile() -> String {
    HOSTILE.to_owned()
}

fn overview(may_switch: bool, has_plans: bool) -> OverviewView {
    let feature = |title, mode| FeatureView {
        title,
        about: "First and last day of the warranty.",
        name: "warranty_dates",
        mode,
        by: hostile(),
        words: vec!["12 locked values of 11 assets differ from Halo's.".to_owned(), hostile()],
        button: may_switch.then(|| "Plan 11 writes".to_owned()),
        may_switch,
    };
    let line = |tone, words: &str| PlanLine {
        url: "/write-back/1".to_owned(),
        at: "22 Nov 2026, 09:41".to_owned(),
        by: hostile(),
        what: hostile(),
        writes: "1,200".to_owned(),
        state: (tone, words.to_owned()),
    };
    let lines = vec![
        line(Tone::Waits, "waits for approval"),
        line(Tone::Needs, "10 written, 2 need you"),
        line(Tone::Good, "12 written"),
        line(Tone::Quiet, HOSTILE),
    ];
    OverviewView {
        title: "12 locked values are not in Halo".to_owned(),
        features: vec![
            feature("Warranty dates", WriteMode::On),
            feature("Other asset fields", WriteMode::Off),
        ],
        plans: if has_plans { lines } else { Vec::new() },
        is_earlier: has_plans,
        earlier_url: has_plans.then(|| "/write-back?before=1".to_owned()),
    }
}

fn plan(state: WriteState, stage: Stage) -> PlanView {
    let trouble = |level| TroubleLine {
        title: hostile(),
        what: hostile(),
        why: hostile(),
        act: "Look at both values.",
        code: "WRITE-020".to_owned(),
        level,
    };
    PlanView {
        title: hostile(),
        sentence: hostile(),
        related: Some(("It takes another plan back.", "/write-back/2".to_owned())),
        lines: lines::sample(state),
        troubles: vec![trouble(Level::Halt), trouble(Level::Warning)],
        stage,
    }
}

fn under_way(mode: WriteMode, standing: Option<&Standing>) -> Markup {
    let by = Author::user("1", HOSTILE);
    let count = |state, count| WriteCount { state, count };
    let plan = Stored {
        id: Uuid::nil(),
        connection: ConnectionId(1),
        feature: WriteFeature::WarrantyDates,
        undo_of: None,
        is_rehearsal: false,
        by: by.clone(),
        at_ms: 0,
        approved: Some((by, 0)),
        counts: vec![count(WriteState::Applied, 3), count(WriteState::Queued, 9)],
    };
    match standing {
        Some(standing) => progress::part_standing(&plan, standing),
        None => progress::part(&plan, mode),
    }
}

/// Every page of this area in the states that matter.
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    let chrome = Chrome::sample();
    let planned = |mode| {
        Stage::Planned(Box::new(Planned {
            mode,
            ticked: 11,
            risky: 1,
            approve_url: "/write-back/1/approve".to_owned(),
            give_up_url: "/write-back/1/give-up".to_owned(),
        }))
    };
    let undo = Undo { url: "/write-back/1/undo".to_owned(), label: "Undo 10 writes".to_owned() };
    let going = |mode, standing: Option<Standing>| {
        let part = under_way(mode, standing.as_ref());
        Stage::UnderWay(part, "/write-back/1/give-up".to_owned())
    };
    let part = going(WriteMode::On, None);
    let waiting = going(WriteMode::Off, None);
    let stopped = going(WriteMode::On, Some(Standing::Stopped { why: hostile() }));
    let away = Standing::Waits { why: hostile(), at_ms: 1_790_000_000_000 };
    let away = going(WriteMode::On, Some(away));
    vec![
        ("write-back", overview(true, true).page(&chrome)),
        ("write-back-first", overview(false, false).page(&chrome)),
        ("write-back-unconnected", unconnected(&chrome)),
        ("write-plan-off", plan(WriteState::Planned, planned(WriteMode::Off)).page(&chrome)),
        (
            "write-plan-rehearsal",
            plan(WriteState::Planned, planned(WriteMode::Rehearsal)).page(&chrome),
        ),
        ("write-plan-on", plan(WriteState::Planned, planned(WriteMode::On)).page(&chrome)),
        ("write-plan-under-way", plan(WriteState::Sending, part).page(&chrome)),
        ("write-plan-waiting", plan(WriteState::Queued, waiting).page(&chrome)),
        ("write-plan-stopped", plan(WriteState::Queued, stopped).page(&chrome)),
        ("write-plan-away", plan(WriteState::Queued, away).page(&chrome)),
        ("write-plan-ended", plan(WriteState::Refused, Stage::Ended(Some(undo))).page(&chrome)),
    ]
}

//! The words of writing to Halo: features, modes, where a write stands, why nothing was done.

use almanac_model::author::Author;
use almanac_model::write::{WriteFeature, WriteState};
use almanac_store::{PlanRefused, WriteMode, WritePlan};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::components::format;
use crate::components::icon::{Icon, icon, spinner};
use crate::components::mark::hold_mark;

/// What a feature is called.
pub(super) fn feature_title(feature: WriteFeature) -> &'static str {
    match feature {
        WriteFeature::WarrantyDates => "Warranty dates",
        WriteFeature::AssetFields => "Other asset fields",
    }
}

/// What of an asset a feature writes.
pub(super) fn feature_about(feature: WriteFeature) -> &'static str {
    match feature {
        WriteFeature::WarrantyDates => "First and last day of the warranty.",
        WriteFeature::AssetFields => {
            "Purchase date, serial number, and every other value that can be locked."
        }
    }
}

/// What a mode is called.
pub(super) fn mode_title(mode: WriteMode) -> &'static str {
    match mode {
        WriteMode::Off => "Off",
        WriteMode::Rehearsal => "Rehearsal",
        WriteMode::On => "On",
    }
}

/// What a mode does.
pub(super) fn mode_about(mode: WriteMode) -> &'static str {
    match mode {
        WriteMode::Off => "Nothing is written. What was approved before waits.",
        WriteMode::Rehearsal => {
            "Approved plans do everything but the sending: Halo is read and compared, and not changed."
        }
        WriteMode::On => {
            "Approved plans are written to Halo. The application needs the permission edit:assets, and \
             its agent Assets: Read and Modify."
        }
    }
}

/// "12 writes".
pub(super) fn writes(count: usize) -> String {
    format::count(i64::try_from(count).unwrap_or(i64::MAX), "write", "writes")
}

/// A count of writes as the store gives it.
pub(super) fn counted(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// "Ruth Adeyemi, 22 Nov 2026, 09:41".
pub(super) fn by_and_when(by: &Author, at_ms: i64) -> String {
    format!("{}, {}", by.name, format::date_time(at_ms, &TimeZone::UTC))
}

/// How urgent a state is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Quiet,
    Waits,
    Needs,
}

/// Where a plan stands in one line: "10 written, 2 need you".
pub(super) fn plan_words(plan: &WritePlan, mode: WriteMode) -> (Tone, String) {
    let count = |state| plan.count(state);
    let number = |count: u64| format::number(i64::try_from(count).unwrap_or(i64::MAX));
    if plan.approved.is_none() {
        return match count(WriteState::Planned) {
            0 => (Tone::Quiet, "given up".to_owned()),
            _ => (Tone::Waits, "waits for approval".to_owned()),
        };
    }
    let open: u64 =
        plan.counts.iter().filter(|of| of.state.is_under_way()).map(|of| of.count).sum();
    if open > 0 {
        let total = plan.len() - count(WriteState::Discarded);
        let done = total.saturating_sub(open);
        let what = match mode {
            WriteMode::Off => "waits, switched off",
            _ if plan.is_rehearsal || mode == WriteMode::Rehearsal => "being rehearsed",
            WriteMode::On => "being written",
            WriteMode::Rehearsal => "being rehearsed",
        };
        return (Tone::Waits, format!("{what}: {} of {} done", number(done), number(total)));
    }
    let wedged = plan.wedged();
    let needs = if wedged == 1 { "needs you" } else { "need you" };
    let parts = [
        (count(WriteState::Applied), "written"),
        (count(WriteState::Already), "there already"),
        (count(WriteState::Rehearsed), "rehearsed, not sent"),
        (wedged, needs),
        (count(WriteState::Discarded), "left out"),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{} {words}", number(*count)))
        .collect();
    let tone = match (wedged, count(WriteState::Applied)) {
        (1.., _) => Tone::Needs,
        (0, 1..) => Tone::Good,
        (0, 0) => Tone::Quiet,
    };
    (tone, words.join(", "))
}

/// Words in their tone, with the mark that repeats it.
pub(super) fn toned(tone: Tone, words: &str) -> Markup {
    match tone {
        Tone::Good => html! { span.is-good { (icon(Icon::Check)) " " (words) } },
        Tone::Quiet => html! { span.text-2 { (words) } },
        Tone::Waits => html! { span.is-plan { (icon(Icon::Clock)) " " (words) } },
        Tone::Needs => html! { span.is-over { (hold_mark()) " " (words) } },
    }
}

/// Where one write stands, with its code.
pub(super) fn state_words(state: WriteState, code: Option<&str>) -> Markup {
    let words = match state {
        WriteState::Planned => toned(Tone::Quiet, "planned"),
        WriteState::Queued => toned(Tone::Waits, "waits to be written"),
        WriteState::Sending => html! { span { (spinner()) " being written" } },
        WriteState::Applied => toned(Tone::Good, "written"),
        WriteState::Already => toned(Tone::Good, "was there already"),
        WriteState::Rehearsed => toned(Tone::Quiet, "rehearsed, not sent"),
        WriteState::Conflict => toned(Tone::Needs, "changed in Halo meanwhile"),
        WriteState::Refused => toned(Tone::Needs, "refused by Halo"),
        WriteState::NotTaken => toned(Tone::Needs, "Halo kept another value"),
        WriteState::Gone => toned(Tone::Needs, "no longer in Halo"),
        WriteState::Discarded => toned(Tone::Quiet, "left out"),
    };
    // Of a rehearsal the code says nothing more.
    let code = code.filter(|_| state != WriteState::Rehearsed);
    html! { (words) @if let Some(code) = code { " " code { (code) } } }
}

/// Why nothing was done.
pub(super) fn refused_words(refused: PlanRefused) -> &'static str {
    match refused {
        PlanRefused::NoSuchPlan => "The plan is not there any more.",
        PlanRefused::SwitchedOff => {
            "Nothing is approved: writing this is switched off. Switch it to rehearsal or on first."
        }
        PlanRefused::Decided => "It was decided about already; it is carried out once.",
        PlanRefused::Empty => "Nothing is approved: tick at least one write.",
        PlanRefused::TooLate => "It is not undone: undo was open for 30 days.",
        PlanRefused::NothingWritten => "There is nothing to undo: none of it was written.",
        PlanRefused::UnderWay => "It is still being carried out. Undo is open when it has ended.",
    }
}

#[cfg(test)]
mod tests {
    use almanac_model::id::ConnectionId;
    use almanac_store::WriteCount;
    use uuid::Uuid;

    use super::*;

    fn plan(is_approved: bool, counts: &[(WriteState, u64)]) -> WritePlan {
        let by = Author::user("1", "Ann");
        WritePlan {
            id: Uuid::nil(),
            connection: ConnectionId(1),
            feature: WriteFeature::WarrantyDates,
            undo_of: None,
            is_rehearsal: false,
            by: by.clone(),
            at_ms: 0,
            approved: is_approved.then_some((by, 1)),
            counts: counts
                .iter()
                .map(|(state, count)| WriteCount { state: *state, count: *count })
                .collect(),
        }
    }

    #[track_caller]
    fn check(plan: &WritePlan, mode: WriteMode, want: (Tone, &str)) {
        let (tone, words) = plan_words(plan, mode);
        assert_eq!((tone, words.as_str()), want);
    }

    #[test]
    fn a_plan_says_where_it_stands() {
        use WriteState::{Applied, Conflict, Discarded, Planned, Queued, Rehearsed};
        let on = WriteMode::On;
        check(&plan(false, &[(Planned, 3)]), on, (Tone::Waits, "waits for approval"));
        check(&plan(false, &[(Discarded, 3)]), on, (Tone::Quiet, "given up"));
        let open = plan(true, &[(Applied, 1), (Discarded, 1), (Queued, 2)]);
        check(&open, on, (Tone::Waits, "being written: 1 of 3 done"));
        check(&open, WriteMode::Off, (Tone::Waits, "waits, switched off: 1 of 3 done"));
        check(&open, WriteMode::Rehearsal, (Tone::Waits, "being rehearsed: 1 of 3 done"));
        let mixed = plan(true, &[(Applied, 10), (Conflict, 2), (Discarded, 1)]);
        check(&mixed, on, (Tone::Needs, "10 written, 2 need you, 1 left out"));
        check(&plan(true, &[(Applied, 1_200)]), on, (Tone::Good, "1,200 written"));
        check(&plan(true, &[(Rehearsed, 1)]), on, (Tone::Quiet, "1 rehearsed, not sent"));
    }
}

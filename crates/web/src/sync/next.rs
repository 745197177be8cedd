//! What background work reads in the next five minutes, and what that takes of our calls.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::runs::number;
use crate::components::format;
use crate::components::page::section_head;
use crate::halo_words::stream_title;
use crate::psa_plan::{CallPlan, HowRead, PlannedCalls};

/// So many readings are named; most plans have fewer.
const NAMED_MAX: usize = 6;

/// A plan is of so many milliseconds; what begins later is of another.
const SOON_MS: i64 = 5 * 60_000;

/// The plan as shown.
pub(super) struct NextView {
    /// What is read by itself, or that nothing is.
    pub(super) sentence: String,
    pub(super) lines: Vec<NextLine>,
    /// "14 more streams, 30 calls".
    pub(super) more: Option<String>,
}

/// A reading.
pub(super) struct NextLine {
    pub(super) label: &'static str,
    pub(super) how: &'static str,
    pub(super) why: String,
    pub(super) calls: String,
}

impl NextView {
    pub(super) fn new(plan: &CallPlan, now_ms: i64) -> NextView {
        let is_soon = plan.begins_at.is_some_and(|at| at <= now_ms + SOON_MS);
        let reads: &[PlannedCalls] = if is_soon { &plan.reads } else { &[] };
        let (named, rest) = reads.split_at(reads.len().min(NAMED_MAX));
        let calls: u64 = rest.iter().map(|read| read.calls).sum();
        let streams = i64::try_from(rest.len()).unwrap_or(i64::MAX);
        NextView {
            sentence: sentence(plan, now_ms),
            lines: named.iter().map(NextLine::new).collect(),
            more: (!rest.is_empty()).then(|| {
                format!(
                    "{}, {}",
                    format::count(streams, "more stream", "more streams"),
                    calls_of(calls)
                )
            }),
        }
    }

    pub(super) fn markup(&self) -> Markup {
        html! {
            section {
                (section_head("Next 5 minutes", None))
                p.text-2 { (self.sentence) }
                @if !self.lines.is_empty() {
                    table.table.is-inset.is-28 {
                        caption.unseen { "What is read next" }
                        thead.unseen { tr { th scope="col" { "Stream" } th scope="col" { "How" } th scope="col" { "Calls" } } }
                        tbody {
                            @for line in &self.lines {
                                tr title=(line.why) {
                                    th scope="row" { (line.label) }
                                    td { (line.how) }
                                    td.is-number { (line.calls) }
                                }
                            }
                        }
                    }
                }
                @if let Some(more) = &self.more { p.text-3.small { (more) } }
            }
        }
    }
}

impl NextLine {
    fn new(read: &PlannedCalls) -> NextLine {
        NextLine {
            label: stream_title(read.stream),
            how: match read.how {
                HowRead::Changes => "what changed",
                HowRead::Children => "of what changed",
                HowRead::Whole => "whole",
                HowRead::Part => "a part of it",
            },
            why: read.reason.clone(),
            calls: number(read.calls),
        }
    }
}

fn calls_of(calls: u64) -> String {
    format::count(i64::try_from(calls).unwrap_or(i64::MAX), "call", "calls")
}

fn sentence(plan: &CallPlan, now_ms: i64) -> String {
    let Some(begins_at) = plan.begins_at else {
        return "No schedule is set: nothing is read unless somebody asks for it.".to_owned();
    };
    let wait_ms = begins_at - now_ms;
    if wait_ms > SOON_MS {
        let at = format::date_time(begins_at, &TimeZone::UTC);
        return format!("Nothing is read within 5 minutes. Background work begins on {at} UTC.");
    }
    let begins = match wait_ms {
        ..1_000 => "now".to_owned(),
        // Tenths are of no use to who waits.
        _ if wait_ms < 60_000 => format!("in {} s", wait_ms / 1_000),
        _ => format!("in {} min", wait_ms / 60_000),
    };
    if plan.reads.is_empty() {
        return format!("Nothing is due to be read. Background work looks again {begins}.");
    }
    let left = match plan.left {
        Some(left) => format!("; of our share {} are left after it", number(left)),
        None => String::new(),
    };
    format!("{} are due{left}. Background work begins {begins}.", calls_of(plan.calls))
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;

    use super::*;

    #[test]
    fn a_long_plan_names_its_first_readings_and_counts_the_others() {
        let read = |stream| PlannedCalls {
            stream,
            how: HowRead::Whole,
            calls: 3,
            reason: "was never read whole".to_owned(),
        };
        let plan = CallPlan {
            reads: Stream::ALL.map(read).to_vec(),
            calls: 60,
            left: Some(290),
            begins_at: Some(100_000),
        };
        let view = NextView::new(&plan, 60_000);
        assert_eq!(view.lines.len(), NAMED_MAX);
        assert_eq!(view.more.as_deref(), Some("14 more streams, 42 calls"));
        let want =
            "60 calls are due; of our share 290 are left after it. Background work begins in 40 s.";
        assert_eq!(view.sentence, want);
    }

    #[test]
    fn a_plan_of_nothing_says_when_somebody_looks_again() {
        let said = |begins_at| sentence(&CallPlan { begins_at, ..CallPlan::default() }, 0);
        assert!(said(None).starts_with("No schedule is set"));
        assert!(said(Some(0)).ends_with("looks again now."), "{}", said(Some(0)));
        assert!(said(Some(90_000_000)).ends_with("on 2 Jan 1970, 01:00 UTC."));
        let far = CallPlan {
            reads: vec![PlannedCalls {
                stream: Stream::Assets,
                how: HowRead::Whole,
                calls: 3,
                reason: String::new(),
            }],
            begins_at: Some(90_000_000),
            ..CallPlan::default()
        };
        assert!(NextView::new(&far, 0).lines.is_empty(), "nobody reads it within 5 minutes");
    }
}

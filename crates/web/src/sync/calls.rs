//! Calls to Halo: how many in each five minutes of the last hours, beside what Halo allows.

use almanac_store::{CallSpan, Run};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::runs::number;
use super::told::RunTold;
use crate::components::format;
use crate::components::page::section_head;
use crate::psa_limit::CallLimit;

/// Three hours.
const BARS: i64 = 36;

/// Halo's limit is of calls in five minutes.
const BAR_MS: i64 = 5 * 60_000;

/// A bar with the gap beside it.
const BAR_STEP: i64 = 8;

const HEIGHT: u64 = 48;

const DAY_MS: i64 = 86_400_000;

/// Since when calls are looked at.
pub(super) fn since(now_ms: i64) -> i64 {
    now_ms - DAY_MS
}

/// Calls to Halo.
#[derive(Default)]
pub(super) struct CallsView {
    /// Calls of each five minutes, oldest first, those of now last.
    pub(super) bars: Vec<u64>,
    /// When the five minutes of now began.
    pub(super) since: String,
    pub(super) limit: Option<CallLimit>,
    /// In the last 24 hours.
    pub(super) day: u64,
    /// Since midnight, UTC.
    pub(super) refused_today: u64,
    /// Calls per 1,000 records of the newest run that read any.
    pub(super) per_thousand: Option<u64>,
}

impl CallsView {
    pub(super) fn new(
        spans: &[CallSpan],
        runs: &[Run],
        limit: Option<CallLimit>,
        now_ms: i64,
    ) -> CallsView {
        let current = now_ms.div_euclid(BAR_MS) * BAR_MS;
        let midnight = now_ms.div_euclid(DAY_MS) * DAY_MS;
        let calls_from = |from: i64| {
            let own = spans.iter().filter(|span| (from..from + BAR_MS).contains(&span.at));
            own.map(|span| span.calls).sum()
        };
        let today = spans.iter().filter(|span| span.at >= midnight);
        let newest = runs.iter().filter_map(RunTold::of).find(|told| told.read() > 0);
        let clock = format::clock_time(current, &TimeZone::UTC);
        CallsView {
            bars: (0..BARS).rev().map(|back| calls_from(current - back * BAR_MS)).collect(),
            // It begins with a minute.
            since: clock.strip_suffix(":00").unwrap_or(&clock).to_owned(),
            limit,
            day: spans.iter().map(|span| span.calls).sum(),
            refused_today: today.map(|span| span.refused).sum(),
            per_thousand: newest.map(|told| (told.requests * 1_000).div_ceil(told.read().max(1))),
        }
    }

    pub(super) fn markup(&self) -> Markup {
        let meta = html! { "last 3 hours, per 5 min" };
        html! {
            section {
                (section_head("Calls to Halo", Some(&meta)))
                (self.chart())
                dl.facts {
                    dt { "Since " (self.since) } dd {
                        b { (number(self.now())) }
                        @if let Some(limit) = self.limit { " of " (number(limit.calls.into())) }
                    }
                    dt { "Our share" } dd {
                        @match self.limit {
                            Some(limit) => { (number(limit.share())) ", " (limit.share_percent) "%; all while a person waits" },
                            None => { "no known limit" },
                        }
                    }
                    dt { "Refused today (429)" } dd { (number(self.refused_today)) }
                    dt { "Last 24 hours" } dd { (number(self.day)) }
                    @if let Some(calls) = self.per_thousand {
                        dt { "Per 1,000 records" } dd { (number(calls)) }
                    }
                }
            }
        }
    }

    fn now(&self) -> u64 {
        self.bars.last().copied().unwrap_or(0)
    }

    fn chart(&self) -> Markup {
        let share = self.limit.map(CallLimit::share);
        let most = self.bars.iter().copied().max().unwrap_or(0);
        // A little room above whichever is higher.
        let top = (most.max(share.unwrap_or(0)) * 10).div_ceil(9).max(1);
        let width = BARS * BAR_STEP;
        let said = format!(
            "Calls in each 5 minutes of the last 3 hours: {} in all, {} at most",
            number(self.bars.iter().sum()),
            number(most)
        );
        html! {
            svg.calls viewBox={ "0 0 " (width) " " (HEIGHT) } width=(width) height=(HEIGHT)
                role="img" aria-label=(said) {
                path.chart-base d={ "M0 " (HEIGHT) "h" (width) } {}
                @if let Some(share) = share {
                    @let y = HEIGHT - share * HEIGHT / top;
                    line x1="0" y1=(y) x2=(width) y2=(y) {}
                }
                @for (calls, at) in self.bars.iter().zip(0..) {
                    // The fewest calls are seen still; a span without any leaves the base line alone.
                    @let height = (calls * HEIGHT / top).max(u64::from(*calls > 0) * 2);
                    @if height > 0 { rect.bar-main x=(at * BAR_STEP) y=(HEIGHT - height) width="6" height=(height) {} }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = DAY_MS * 9 + 7 * 3_600_000 + 60_000;

    fn span(minutes_ago: i64, calls: u64, refused: u64) -> CallSpan {
        CallSpan { at: NOW - minutes_ago * 60_000, calls, refused }
    }

    #[test]
    fn minutes_become_bars_of_five_with_those_of_now_last() {
        let limit = Some(CallLimit { calls: 700, share_percent: 40 });
        let spans = [
            span(23 * 60, 100, 5),
            span(170, 30, 0),
            span(5, 7, 1),
            span(1, 20, 0),
            span(0, 38, 0),
        ];
        let view = CallsView::new(&spans, &[], limit, NOW);
        assert_eq!(view.bars.len(), 36);
        assert_eq!(view.bars[34..], [7, 58]);
        assert_eq!(view.bars.iter().sum::<u64>(), 95, "what is older than 3 hours is no bar");
        assert_eq!(
            (view.day, view.refused_today),
            (195, 1),
            "yesterday's refusals are not today's"
        );
        let html = view.markup().into_string();
        assert!(html.contains("Since 07:00") && html.contains("<b>58</b> of 700"), "{html}");
        assert!(html.contains("280, 40%") && html.contains("<line"), "{html}");
    }

    #[test]
    fn without_a_limit_there_is_no_line_and_without_calls_there_are_zeros() {
        let html = CallsView::new(&[], &[], None, NOW).markup().into_string();
        assert!(
            html.contains("<b>0</b>") && !html.contains("<line") && !html.contains("<rect"),
            "{html}"
        );
        assert!(html.contains("no known limit") && html.contains("0 in all, 0 at most"));
    }

    #[test]
    fn calls_per_record_are_those_of_the_newest_run_that_read_any() {
        let run = |requests: u64, read: u64| Run {
            id: almanac_store::RunId(uuid::Uuid::nil()),
            kind: "sync".to_owned(),
            connection: None,
            started_at: 0,
            ended_at: Some(NOW),
            outcome: Some("done".to_owned()),
            status: Some(format!(r#"{{"requests": {requests}, "streams": [{{"read": {read}}}]}}"#)),
            cause: None,
        };
        let view = CallsView::new(&[], &[run(4, 0), run(30, 2_500), run(100, 9)], None, NOW);
        assert_eq!(view.per_thousand, Some(12));
    }
}

//! Calls to Halo, as far as the runs tell: how many, how many were refused, how many per record.

use almanac_store::Run;
use maud::{Markup, html};

use super::runs::number;
use super::told::RunTold;
use crate::components::page::section_head;

/// Bars that fit the panel.
const BARS_MAX: usize = 30;

const BAR_HEIGHT: u64 = 40;

const DAY_MS: i64 = 86_400_000;

/// Calls to Halo.
#[derive(Default)]
pub(super) struct CallsView {
    /// Of the newest runs, oldest first.
    pub(super) bars: Vec<u64>,
    pub(super) day: u64,
    pub(super) day_throttled: u64,
    /// Calls per 1,000 records of the newest run that read any.
    pub(super) per_thousand: Option<u64>,
}

impl CallsView {
    pub(super) fn new(runs: &[Run], now_ms: i64) -> CallsView {
        let told: Vec<(i64, RunTold)> =
            runs.iter().filter_map(|run| Some((run.started_at, RunTold::of(run)?))).collect();
        let today = || told.iter().filter(|(at, _)| now_ms - at < DAY_MS).map(|(_, told)| told);
        let mut bars: Vec<u64> =
            told.iter().take(BARS_MAX).map(|(_, told)| told.requests).collect();
        bars.reverse();
        let newest = told.iter().map(|(_, told)| told).find(|told| told.read() > 0);
        CallsView {
            bars,
            day: today().map(|told| told.requests).sum(),
            day_throttled: today().map(RunTold::throttled).sum(),
            per_thousand: newest.map(|told| (told.requests * 1_000).div_ceil(told.read().max(1))),
        }
    }

    pub(super) fn markup(&self) -> Markup {
        let meta = html! { "runs that ended" };
        html! {
            section {
                (section_head("Calls to Halo", Some(&meta)))
                @if self.bars.is_empty() {
                    p.text-2 { "No run has ended yet." }
                } @else {
                    (self.chart())
                    dl.facts {
                        dt { "Last 24 hours" } dd { b { (number(self.day)) } }
                        dt { "Refused by Halo (429)" } dd { (number(self.day_throttled)) }
                        @if let Some(calls) = self.per_thousand {
                            dt { "Per 1,000 records, last read" } dd { (number(calls)) }
                        }
                    }
                }
            }
        }
    }

    fn chart(&self) -> Markup {
        let most = self.bars.iter().copied().max().unwrap_or(0).max(1);
        let width = self.bars.len() * 8;
        let said = format!(
            "Calls of the last {} runs, oldest first: {}",
            self.bars.len(),
            self.bars.iter().map(|calls| number(*calls)).collect::<Vec<_>>().join("; ")
        );
        html! {
            svg.calls viewBox={ "0 0 " (width) " " (BAR_HEIGHT) } width=(width) height=(BAR_HEIGHT)
                role="img" aria-label=(said) {
                @for (at, calls) in self.bars.iter().enumerate() {
                    @let height = (calls * BAR_HEIGHT).div_ceil(most);
                    rect.bar-main x=(at * 8) y=(BAR_HEIGHT - height) width="6" height=(height) {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_summed_over_a_day_and_drawn_oldest_first() {
        let run = |hours_ago: i64, requests: u64, read: u64, throttled: u64| Run {
            id: almanac_store::RunId(uuid::Uuid::nil()),
            kind: "sync".to_owned(),
            connection: None,
            started_at: DAY_MS * 9 - hours_ago * 3_600_000,
            ended_at: Some(DAY_MS * 9),
            outcome: Some("done".to_owned()),
            status: Some(format!(
                r#"{{"requests": {requests}, "streams": [{{"read": {read}, "throttled": {throttled}}}]}}"#
            )),
        };
        let runs = [run(1, 4, 0, 1), run(2, 30, 2_500, 2), run(30, 100, 9, 5)];
        let view = CallsView::new(&runs, DAY_MS * 9);
        assert_eq!(view.bars, [100, 30, 4]);
        assert_eq!((view.day, view.day_throttled, view.per_thousand), (34, 3, Some(12)));
        assert!(view.markup().into_string().contains("100; 30; 4"));
        assert!(CallsView::new(&[], 0).markup().into_string().contains("No run has ended"));
    }
}

//! What falls due in the quarters to come: sums, and the chart with its table.

use almanac_fleet::{Fleet, FleetAsset};
use almanac_model::budget::Quarter;
use almanac_model::date::add_months;
use almanac_model::money::Money;
use maud::{Markup, html};

use crate::components::format;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};

/// How many quarters are shown.
const QUARTERS: usize = 8;

/// Width of a bar with its gap, and height of the tallest bar, in units of the drawing.
const STEP: i64 = 84;
const HEIGHT: i64 = 96;

/// A lying bar with its gap, the whole drawing, the room for its words before it, the longest bar.
const LYING_STEP: i64 = 22;
const LYING_WIDTH: i64 = 342;
const LYING_LABEL: i64 = 84;
const LYING_BAR: i64 = 186;

/// One quarter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QuarterBar {
    /// Its months.
    pub(super) label: String,
    /// How many assets fall due.
    pub(super) assets: i64,
    /// What they cost, in minor units.
    pub(super) minor: i64,
    /// The same as shown.
    pub(super) money: String,
}

/// What falls due in the quarters to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quarters {
    /// The quarters, the current one first.
    pub(super) bars: Vec<QuarterBar>,
    /// What all of them cost.
    pub(super) money: String,
    /// How many assets fall due in them.
    pub(super) assets: i64,
    /// How many of these have no amount, because their kind has no class.
    pub(super) without_amount: i64,
    /// How many have an amount in another currency.
    pub(super) other_currency: i64,
}

impl Quarters {
    /// Of these assets, from the fleet's day on.
    pub(super) fn new(fleet: &Fleet, assets: &[FleetAsset]) -> Quarters {
        let first = |at: usize| add_months(fleet.on(), 3 * u32::try_from(at).unwrap_or(0));
        let quarters: Vec<Quarter> = (0..QUARTERS).map(|at| Quarter::of(first(at))).collect();
        let mut sums = vec![(0_i64, 0_i64); QUARTERS];
        let (mut without_amount, mut other_currency) = (0, 0);
        for asset in assets {
            let place = |due: Quarter| quarters.iter().position(|quarter| *quarter == due);
            let Some(at) = asset.quarter.and_then(place) else { continue };
            sums[at].0 += 1;
            match asset.amount {
                None => without_amount += 1,
                Some(amount) if amount.currency != fleet.currency() => other_currency += 1,
                Some(amount) => sums[at].1 += amount.minor,
            }
        }
        let money = |minor| format::money(Money { minor, currency: fleet.currency() });
        let bars = quarters.iter().zip(&sums).map(|(quarter, (assets, minor))| QuarterBar {
            label: format::quarter(*quarter),
            assets: *assets,
            minor: *minor,
            money: money(*minor),
        });
        Quarters {
            bars: bars.collect(),
            money: money(sums.iter().map(|(_, minor)| minor).sum()),
            assets: sums.iter().map(|(assets, _)| assets).sum(),
            without_amount,
            other_currency,
        }
    }

    /// What the chart's numbers leave out, if anything.
    pub(super) fn note(&self) -> Option<String> {
        let assets = |many: i64| format::count(many, "asset", "assets");
        let class = (self.without_amount > 0)
            .then(|| format!("{} without a class cost nothing here.", assets(self.without_amount)));
        let other = (self.other_currency > 0)
            .then(|| format!("{} in another currency left out.", assets(self.other_currency)));
        let notes: Vec<String> = class.into_iter().chain(other).collect();
        (!notes.is_empty()).then(|| notes.join(" "))
    }

    /// The bars, standing where there is room, lying on a phone, where words under each would be too small
    /// to read; the table says the same.
    pub(super) fn chart(&self) -> Markup {
        html! { (self.standing()) (self.lying()) }
    }

    fn most(&self) -> i64 {
        self.bars.iter().map(|column| column.minor).max().unwrap_or(0).max(1)
    }

    /// Each bar with its sum above and its months below.
    fn standing(&self) -> Markup {
        let most = self.most();
        let width = STEP * self.bars.len() as i64;
        html! {
            svg.chart viewBox={ "0 0 " (width) " " (HEIGHT + 44) } aria-hidden="true" {
                @for (at, column) in (0_i64..).zip(&self.bars) {
                    @let height = (i128::from(column.minor) * i128::from(HEIGHT) / i128::from(most)) as i64;
                    @let x = at * STEP;
                    @let top = 20 + HEIGHT - height;
                    rect.bar-main x=(x) y=(top) width=(STEP - 12) height=(height) {}
                    text.chart-value x=(x) y=(top - 6) { (column.money) }
                    text.chart-label x=(x) y=(HEIGHT + 36) { (column.label) }
                }
                path.chart-base d={ "M0 " (HEIGHT + 20) "h" (width) } {}
            }
        }
    }

    /// Each bar with its months before and its sum behind.
    fn lying(&self) -> Markup {
        let most = self.most();
        let height = LYING_STEP * self.bars.len() as i64;
        html! {
            svg.chart.is-lying viewBox={ "0 0 " (LYING_WIDTH) " " (height) } aria-hidden="true" {
                @for (at, column) in (0_i64..).zip(&self.bars) {
                    @let width = (i128::from(column.minor) * i128::from(LYING_BAR) / i128::from(most)) as i64;
                    @let y = at * LYING_STEP;
                    text.chart-label x="0" y=(y + 15) { (column.label) }
                    rect.bar-main x=(LYING_LABEL) y=(y + 5) width=(width) height="12" {}
                    text.chart-value x=(LYING_LABEL + width + 6) y=(y + 15) { (column.money) }
                }
            }
        }
    }

    /// The same as a table.
    pub(super) fn table(&self) -> Markup {
        let columns = [
            Column::new("Quarter", ColumnKind::Name),
            Column::new("Assets", ColumnKind::Number),
            Column::new("Money", ColumnKind::Number),
        ];
        let counts: Vec<String> =
            self.bars.iter().map(|column| format::number(column.assets)).collect();
        let rows: Vec<Part<'_>> = (1..)
            .zip(self.bars.iter().zip(&counts))
            .map(|(index, (column, count))| {
                let cells =
                    vec![Cell::Value(&column.label), Cell::Text(count), Cell::Value(&column.money)];
                Part::Row(Row { index, key: &column.label, cells })
            })
            .collect();
        let count = format::number(self.assets);
        let totals = [Cell::Strong("Total"), Cell::Text(&count), Cell::Strong(&self.money)];
        bare_table(&Table {
            name: "Money by quarter",
            columns: &columns,
            parts: &rows,
            totals: Some(&totals),
            select: None,
            rows_total: self.bars.len() as u64,
            next_href: None,
            height: RowHeight::Low,
        })
    }

    #[cfg(test)]
    pub(super) fn sample() -> Quarters {
        let bar = |label: &str, assets, minor: i64| QuarterBar {
            label: label.to_owned(),
            assets,
            minor,
            money: format!("£{}", minor / 100),
        };
        Quarters {
            bars: vec![bar("Oct–Dec 2026", 14, 1_316_000), bar("Jan–Mar 2027", 0, 0)],
            money: "£13,160".to_owned(),
            assets: 14,
            without_amount: 2,
            other_currency: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallest_bar_fills_the_height_and_nothing_is_drawn_for_nothing() {
        let html = Quarters::sample().chart().into_string();
        assert!(html.contains("y=\"20\" width=\"72\" height=\"96\""), "{html}");
        assert!(html.contains("height=\"0\""), "{html}");
        let most = QuarterBar { minor: i64::MAX, ..Quarters::sample().bars.remove(0) };
        let huge = Quarters { bars: vec![most], ..Quarters::sample() };
        assert!(huge.chart().into_string().contains("height=\"96\""));
        assert!(Quarters::sample().note().is_some_and(|note| note.contains("2 assets")));
    }
}

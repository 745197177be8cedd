//! What another rulebook would change, before it is applied: nothing is read or stored.

use std::collections::BTreeMap;

use almanac_model::grade::Grade;
use almanac_model::verdict::Rulebook;

use crate::asset::FleetAsset;
use crate::fleet::Fleet;
use crate::judge::Judge;

/// What another rulebook would change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// Each asset of the fleet whose grade would change: its place, its grade, the new one.
    pub changed: Vec<(u32, Grade, Grade)>,
    /// How many go from one grade to another.
    pub pairs: BTreeMap<(Grade, Grade), u32>,
    /// How many assets would be hidden, since their type would be ignored.
    pub hidden: u32,
    /// How many hidden assets would be shown, since their type would no longer be ignored.
    pub shown: u32,
    /// By how much the cost of what is due within 12 months would change, in minor units of the
    /// fleet's currency; amounts in others are left out.
    pub money_due: i64,
    /// By how much the cost of every replacement, whenever it is due, would change.
    pub money_all: i64,
}

impl Preview {
    /// Whether nothing a person sees would change.
    pub fn is_empty(&self) -> bool {
        *self == Preview::default()
    }
}

impl Fleet {
    /// What `book` would change on this fleet's day.
    pub fn preview(&self, book: &Rulebook) -> Preview {
        let frame = &self.body.frame;
        let mut judge = Judge::new(book, &frame.names, frame.on);
        let mut preview = Preview::default();
        for (at, asset) in (0_u32..).zip(&self.body.assets) {
            let (due_before, all_before) = self.money_of(asset);
            preview.money_due -= due_before;
            preview.money_all -= all_before;
            let Some((verdict, class)) = judge.judge(&asset.source) else {
                preview.hidden += 1;
                continue;
            };
            let after = FleetAsset::new(asset.source.clone(), asset.references(), class, &verdict);
            let (due_after, all_after) = self.money_of(&after);
            preview.money_due += due_after;
            preview.money_all += all_after;
            if after.grade != asset.grade {
                preview.changed.push((at, asset.grade, after.grade));
                *preview.pairs.entry((asset.grade, after.grade)).or_default() += 1;
            }
        }
        for source in self.body.hidden() {
            let Some((verdict, class)) = judge.judge(source) else { continue };
            let after = FleetAsset::new(
                source.clone(),
                self.body.frame.references(source),
                class,
                &verdict,
            );
            let (due_after, all_after) = self.money_of(&after);
            preview.shown += 1;
            preview.money_due += due_after;
            preview.money_all += all_after;
        }
        preview
    }

    /// What an asset costs if it is due within 12 months, and whenever it is due.
    fn money_of(&self, asset: &FleetAsset) -> (i64, i64) {
        let amount = asset.amount.filter(|amount| amount.currency == self.currency());
        let minor = amount.map_or(0, |amount| amount.minor);
        (if asset.is_due() { minor } else { 0 }, minor)
    }
}

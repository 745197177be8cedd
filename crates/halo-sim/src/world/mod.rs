//! The data: computed from seed and index, with what changed since on top.
//!
//! A kind (one file each) says how row number `index` looks; nothing is stored for it. Writes,
//! deletions and rows that move live in an [`Overlay`]. Anything that shows a row goes through
//! [`World::render`], so a list, a detail and `/truth` can never disagree about its bytes.

pub(crate) mod action;
pub(crate) mod added_fields;
pub(crate) mod agent;
pub(crate) mod asset;
pub(crate) mod asset_type;
pub(crate) mod client;
pub(crate) mod contact;
pub(crate) mod dice;
pub(crate) mod hardware;
pub(crate) mod kind;
pub(crate) mod ledger;
pub(crate) mod lookup;
pub(crate) mod names;
pub(crate) mod overlay;
pub(crate) mod setup;
pub(crate) mod site;
pub(crate) mod team;
pub(crate) mod ticket;
pub(crate) mod top_level;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::date::DAY;
use crate::options::{SimOptions, Sizes};
use crate::row::Row;
use crate::switches::Switches;
use added_fields::AddedFields;
use dice::Dice;
use kind::{Facts, Kind, KindId, View};
use overlay::{Change, Overlay};

/// What the seed fixes for good.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    /// Everything follows from it.
    pub(crate) seed: u64,
    /// How many rows of each kind.
    pub(crate) sizes: Sizes,
    /// Seconds since 1970 of the day the data describes as today.
    pub(crate) today: i64,
}

/// The data of one simulated tenant.
#[derive(Debug)]
pub(crate) struct World {
    /// What the seed fixes.
    pub(crate) base: Base,
    /// Actions that clients wrote.
    pub(crate) actions: action::Written,
    /// What asset types got by writes to their assets.
    pub(crate) added_fields: AddedFields,
    overlays: Vec<Overlay>,
}

impl Base {
    /// The stream of draws for one question about one row.
    pub(crate) fn dice(&self, salt: u64, index: u32) -> Dice {
        Dice::new(self.seed, salt, index)
    }

    /// Milliseconds since 1970 of an instant so many days before today, at a time of day that has
    /// 0 to 3 digits after the second.
    pub(crate) fn moment(&self, dice: &mut Dice, days_ago: i64) -> i64 {
        let of_day = i64::from(dice.below(36_000)) + 28_800;
        let fraction = dice.pick(&[0, 380, 967, 400, 10, 7]);
        (self.today - days_ago * DAY + of_day) * 1_000 + fraction
    }

    /// A site for a contact or an asset: some clients are far larger than others.
    pub(crate) fn any_site(&self, dice: &mut Dice) -> u32 {
        let sites = self.sizes.sites_total();
        if sites <= 1 || dice.percent(u32::from(self.sizes.unassigned)) {
            return 0;
        }
        let skewed = dice.share().powf(1.6) * f64::from(sites - 1);
        // Neighbours in this order are spread over the clients, so that the large ones are not
        // simply the first ones.
        let spread = (skewed as u64 * 7_919 + 13) % u64::from(sites - 1);
        1 + spread as u32
    }
}

impl World {
    /// The data that options describe.
    pub(crate) fn new(options: &SimOptions) -> World {
        let midnight = options.world_date.to_zoned(jiff::tz::TimeZone::UTC);
        let today = midnight.map_or(1_793_491_200, |zoned| zoned.timestamp().as_second());
        let base = Base { seed: options.seed, sizes: options.sizes.clone(), today };
        let overlays = kind::ALL.iter().map(|kind| Overlay::new(kind.count(&base))).collect();
        World {
            base,
            actions: action::Written::default(),
            added_fields: AddedFields::default(),
            overlays,
        }
    }

    /// Counts changes of any kind.
    pub(crate) fn version(&self) -> u64 {
        self.overlays.iter().map(Overlay::version).sum()
    }

    /// What changed in one kind.
    pub(crate) fn overlay(&self, id: KindId) -> &Overlay {
        &self.overlays[id as usize]
    }

    /// What changed in one kind, to change it.
    pub(crate) fn overlay_mut(&mut self, id: KindId) -> &mut Overlay {
        &mut self.overlays[id as usize]
    }

    /// The facts lists filter by, changes included.
    pub(crate) fn facts(&self, kind: &dyn Kind, index: u32) -> Facts {
        let mut facts = kind.facts(self, index);
        if let Some(change) = self.overlay(kind.records()).change(index) {
            facts.apply(change);
            kind.facts_after(change, &mut facts);
        }
        facts
    }

    /// Whether this row exists for the acting agent at all.
    pub(crate) fn is_there(&self, kind: &dyn Kind, index: u32, switches: &Switches) -> bool {
        if self.overlay(kind.records()).is_deleted(index) || !kind.is_here(self, index) {
            return false;
        }
        if switches.hide_assets > 0 && kind.id() == KindId::Asset {
            let mut dice = self.base.dice(0x41de, index);
            if dice.percent(u32::from(switches.hide_assets)) {
                return false;
            }
        }
        !(switches.no_placeholders && kind.is_placeholder(self, index))
    }

    /// Appends the row as JSON, changes included.
    pub(crate) fn render(&self, kind: &dyn Kind, index: u32, view: &View, out: &mut Vec<u8>) {
        let Some(change) = self.overlay(kind.records()).change(index) else {
            return self.write(kind, index, view, out);
        };
        let mut plain = Vec::new();
        self.write(kind, index, view, &mut plain);
        let mut row: Map<String, Value> =
            serde_json::from_slice(&plain).expect("rows are JSON objects, which tests read back");
        for (name, value) in &change.values {
            if view.is_detail || row.contains_key(name) || kind.sometimes().contains(&name.as_str())
            {
                row.insert(name.clone(), value.clone());
            }
        }
        kind.after_change(self, change, &mut row);
        serde_json::to_writer(&mut *out, &row).expect("writing to memory does not fail");
    }

    fn write(&self, kind: &dyn Kind, index: u32, view: &View, out: &mut Vec<u8>) {
        let mut row = Row::open(out);
        kind.write(self, index, view, &mut row);
        if view.is_extra {
            row.fixed(
                r#""future_flag":true,"future_score":0.75,"future_link":{"id":7,"kinds":["a",null]}"#,
            );
        }
        row.close();
    }

    /// A text that another kind shows of this row, for example a client's name on its sites.
    pub(crate) fn shown<'a>(
        &'a self,
        id: KindId,
        index: u32,
        property: &str,
        unchanged: impl FnOnce() -> Cow<'a, str>,
    ) -> Cow<'a, str> {
        let changed = self
            .overlay(id)
            .change(index)
            .and_then(|change: &Change| change.values.get(property).and_then(Value::as_str));
        changed.map_or_else(unchanged, Cow::Borrowed)
    }
}

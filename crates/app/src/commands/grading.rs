//! Assets judged for the terminal and for exports: kind, age, grade with its reason, quarter,
//! budget.
//!
//! A grade is a pure function of what is stored, so it is made when it is asked for and never
//! stored: it cannot be out of date.

use std::cell::RefCell;

use almanac_model::asset::RemoteAsset;
use almanac_model::chain::Target;
use almanac_model::class::Classes;
use almanac_model::fact::Facts;
use almanac_model::id::ConnectionId;
use almanac_model::kind::KindMap;
use almanac_model::money::Currency;
use almanac_model::os::OsMemo;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_model::verdict::{AssetCase, AssetChoices, AssetVerdict, Rulebook, os_support};
use almanac_store::TenantStore;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// Records read at a time.
const BATCH: u32 = 500;

/// Judges the assets of one connection on one day.
pub(super) struct Judge {
    book: Rulebook,
    on: Date,
    memo: RefCell<OsMemo>,
}

impl Judge {
    /// Rules as they stand by default, with the kinds that match the PSA's asset types.
    pub(super) async fn load(
        store: &TenantStore,
        connection: ConnectionId,
        currency: Currency,
        on: Date,
    ) -> Result<Self, Failure> {
        let mut types = Vec::new();
        let mut after = None;
        loop {
            let page = store
                .projection_page(connection, Stream::AssetTypes, after.as_ref(), BATCH)
                .await?;
            let Some(last) = page.last() else { break };
            after = Some(last.projection.remote_id().clone());
            types.extend(page.into_iter().filter_map(|row| match row.projection {
                Projection::AssetType(asset_type) => Some(asset_type),
                _ => None,
            }));
        }
        let book = Rulebook {
            kinds: KindMap::quick(&types),
            classes: Classes::placeholders(currency),
            ..Rulebook::default()
        };
        Ok(Self { book, on, memo: RefCell::new(OsMemo::default()) })
    }

    /// What the product says of an asset; `None` for one of an ignored type.
    pub(super) fn judge(&self, asset: &RemoteAsset, facts: &Facts) -> Option<AssetVerdict> {
        let os = os_support(facts, &mut self.memo.borrow_mut());
        let choices = AssetChoices::default();
        self.book.judge(&AssetCase { asset, facts, os, choices: &choices }, self.on)
    }

    /// A projection as an export shows it, and for each of its values why it is so.
    pub(super) fn explain(
        &self,
        projection: &Projection,
        facts: Option<&str>,
    ) -> Result<(Value, Value), Failure> {
        if let Projection::Asset(asset) = projection {
            let facts = read_facts(facts)?;
            return Ok(self.explain_asset(asset, &facts));
        }
        // The projection serialises as its kind around its fields.
        let mapped = match to_json(projection)? {
            Value::Object(kinds) => {
                kinds.into_iter().next().map_or(Value::Null, |(_, value)| value)
            }
            other => other,
        };
        let fields = mapped.as_object().cloned().unwrap_or_default();
        let why: Map<String, Value> = fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, _)| (name, json!({ "source": "psa" })))
            .collect();
        Ok((mapped, Value::Object(why)))
    }

    fn explain_asset(&self, asset: &RemoteAsset, facts: &Facts) -> (Value, Value) {
        let mut mapped = json!({
            "remote_id": asset.remote_id,
            "tag": asset.tag,
            "client": asset.client,
            "site": asset.site,
            "asset_type": asset.asset_type,
            "asset_type_name": asset.asset_type_name,
            "status": asset.status,
            "is_inactive": asset.is_inactive,
            "is_placeholder": asset.is_placeholder,
        });
        let mut why = Map::new();
        for target in Target::ALL {
            let Some(fact) = facts.get(target) else {
                mapped[target.name()] = Value::Null;
                continue;
            };
            mapped[target.name()] = json!(fact.value.to_string());
            why.insert(
                target.name().to_owned(),
                json!({
                    "source": "psa", "field": fact.field, "text": fact.text,
                    "link": fact.link + 1,
                }),
            );
        }
        match self.judge(asset, facts) {
            None => mapped["kind"] = json!("ignored"),
            Some(verdict) => {
                why.insert("grade".to_owned(), json!(verdict.graded.reason));
                add_verdict(&mut mapped, &verdict);
            }
        }
        if !facts.problems.is_empty() {
            why.insert("not_used".to_owned(), json!(facts.problems));
        }
        (mapped, Value::Object(why))
    }
}

fn add_verdict(mapped: &mut Value, verdict: &AssetVerdict) {
    mapped["kind"] = json!(verdict.kind);
    mapped["age_months"] = json!(verdict.age.months());
    mapped["grade"] = json!(verdict.graded.grade);
    mapped["grade_reason"] = json!(verdict.graded.reason.text());
    mapped["is_overdue"] = json!(verdict.replacement.is_some_and(|due| due.is_overdue));
    mapped["replacement_quarter"] = json!(verdict.replacement.map(|due| due.quarter.to_string()));
    mapped["budget"] =
        json!(verdict.budget.map(|line| {
            json!({ "minor": line.amount.minor, "currency": line.amount.currency })
        }));
}

/// Facts as they are stored.
pub(super) fn read_facts(facts: Option<&str>) -> Result<Facts, Failure> {
    let Some(facts) = facts else { return Ok(Facts::default()) };
    serde_json::from_str(facts)
        .map_err(|error| Failure::failed(format!("stored facts are not readable: {error}")))
}

fn to_json(projection: &Projection) -> Result<Value, Failure> {
    serde_json::to_value(projection)
        .map_err(|error| Failure::failed(format!("a record could not be written: {error}")))
}

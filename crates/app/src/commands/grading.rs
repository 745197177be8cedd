//! Assets judged for the terminal and for exports: kind, age, grade with its reason, quarter,
//! budget.
//!
//! A grade is a pure function of what is stored, so it is made when it is asked for and never
//! stored: it cannot be out of date.

use std::cell::RefCell;

use almanac_fleet::{Choices, FleetError, FleetOptions, choices_of, rulebook_of};
use almanac_model::asset::RemoteAsset;
use almanac_model::chain::Target;
use almanac_model::fact::Facts;
use almanac_model::id::ConnectionId;
use almanac_model::lock::Provenance;
use almanac_model::money::Currency;
use almanac_model::os::OsMemo;
use almanac_model::projection::Projection;
use almanac_model::verdict::{AssetCase, AssetChoices, AssetVerdict, Rulebook, os_support};
use almanac_store::TenantStore;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::failure::Failure;

/// Judges the assets of one connection on one day.
pub(super) struct Judge {
    book: Rulebook,
    choices: Choices,
    on: Date,
    memo: RefCell<OsMemo>,
}

impl Judge {
    /// The rulebook that applies, with what people decided.
    pub(super) async fn load(
        store: &TenantStore,
        connection: ConnectionId,
        currency: Currency,
        on: Date,
    ) -> Result<Self, Failure> {
        let options = FleetOptions::new(currency);
        let book = rulebook_of(store, connection, &options).await.map_err(failure)?;
        let choices = choices_of(store, connection).await.map_err(failure)?;
        Ok(Self { book, choices, on, memo: RefCell::new(OsMemo::default()) })
    }

    /// What the product says of an asset; `None` for one of an ignored type. The facts have the
    /// locks laid over them.
    pub(super) fn judge(&self, asset: &RemoteAsset, facts: &Facts) -> Option<AssetVerdict> {
        let os = os_support(facts, &mut self.memo.borrow_mut());
        let none = AssetChoices::default();
        let choices = self.choices.get(&asset.remote_id).map_or(&none, |choice| &choice.choices);
        self.book.judge(&AssetCase { asset, facts, os, choices }, self.on)
    }

    /// Facts as they are stored, with the locks of the asset laid over them.
    pub(super) fn read_facts(
        &self,
        asset: &RemoteAsset,
        facts: Option<&str>,
    ) -> Result<Facts, Failure> {
        let facts = match facts {
            None => Facts::default(),
            Some(facts) => serde_json::from_str(facts).map_err(|error| {
                Failure::failed(format!("stored facts are not readable: {error}"))
            })?,
        };
        Ok(match self.choices.get(&asset.remote_id) {
            Some(choice) => facts.with_locks(&choice.locks),
            None => facts,
        })
    }

    /// A projection as an export shows it, and for each of its values why it is so.
    pub(super) fn explain(
        &self,
        projection: &Projection,
        facts: Option<&str>,
    ) -> Result<(Value, Value), Failure> {
        if let Projection::Asset(asset) = projection {
            let facts = self.read_facts(asset, facts)?;
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
            let known = facts.provenance(target);
            mapped[target.name()] = json!(known.value.map(ToString::to_string));
            if known.value.is_some() {
                why.insert(target.name().to_owned(), explain_value(&known));
            }
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

/// Where a value came from; one that a person set still shows the PSA's.
fn explain_value(known: &Provenance<'_>) -> Value {
    let psa = known.psa.map(|fact| {
        json!({
            "source": "psa", "field": fact.field, "text": fact.text, "link": fact.link + 1,
        })
    });
    match known.lock {
        None => json!(psa),
        Some(lock) => json!({
            "source": "local", "by": lock.by.name, "reason": lock.reason,
            "at": clock::iso(lock.at_ms), "psa": psa,
        }),
    }
}

fn failure(error: FleetError) -> Failure {
    match error {
        FleetError::Store(error) => error.into(),
        other => Failure::failed(other.to_string()),
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

fn to_json(projection: &Projection) -> Result<Value, Failure> {
    serde_json::to_value(projection)
        .map_err(|error| Failure::failed(format!("a record could not be written: {error}")))
}

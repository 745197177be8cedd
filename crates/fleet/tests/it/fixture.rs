//! A tenant whose records are committed the way a sync commits them.

use std::ops::Deref;

use almanac_fleet::{Fleet, FleetOptions, Moment};
use almanac_model::asset::{RemoteAsset, RemoteField};
use almanac_model::chain::Target;
use almanac_model::fact::{Fact, FactValue, Facts};
use almanac_model::id::RemoteId;
use almanac_model::money::Currency;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_store::TenantStore;
use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use jiff::civil::Date;

pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);

/// Every scan of these tests is the first.
const GENERATION: i64 = 1;

/// A tenant with its database.
pub(crate) struct Fixture {
    pub(crate) test: TestStore,
    tenant: Synced,
}

/// A tenant with a connection, read in a scan that goes on.
pub(crate) struct Synced(almanac_testkit::Synced);

impl Deref for Fixture {
    type Target = Synced;

    fn deref(&self) -> &Synced {
        &self.tenant
    }
}

impl Deref for Synced {
    type Target = almanac_testkit::Synced;

    fn deref(&self) -> &almanac_testkit::Synced {
        &self.0
    }
}

/// An asset to commit; what a test does not name is not set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) id: i64,
    pub(crate) tag: Option<String>,
    pub(crate) client: Option<i64>,
    pub(crate) site: Option<i64>,
    pub(crate) asset_type: Option<i64>,
    pub(crate) is_inactive: bool,
    pub(crate) is_placeholder: bool,
    pub(crate) facts: Vec<(Target, FactValue)>,
}

pub(crate) fn options() -> FleetOptions {
    FleetOptions::new(Currency::new("GBP").expect("a code"))
}

pub(crate) fn moment(at_ms: i64) -> Moment {
    Moment { on: TODAY, at_ms: START_MS + at_ms }
}

pub(crate) fn text(text: &str) -> FactValue {
    FactValue::Text(text.to_owned())
}

pub(crate) fn day(year: i16, month: i8, day: i8) -> FactValue {
    FactValue::Date(Date::constant(year, month, day))
}

pub(crate) async fn fixture() -> Fixture {
    on(Engine::Sqlite).await.expect("SQLite is always at hand")
}

pub(crate) async fn on(engine: Engine) -> Option<Fixture> {
    let test = fresh(engine).await?;
    let (_, view) = test.tenant_named("acme").await;
    Some(Fixture { tenant: of(view).await, test })
}

/// Connects a tenant.
pub(crate) async fn of(store: TenantStore) -> Synced {
    Synced(almanac_testkit::Synced::new(store).await)
}

impl Draft {
    pub(crate) fn projection(&self) -> Projection {
        Projection::Asset(RemoteAsset {
            remote_id: RemoteId::from(self.id),
            tag: self.tag.clone(),
            client: self.client.map(RemoteId::from),
            site: self.site.map(RemoteId::from),
            asset_type: self.asset_type.map(RemoteId::from),
            asset_type_name: None,
            status: None,
            is_inactive: self.is_inactive,
            is_placeholder: self.is_placeholder,
            values: Vec::new(),
        })
    }

    pub(crate) fn facts(&self) -> String {
        let mut facts = Facts::default();
        let field = RemoteField::Standard("field".to_owned());
        for (target, value) in &self.facts {
            let (value, text) = (value.clone(), value.to_string());
            facts.values.insert(*target, Fact { value, link: 0, field: field.clone(), text });
        }
        serde_json::to_string(&facts).expect("plain JSON")
    }
}

impl Synced {
    pub(crate) async fn plain(&self, rows: Vec<Projection>) {
        self.commit(GENERATION, rows.into_iter().map(|row| (row, None)).collect()).await;
    }

    pub(crate) async fn assets(&self, drafts: &[Draft]) {
        let rows = drafts.iter().map(|draft| (draft.projection(), Some(draft.facts())));
        self.commit(GENERATION, rows.collect()).await;
    }

    /// Ends a scan of a stream that did not see these.
    pub(crate) async fn end_scan(&self, stream: Stream, remove: &[i64], at_ms: i64) {
        let remove: Vec<RemoteId> = remove.iter().copied().map(RemoteId::from).collect();
        self.finish(GENERATION, stream, &remove, START_MS + at_ms).await;
    }
}

/// Everything that can be seen of a fleet, as text.
pub(crate) fn describe(fleet: &Fleet) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for asset in fleet.assets() {
        let at = fleet.find(&RemoteId::new(asset.remote_id())).expect("every asset is found");
        assert_eq!(fleet.asset(at).remote_id(), asset.remote_id());
        writeln!(
            out,
            "{} {} {:?} {:?} {:?} | {:?} {:?} {:?} {:?} {:?} {:?} | {} {} {} {} {:?} {:?} {:?} {:?} {:?} | {} {:?} {}",
            asset.remote_id(),
            asset.name(),
            asset.serial(),
            asset.hostname(),
            asset.last_user(),
            fleet.client_of(asset).map(|client| &client.name),
            fleet.site_of(asset),
            fleet.type_of(asset),
            fleet.model_of(asset),
            fleet.manufacturer_of(asset),
            fleet.os_of(asset),
            asset.kind,
            asset.grade,
            asset.is_manual,
            asset.is_overdue,
            asset.class,
            asset.age,
            asset.quarter,
            asset.due_on,
            asset.amount,
            asset.is_locked(),
            asset.kept_until(),
            fleet.reason_of(asset),
        )
        .expect("a String takes every write");
    }
    for client in fleet.clients() {
        let (name, is_inactive) = (&client.name, client.is_inactive);
        writeln!(out, "{} {name} {is_inactive} {:?}", client.remote_id, client.tally)
            .expect("a String takes every write");
    }
    writeln!(out, "{:?} {:?} {}", fleet.tally(), fleet.rulebook_version(), fleet.on())
        .expect("a String takes every write");
    out
}

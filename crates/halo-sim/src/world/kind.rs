//! What a kind of record must say about itself, and the list of kinds.
//!
//! Adding a kind: a file beside this one, a line in [`KindId`] and one in [`ALL`], in the same
//! order (a test holds them together). Routing, paging, rights, truth and `swagger.json` follow.

use serde_json::{Map, Value};

use super::overlay::Change;
use super::{Base, World};
use super::{agent, asset, asset_type, client, contact, ledger, lookup, setup, site, team};
use super::{ticket, top_level};
use crate::access::Area;
use crate::row::Row;

/// Which kind; the place in [`ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub(crate) enum KindId {
    Client,
    Site,
    Users,
    Agent,
    Team,
    TopLevel,
    AssetGroup,
    AssetType,
    AssetTypeInfo,
    Asset,
    Lookup,
    Status,
    TicketType,
    Priority,
    Category,
    Workflow,
    WorkflowStep,
    FieldInfo,
    Outcome,
    Tickets,
    Opportunities,
    Projects,
    ClientContract,
    Invoice,
    RecurringInvoice,
}

/// Every kind, in the order of [`KindId`].
pub(crate) static ALL: &[&dyn Kind] = &[
    &client::Clients,
    &site::Sites,
    &contact::Contacts,
    &agent::Agents,
    &team::Teams,
    &top_level::TopLevels,
    &asset_type::AssetGroups,
    &asset_type::AssetTypes,
    &asset_type::AssetTypeInfos,
    &asset::Assets,
    &lookup::Lookups,
    &setup::STATUSES,
    &setup::TICKET_TYPES,
    &setup::PRIORITIES,
    &setup::CATEGORIES,
    &setup::WORKFLOWS,
    &setup::STEPS,
    &setup::FIELD_INFOS,
    &setup::OUTCOMES,
    &ticket::Tickets(KindId::Tickets),
    &ticket::Tickets(KindId::Opportunities),
    &ticket::Tickets(KindId::Projects),
    &ledger::Ledger(KindId::ClientContract),
    &ledger::Ledger(KindId::Invoice),
    &ledger::Ledger(KindId::RecurringInvoice),
];

/// What lists filter and sort by without building the row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    /// Client id.
    pub(crate) client: i64,
    /// Site id.
    pub(crate) site: i64,
    /// Asset type, lookup id, department: what the kind's own type filter means.
    pub(crate) kind: i64,
    /// Group of the type, top level of a client, ...
    pub(crate) group: i64,
    /// Status.
    pub(crate) status: i64,
    /// Hidden from lists by default.
    pub(crate) is_inactive: bool,
    /// A service account, a general user, an API agent: see the kind's filters.
    pub(crate) marks: u8,
    /// Last change, milliseconds since 1970.
    pub(crate) updated: i64,
}

/// A contact that is a service account.
pub(crate) const SERVICE: u8 = 1;
/// A site's "General User".
pub(crate) const GENERAL: u8 = 2;
/// A contact that is an agent too, or an agent made for an API application.
pub(crate) const LINKED: u8 = 4;

/// What one request wants to see of a row.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// The detail model instead of the list model.
    pub(crate) is_detail: bool,
    /// `includedetails=true` on a detail.
    pub(crate) has_details: bool,
    /// Filled asset `fields[]`.
    pub(crate) has_fields: bool,
    /// `includenotes=true`.
    pub(crate) has_notes: bool,
    /// `includeaddress=true`.
    pub(crate) has_address: bool,
    /// `includeallowedstatus=true`.
    pub(crate) has_allowed_status: bool,
    /// `includeagentsforteams` or `includeagents`.
    pub(crate) has_agents: bool,
    /// `includestatus=true`.
    pub(crate) has_status: bool,
    /// `includetickettype=true`.
    pub(crate) has_ticket_type: bool,
    /// `includeagent=true`.
    pub(crate) has_agent: bool,
    /// Unknown properties of a newer build.
    pub(crate) is_extra: bool,
}

/// How a query parameter narrows a list. An empty value and 0 narrow nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Equal to the client id.
    Client,
    /// Equal to the site id.
    Site,
    /// Equal to [`Facts::kind`].
    Type,
    /// [`Facts::kind`] is in a comma list.
    TypeIn,
    /// Equal to [`Facts::group`].
    Group,
    /// [`Facts::status`] is in a comma list.
    StatusIn,
    /// `true` drops rows with the mark.
    Drop(u8),
    /// `true` drops rows without the mark.
    Only(u8),
    /// `false` drops rows with the mark.
    Keep(u8),
    /// `false` drops rows without the mark.
    KeepOthers(u8),
    /// Rows with the mark are dropped unless it is `true`.
    Unless(u8),
    /// The text of the row contains it, without regard to case.
    Contains,
    /// `true` drops the row whose id is 0.
    DropZero,
}

/// Whether a list pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{"record_count":..,"<key>":[..]}`, paged.
    Envelope(&'static str),
    /// A bare array that ignores paging.
    Array,
}

/// Order of a list that asks for none; never the id's for the large kinds (HALO-API.md 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By index, which for small kinds is Halo's sequence.
    Index,
    /// By [`Kind::label`].
    Label,
    /// Highest index first (HCLI: tickets come newest first).
    Newest,
    /// In no order that a client could know.
    Scattered,
}

/// One kind of record: how it is reached and how row number `index` looks.
pub(crate) trait Kind: Sync {
    /// Its place in [`ALL`].
    fn id(&self) -> KindId;
    /// Whose rows these are: several routes can show one table.
    fn records(&self) -> KindId {
        self.id()
    }
    /// The route as Halo writes it.
    fn route(&self) -> &'static str;
    /// What a token and an agent need for it.
    fn area(&self) -> Area;
    /// Envelope or bare array.
    fn shape(&self) -> Shape;
    /// Seeded rows.
    fn count(&self, base: &Base) -> u32;
    /// The remote id of an index; rises with it.
    fn remote_id(&self, index: u32) -> i64;
    /// The index of a remote id, also of rows added later.
    fn index_of(&self, remote_id: i64) -> Option<u32>;
    /// The index behind `/Route/{text}`.
    fn find(&self, text: &str) -> Option<u32> {
        self.index_of(text.parse().ok()?)
    }
    /// Whether a row of the table is of this route.
    fn is_here(&self, _world: &World, _index: u32) -> bool {
        true
    }
    /// Facts of the unchanged row.
    fn facts(&self, world: &World, index: u32) -> Facts;
    /// The text that `search` looks in and that the list sorts by.
    fn label(&self, world: &World, index: u32, out: &mut String);
    /// Writes the unchanged row.
    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>);

    /// Parameters that narrow the list.
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[]
    }
    /// Parameters that add to each row, as documentation for `swagger.json`.
    fn includes(&self) -> &'static [&'static str] {
        &[]
    }
    /// Whether inactive rows are hidden unless asked for, and by which parameter.
    fn inactive_param(&self) -> Option<&'static str> {
        None
    }
    /// Whether Halo's document lists `lastupdatefromdate` for it.
    fn has_update_filter(&self) -> bool {
        false
    }
    /// Whether `idonly` is a parameter of the list.
    fn has_id_list(&self) -> bool {
        true
    }
    /// Whether rows can be had one by one.
    fn has_get(&self) -> bool {
        true
    }
    /// Order of a list that asks for none.
    fn default_order(&self) -> Order {
        Order::Index
    }
    /// Properties of the list model that a seeded row may lack.
    fn sometimes(&self) -> &'static [&'static str] {
        &[]
    }
    /// Whether Halo made this row itself.
    fn is_placeholder(&self, _world: &World, _index: u32) -> bool {
        false
    }
    /// Makes facts that only this kind has follow a change.
    fn facts_after(&self, _change: &Change, _facts: &mut Facts) {}
    /// Makes properties that mirror others follow a change.
    fn after_change(&self, _world: &World, _change: &Change, _row: &mut Map<String, Value>) {}
}

/// Ids with gaps, as a table has after deletions: every eighth is missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gaps(pub(crate) i64);

impl Gaps {
    /// The id of an index.
    pub(crate) fn remote_id(self, index: u32) -> i64 {
        if index == 0 {
            return 1;
        }
        let index = i64::from(index) - 1;
        self.0 + index + index / 7
    }

    /// The index of an id; `None` for the missing ones.
    pub(crate) fn index_of(self, remote_id: i64) -> Option<u32> {
        if remote_id == 1 {
            return Some(0);
        }
        let place = remote_id.checked_sub(self.0).filter(|place| *place >= 0)?;
        if place % 8 == 7 {
            return None;
        }
        u32::try_from(place / 8 * 7 + place % 8 + 1).ok()
    }
}

impl Facts {
    /// Follows changed properties, under any of the names Halo has for them.
    pub(crate) fn apply(&mut self, change: &Change) {
        let number = |name: &str| {
            let value = change.values.get(name)?;
            value.as_i64().or_else(|| value.as_f64().map(|value| value as i64))
        };
        let truth = |name: &str| change.values.get(name).and_then(Value::as_bool);
        self.client = number("client_id").unwrap_or(self.client);
        self.site = number("site_id").unwrap_or(self.site);
        self.kind = number("assettype_id").unwrap_or(self.kind);
        self.status = number("status_id").unwrap_or(self.status);
        self.is_inactive =
            truth("inactive").or_else(|| truth("isdisabled")).unwrap_or(self.is_inactive);
        self.updated = change.updated;
    }
}

/// The kind behind a route, in any case.
pub(crate) fn by_route(route: &str) -> Option<&'static dyn Kind> {
    ALL.iter().copied().find(|kind| kind.route().eq_ignore_ascii_case(route))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_ids() {
        for (place, kind) in ALL.iter().enumerate() {
            assert_eq!(kind.id() as usize, place, "{}", kind.route());
        }
    }

    #[test]
    fn ids_with_gaps_lead_back_to_their_index() {
        for index in 0..10_000 {
            assert_eq!(Gaps(11).index_of(Gaps(11).remote_id(index)), Some(index));
        }
        let missing = (11..1_011).filter(|id| Gaps(11).index_of(*id).is_none()).count();
        assert_eq!(missing, 125);
        assert_eq!(Gaps(11).index_of(5), None);
    }
}

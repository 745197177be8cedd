//! Projections: the mapped form of records, one table for each stream.
//!
//! The list at the end of `projections!` is the only place that knows a projection's columns; a
//! new stream is one line there and one table in a migration. Writing and reading are the same
//! code for all. A projection can be made again from the raw records at any time.

use std::borrow::Cow;

use almanac_model::agent::Agent;
use almanac_model::asset::{RemoteAsset, RemoteValue};
use almanac_model::asset_status::AssetStatus;
use almanac_model::asset_type::{AssetType, FieldDefinition};
use almanac_model::category::Category;
use almanac_model::client::Client;
use almanac_model::client_type::ClientType;
use almanac_model::contact::Contact;
use almanac_model::contract::Contract;
use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::invoice::Invoice;
use almanac_model::opportunity::Opportunity;
use almanac_model::priority::Priority;
use almanac_model::project::Project;
use almanac_model::projection::Projection;
use almanac_model::site::Site;
use almanac_model::stream::Stream;
use almanac_model::team::Team;
use almanac_model::ticket::Ticket;
use almanac_model::ticket_action::TicketAction;
use almanac_model::ticket_status::TicketStatus;
use almanac_model::ticket_type::TicketType;
use almanac_model::workflow::Workflow;
use jiff::civil::Date;

use crate::change;
use crate::db::{Arg, Bulk, ROWS_MAX, Row, Tx, args, bulk_upsert, placeholders};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// A projection as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionRow {
    /// The mapped form.
    pub projection: Projection,
    /// What was worked out from it; JSON that the store does not read.
    pub facts: Option<String>,
    /// When its record was found gone, in milliseconds UTC.
    pub deleted_at: Option<i64>,
    /// The version of the mapper that made it.
    pub mapper_version: i64,
}

/// A table of projections.
pub(crate) struct ProjectionTable {
    pub(crate) name: &'static str,
    columns: &'static [&'static str],
    args: for<'a> fn(&'a Projection, &mut Vec<Arg<'a>>),
    read: fn(&Row, RemoteId, usize) -> Result<Projection, StoreError>,
}

impl ProjectionTable {
    /// Reads rows of a connection, to be restricted further: tenant `$1`, connection `$2`.
    fn select(&self) -> String {
        format!(
            "SELECT remote_id, facts, deleted_at, mapper_version, {} FROM {} WHERE tenant_id = $1 \
             AND connection_id = $2",
            self.columns.join(", "),
            self.name
        )
    }

    /// As [`ProjectionTable::select`], of the records `$3` and on. Each is looked up by its whole
    /// key: given a list, PostgreSQL reads the whole table while its statistics are young.
    fn select_by_id(&self, count: usize) -> String {
        let values: Vec<String> = (3..3 + count).map(|at| format!("(${at})")).collect();
        let columns: Vec<String> =
            self.columns.iter().map(|column| format!("p.{column}")).collect();
        format!(
            "WITH w(id) AS (VALUES {}) SELECT p.remote_id, p.facts, p.deleted_at, \
             p.mapper_version, {} FROM w JOIN {} p ON p.tenant_id = $1 AND p.connection_id = $2 \
             AND p.remote_id = w.id",
            values.join(", "),
            columns.join(", "),
            self.name
        )
    }

    /// A row of [`ProjectionTable::select`].
    fn read_row(&self, row: &Row) -> Result<ProjectionRow, StoreError> {
        Ok(ProjectionRow {
            projection: (self.read)(row, row.remote_id(0)?, 4)?,
            facts: row.text_opt(1)?,
            deleted_at: row.int_opt(2)?,
            mapper_version: row.int(3)?,
        })
    }
}

/// Where projections go.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) tenant: TenantId,
    pub(crate) connection: ConnectionId,
    pub(crate) stream: Stream,
    pub(crate) mapper_version: i64,
}

/// A projection to write.
pub(crate) struct ProjectionWrite<'a> {
    pub(crate) projection: &'a Projection,
    pub(crate) facts: Option<&'a str>,
    pub(crate) deleted_at: Option<i64>,
}

macro_rules! projections {
    ($($stream:ident => $table:literal $variant:ident($type:ident) { $($field:ident: $column:literal),* })*) => {
        /// The table of a stream's projections.
        pub(crate) fn table_of(stream: Stream) -> &'static ProjectionTable {
            match stream {
                $(Stream::$stream => &ProjectionTable {
                    name: $table,
                    columns: &[$($column),*],
                    args: |projection, args| {
                        if let Projection::$variant(record) = projection {
                            args.extend([$(record.$field.arg()),*]);
                        }
                    },
                    read: |row, remote_id, first| {
                        let mut at = first..;
                        let mut next = || at.next().unwrap_or(first);
                        Ok(Projection::$variant($type { remote_id, $($field: Cell::read(row, next())?),* }))
                    },
                },)*
            }
        }
    };
}

projections! {
    ClientTypes => "client_type" ClientType(ClientType) { name: "name", is_placeholder: "is_placeholder" }
    Clients => "client" Client(Client) {
        name: "name", client_type: "client_type", website: "website",
        is_inactive: "is_inactive", is_placeholder: "is_placeholder"
    }
    Sites => "site" Site(Site) {
        name: "name", client: "client", is_inactive: "is_inactive", is_placeholder: "is_placeholder"
    }
    Contacts => "contact" Contact(Contact) {
        name: "name", email: "email", client: "client", site: "site",
        is_service_account: "is_service_account",
        is_inactive: "is_inactive", is_placeholder: "is_placeholder"
    }
    Agents => "agent" Agent(Agent) {
        name: "name", email: "email", is_inactive: "is_inactive", is_placeholder: "is_placeholder"
    }
    Teams => "team" Team(Team) {
        name: "name", is_inactive: "is_inactive", is_placeholder: "is_placeholder"
    }
    AssetTypes => "asset_type" AssetType(AssetType) {
        name: "name", group_name: "group_name", fields: "field_definitions",
        is_inactive: "is_inactive", is_placeholder: "is_placeholder"
    }
    AssetStatuses => "asset_status" AssetStatus(AssetStatus) { name: "name", is_placeholder: "is_placeholder" }
    Assets => "asset" Asset(RemoteAsset) {
        tag: "tag", client: "client", site: "site", asset_type: "asset_type",
        asset_type_name: "asset_type_name", status: "status",
        is_inactive: "is_inactive", is_placeholder: "is_placeholder", values: "field_values"
    }
    TicketStatuses => "ticket_status" TicketStatus(TicketStatus) { name: "name", area: "area" }
    TicketTypes => "ticket_type" TicketType(TicketType) { name: "name", usage: "usage" }
    Priorities => "priority" Priority(Priority) {
        name: "name", sla: "sla", number: "number", is_inactive: "is_inactive"
    }
    Categories => "category" Category(Category) { name: "name", tree: "tree" }
    Workflows => "workflow" Workflow(Workflow) { name: "name", is_inactive: "is_inactive" }
    Tickets => "ticket" Ticket(Ticket) {
        title: "title", client: "client", site: "site", contact: "contact", agent: "agent",
        team_name: "team_name", status: "status", ticket_type: "ticket_type", sla: "sla",
        priority_number: "priority_number", opened_at: "opened_at",
        remote_updated_at: "remote_updated_at", closed_at: "closed_at", is_closed: "is_closed"
    }
    TicketActions => "ticket_action" TicketAction(TicketAction) {
        ticket: "ticket", outcome: "outcome", author: "author", at: "at",
        is_private: "is_private"
    }
    Opportunities => "opportunity" Opportunity(Opportunity) {
        title: "title", client: "client", status: "status", ticket_type: "ticket_type",
        value: "value", target_on: "target_on", remote_updated_at: "remote_updated_at",
        is_closed: "is_closed"
    }
    Projects => "project" Project(Project) {
        title: "title", client: "client", status: "status", ticket_type: "ticket_type",
        parent: "parent", starts_on: "starts_on", target_on: "target_on",
        remote_updated_at: "remote_updated_at", is_closed: "is_closed"
    }
    Contracts => "contract" Contract(Contract) {
        reference: "reference", client: "client", starts_on: "starts_on", ends_on: "ends_on",
        is_inactive: "is_inactive"
    }
    Invoices => "invoice" Invoice(Invoice) {
        number: "number", client: "client", issued_on: "issued_on", due_on: "due_on",
        is_recurring: "is_recurring"
    }
}

/// How a field of a projection is kept in a column.
trait Cell: Sized {
    fn arg(&self) -> Arg<'_>;
    fn read(row: &Row, at: usize) -> Result<Self, StoreError>;
}

macro_rules! cells {
    ($($type:ty: |$value:ident| $arg:expr, |$row:ident, $at:ident| $read:expr;)*) => {
        $(impl Cell for $type {
            fn arg(&self) -> Arg<'_> { let $value = self; $arg }
            fn read($row: &Row, $at: usize) -> Result<Self, StoreError> { $read }
        })*
    };
}

cells! {
    String: |value| Arg::from(value), |row, at| row.text(at);
    Option<String>: |value| Arg::from(value.as_deref()), |row, at| row.text_opt(at);
    Option<RemoteId>: |value| Arg::from(value.as_ref()),
        |row, at| Ok(row.text_opt(at)?.map(RemoteId::new));
    RemoteId: |value| Arg::from(value), |row, at| row.remote_id(at);
    Option<i64>: |value| Arg::from(*value), |row, at| row.int_opt(at);
    Option<Date>: |value| Arg::from(value.map(|date| date.to_string())),
        |row, at| row.text_opt(at)?.map(|text| text.parse().map_err(|_| row.corrupt(at))).transpose();
    bool: |value| Arg::from(*value), |row, at| row.bool(at);
    Vec<RemoteValue>: |value| json_arg(value), |row, at| json_read(row, at);
    Vec<FieldDefinition>: |value| json_arg(value), |row, at| json_read(row, at);
}

fn json_arg<T: serde::Serialize>(value: &T) -> Arg<'static> {
    let text = serde_json::to_string(value).expect("model types are plain JSON");
    Arg::Text(Some(Cow::Owned(text)))
}

fn json_read<T: serde::de::DeserializeOwned>(row: &Row, at: usize) -> Result<T, StoreError> {
    serde_json::from_str(&row.text(at)?).map_err(|_| row.corrupt(at))
}

/// Refuses a projection of another stream.
pub(crate) fn check_stream<'a>(
    stream: Stream,
    mut projections: impl Iterator<Item = &'a Projection>,
) -> Result<(), StoreError> {
    match projections.find(|projection| projection.stream() != stream) {
        Some(other) => Err(StoreError::Invalid(format!(
            "{} of {} is not one of {stream}",
            other.remote_id(),
            other.stream()
        ))),
        None => Ok(()),
    }
}

/// Writes projections, new or anew, and notes that they changed.
pub(crate) async fn upsert(
    tx: &mut Tx,
    target: Target,
    rows: Vec<ProjectionWrite<'_>>,
) -> Result<(), StoreError> {
    let ids: Vec<&RemoteId> = rows.iter().map(|row| row.projection.remote_id()).collect();
    change::note(tx, target.tenant, target.connection, target.stream, &ids).await?;
    let table = table_of(target.stream);
    let mut columns = vec!["remote_id", "deleted_at", "facts"];
    columns.extend(table.columns);
    let set: Vec<String> =
        columns[1..].iter().map(|name| format!("{name} = excluded.{name}")).collect();
    let rows = rows.iter().map(|row| {
        let mut args = args![row.projection.remote_id(), row.deleted_at, row.facts];
        (table.args)(row.projection, &mut args);
        args
    });
    let bulk = Bulk {
        table: table.name,
        shared: vec![
            ("tenant_id", Arg::from(target.tenant)),
            ("connection_id", Arg::from(target.connection)),
            ("mapper_version", Arg::from(target.mapper_version)),
        ],
        columns: &columns,
        tail: format!(
            " ON CONFLICT (tenant_id, connection_id, remote_id) DO UPDATE SET \
             mapper_version = excluded.mapper_version, {}",
            set.join(", ")
        ),
        rows: rows.collect(),
    };
    bulk_upsert(tx, bulk).await.map(drop)
}

/// Shows the projections of records again that came back and are not understood: as they were when
/// they were, like those of a live record that stops being understood.
pub(crate) async fn restore(
    tx: &mut Tx,
    target: Target,
    ids: &[&RemoteId],
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    change::note(tx, target.tenant, target.connection, target.stream, ids).await?;
    let table = table_of(target.stream).name;
    let list = placeholders(3, ids.len());
    let mut args = args![target.tenant, target.connection];
    args.extend(ids.iter().map(|id| Arg::from(*id)));
    let sql = format!(
        "UPDATE {table} SET deleted_at = NULL WHERE tenant_id = $1 AND connection_id = $2 \
         AND remote_id IN ({list})"
    );
    tx.exec(sql, args).await.map(drop)
}

impl TenantStore {
    /// The projections of these records, tombstones too; an id without one is left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.projection_load", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn projection_load(
        &self,
        connection: ConnectionId,
        stream: Stream,
        ids: &[RemoteId],
    ) -> Result<Vec<ProjectionRow>, StoreError> {
        let table = table_of(stream);
        let mut tx = self.read().await?;
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_MAX) {
            if ids.is_empty() {
                continue;
            }
            let sql = table.select_by_id(ids.len());
            let mut args = args![self.id, connection];
            args.extend(ids.iter().map(Arg::from));
            for row in tx.rows(table.name, sql, args).await? {
                found.push(table.read_row(&row)?);
            }
        }
        Ok(found)
    }

    /// Projections after `after`, tombstones too, sorted by remote id.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.projection_page", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn projection_page(
        &self,
        connection: ConnectionId,
        stream: Stream,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Result<Vec<ProjectionRow>, StoreError> {
        let table = table_of(stream);
        let sql = format!("{} AND remote_id > $3 ORDER BY remote_id LIMIT $4", table.select());
        let mut tx = self.read().await?;
        let after = after.map_or("", RemoteId::as_str);
        let rows = tx.rows(table.name, sql, args![self.id, connection, after, limit]).await?;
        rows.iter().map(|row| table.read_row(row)).collect()
    }
}

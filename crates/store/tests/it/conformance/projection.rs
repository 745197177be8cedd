//! Projections of every kind, made again, and listed for people.

use almanac_model::agent::Agent;
use almanac_model::asset::{RemoteAsset, RemoteField, RemoteValue};
use almanac_model::asset_status::AssetStatus;
use almanac_model::asset_type::{AssetType, FieldDefinition};
use almanac_model::category::Category;
use almanac_model::client::Client;
use almanac_model::client_type::ClientType;
use almanac_model::contact::Contact;
use almanac_model::contract::Contract;
use almanac_model::id::RemoteId;
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
use almanac_store::testing::{Engine, fresh};
use almanac_store::{
    AssetBriefs, AssetQuery, RecordWrite, ReprojectCommit, Reprojected, StoreError,
};

use crate::fixture::{Fixture, bad, client, fixture, ids, take};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn one(id: &str) -> Option<RemoteId> {
    Some(RemoteId::new(id))
}

fn asset(id: &str, client: &str) -> RemoteAsset {
    let fields = [
        RemoteField::Standard("key_field".to_owned()),
        RemoteField::Typed { field_id: "12".to_owned(), name: "RAM".to_owned() },
        RemoteField::Custom { field_id: "7".to_owned(), name: "CFowner".to_owned() },
    ];
    RemoteAsset {
        remote_id: RemoteId::new(id),
        tag: some("PC-1"),
        client: one(client),
        site: one("8"),
        asset_type: one("3"),
        asset_type_name: some("by its own record"),
        status: one("1"),
        is_inactive: false,
        is_placeholder: false,
        values: fields.map(|field| RemoteValue { field, value: "x\0\"é".to_owned() }).to_vec(),
    }
}

/// One of each kind, in the order of `Stream::ALL`.
fn every_kind() -> Vec<Projection> {
    let remote_id = || RemoteId::new("8");
    let (is_inactive, is_placeholder) = (true, false);
    let name = || "Näme".to_owned();
    let fields =
        vec![FieldDefinition { field_id: "12".to_owned(), name: name(), key_position: Some(1) }];
    vec![
        Projection::ClientType(ClientType { remote_id: remote_id(), name: name(), is_placeholder }),
        Projection::Client(Client {
            remote_id: remote_id(),
            name: name(),
            client_type: one("8"),
            website: some("acme.example"),
            is_inactive,
            is_placeholder,
        }),
        Projection::Site(Site {
            remote_id: remote_id(),
            name: name(),
            client: None,
            is_inactive,
            is_placeholder,
        }),
        Projection::Contact(Contact {
            remote_id: remote_id(),
            name: name(),
            email: some("a@b.example"),
            client: one("8"),
            site: one("9"),
            is_service_account: true,
            is_inactive,
            is_placeholder,
        }),
        Projection::Agent(Agent {
            remote_id: remote_id(),
            name: name(),
            email: None,
            is_inactive,
            is_placeholder,
        }),
        Projection::Team(Team {
            remote_id: remote_id(),
            name: name(),
            is_inactive,
            is_placeholder,
        }),
        Projection::AssetType(AssetType {
            remote_id: remote_id(),
            name: name(),
            group_name: some("Computers"),
            fields,
            is_inactive,
            is_placeholder,
        }),
        Projection::AssetStatus(AssetStatus {
            remote_id: remote_id(),
            name: name(),
            is_placeholder,
        }),
        Projection::Asset(asset("8", "8")),
    ]
    .into_iter()
    .chain(of_tickets())
    .collect()
}

/// One of each kind that assets do not stand on.
fn of_tickets() -> Vec<Projection> {
    let remote_id = || RemoteId::new("8");
    let title = || some("Drücker \"offline\"");
    let name = || "Näme".to_owned();
    let day = Some(jiff::civil::date(2026, 2, 28));
    let at = Some(1_791_008_651_400);
    vec![
        Projection::TicketStatus(TicketStatus {
            remote_id: remote_id(),
            name: name(),
            area: some("0"),
        }),
        Projection::TicketType(TicketType { remote_id: remote_id(), name: name(), usage: None }),
        Projection::Priority(Priority {
            remote_id: remote_id(),
            name: name(),
            sla: one("1"),
            number: one("4"),
            is_inactive: true,
        }),
        Projection::Category(Category { remote_id: remote_id(), name: name(), tree: some("2") }),
        Projection::Workflow(Workflow { remote_id: remote_id(), name: name(), is_inactive: true }),
        Projection::Ticket(Ticket {
            remote_id: remote_id(),
            title: title(),
            client: one("1"),
            site: one("2"),
            contact: one("3"),
            agent: one("4"),
            team_name: some("1st Line"),
            status: one("5"),
            ticket_type: one("6"),
            sla: one("7"),
            priority_number: one("9"),
            opened_at: at,
            remote_updated_at: at,
            closed_at: None,
            is_closed: true,
        }),
        Projection::TicketAction(TicketAction {
            remote_id: remote_id(),
            ticket: RemoteId::new("10"),
            outcome: some("Private Note"),
            author: some("Ann"),
            at,
            is_private: true,
        }),
        Projection::Opportunity(Opportunity {
            remote_id: remote_id(),
            title: title(),
            client: one("1"),
            status: one("5"),
            ticket_type: one("20"),
            value: some("1250.5"),
            target_on: day,
            remote_updated_at: at,
            is_closed: false,
        }),
        Projection::Project(Project {
            remote_id: remote_id(),
            title: None,
            client: one("1"),
            status: one("5"),
            ticket_type: one("6"),
            parent: one("3"),
            starts_on: day,
            target_on: None,
            remote_updated_at: at,
            is_closed: true,
        }),
        Projection::Contract(Contract {
            remote_id: remote_id(),
            reference: some("C-1"),
            client: one("1"),
            starts_on: day,
            ends_on: None,
            is_inactive: true,
        }),
        Projection::Invoice(Invoice {
            remote_id: remote_id(),
            number: some("20001"),
            client: one("1"),
            issued_on: day,
            due_on: None,
            is_recurring: false,
        }),
    ]
}

fn write(projection: Projection, facts: Option<&str>) -> RecordWrite {
    RecordWrite {
        remote_id: projection.remote_id().clone(),
        body: b"{}".to_vec(),
        sha256: [7; 32],
        problem: None,
        projection: Some(projection),
        facts: facts.map(str::to_owned),
        changes: Vec::new(),
        known: None,
    }
}

async fn put(acme: &Fixture, writes: Vec<RecordWrite>) {
    let stream = writes[0].projection.as_ref().expect("mapped").stream();
    let mut page = acme.page(1, writes);
    page.stream = stream;
    acme.view.page_commit(&page).await.expect("committed");
}

pub(super) async fn every_kind_survives_a_round_trip(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let kinds = every_kind();
    assert_eq!(kinds.len(), Stream::ALL.len());
    for projection in kinds {
        let stream = projection.stream();
        put(&acme, vec![write(projection.clone(), Some("{\"grade\":1}"))]).await;
        let loaded = acme.view.projection_load(acme.connection, stream, &ids(&["8"])).await;
        assert_eq!(loaded.expect("read")[0].projection, projection, "{stream}");
        let page = acme.view.projection_page(acme.connection, stream, None, 9).await.expect("read");
        assert_eq!(page.len(), 1);
        assert_eq!((&page[0].projection, page[0].mapper_version), (&projection, 1));
        assert_eq!(page[0].facts.as_deref(), Some("{\"grade\":1}"));
        let after = one("8");
        let page = acme.view.projection_page(acme.connection, stream, after.as_ref(), 9).await;
        assert!(page.expect("read").is_empty());
    }
    let states = acme.view.stream_state_list(acme.connection).await.expect("read");
    assert_eq!(states.iter().map(|state| state.stream).collect::<Vec<_>>(), Stream::ALL);
}

pub(super) async fn a_new_mapper_projects_again_without_touching_raw(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A"), bad("2"), client("3", "C")]).await;
    acme.finish(1, &ids(&["3"])).await;
    let raw: Vec<_> =
        acme.records().await.into_iter().map(|row| (row.body, row.changed_at)).collect();
    let again = |id: &str, name: &str| Reprojected {
        remote_id: RemoteId::new(id),
        problem: None,
        projection: client(id, name).projection,
        facts: some("{}"),
        changes: Vec::new(),
    };
    let mut rows = vec![again("1", "A2"), again("2", "B2"), again("3", "C2"), again("none", "N")];
    rows[0].problem = some("odd");
    let mut commit = ReprojectCommit {
        fence: &acme.fence,
        connection: acme.connection,
        stream: Stream::Clients,
        mapper_version: 2,
        run: None,
        at_ms: 1_700_000_000_000,
        rows,
        is_complete: false,
    };
    acme.view.reproject_commit(&commit).await.expect("committed");
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.mapper_version, state.bad), (1, 1));
    let page = acme.view.projection_page(acme.connection, Stream::Clients, None, 9).await;
    let page = page.expect("read");
    let shown: Vec<_> = page
        .iter()
        .map(|row| {
            (row.projection.remote_id().as_str(), row.deleted_at.is_some(), row.mapper_version)
        })
        .collect();
    assert_eq!(shown, [("1", false, 2), ("2", false, 2), ("3", true, 2)]);
    assert_eq!(Some(&page[1].projection), client("2", "B2").projection.as_ref());
    let after: Vec<_> =
        acme.records().await.into_iter().map(|row| (row.body, row.changed_at)).collect();
    assert_eq!(raw, after);
    let problems = acme.view.record_problem_list(acme.connection, Stream::Clients, 9).await;
    assert_eq!(problems.expect("read")[0].problem, "odd");

    (commit.rows, commit.is_complete) = (Vec::new(), true);
    acme.view.reproject_commit(&commit).await.expect("committed");
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!(state.mapper_version, 2);
    take(&acme.view, "two", i64::MAX / 2).await;
    let refused = acme.view.reproject_commit(&commit).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)));
}

async fn with_names(acme: &Fixture) {
    let mut kinds = every_kind();
    kinds.truncate(8);
    let names = [
        Projection::AssetStatus(AssetStatus {
            remote_id: RemoteId::new("1"),
            name: "none".to_owned(),
            is_placeholder: true,
        }),
        Projection::Client(Client {
            remote_id: RemoteId::new("9"),
            name: "Other".to_owned(),
            client_type: None,
            website: None,
            is_inactive: false,
            is_placeholder: false,
        }),
    ];
    for projection in kinds.into_iter().chain(names) {
        put(acme, vec![write(projection, None)]).await;
    }
}

pub(super) async fn an_asset_is_listed_with_names(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    with_names(&acme).await;
    put(&acme, vec![write(Projection::Asset(asset("5", "8")), Some("{\"grade\":2}"))]).await;
    let rows = acme.view.asset_table(&AssetQuery { limit: 9, ..Default::default() }).await;
    let row = rows.expect("read").pop().expect("one");
    assert_eq!(row.client_name.as_deref(), Some("Näme"));
    assert_eq!(row.site_name.as_deref(), Some("Näme"));
    assert_eq!(row.asset_type_name.as_deref(), Some("by its own record"));
    assert_eq!(row.status_name, None, "a placeholder is none");
    assert_eq!((row.tag.as_deref(), row.facts.as_deref()), (Some("PC-1"), Some("{\"grade\":2}")));
}

pub(super) async fn assets_are_listed_by_client_and_page(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    with_names(&acme).await;
    let mut writes: Vec<_> = ["1", "2", "3"].map(|id| asset(id, "8")).to_vec();
    writes.push(asset("4", "9"));
    writes.push(RemoteAsset { is_inactive: true, ..asset("5", "8") });
    writes.push(RemoteAsset { is_placeholder: true, ..asset("6", "8") });
    let writes = writes.into_iter().map(|asset| write(Projection::Asset(asset), None));
    put(&acme, writes.collect()).await;
    let list = async |query: AssetQuery| {
        let rows = acme.view.asset_table(&query).await.expect("read");
        rows.into_iter().map(|row| row.remote_id.into_string()).collect::<Vec<_>>()
    };
    let all = AssetQuery { limit: 9, ..Default::default() };
    assert_eq!(list(all.clone()).await, ["1", "2", "3", "4"]);
    assert_eq!(list(AssetQuery { client: one("9"), ..all.clone() }).await, ["4"]);
    assert_eq!(list(AssetQuery { include_inactive: true, ..all.clone() }).await.len(), 5);
    assert_eq!(list(AssetQuery { include_placeholder: true, ..all.clone() }).await.len(), 5);
    assert_eq!(list(AssetQuery { after: one("1"), limit: 2, ..all }).await, ["2", "3"]);
}

pub(super) async fn assets_in_short_are_those_that_are_shown(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let mut writes: Vec<_> = ["1", "2", "3"].map(|id| asset(id, "8")).to_vec();
    writes.push(RemoteAsset { is_inactive: true, ..asset("5", "8") });
    writes.push(RemoteAsset { is_placeholder: true, ..asset("6", "8") });
    writes[0].tag = Some("a\u{1e}b\u{1f}c".to_owned());
    let writes = writes.into_iter().map(|asset| write(Projection::Asset(asset), Some("{}")));
    put(&acme, writes.collect()).await;
    let names = |rows: &AssetBriefs| {
        let mut ids: Vec<_> = rows.iter().map(|row| row.remote_id.to_owned()).collect();
        ids.sort();
        ids
    };
    let page = async |after: Option<&str>, limit: u32| {
        let after = after.map(RemoteId::new);
        acme.view.asset_brief_page(acme.connection, after.as_ref(), limit).await.expect("read")
    };
    assert_eq!(names(&page(None, 9).await), ["1", "2", "3"]);
    let second = page(Some("1"), 1).await;
    assert_eq!((names(&second), second.last()), (vec!["2".to_owned()], one("2").as_ref()));
    let end = page(Some("3"), 9).await;
    assert_eq!((names(&end).len(), end.last()), (0, None));
    let wanted: Vec<RemoteId> = ["3", "1", "5", "6", "9"].map(RemoteId::new).to_vec();
    let found = acme.view.asset_brief_load(acme.connection, &wanted).await.expect("read");
    assert_eq!(names(&found), ["1", "3"]);
    let whole = RemoteAsset { tag: Some("a b c".to_owned()), ..asset("1", "8") };
    let first = found.iter().find(|row| row.remote_id == "1").expect("it is shown");
    let text = |id: &Option<RemoteId>| id.as_ref().map(|id| id.as_str().to_owned());
    assert_eq!(first.client.map(str::to_owned), text(&whole.client));
    assert_eq!(first.status.map(str::to_owned), text(&whole.status));
    assert_eq!(first.tag, whole.tag.as_deref(), "what parts fields became a space");
    assert_eq!(first.asset_type_name, whole.asset_type_name.as_deref());
    assert_eq!(first.facts, Some("{}"));
}

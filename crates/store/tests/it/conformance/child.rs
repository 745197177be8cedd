//! What is read without a scan: by what changed, and by parents.

use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_model::ticket_action::TicketAction;
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{
    ChangeCommit, ChildrenDue, NewConnection, ParentRead, RecordWrite, StoreError, StreamState,
};

use crate::fixture::{Fixture, client, connection_of, fixture, ids, take};

fn commit(acme: &Fixture, stream: Stream) -> ChangeCommit<'_> {
    ChangeCommit {
        fence: &acme.fence,
        connection: acme.connection,
        stream,
        at_ms: START_MS + 10,
        rows: Vec::new(),
        remove: &[],
        read_up_to: None,
        parents: &[],
        is_whole: false,
        run: None,
        mapper_version: 1,
    }
}

/// Children hang on clients here: any stream can be a parent.
fn due(acme: &Fixture) -> ChildrenDue {
    ChildrenDue {
        connection: acme.connection,
        stream: Stream::TicketActions,
        parents: Stream::Clients,
        read_before: 0,
    }
}

fn action(parent: &str, number: &str) -> RecordWrite {
    let remote_id = RemoteId::new(format!("{parent}:{number}"));
    let projection = Projection::TicketAction(TicketAction {
        remote_id: remote_id.clone(),
        ticket: RemoteId::new(parent),
        outcome: None,
        author: None,
        at: None,
        is_private: true,
    });
    RecordWrite {
        remote_id,
        body: b"{}".to_vec(),
        projection: Some(projection),
        ..RecordWrite::default()
    }
}

async fn state(acme: &Fixture, stream: Stream) -> StreamState {
    acme.view.stream_state(acme.connection, stream).await.expect("read")
}

pub(super) async fn what_changed_is_kept_with_how_far_it_was_read(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A"), client("2", "B")]).await;
    acme.finish(1, &[]).await;
    let rows = vec![client("3", "C")];
    let change = ChangeCommit { rows, read_up_to: Some(77), ..commit(&acme, Stream::Clients) };
    let outcome = acme.view.change_commit(&change).await.expect("committed");
    assert_eq!((outcome.rows.added, outcome.removed), (1, 0));
    let now = state(&acme, Stream::Clients).await;
    assert_eq!((now.live, now.read_up_to, now.generation), (3, Some(77), 1));
    let later = ChangeCommit { rows: vec![client("4", "D")], ..commit(&acme, Stream::Clients) };
    acme.view.change_commit(&later).await.expect("committed");
    assert_eq!(state(&acme, Stream::Clients).await.read_up_to, Some(77), "it stays");
    let place = (acme.connection, Stream::Clients);
    acme.view.change_filter_note(&acme.fence, place.0, place.1, true, 5).await.expect("noted");
    let filter = state(&acme, Stream::Clients).await.filter.expect("known");
    assert_eq!((filter.works, filter.tried_at), (true, 5));
    // Whoever took the lease over finds nothing of a run that slept.
    take(&acme.view, "another", START_MS + 60_000).await;
    let slept = acme.view.change_commit(&later).await;
    assert!(matches!(slept, Err(StoreError::LeaseLost)), "{slept:?}");
}

pub(super) async fn children_are_due_when_their_parent_changed(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let changed = |id: &str, sha: u8| RecordWrite { sha256: [sha; 32], ..client(id, "A") };
    acme.commit(1, vec![changed("1", 1), changed("10", 1)]).await;
    assert_eq!(acme.view.children_due_count(&due(&acme)).await.expect("read"), 2);
    let parents = acme.view.children_due(&due(&acme), 9).await.expect("read");
    let read = ChangeCommit {
        rows: vec![action("1", "1"), action("1", "2"), action("10", "1")],
        parents: &parents,
        is_whole: true,
        ..commit(&acme, Stream::TicketActions)
    };
    acme.view.change_commit(&read).await.expect("committed");
    assert_eq!(acme.view.children_due_count(&due(&acme)).await.expect("read"), 0);
    let now = state(&acme, Stream::TicketActions).await;
    assert_eq!((now.live, now.generation, now.last_scan_at), (3, 1, Some(START_MS + 10)));
    acme.commit(2, vec![changed("1", 2)]).await;
    let parents = acme.view.children_due(&due(&acme), 9).await.expect("read");
    let one = ParentRead { remote_id: RemoteId::new("1"), sha256: Some([2; 32]) };
    assert_eq!(parents, [one]);
    let known = acme.view.child_ids(acme.connection, Stream::TicketActions, &parents).await;
    assert_eq!(known.expect("read"), ids(&["1:1", "1:2"]), "not those of 10");
    let old = ChildrenDue { read_before: START_MS + 11, ..due(&acme) };
    assert_eq!(acme.view.children_due_count(&old).await.expect("read"), 2, "long ago");
}

pub(super) async fn children_of_a_parent_that_is_gone_become_tombstones(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A"), client("2", "B")]).await;
    let parents = acme.view.children_due(&due(&acme), 9).await.expect("read");
    let rows = vec![action("1", "1"), action("2", "1")];
    let read = ChangeCommit { rows, parents: &parents, ..commit(&acme, Stream::TicketActions) };
    acme.view.change_commit(&read).await.expect("committed");
    acme.finish(1, &ids(&["2"])).await;
    let gone = acme.view.parents_gone(&due(&acme), 9).await.expect("read");
    assert_eq!(gone, [ParentRead { remote_id: RemoteId::new("2"), sha256: None }]);
    let known = acme.view.child_ids(acme.connection, Stream::TicketActions, &gone).await;
    let known = known.expect("read");
    let remove =
        ChangeCommit { remove: &known, parents: &gone, ..commit(&acme, Stream::TicketActions) };
    assert_eq!(acme.view.change_commit(&remove).await.expect("committed").removed, 1);
    assert!(acme.view.parents_gone(&due(&acme), 9).await.expect("read").is_empty());
    let now = state(&acme, Stream::TicketActions).await;
    assert_eq!((now.live, now.deleted), (1, 1));
}

pub(super) async fn a_moved_connection_forgets_how_far_it_was_read_by_changes(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A")]).await;
    let parents = acme.view.children_due(&due(&acme), 9).await.expect("read");
    let read = ChangeCommit { parents: &parents, ..commit(&acme, Stream::TicketActions) };
    acme.view.change_commit(&read).await.expect("committed");
    let pull = ChangeCommit { read_up_to: Some(77), ..commit(&acme, Stream::Clients) };
    acme.view.change_commit(&pull).await.expect("committed");
    let place = (acme.connection, Stream::Clients);
    acme.view.change_filter_note(&acme.fence, place.0, place.1, true, 5).await.expect("noted");
    let base_url = "https://elsewhere.example".to_owned();
    let moved = NewConnection { base_url, ..connection_of("secret") };
    acme.view.connection_set(moved).await.expect("moved");
    let now = state(&acme, Stream::Clients).await;
    assert_eq!((now.read_up_to, now.filter), (None, None));
    assert_eq!(acme.view.children_due_count(&due(&acme)).await.expect("read"), 1);
}

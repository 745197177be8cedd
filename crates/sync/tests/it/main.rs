//! The engine over a real database and a PSA in memory.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

mod brakes;
mod push;
mod world;

use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_psa::Connector;
use almanac_psa::PsaError;
use almanac_psa::fake::FakePastEnd;
use almanac_store::testing::Engine;
use almanac_store::{ChangeCause, ProjectionRow};
use almanac_sync::{Outcome, SyncError, VERIFY_KIND, Verification};
use almanac_testkit::on_both_engines;

use crate::world::World;

on_both_engines! {
    what_is_unchanged_costs_no_write
    a_removed_record_becomes_a_tombstone_and_may_come_back
    more_removals_than_the_limit_hold_the_stream_and_remove_nothing
    an_empty_answer_holds_the_stream
    a_hold_is_lifted_by_a_scan_that_ends_well
    a_row_that_is_not_understood_is_kept_and_the_stream_goes_on
    a_row_that_names_two_ids_is_marked_and_hurts_no_other
    a_forbidden_stream_does_not_stop_the_others
    a_psa_that_is_gone_ends_the_run_and_keeps_the_old_data
    an_interrupted_scan_goes_on_with_the_next_page
    a_scan_interrupted_for_long_begins_anew
    a_list_that_never_holds_still_removes_nothing
    a_record_that_a_list_leaves_out_but_that_exists_is_kept
    a_new_version_of_the_mapper_maps_again_without_the_psa
    q_27_what_a_thin_row_leaves_out_is_kept_also_when_mapped_again
    a_second_run_is_refused_while_one_holds_the_lease
    verify_finds_what_differs_and_writes_nothing
    a_changed_date_leaves_its_earlier_value
    a_lock_holds_through_every_sync
    a_value_that_is_read_in_another_way_leaves_its_earlier_one
    a_mapper_that_takes_one_record_for_another_projects_neither
    a_page_of_an_interrupted_scan_tells_how_far_it_is
    q_11_what_changed_is_read_alone_where_the_psa_was_seen_to_tell_it
    q_11_a_pull_reaches_back_before_the_end_of_the_last_one
    q_07_a_filter_that_is_ignored_is_not_used_and_one_that_is_ignored_later_neither
    q_11_what_is_gone_is_found_by_the_next_whole_scan
    q_23_actions_are_read_for_tickets_that_changed_and_for_no_others
    an_action_that_its_ticket_no_longer_names_is_gone_and_too_many_hold_the_stream
    the_actions_of_a_ticket_that_is_gone_go_with_it
    a_run_with_few_calls_leaves_its_scan_open_and_the_next_goes_on
    a_pull_that_was_not_answered_is_made_up_for_by_the_next_one
    q_37_an_area_that_was_never_granted_is_left_out_and_one_that_was_is_held
}

async fn what_is_unchanged_costs_no_write(engine: Engine) {
    let Some(world) = World::with_clients(engine, 250).await else { return };
    let first = world.run().await.unwrap();
    assert_eq!((first.outcome, first.streams[0].added), (Outcome::Done, 250));
    let before = world.records().await;
    world.clock_forward(60_000);
    let second = world.run().await.unwrap();
    let stream = &second.streams[0];
    assert_eq!((stream.added, stream.changed, stream.unchanged), (0, 0, 250));
    assert_eq!(world.records().await, before, "not even an instant was written");
}

async fn a_removed_record_becomes_a_tombstone_and_may_come_back(engine: Engine) {
    let Some(world) = World::with_clients(engine, 120).await else { return };
    world.run().await.unwrap();
    let ids = world.psa.ids(Stream::Clients);
    let body = world.body(&ids[7]).await.unwrap();
    world.psa.remove(Stream::Clients, &ids[7]);
    assert_eq!(world.run().await.unwrap().streams[0].removed, 1);
    assert_eq!(world.live().await.len(), 119);
    assert_eq!(world.body(&ids[7]).await.unwrap(), body, "a tombstone keeps what was known");
    world.psa.put(Stream::Clients, &ids[7], &body);
    assert_eq!(world.run().await.unwrap().streams[0].changed, 1);
    assert_eq!(world.live().await.len(), 120);
}

async fn more_removals_than_the_limit_hold_the_stream_and_remove_nothing(engine: Engine) {
    let Some(world) = World::with_clients(engine, 120).await else { return };
    world.run().await.unwrap();
    for id in &world.psa.ids(Stream::Clients)[..26] {
        world.psa.remove(Stream::Clients, id);
    }
    let status = world.run().await.unwrap();
    assert_eq!(status.outcome, Outcome::Held);
    assert_eq!(status.streams[0].held.as_ref().unwrap().code, "SYNC-010");
    assert_eq!(world.live().await.len(), 120);
}

async fn an_empty_answer_holds_the_stream(engine: Engine) {
    let Some(world) = World::with_clients(engine, 3).await else { return };
    world.run().await.unwrap();
    for id in world.psa.ids(Stream::Clients) {
        world.psa.remove(Stream::Clients, &id);
    }
    let status = world.run().await.unwrap();
    assert_eq!(status.streams[0].held.as_ref().unwrap().code, "SYNC-012");
    assert_eq!(world.live().await.len(), 3);
}

async fn a_hold_is_lifted_by_a_scan_that_ends_well(engine: Engine) {
    let Some(world) = World::with_clients(engine, 3).await else { return };
    world.run().await.unwrap();
    let ids = world.psa.ids(Stream::Clients);
    for id in &ids {
        world.psa.remove(Stream::Clients, id);
    }
    world.run().await.unwrap();
    assert!(world.state().await.held.is_some());
    for id in &ids {
        let body = format!("{{\"id\":{id},\"name\":\"back\"}}");
        world.psa.put(Stream::Clients, id, body.as_bytes());
    }
    world.run().await.unwrap();
    assert!(world.state().await.held.is_none());
}

async fn a_row_that_is_not_understood_is_kept_and_the_stream_goes_on(engine: Engine) {
    let Some(world) = World::with_clients(engine, 5).await else { return };
    let ids = world.psa.ids(Stream::Clients);
    world.psa.put(Stream::Clients, &ids[2], b"{\"id\":3,\"name\":[]}");
    let status = world.run().await.unwrap();
    assert_eq!((status.outcome, status.streams[0].bad), (Outcome::Done, 1));
    assert_eq!(status.streams[0].read, 5);
    assert_eq!(world.body(&ids[2]).await.unwrap(), b"{\"id\":3,\"name\":[]}");
    let problems = world.problems().await;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].problem.contains("name"), "{problems:?}");
    assert_eq!(world.run().await.unwrap().streams[0].bad, 1, "it stays marked");
    world.psa.put(Stream::Clients, &ids[2], b"{\"id\":3,\"name\":\"mended\"}");
    assert_eq!(world.run().await.unwrap().streams[0].bad, 0);
    assert!(world.problems().await.is_empty());
}

async fn a_row_that_names_two_ids_is_marked_and_hurts_no_other(engine: Engine) {
    let Some(world) = World::with_clients(engine, 3).await else { return };
    let ids = world.psa.ids(Stream::Clients);
    world.psa.put(Stream::Clients, &ids[1], b"{\"id\":1,\"name\":\"another's id\"}");
    let status = world.run().await.unwrap();
    assert_eq!((status.outcome, status.streams[0].bad), (Outcome::Done, 1));
    assert_eq!(world.projections().await.len(), 2);
}

async fn a_forbidden_stream_does_not_stop_the_others(engine: Engine) {
    let Some(world) = World::with_clients(engine, 5).await else { return };
    world.psa.add(Stream::Sites, "Main");
    world.psa.fail_next(PsaError::Forbidden { path: "/Client".into(), status: 403 });
    let status = world.run_streams(&[Stream::Clients, Stream::Sites]).await.unwrap();
    assert_eq!(status.outcome, Outcome::Held);
    assert_eq!(status.streams[0].held.as_ref().unwrap().code, "CONN-006");
    assert_eq!(status.streams[1].read, 1);
    assert!(world.state().await.held.is_some(), "the page that shows the stream can say so");
}

async fn a_psa_that_is_gone_ends_the_run_and_keeps_the_old_data(engine: Engine) {
    let Some(world) = World::with_clients(engine, 5).await else { return };
    world.run().await.unwrap();
    let gone = PsaError::Unreachable { address: "memory".into(), detail: "gone".into() };
    world.psa.fail_next(gone);
    let status = world.run_streams(&[Stream::Clients, Stream::Sites]).await.unwrap();
    assert_eq!((status.outcome, status.streams.len()), (Outcome::Failed, 1));
    assert_eq!(status.error.unwrap().code, "CONN-001");
    assert_eq!(world.live().await.len(), 5);
}

async fn an_interrupted_scan_goes_on_with_the_next_page(engine: Engine) {
    let Some(world) = World::with_clients(engine, 500).await else { return };
    world.lose_the_psa_after(3);
    assert_eq!(world.run().await.unwrap().outcome, Outcome::Failed);
    let committed = world.live().await.len();
    assert!((100..500).contains(&committed), "{committed}");
    let status = world.run().await.unwrap();
    assert_eq!(status.outcome, Outcome::Done);
    let stream = &status.streams[0];
    assert_eq!((stream.read, stream.added, stream.unchanged), (500, 500, 0));
    assert!(stream.requests <= 4, "pages before the cut are not read again: {stream:?}");
    assert_eq!(world.live().await.len(), 500);
}

async fn a_scan_interrupted_for_long_begins_anew(engine: Engine) {
    let Some(world) = World::with_clients(engine, 500).await else { return };
    world.lose_the_psa_after(3);
    world.run().await.unwrap();
    world.clock_forward(11 * 60_000);
    // A row of a page that was read before is gone now: only a new scan can tell.
    world.psa.remove(Stream::Clients, &world.psa.ids(Stream::Clients)[0]);
    let status = world.run().await.unwrap();
    assert_eq!((status.outcome, status.streams[0].removed), (Outcome::Done, 1));
    assert_eq!(world.live().await.len(), 499);
}

async fn a_list_that_never_holds_still_removes_nothing(engine: Engine) {
    let Some(world) = World::with_clients(engine, 250).await else { return };
    world.run().await.unwrap();
    world.psa.change(|switches| {
        switches.moves = u32::MAX;
        switches.past_end = FakePastEnd::Repeat;
        switches.total_error = Some(3);
    });
    let status = world.run().await.unwrap();
    assert_eq!(status.outcome, Outcome::Partial);
    let stream = &status.streams[0];
    assert_eq!(stream.held.as_ref().unwrap().code, "SYNC-013");
    assert_eq!(stream.removed, 0);
    assert!(world.live().await.len() > 250, "what came is kept, and nothing is gone");
}

async fn a_record_that_a_list_leaves_out_but_that_exists_is_kept(engine: Engine) {
    let Some(world) = World::with_clients(engine, 30).await else { return };
    world.run().await.unwrap();
    let id = world.psa.ids(Stream::Clients)[4].clone();
    world.hide_from_lists(&id);
    let status = world.run().await.unwrap();
    assert_eq!((status.outcome, status.streams[0].removed), (Outcome::Done, 0));
    assert_eq!(world.live().await.len(), 30);
}

async fn a_new_version_of_the_mapper_maps_again_without_the_psa(engine: Engine) {
    let Some(world) = World::with_clients(engine, 30).await else { return };
    world.run().await.unwrap();
    let status = world.run_with_shouting_mapper().await;
    assert_eq!(status.streams[0].changed, 0, "no record changed");
    for row in world.projections().await {
        let Projection::Client(client) = row.projection else { panic!("a client") };
        assert_eq!(client.name, client.name.to_uppercase());
    }
}

async fn q_27_what_a_thin_row_leaves_out_is_kept_also_when_mapped_again(engine: Engine) {
    let Some(world) = World::with_clients(engine, 2).await else { return };
    let id = world.psa.ids(Stream::Clients)[0].clone();
    let rich = b"{\"id\":1,\"name\":\"A\",\"website\":\"a.example\"}";
    world.psa.put(Stream::Clients, &id, rich);
    world.run_with_keeping_mapper(1).await;
    world.psa.put(Stream::Clients, &id, b"{\"id\":1,\"name\":\"B\"}");
    for version in [1, 2] {
        world.run_with_keeping_mapper(version).await;
        let Projection::Client(client) = world.projections().await.remove(0).projection else {
            panic!("a client")
        };
        assert_eq!(client.name, "B");
        assert_eq!(client.website.as_deref(), Some("a.example"), "mapper {version}");
    }
}

async fn a_second_run_is_refused_while_one_holds_the_lease(engine: Engine) {
    let Some(world) = World::with_clients(engine, 5).await else { return };
    let other = world.take_lease_as("elsewhere").await;
    let refused = world.run().await.unwrap_err();
    assert!(matches!(&refused, SyncError::Busy { owner } if owner == "elsewhere"), "{refused}");
    world.clock_forward(31_000);
    world.run().await.unwrap();
    // The other one wakes up: its fence is of no use any more.
    assert!(world.renew(&other).await.is_err());
}

async fn verify_finds_what_differs_and_writes_nothing(engine: Engine) {
    let Some(world) = World::with_clients(engine, 120).await else { return };
    world.run().await.unwrap();
    assert!(world.verify().await.is_proven());
    let ids = world.psa.ids(Stream::Clients);
    world.psa.put(Stream::Clients, &ids[0], b"{\"id\":1,\"name\":\"other\",\"inactive\":false}");
    world.psa.remove(Stream::Clients, &ids[1]);
    world.psa.add(Stream::Clients, "new");
    let before = world.records().await;
    // Runs are ordered by when they began.
    world.clock_forward(1);
    let found = world.verify().await;
    assert!(!found.is_proven());
    assert_eq!((found.differ, found.missing, found.extra), (1, 1, 1));
    let kept = world.store.run_latest(VERIFY_KIND).await.unwrap().unwrap();
    assert_eq!(kept.outcome.as_deref(), Some("partial"));
    let told: Verification = serde_json::from_str(kept.status.as_deref().unwrap()).unwrap();
    assert_eq!(told.streams, std::slice::from_ref(&found));
    let spans = world.store.psa_call_list(world.connection, 0).await.unwrap();
    let counted: u64 = spans.iter().map(|span| span.calls).sum();
    assert_eq!(counted, world.psa.call_stats().requests, "every call of all three was counted");
    let what: Vec<&str> = found.examples.iter().map(|one| one.what.as_str()).collect();
    assert!(what.contains(&"name") && what.contains(&"missing") && what.contains(&"extra"));
    assert_eq!(world.records().await, before);
}

async fn a_changed_date_leaves_its_earlier_value(engine: Engine) {
    let Some(world) = World::with_clients(engine, 0).await else { return };
    let (one, two) = (world.psa.add(Stream::Assets, "one"), world.psa.add(Stream::Assets, "two"));
    world.put_asset(&one, "2019-03-01");
    world.put_asset(&two, "2019-03-01");
    world.run_assets().await;
    assert!(world.history(&one).await.is_empty(), "a first reading has nothing before it");
    world.clock_forward(1_000);
    world.put_asset(&one, "2020-04-02");
    world.psa.put(
        Stream::Assets,
        &two,
        br#"{"id":2,"name":"another","values":{"bought":"2019-03-01"}}"#,
    );
    let status = world.run_assets().await;
    assert_eq!(status.streams[0].changed, 2);
    let changes = world.history(&one).await;
    assert_eq!(changes.len(), 1, "{changes:?}");
    let change = &changes[0];
    assert_eq!(change.old_value.as_deref(), Some("2019-03-01"));
    assert_eq!(change.new_value.as_deref(), Some("2020-04-02"));
    let ChangeCause::Psa { run: Some(run) } = &change.cause else { panic!("the PSA's") };
    assert_eq!(run.to_string(), status.run_id);
    assert!(world.history(&two).await.is_empty(), "its name is no fact");
    world.clock_forward(1_000);
    world.put_asset(&one, "1900-01-01");
    world.run_assets().await;
    let changes = world.history(&one).await;
    assert_eq!((changes.len(), changes[0].new_value.as_deref()), (2, None));
    world.run_assets().await;
    assert_eq!(world.history(&one).await.len(), 2, "what is unchanged has no history");
}

async fn a_value_that_is_read_in_another_way_leaves_its_earlier_one(engine: Engine) {
    let Some(world) = World::with_clients(engine, 0).await else { return };
    let id = world.psa.add(Stream::Assets, "one");
    world.put_asset(&id, "2019-03-01");
    world.run_assets().await;
    world.clock_forward(1_000);
    let status = world.run_assets_by(&["elsewhere"]).await;
    let changes = world.history(&id).await;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(
        (changes[0].old_value.as_deref(), changes[0].new_value.as_deref()),
        (Some("2019-03-01"), None)
    );
    let ChangeCause::Mapping { run: Some(run) } = &changes[0].cause else { panic!("{changes:?}") };
    assert_eq!(run.to_string(), status.run_id);
    world.clock_forward(1_000);
    world.run_assets_by(&["elsewhere", "bought"]).await;
    assert_eq!(world.history(&id).await.len(), 2, "and back");
    world.clock_forward(1_000);
    world.run_assets_by(&["bought"]).await;
    assert_eq!(world.history(&id).await.len(), 2, "the same value by another link is no change");
}

async fn a_mapper_that_takes_one_record_for_another_projects_neither(engine: Engine) {
    let Some(world) = World::with_clients(engine, 3).await else { return };
    world.run().await.unwrap();
    let before = world.projections().await;
    let status = world.run_with_confusing_mapper().await;
    assert_eq!(status.streams[0].removed, 0);
    let names = |rows: &[ProjectionRow]| {
        let name = |row: &ProjectionRow| match &row.projection {
            Projection::Client(client) => (client.remote_id.clone(), client.name.clone()),
            other => panic!("a client: {other:?}"),
        };
        rows.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&world.projections().await), names(&before), "each keeps its own");
    let problems = world.problems().await;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.problem.contains("the row says both")));
}

async fn a_lock_holds_through_every_sync(engine: Engine) {
    let Some(world) = World::with_clients(engine, 0).await else { return };
    let id = world.psa.add(Stream::Assets, "one");
    world.put_asset(&id, "2019-03-01");
    world.run_assets().await;
    world.lock_purchase_date(&id, "2024-05-06").await;
    assert_eq!(world.purchase_date(&id).await, "2024-05-06");
    world.clock_forward(1_000);
    world.put_asset(&id, "2020-04-02");
    world.run_assets().await;
    assert_eq!(world.purchase_date(&id).await, "2024-05-06");
    let causes: Vec<_> = world.history(&id).await.into_iter().map(|change| change.cause).collect();
    assert!(
        matches!(&causes[..], [ChangeCause::Psa { .. }, ChangeCause::Locked { by, .. }] if by.name == "Ann"),
        "{causes:?}"
    );
}

async fn a_page_of_an_interrupted_scan_tells_how_far_it_is(engine: Engine) {
    let Some(world) = World::with_clients(engine, 250).await else { return };
    world.lose_the_psa_after(2);
    let status = world.run().await.unwrap();
    assert_eq!(status.outcome, Outcome::Failed);
    let shown = world.progress().await;
    assert_eq!(shown.run, None, "its lease was given back");
    let clients = shown.streams.iter().find(|line| line.stream == Stream::Clients).unwrap();
    assert_eq!((clients.read, clients.claimed, clients.added), (200, Some(250), 200));
    assert!(!clients.is_done && !clients.is_running);
    world.run().await.unwrap();
    let shown = world.progress().await;
    let clients = shown.streams.iter().find(|line| line.stream == Stream::Clients).unwrap();
    assert_eq!((clients.read, clients.added, clients.live), (250, 250, 250));
    assert!(clients.is_done && clients.held.is_none());
}

async fn q_11_what_changed_is_read_alone_where_the_psa_was_seen_to_tell_it(engine: Engine) {
    let Some(world) = World::with_clients(engine, 250).await else { return };
    world.psa.change(|switches| switches.may_filter_changes = true);
    world.read_changes_only();
    let first = world.run().await.unwrap();
    assert_eq!((first.streams[0].mode.as_str(), first.streams[0].read), ("full", 250));
    assert_eq!(first.streams[0].requests, 3, "a first scan tries nothing");
    let second = world.run().await.unwrap();
    assert_eq!((second.streams[0].mode.as_str(), second.streams[0].requests), ("full", 4));
    assert!(world.state().await.filter.is_some_and(|filter| filter.works));
    world.clock_forward(20 * 60_000);
    let quiet = world.run().await.unwrap();
    let stream = &quiet.streams[0];
    assert_eq!((stream.mode.as_str(), stream.read, stream.requests), ("changes", 0, 1));
    let ids = world.psa.ids(Stream::Clients);
    world.psa.put(Stream::Clients, &ids[3], b"{\"id\":4,\"name\":\"renamed\"}");
    world.psa.add(Stream::Clients, "new");
    let status = world.run().await.unwrap();
    let stream = &status.streams[0];
    assert_eq!((stream.read, stream.added, stream.changed, stream.requests), (2, 1, 1, 1));
    assert_eq!(world.live().await.len(), 251);
    assert!(world.verify().await.is_proven());
}

async fn q_11_a_pull_reaches_back_before_the_end_of_the_last_one(engine: Engine) {
    let Some(world) = World::with_clients(engine, 5).await else { return };
    world.psa.change(|switches| switches.may_filter_changes = true);
    world.read_changes_only();
    world.run().await.unwrap();
    world.run().await.unwrap();
    // The PSA's clock is nine minutes behind: what it changes now looks older than the last pull.
    world.clock_forward(60 * 60_000);
    world.run().await.unwrap();
    world.psa.change(|switches| switches.now_ms -= 9 * 60_000);
    world.psa.add(Stream::Clients, "of a slow clock");
    let status = world.run().await.unwrap();
    assert_eq!((status.streams[0].mode.as_str(), status.streams[0].added), ("changes", 1));
    let again = world.run().await.unwrap();
    assert_eq!((again.streams[0].read, again.streams[0].unchanged), (1, 1), "and costs no write");
}

async fn q_07_a_filter_that_is_ignored_is_not_used_and_one_that_is_ignored_later_neither(
    engine: Engine,
) {
    let Some(world) = World::with_clients(engine, 120).await else { return };
    world.psa.change(|switches| {
        switches.may_filter_changes = true;
        switches.ignores_changes = true;
    });
    world.read_changes_only();
    world.run().await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.run().await.unwrap().streams[0].mode, "full");
        assert!(world.state().await.filter.is_some_and(|filter| !filter.works));
    }
    // Tried again after a while: it works now.
    world.psa.change(|switches| switches.ignores_changes = false);
    world.clock_forward(8 * 24 * 3_600_000);
    world.run().await.unwrap();
    assert_eq!(world.run().await.unwrap().streams[0].mode, "changes");
    // And no longer: the same run reads the stream whole.
    world.psa.change(|switches| switches.ignores_changes = true);
    world.psa.remove(Stream::Clients, &world.psa.ids(Stream::Clients)[0]);
    let status = world.run().await.unwrap();
    assert_eq!((status.streams[0].mode.as_str(), status.streams[0].removed), ("full", 1));
    assert!(world.state().await.filter.is_some_and(|filter| !filter.works));
}

async fn q_11_what_is_gone_is_found_by_the_next_whole_scan(engine: Engine) {
    let Some(world) = World::with_clients(engine, 50).await else { return };
    world.psa.change(|switches| switches.may_filter_changes = true);
    world.read_changes_only();
    world.run().await.unwrap();
    world.run().await.unwrap();
    world.psa.remove(Stream::Clients, &world.psa.ids(Stream::Clients)[7]);
    assert_eq!(world.run().await.unwrap().streams[0].removed, 0);
    assert_eq!(world.live().await.len(), 50, "absence from what changed means nothing");
    world.clock_forward(7 * 3_600_000);
    let status = world.run().await.unwrap();
    assert_eq!((status.streams[0].mode.as_str(), status.streams[0].removed), ("full", 1));
}

const TICKETS: [Stream; 2] = [Stream::Tickets, Stream::TicketActions];

async fn q_23_actions_are_read_for_tickets_that_changed_and_for_no_others(engine: Engine) {
    let Some(world) = World::with_clients(engine, 0).await else { return };
    let tickets = world.put_tickets(40, 2);
    world.read_changes_only();
    let first = world.run_streams(&TICKETS).await.unwrap();
    let actions = &first.streams[1];
    assert_eq!((actions.read, actions.added, actions.requests), (80, 80, 40));
    assert_eq!(world.state_of(Stream::TicketActions).await.live, 80);
    let quiet = world.run_streams(&TICKETS).await.unwrap();
    assert_eq!((quiet.streams[1].read, quiet.streams[1].requests), (0, 0));
    world.put_action(&tickets[5], "third");
    let unseen = world.run_streams(&TICKETS).await.unwrap();
    assert_eq!(unseen.streams[1].requests, 0, "its ticket says nothing of it");
    world.touch_ticket(&tickets[5]);
    let status = world.run_streams(&TICKETS).await.unwrap();
    let actions = &status.streams[1];
    assert_eq!((actions.read, actions.added, actions.requests), (3, 1, 1));
    let id = world.live_of(Stream::TicketActions).await;
    assert!(id.iter().any(|id| id.as_str().starts_with(&format!("{}:", tickets[5]))), "{id:?}");
    world.clock_forward(1);
    world.read_all();
    let whole = world.run_streams(&TICKETS).await.unwrap();
    assert_eq!(whole.streams[1].requests, 40, "asked for everything, it asks every ticket");
}

async fn an_action_that_its_ticket_no_longer_names_is_gone_and_too_many_hold_the_stream(
    engine: Engine,
) {
    let Some(world) = World::with_clients(engine, 0).await else { return };
    let tickets = world.put_tickets(30, 2);
    world.read_changes_only();
    world.run_streams(&TICKETS).await.unwrap();
    let of_one = world.actions_of(&tickets[0]);
    world.psa.remove(Stream::TicketActions, &of_one[0]);
    world.touch_ticket(&tickets[0]);
    let status = world.run_streams(&TICKETS).await.unwrap();
    assert_eq!((status.outcome, status.streams[1].removed), (Outcome::Done, 1));
    for ticket in &tickets[1..] {
        for action in world.actions_of(ticket) {
            world.psa.remove(Stream::TicketActions, &action);
        }
        world.touch_ticket(ticket);
    }
    let held = world.run_streams(&TICKETS).await.unwrap();
    assert_eq!(held.outcome, Outcome::Held);
    assert_eq!(held.streams[1].held.as_ref().unwrap().code, "SYNC-010");
    assert!(world.live_of(Stream::TicketActions).await.len() >= 34, "few were believed gone");
}

async fn the_actions_of_a_ticket_that_is_gone_go_with_it(engine: Engine) {
    let Some(world) = World::with_clients(engine, 0).await else { return };
    let tickets = world.put_tickets(30, 2);
    world.run_streams(&TICKETS).await.unwrap();
    world.psa.remove(Stream::Tickets, &tickets[4]);
    let status = world.run_streams(&TICKETS).await.unwrap();
    assert_eq!((status.streams[0].removed, status.streams[1].removed), (1, 2));
    let state = world.state_of(Stream::TicketActions).await;
    assert_eq!((state.live, state.deleted), (58, 2));
}

async fn a_run_with_few_calls_leaves_its_scan_open_and_the_next_goes_on(engine: Engine) {
    let Some(world) = World::with_clients(engine, 500).await else { return };
    let first = world.run_with_calls(2).await;
    assert!(first.outcome == Outcome::Done && first.streams[0].is_open, "{first:?}");
    assert!(first.streams[0].requests <= 3, "{:?}", first.streams[0]);
    assert_eq!(world.state().await.generation, 0, "nothing is concluded of a part");
    let mut runs = 1;
    while world.state().await.generation == 0 {
        world.run_with_calls(2).await;
        runs += 1;
        assert!(runs < 6, "the scan begins anew each time");
    }
    assert_eq!(world.live().await.len(), 500);
}

async fn a_pull_that_was_not_answered_is_made_up_for_by_the_next_one(engine: Engine) {
    let Some(world) = World::with_clients(engine, 5).await else { return };
    world.psa.change(|switches| {
        switches.may_filter_changes = true;
        switches.now_ms = world.now_ms();
    });
    world.read_changes_only();
    // The first read does not try the filter, the second does.
    world.run().await.unwrap();
    world.run().await.unwrap();
    world.psa.add(Stream::Clients, "sixth");
    let path = "/Client".to_owned();
    world.psa.fail_next(PsaError::ServerFault { path, status: 500, excerpt: String::new() });
    let failed = world.run().await.unwrap();
    assert_eq!(failed.outcome, Outcome::Partial);
    let held = world.state_of(Stream::Clients).await.held.unwrap();
    assert_eq!(held.code, "CONN-001");
    world.clock_forward(60_000);
    let next = world.run().await.unwrap();
    let stream = &next.streams[0];
    assert_eq!((stream.mode.as_str(), stream.added, stream.requests), ("changes", 1, 1));
    assert!(world.state_of(Stream::Clients).await.held.is_none(), "it answers again");
}

async fn q_37_an_area_that_was_never_granted_is_left_out_and_one_that_was_is_held(engine: Engine) {
    let Some(world) = World::with_clients(engine, 5).await else { return };
    let forbidden = || PsaError::Forbidden { path: "/Opportunities".into(), status: 403 };
    let streams = [Stream::Opportunities, Stream::Clients];
    world.psa.fail_next(forbidden());
    let status = world.run_streams(&streams).await.unwrap();
    assert_eq!((status.outcome, status.streams[1].read), (Outcome::Done, 5));
    assert_eq!(status.streams[0].held.as_ref().unwrap().code, "CONN-006", "the run tells");
    assert!(world.state_of(Stream::Opportunities).await.held.is_none(), "and nobody is asked");
    world.psa.add(Stream::Opportunities, "granted");
    assert_eq!(world.run_streams(&streams).await.unwrap().streams[0].added, 1);
    world.psa.fail_next(forbidden());
    assert_eq!(world.run_streams(&streams).await.unwrap().outcome, Outcome::Held);
    assert!(world.state_of(Stream::Opportunities).await.held.is_some());
}

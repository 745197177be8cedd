//! What a scan may not believe by itself, what a person releases, and what the receipts say.

use almanac_model::author::Author;
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_store::testing::Engine;
use almanac_store::{Receipt, ReceiptKind, ReleaseRefused, ReleaseStream};
use almanac_sync::{Outcome, RunStatus};
use almanac_testkit::on_both_engines;

use crate::world::World;

on_both_engines! {
    q_27_a_scan_that_would_blank_a_field_holds_the_stream_and_keeps_the_old_values
    a_few_values_that_are_emptied_are_taken
    what_a_mapper_of_our_own_leaves_out_holds_nothing
    a_pull_that_would_blank_a_field_holds_the_stream_too
    records_deactivated_in_masses_hold_the_stream
    an_interrupted_scan_still_knows_what_it_kept_aside
    a_released_scan_concludes_as_much_as_was_typed_and_no_more
    a_release_is_for_a_hold_and_its_own_number
    children_that_are_held_stay_however_often_they_are_read
    a_receipt_tells_what_a_scan_corrected
    a_held_scan_and_a_comparison_leave_receipts_too
    asking_every_ticket_for_its_actions_leaves_a_receipt
    a_scan_that_begins_anew_tells_what_the_one_before_it_corrected
    a_psa_that_does_not_answer_hides_no_hold_that_waits_for_a_person
}

fn ann() -> Author {
    Author::user("1", "Ann")
}

/// Assets of the PSA that were bought in 2020, as they were read.
async fn with_assets(engine: Engine, count: u32) -> Option<(World, Vec<RemoteId>)> {
    let world = World::with_clients(engine, 0).await?;
    let ids: Vec<RemoteId> = (1..=count).map(|id| RemoteId::new(id.to_string())).collect();
    for id in &ids {
        world.put_asset(id, "2020-01-31");
    }
    assert_eq!(world.run_assets().await.outcome, Outcome::Done);
    Some((world, ids))
}

fn empty_dates(world: &World, ids: &[RemoteId]) {
    for id in ids {
        world.put_asset(id, "");
    }
}

async fn dates(world: &World, ids: &[RemoteId]) -> usize {
    let mut count = 0;
    for id in ids {
        let ids = [id.clone()];
        let rows = world.store.projection_load(world.connection, Stream::Assets, &ids).await;
        let text = rows.unwrap()[0].facts.clone().unwrap();
        count += usize::from(text.contains("2020-01-31"));
    }
    count
}

fn code(status: &RunStatus) -> Option<&str> {
    status.streams[0].held.as_ref().map(|held| held.code.as_str())
}

async fn release(world: &World, stream: Stream, number: u64) -> Result<(), ReleaseRefused> {
    let release = ReleaseStream {
        connection: world.connection,
        stream,
        number,
        by: &ann(),
        at_ms: world.now_ms(),
    };
    world.store.stream_release(&release).await.unwrap()
}

async fn receipts(world: &World, stream: Stream) -> Vec<Receipt> {
    world.store.receipt_list(world.connection, Some(stream), 100).await.unwrap()
}

async fn q_27_a_scan_that_would_blank_a_field_holds_the_stream_and_keeps_the_old_values(
    engine: Engine,
) {
    let Some((world, ids)) = with_assets(engine, 60).await else { return };
    empty_dates(&world, &ids[..26]);
    world.psa.put(
        Stream::Assets,
        &ids[59],
        b"{\"id\":60,\"name\":\"renamed\",\"values\":{\"bought\":\"2020-01-31\"}}",
    );
    let status = world.run_assets().await;
    assert_eq!((status.outcome, code(&status)), (Outcome::Held, Some("SYNC-011")));
    assert_eq!(dates(&world, &ids).await, 60, "every old value is there");
    let state = world.state_of(Stream::Assets).await;
    let held = state.held.unwrap();
    assert!(held.text.contains("\u{201c}bought\u{201d} in 26 of the 60"), "{}", held.text);
    assert_eq!((held.number, state.generation, state.scan), (Some(26), 1, None));
    assert_eq!(status.streams[0].changed, 1, "what takes nothing away is taken");
    // It stays so however often it is read, and mends itself when the values are back.
    assert_eq!(code(&world.run_assets().await), Some("SYNC-011"));
    assert_eq!(dates(&world, &ids).await, 60);
    for id in &ids[..5] {
        world.put_asset(id, "2020-01-31");
    }
    let status = world.run_assets().await;
    assert_eq!((status.outcome, status.streams[0].changed), (Outcome::Done, 21));
    assert_eq!(dates(&world, &ids).await, 39, "the rest was within the limit");
}

async fn a_few_values_that_are_emptied_are_taken(engine: Engine) {
    let Some((world, ids)) = with_assets(engine, 60).await else { return };
    empty_dates(&world, &ids[..25]);
    let status = world.run_assets().await;
    assert_eq!((status.outcome, status.streams[0].changed), (Outcome::Done, 25));
    assert_eq!(dates(&world, &ids).await, 35);
    assert_eq!(world.run_assets().await.streams[0].unchanged, 60, "nothing is left over");
}

async fn what_a_mapper_of_our_own_leaves_out_holds_nothing(engine: Engine) {
    let Some(world) = World::with_clients(engine, 60).await else { return };
    for id in world.psa.ids(Stream::Clients) {
        let body = format!("{{\"id\":{id},\"name\":\"x\",\"website\":\"acme.test\"}}");
        world.psa.put(Stream::Clients, &id, body.as_bytes());
    }
    world.run_with_keeping_mapper(2).await;
    let with_website = async || {
        let rows = world.projections().await;
        rows.iter().filter(|row| format!("{row:?}").contains("acme.test")).count()
    };
    assert_eq!(with_website().await, 60);
    let status = world.run().await.unwrap();
    assert_eq!((status.outcome, with_website().await), (Outcome::Done, 0));
}

async fn a_pull_that_would_blank_a_field_holds_the_stream_too(engine: Engine) {
    let Some((world, ids)) = with_assets(engine, 60).await else { return };
    world.psa.change(|switches| switches.may_filter_changes = true);
    world.read_changes_only();
    assert_eq!(world.run_assets().await.streams[0].mode, "full", "the filter is tried");
    world.clock_forward(1_000);
    empty_dates(&world, &ids[..26]);
    let status = world.run_assets().await;
    assert_eq!((status.streams[0].mode.as_str(), code(&status)), ("changes", Some("SYNC-011")));
    assert_eq!(dates(&world, &ids).await, 60);
    let status = world.run_assets().await;
    assert_eq!((status.streams[0].mode.as_str(), code(&status)), ("full", Some("SYNC-011")));
    release(&world, Stream::Assets, 26).await.unwrap();
    assert_eq!(world.run_assets().await.outcome, Outcome::Done);
    assert_eq!(dates(&world, &ids).await, 34);
    // Few of them are taken by the pull itself.
    world.clock_forward(1_000);
    empty_dates(&world, &ids[26..36]);
    let status = world.run_assets().await;
    assert_eq!((status.streams[0].mode.as_str(), status.streams[0].changed), ("changes", 10));
    assert_eq!(dates(&world, &ids).await, 24);
}

async fn records_deactivated_in_masses_hold_the_stream(engine: Engine) {
    let Some(world) = World::with_clients(engine, 60).await else { return };
    world.run().await.unwrap();
    for id in &world.psa.ids(Stream::Clients)[..26] {
        let body = format!("{{\"id\":{id},\"name\":\"x\",\"inactive\":true}}");
        world.psa.put(Stream::Clients, id, body.as_bytes());
    }
    let status = world.run().await.unwrap();
    assert_eq!(code(&status), Some("SYNC-010"));
    let held = world.state().await.held.unwrap();
    assert!(held.text.contains("deactivate 26 of 60 active"), "{}", held.text);
    let inactive = |rows: Vec<almanac_store::ProjectionRow>| {
        rows.iter().filter(|row| format!("{row:?}").contains("is_inactive: true")).count()
    };
    assert_eq!(inactive(world.projections().await), 0);
    release(&world, Stream::Clients, 26).await.unwrap();
    assert_eq!(world.run().await.unwrap().outcome, Outcome::Done);
    assert_eq!(inactive(world.projections().await), 26);
}

async fn an_interrupted_scan_still_knows_what_it_kept_aside(engine: Engine) {
    let Some((world, ids)) = with_assets(engine, 500).await else { return };
    empty_dates(&world, &ids[..30]);
    empty_dates(&world, &ids[470..]);
    world.lose_the_psa_after(3);
    assert_eq!(world.run_assets().await.outcome, Outcome::Failed);
    let status = world.run_assets().await;
    assert_eq!(code(&status), Some("SYNC-011"), "{status:?}");
    let held = world.state_of(Stream::Assets).await.held.unwrap();
    assert_eq!(held.number, Some(60), "those of the pages before the cut count: {}", held.text);
    assert_eq!(dates(&world, &ids).await, 500);
}

async fn a_released_scan_concludes_as_much_as_was_typed_and_no_more(engine: Engine) {
    let Some(world) = World::with_clients(engine, 120).await else { return };
    world.run().await.unwrap();
    let ids = world.psa.ids(Stream::Clients);
    for id in &ids[..26] {
        world.psa.remove(Stream::Clients, id);
    }
    assert_eq!(code(&world.run().await.unwrap()), Some("SYNC-010"));
    let since = world.state().await.held.unwrap().since;
    release(&world, Stream::Clients, 26).await.unwrap();
    assert_eq!(world.state().await.release.unwrap().by, ann());
    // One more is gone meanwhile: that was not released.
    world.psa.remove(Stream::Clients, &ids[30]);
    world.clock_forward(60_000);
    let status = world.run().await.unwrap();
    assert_eq!((code(&status), world.live().await.len()), (Some("SYNC-010"), 120));
    let state = world.state().await;
    assert_eq!(state.release, None, "a release counts for one scan");
    let held = state.held.unwrap();
    assert_eq!((held.number, held.since), (Some(27), since), "held since the first time");
    release(&world, Stream::Clients, 27).await.unwrap();
    let status = world.run().await.unwrap();
    assert_eq!((status.outcome, status.streams[0].removed), (Outcome::Done, 27));
    assert_eq!(world.live().await.len(), 93);
    let state = world.state().await;
    assert_eq!((state.held, state.release), (None, None));
    let audit = world.store.audit_list(None, 50).await.unwrap();
    let lines: Vec<_> = audit.iter().filter(|line| line.audit.action == "sync.release").collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].audit.actor, "Ann");
    assert!(lines[0].audit.detail.contains("27"), "{}", lines[0].audit.detail);
}

async fn a_release_is_for_a_hold_and_its_own_number(engine: Engine) {
    let Some(world) = World::with_clients(engine, 120).await else { return };
    let of = async |number| release(&world, Stream::Clients, number).await;
    assert_eq!(of(26).await, Err(ReleaseRefused::NotHeld), "it was never read");
    world.run().await.unwrap();
    assert_eq!(of(26).await, Err(ReleaseRefused::NotHeld));
    for id in &world.psa.ids(Stream::Clients)[..26] {
        world.psa.remove(Stream::Clients, id);
    }
    world.run().await.unwrap();
    assert_eq!(of(25).await, Err(ReleaseRefused::OtherNumber { held: 26 }));
    assert_eq!(of(27).await, Err(ReleaseRefused::OtherNumber { held: 26 }));
    assert_eq!(world.state().await.release, None);
    world.run().await.unwrap();
    assert_eq!(world.live().await.len(), 120, "what was refused releases nothing");
}

async fn children_that_are_held_stay_however_often_they_are_read(engine: Engine) {
    let Some(world) = World::with_clients(engine, 0).await else { return };
    let streams = [Stream::Tickets, Stream::TicketActions];
    let tickets = world.put_tickets(40, 2);
    world.read_changes_only();
    world.run_streams(&streams).await.unwrap();
    for ticket in &tickets {
        for action in world.actions_of(ticket) {
            world.psa.remove(Stream::TicketActions, &action);
        }
        world.touch_ticket(ticket);
    }
    let mut left = None;
    for _ in 0..4 {
        let status = world.run_streams(&streams).await.unwrap();
        assert_eq!(status.streams[1].held.as_ref().unwrap().code, "SYNC-010");
        let live = world.live_of(Stream::TicketActions).await.len();
        assert!(live >= 55, "{live}");
        assert_eq!(*left.get_or_insert(live), live, "no run removes more");
    }
    let number = world.state_of(Stream::TicketActions).await.held.unwrap().number.unwrap();
    assert_eq!(Some(usize::try_from(number).unwrap()), left, "all that is gone is counted");
    release(&world, Stream::TicketActions, number).await.unwrap();
    let status = world.run_streams(&streams).await.unwrap();
    assert_eq!((status.outcome, status.streams[1].removed), (Outcome::Done, number));
    assert!(world.live_of(Stream::TicketActions).await.is_empty());
}

async fn a_receipt_tells_what_a_scan_corrected(engine: Engine) {
    let Some((world, ids)) = with_assets(engine, 40).await else { return };
    let first = receipts(&world, Stream::Assets).await.remove(0);
    assert!(first.told.is_first && first.told.records.is_empty(), "{first:?}");
    assert_eq!((first.told.theirs, first.told.ours, first.told.corrected), (40, 40, 40));
    world.put_asset(&ids[3], "2021-06-30");
    world.put_asset(&RemoteId::new("41"), "2022-01-31");
    world.psa.remove(Stream::Assets, &ids[9]);
    world.clock_forward(60_000);
    world.run_assets().await;
    let second = receipts(&world, Stream::Assets).await.remove(0);
    assert_eq!((second.seq, second.kind, second.is_genuine), (2, ReceiptKind::Scan, true));
    let told = &second.told;
    assert_eq!((told.theirs, told.ours, told.compared), (40, 40, 40));
    assert_eq!((told.differed, told.corrected, told.fields["bought"]), (3, 3, 1));
    let named: Vec<(&str, &str)> =
        told.records.iter().map(|one| (one.remote_id.as_str(), one.what.as_str())).collect();
    assert_eq!(named, [("4", "bought"), ("41", "added"), ("10", "removed")]);
    world.run_assets().await;
    let quiet = receipts(&world, Stream::Assets).await.remove(0);
    assert!(quiet.told.differed == 0 && quiet.told.fields.is_empty(), "{quiet:?}");
    let verdicts = world.store.receipt_check(world.connection).await.unwrap();
    assert_eq!((verdicts.len(), verdicts[0].count, verdicts[0].broken_at), (1, 3, None));
}

async fn a_held_scan_and_a_comparison_leave_receipts_too(engine: Engine) {
    let Some(world) = World::with_clients(engine, 120).await else { return };
    world.run().await.unwrap();
    for id in &world.psa.ids(Stream::Clients)[..26] {
        world.psa.remove(Stream::Clients, id);
    }
    world.run().await.unwrap();
    let held = receipts(&world, Stream::Clients).await.remove(0).told;
    assert_eq!((held.held.as_deref(), held.theirs, held.ours), (Some("SYNC-010"), 94, 120));
    assert_eq!((held.differed, held.corrected), (26, 0));
    world.clock_forward(1_000);
    world.verify().await;
    let verified = receipts(&world, Stream::Clients).await.remove(0);
    assert_eq!((verified.kind, verified.seq), (ReceiptKind::Verify, 3));
    assert_eq!((verified.told.differed, verified.told.corrected), (26, 0));
    assert_eq!(verified.told.records.len(), 20, "as many as are named");
}

async fn asking_every_ticket_for_its_actions_leaves_a_receipt(engine: Engine) {
    let Some(world) = World::with_clients(engine, 0).await else { return };
    let tickets = world.put_tickets(20, 2);
    let streams = [Stream::Tickets, Stream::TicketActions];
    let newest = async || receipts(&world, Stream::TicketActions).await.remove(0).told;
    world.read_all();
    world.run_streams(&streams).await.unwrap();
    let first = newest().await;
    assert_eq!((first.is_first, first.theirs, first.ours, first.corrected), (true, 40, 40, 40));
    // Nothing says so: its ticket is as it was.
    let of_one = world.actions_of(&tickets[0]);
    world.psa.remove(Stream::TicketActions, &of_one[0]);
    world.put_action(&tickets[1], "third");
    world.psa.remove(Stream::Tickets, &tickets[2]);
    world.clock_forward(1);
    let status = world.run_streams(&streams).await.unwrap();
    let told = newest().await;
    assert_eq!(told.run.as_deref(), Some(status.run_id.as_str()));
    assert_eq!((told.differed, told.corrected, told.ours), (4, 4, 38));
    let of = |what: &str| told.records.iter().filter(|one| one.what == what).count();
    assert_eq!((told.records.len(), of("added"), of("removed")), (4, 1, 3), "{told:?}");
    // A run that is cut off tells what it corrected until then, and why there is no more.
    world.put_action(&tickets[1], "fourth");
    world.touch_ticket(&tickets[1]);
    world.clock_forward(1);
    world.lose_the_psa_after(18);
    assert_eq!(world.run_streams(&streams).await.unwrap().outcome, Outcome::Failed);
    let told = newest().await;
    assert_eq!((told.held.as_deref(), told.corrected), (Some("CONN-001"), 1), "{told:?}");
    let verdicts = world.store.receipt_check(world.connection).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()), "{verdicts:?}");
}

async fn a_scan_that_begins_anew_tells_what_the_one_before_it_corrected(engine: Engine) {
    let Some(world) = World::with_clients(engine, 500).await else { return };
    world.run().await.unwrap();
    let ids = world.psa.ids(Stream::Clients);
    for (at, name) in [(0, "first page"), (499, "last page")] {
        let body = format!(r#"{{"id":{},"name":"{name}","inactive":false}}"#, ids[at]);
        world.psa.put(Stream::Clients, &ids[at], body.as_bytes());
    }
    world.lose_the_psa_after(3);
    assert_eq!(world.run().await.unwrap().outcome, Outcome::Failed);
    world.clock_forward(11 * 60_000);
    let status = world.run().await.unwrap();
    assert_eq!((status.outcome, status.streams[0].changed), (Outcome::Done, 1));
    let told = receipts(&world, Stream::Clients).await.remove(0).told;
    assert_eq!((told.differed, told.corrected, told.fields["name"]), (2, 2, 2));
    let named: Vec<&RemoteId> = told.records.iter().map(|one| &one.remote_id).collect();
    assert_eq!(named, [&ids[0], &ids[499]]);
}

async fn a_psa_that_does_not_answer_hides_no_hold_that_waits_for_a_person(engine: Engine) {
    let Some(world) = World::with_clients(engine, 120).await else { return };
    world.run().await.unwrap();
    for id in &world.psa.ids(Stream::Clients)[..26] {
        world.psa.remove(Stream::Clients, id);
    }
    world.run().await.unwrap();
    world.clock_forward(60_000);
    world.lose_the_psa_after(0);
    assert_eq!(world.run().await.unwrap().outcome, Outcome::Failed);
    let held = world.state_of(Stream::Clients).await.held.unwrap();
    assert_eq!((held.code.as_str(), held.number), ("SYNC-010", Some(26)));
    assert!(held.since < world.now_ms() - 50_000, "since when it waits stays");
}

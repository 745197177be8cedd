//! What a person asks of the background is done once, and shown while it goes on.

use almanac_model::author::Author;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::probe::{ProbeFinding, ProbeResult};
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use almanac_store::{
    CONNECTION_TEST, ClaimJobs, ClaimedJob, ConnectionArgs, LeaseTake, NewJob, NewRun,
    PRIORITY_PERSON, PageCommit, RunCause, RunFinish, SAME_SYNC_MS, SYNC_CONNECTION, SYNC_NOW,
    ScanProgress, StreamProgress, SyncAsked, TenantStore, sync_lease_name,
};

use crate::fixture::{Fixture, client, fixture};

async fn ask(acme: &Fixture, at_ms: i64) -> SyncAsked {
    let by = Author::user("1", "Ann");
    let asked = acme.view.sync_ask(acme.connection, &by, START_MS + at_ms).await;
    asked.expect("the database works")
}

async fn claim(test: &TestStore, at_ms: i64) -> Option<ClaimedJob> {
    let claim = ClaimJobs {
        owner: "worker",
        lease_ms: 600_000,
        now_ms: START_MS + at_ms,
        limit: 1,
        kinds: &[SYNC_NOW, SYNC_CONNECTION, CONNECTION_TEST],
        tenant_running_max: 10,
    };
    test.job_claim(&claim).await.expect("the database works").pop()
}

async fn job_count(view: &TenantStore) -> usize {
    view.job_list(100).await.expect("read").len()
}

pub(super) async fn a_sync_asked_for_twice_runs_once(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let SyncAsked::Enqueued(id) = ask(&acme, 0).await else { panic!("it is enqueued") };
    assert_eq!(ask(&acme, 10).await, SyncAsked::Waiting(id));
    let job = claim(&test, 20).await.expect("it is due");
    assert_eq!((job.id, job.kind.as_str(), job.priority), (id, SYNC_NOW, PRIORITY_PERSON));
    assert_eq!(ask(&acme, 30).await, SyncAsked::Running(id));
    test.job_complete(&job, START_MS + 40).await.expect("it runs");
    assert_eq!(ask(&acme, SAME_SYNC_MS - 1).await, SyncAsked::JustEnded { at: START_MS + 40 });
    assert_eq!(job_count(&acme.view).await, 1);
    // Another connection's, or another tenant's, is another sync.
    let by = Author::user("1", "Ann");
    let other = ConnectionId(acme.connection.0 + 1);
    let asked = acme.view.sync_ask(other, &by, START_MS + 50).await.expect("the database works");
    assert!(matches!(asked, SyncAsked::Enqueued(_)), "{asked:?}");
    let beta = fixture(&test, "beta").await;
    assert!(matches!(ask(&beta, 50).await, SyncAsked::Enqueued(_)));
    let later = ask(&acme, SAME_SYNC_MS).await;
    assert!(matches!(later, SyncAsked::Enqueued(new) if new != id), "{later:?}");
    let audit = acme.view.audit_list(None, 1).await.expect("read").remove(0).audit;
    assert_eq!((audit.action.as_str(), audit.actor.as_str()), ("sync.ask", "Ann"));
}

pub(super) async fn two_clicks_at_once_enqueue_one_sync(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let (one, two) = tokio::join!(ask(&acme, 0), ask(&acme, 0));
    let (enqueued, waiting) = match (one, two) {
        (SyncAsked::Enqueued(enqueued), SyncAsked::Waiting(waiting))
        | (SyncAsked::Waiting(waiting), SyncAsked::Enqueued(enqueued)) => (enqueued, waiting),
        both => panic!("one is enqueued, the other waits for it: {both:?}"),
    };
    assert_eq!(enqueued, waiting);
    assert_eq!(job_count(&acme.view).await, 1);
}

pub(super) async fn a_sync_that_waits_is_brought_forward_and_one_that_failed_does_not_count(
    engine: Engine,
) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let scheduled = NewJob {
        kind: SYNC_CONNECTION.to_owned(),
        key: "by schedule".to_owned(),
        args: ConnectionArgs { connection: acme.connection }.to_json(),
        run_at: START_MS + 1_800_000,
        priority: 0,
        attempts_max: 20,
        at_ms: START_MS,
    };
    acme.view.job_enqueue(&scheduled).await.expect("the database works");
    assert!(claim(&test, 10).await.is_none());
    let waiting_since = async || {
        let progress = acme.view.sync_progress(acme.connection, START_MS + 10).await;
        progress.expect("read").waiting_since
    };
    assert_eq!(waiting_since().await, None, "nobody waits for it");
    assert!(matches!(ask(&acme, 10).await, SyncAsked::Waiting(_)));
    assert_eq!(waiting_since().await, Some(START_MS));
    let job = claim(&test, 10).await.expect("it is due now");
    assert_eq!((job.kind.as_str(), job.priority), (SYNC_CONNECTION, PRIORITY_PERSON));
    assert_eq!(job_count(&acme.view).await, 1);
    let retry_at = async || {
        let progress = acme.view.sync_progress(acme.connection, START_MS + 15).await;
        progress.expect("read").retry_at
    };
    assert_eq!(retry_at().await, None, "it runs");
    let later = Some(START_MS + 600_000);
    test.job_fail(&job, "away", later, START_MS + 12).await.expect("it runs");
    assert_eq!(retry_at().await, later, "it is tried again by itself");
    assert!(matches!(ask(&acme, 16).await, SyncAsked::Waiting(_)), "or at once, when asked");
    let job = claim(&test, 16).await.expect("it is due now");
    test.job_fail(&job, "refused", None, START_MS + 20).await.expect("it runs");
    assert_eq!(retry_at().await, None, "it failed for good");
    assert!(matches!(ask(&acme, 30).await, SyncAsked::Enqueued(_)), "what was mended is tried");
}

pub(super) async fn a_test_is_asked_for_once_and_its_result_kept(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let (view, connection, by) = (&acme.view, acme.connection, Author::user("1", "Ann"));
    assert_eq!(view.probe_latest(connection).await.expect("read"), None);
    let id = view.probe_ask(connection, &by, START_MS).await.expect("asked").expect("new");
    let again = view.probe_ask(connection, &by, START_MS + 1).await.expect("asked");
    assert_eq!((again, job_count(view).await), (Some(id), 1));
    let job = claim(&test, 2).await.expect("it is due");
    let probe = view.probe_start(connection, START_MS + 2).await.expect("begun").expect("it waits");
    assert_eq!((probe.id, probe.started_at, &probe.by), (id, Some(START_MS + 2), &by));
    let result = ProbeResult::Failed(ProbeFinding {
        code: "CONN-001".to_owned(),
        title: "title".to_owned(),
        text: "no route".to_owned(),
        remedy: "remedy".to_owned(),
    });
    view.probe_finish(connection, id, &result, START_MS + 3).await.expect("stored");
    assert_eq!(view.probe_start(connection, START_MS + 4).await.expect("read"), None);
    // The job has not said yet that it ended.
    assert_eq!(view.probe_ask(connection, &by, START_MS + 4).await.expect("asked"), None);
    test.job_complete(&job, START_MS + 5).await.expect("it runs");
    let latest = view.probe_latest(connection).await.expect("read").expect("there is one");
    assert_eq!((latest.ended_at, latest.result.as_ref()), (Some(START_MS + 3), Some(&result)));
    let other = fixture(&test, "other").await;
    assert_eq!(other.view.probe_latest(connection).await.expect("read"), None);
    let newer = view.probe_ask(connection, &by, START_MS + 6).await.expect("asked").expect("new");
    assert_ne!(newer, id);
    let latest = view.probe_latest(connection).await.expect("read").expect("there is one");
    assert_eq!((latest.id, latest.result), (newer, None));
}

pub(super) async fn old_tests_are_forgotten(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let by = Author::user("1", "Ann");
    for number in 0..23 {
        let at_ms = START_MS + number * 10;
        acme.view.probe_ask(acme.connection, &by, at_ms).await.expect("asked").expect("new");
        let job = claim(&test, number * 10).await.expect("it is due");
        // A worker that died leaves the test open; the next one asked for ends it.
        test.job_complete(&job, at_ms + 1).await.expect("it runs");
    }
    let count = async |condition| {
        test.number(format!("SELECT count(*) FROM probe{condition}")).await.expect("counted")
    };
    assert_eq!((count("").await, count(" WHERE ended_at IS NULL").await), (20, 1));
}

fn line(progress: &[StreamProgress], stream: Stream) -> &StreamProgress {
    progress.iter().find(|line| line.stream == stream).expect("every stream is there")
}

pub(super) async fn a_page_tells_how_far_the_sync_is(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let now = START_MS + 100;
    let read = async || acme.view.sync_progress(acme.connection, now).await.expect("read");
    assert_eq!(read().await.streams.len(), Stream::ALL.len());
    ask(&acme, 5).await;
    assert_eq!((read().await.run, read().await.waiting_since), (None, Some(START_MS + 5)));

    let name = sync_lease_name(acme.connection);
    let take = LeaseTake { name: &name, owner: "a run", ttl_ms: 30_000, now_ms: START_MS };
    let fence = acme.view.lease_take(take, |_| false).await.expect("works").expect("free");
    let new = NewRun {
        kind: "sync",
        cause: &RunCause::CommandLine,
        connection: Some(acme.connection),
        at_ms: START_MS,
    };
    let run = acme.view.run_start(new).await.expect("a run can be started");
    let progress =
        ScanProgress { read: 2, claimed: Some(7), pass: 1, added: 2, changed: 0, requests: 9 };
    let page = PageCommit {
        at_ms: START_MS + 50,
        rows: vec![client("1", "A"), client("2", "B")],
        scan_state: "{}".to_owned(),
        progress,
        run: Some(run),
        mapper_version: 1,
        ..PageCommit::new(&fence, acme.connection, Stream::Clients)
    };
    acme.view.page_commit(&page).await.expect("a page can be committed");
    let shown = read().await;
    let active = shown.run.expect("it goes on");
    assert_eq!((active.id, active.started_at, active.requests), (run, START_MS, 9));
    let clients = line(&shown.streams, Stream::Clients);
    assert_eq!((clients.read, clients.claimed, clients.added), (2, Some(7), 2));
    assert!(clients.is_running && !clients.is_done);
    let sites = line(&shown.streams, Stream::Sites);
    assert_eq!((sites.read, sites.is_running, sites.is_done), (0, false, false));

    acme.finish_with(&fence, 1, START_MS + 60).await;
    let shown = read().await;
    let clients = line(&shown.streams, Stream::Clients);
    assert_eq!((clients.read, clients.is_running, clients.is_done), (2, false, true));
    let finish = RunFinish { outcome: "done", status: "{}", at_ms: START_MS + 70 };
    acme.view.run_finish(run, finish).await.expect("a run can be finished");
    let shown = read().await;
    assert_eq!(shown.run, None);
    assert!(line(&shown.streams, Stream::Clients).is_done);

    // The next run: what the last one read is not this one's.
    let new = NewRun { at_ms: START_MS + 80, ..new };
    acme.view.run_start(new).await.expect("a run can be started");
    let shown = read().await;
    let clients = line(&shown.streams, Stream::Clients);
    assert_eq!((clients.read, clients.live, clients.is_done), (0, 2, false));
    assert_eq!(clients.last_scan_at, Some(START_MS + 60));
    // A run whose program was ended by force has no end; its lease lapses.
    let later = acme.view.sync_progress(acme.connection, START_MS + 40_000).await.expect("read");
    assert_eq!(later.run, None);
    let other = fixture(&test, "other").await;
    let shown = other.view.sync_progress(other.connection, now).await.expect("read");
    assert!(shown.run.is_none() && shown.streams.iter().all(|line| line.live == 0));
    assert_eq!(
        acme.ids().await,
        [RemoteId::new("1"), RemoteId::new("2")].map(RemoteId::into_string)
    );
}

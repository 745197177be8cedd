//! The fake passes the suite, and the walk survives each of its misbehaviours.

use std::collections::BTreeSet;

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::conformance::{Subject, run_all, walk_all};
use almanac_psa::fake::{FakeConnector, FakeMapper, FakePastEnd, FakeSwitches};

type Change = fn(&mut FakeSwitches);

struct FakeSubject(FakeConnector);

impl Subject for FakeSubject {
    type Connector = FakeConnector;
    type Mapper = FakeMapper;

    fn connector(&self) -> &FakeConnector {
        &self.0
    }

    fn mapper(&self) -> &FakeMapper {
        &FakeMapper
    }

    async fn truth(&self, stream: Stream) -> BTreeSet<RemoteId> {
        self.0.ids(stream).into_iter().collect()
    }

    async fn add_client(&self, name: &str) -> RemoteId {
        self.0.add(Stream::Clients, name)
    }

    async fn deactivate_client(&self, remote_id: &RemoteId) {
        self.0.deactivate(Stream::Clients, remote_id);
    }

    async fn remove_client(&self, remote_id: &RemoteId) {
        self.0.remove(Stream::Clients, remote_id);
    }
}

fn subject() -> FakeSubject {
    let fake = FakeConnector::new();
    for stream in Stream::ALL {
        let count = if stream == Stream::Clients { 300 } else { 7 };
        for at in 0..count {
            fake.add(stream, &format!("{stream} {at}"));
        }
    }
    FakeSubject(fake)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    // The fake never waits, so the first poll is the last.
    let mut work = std::pin::pin!(work);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match work.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the fake waited"),
    }
}

#[test]
fn the_fake_passes_the_suite() {
    run(run_all(&subject()));
}

#[test]
fn the_walk_survives_each_misbehaviour_of_a_list() {
    let cases: [(&str, Change); 8] = [
        ("cap 50", |s| s.page_cap = 50),
        ("cap 30, unsaid", |s| (s.page_cap, s.says_page_size) = (30, false)),
        ("repeats past the end", |s| s.past_end = FakePastEnd::Repeat),
        ("claims zero past the end", |s| s.past_end = FakePastEnd::EmptyClaimingZero),
        ("claims too many", |s| s.total_error = Some(7)),
        ("claims too few", |s| s.total_error = Some(-7)),
        ("claims nothing", |s| s.total_error = None),
        ("moves two rows", |s| s.moves = 2),
    ];
    for (name, change) in cases {
        let subject = subject();
        subject.0.change(change);
        let rows = run(walk_all(&subject.0, Stream::Clients));
        let listed: BTreeSet<RemoteId> = rows.into_keys().collect();
        let truth = run(subject.truth(Stream::Clients));
        let differ = listed.symmetric_difference(&truth).count();
        assert_eq!(differ, 0, "{name}");
    }
}

#[test]
fn q_05_a_list_that_ignores_paging_is_read_in_one_answer() {
    let subject = subject();
    subject.0.change(|s| s.ignores_paging = true);
    assert_eq!(run(walk_all(&subject.0, Stream::Clients)).len(), 300);
}

#[test]
fn an_injected_error_reaches_the_caller_once() {
    let subject = subject();
    let error = almanac_psa::PsaError::TokenRefused;
    subject.0.fail_next(error);
    let connector = subject.connector();
    let id = RemoteId::new("1");
    use almanac_psa::Connector;
    assert!(run(connector.fetch_one(Stream::ClientTypes, &id)).is_err());
    assert!(run(connector.fetch_one(Stream::ClientTypes, &id)).is_ok());
}

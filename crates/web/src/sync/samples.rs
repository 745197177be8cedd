//! The sync pages in the states that matter.

use almanac_model::stream::Stream;
use almanac_store::{Corrected, Receipt, ReceiptKind, ReceiptTold, ReceiptVerdict, RecordProblem};
use maud::Markup;
use uuid::Uuid;

use super::calls::CallsView;
use super::held::HeldView;
use super::live::{Live, Running};
use super::next::{NextLine, NextView};
use super::problems::{ProblemLine, ProblemView, ProblemsView, StreamProblems, pretty};
use super::query::SyncQuery;
use super::receipts::ReceiptsView;
use super::reconciled::Reconciled;
use super::release::ReleaseView;
use super::run_view::RunView;
use super::runs::{Ending, RunLine, RunsView};
use super::steps::Line;
use super::streams::{Standing, StreamLine, StreamsView};
use super::told::{CodeTold, RunTold, StreamTold};
use super::view::{SyncView, unconnected};
use crate::components::banner::Level;
use crate::components::progress::StepState;
use crate::components::sample::HOSTILE;
use crate::halo_words::stream_title;
use crate::page::Chrome;
use crate::psa_limit::CallLimit;
use crate::write_back::panel_samples;

fn stream(stream: Stream, live: u64, is_held: bool) -> StreamLine {
    let read = Standing::Read("12 min".to_owned(), "2026-11-23T09:29:00Z".to_owned());
    StreamLine {
        label: stream_title(stream).to_owned(),
        claimed: (!is_held).then_some(live),
        live,
        corrected: (!is_held).then_some(live % 3),
        differ: (!is_held).then_some(u64::from(live > 4_000) * 61),
        receipts_href: "/sync/receipts?stream=assets".to_owned(),
        bad: (u64::from(is_held) * 2, "/sync/problems#assets".to_owned()),
        state: if is_held { Standing::Held } else { read },
    }
}

fn run(ending: Ending) -> RunLine {
    let is_running = ending == Ending::Running;
    let of = |text: &str| (!is_running).then(|| text.to_owned());
    RunLine {
        id: Uuid::nil(),
        started: "09:40:22".to_owned(),
        iso: "2026-11-23T09:40:22Z".to_owned(),
        cause: format!("Asked by {HOSTILE}"),
        what: "Everything".to_owned(),
        records: of("15,141"),
        took: of("2 min 51 s"),
        calls: of("161"),
        ending,
    }
}

fn runs(lines: Vec<RunLine>) -> RunsView {
    RunsView {
        query: SyncQuery::default(),
        counts: Some([lines.len() as u64, 1, 3]),
        earlier: (!lines.is_empty()).then(|| "/sync?before=x#runs".to_owned()),
        lines,
    }
}

fn view(live: Live, is_first: bool, held: Vec<HeldView>) -> SyncView {
    let endings = vec![
        Ending::Running,
        Ending::Done { changes: 6 },
        Ending::Done { changes: 0 },
        Ending::Partial,
        Ending::Held(vec!["Assets".to_owned(), HOSTILE.to_owned()]),
        Ending::Failed { code: "CONN-004".to_owned(), title: HOSTILE.to_owned() },
        Ending::Cut,
    ];
    let is_held = !held.is_empty();
    let [writes, no_writes] = panel_samples();
    SyncView {
        last_run: None,
        sentence: "Halo 3,412 assets, here 3,412".to_owned(),
        about: "All 9 streams were read whole, the oldest 12 min ago.".to_owned(),
        is_first,
        may_run: !is_held,
        live,
        held,
        reconciled: (!is_first).then(|| Reconciled {
            ago: "at 03:02".to_owned(),
            day: "23 Nov 2026".to_owned(),
            href: "/sync/receipts?stream=assets".to_owned(),
            ended: "30 of 30 whole reads ended at 0".to_owned(),
        }),
        streams: StreamsView {
            lines: vec![
                stream(Stream::Clients, 238, false),
                stream(Stream::Assets, 3_412, is_held),
                stream(Stream::Tickets, 4_806, false),
                StreamLine {
                    label: "10 lists".to_owned(),
                    state: if is_first { Standing::NeverRead } else { Standing::BeingRead },
                    ..stream(Stream::Teams, 91, false)
                },
            ],
            other: ("Each list", "/sync?streams=each#streams".to_owned()),
        },
        bad: 2,
        runs: runs(if is_first { Vec::new() } else { endings.into_iter().map(run).collect() }),
        calls: CallsView {
            bars: if is_first { vec![0; 36] } else { (0..36).map(|at| at * 7 % 90).collect() },
            since: "09:40".to_owned(),
            limit: (!is_first).then_some(CallLimit { calls: 700, share_percent: 40 }),
            day: 165,
            refused_today: 1,
            per_thousand: Some(11),
        },
        next: Some(next(is_first)),
        writes: Some(if is_first { no_writes } else { writes }),
    }
}

fn next(is_first: bool) -> NextView {
    let line =
        |label, how| NextLine { label, how, why: HOSTILE.to_owned(), calls: "12".to_owned() };
    NextView {
        sentence:
            "38 calls are due; of our share 242 are left after it. Background work begins in 40 s."
                .to_owned(),
        lines: if is_first {
            Vec::new()
        } else {
            vec![line("Tickets", "what changed"), line("Assets", "a part of it")]
        },
        more: (!is_first).then(|| "14 more streams, 14 calls".to_owned()),
    }
}

fn running() -> Live {
    let line = |stream, done: &str, note: &str, state| Line {
        label: stream_title(stream),
        done: done.to_owned(),
        note: note.to_owned(),
        state,
    };
    Live::Running(Box::new(Running {
        title: "First sync from Halo",
        started: "started 09:38:10".to_owned(),
        done: "8,845".to_owned(),
        of: "of 15,295 records".to_owned(),
        left: "about 2 min left".to_owned(),
        percent: 57,
        rate: "59 records a second. 94 calls to Halo, 38 a minute.".to_owned(),
        lines: vec![
            line(Stream::Clients, "238 of 238", "0 not understood", StepState::Done),
            line(Stream::Contacts, "2,180 of 5,962", "36%", StepState::Current),
            line(Stream::Assets, "3,412", "next", StepState::Next),
        ],
    }))
}

fn run_page(ending: Ending, told: Option<RunTold>) -> RunView {
    let ended_at = told.is_some().then_some(1_795_426_860_000);
    RunView { started_at: 1_795_426_689_000, ended_at, cause: "Schedule".to_owned(), ending, told }
}

/// A stream whose form was refused, and one that was released.
fn held_streams() -> Vec<HeldView> {
    let held = HeldView {
        level: Level::Halt,
        is_of_connection: false,
        halo_href: Some(HOSTILE.to_owned()),
        title: "Assets are on hold".to_owned(),
        what: "96 assets stay as they were, last read whole 07:11. Everything else still syncs."
            .to_owned(),
        why: HOSTILE.to_owned(),
        act: "Look in Halo whether the records are really gone.".to_owned(),
        code: "SYNC-010".to_owned(),
        release: Some(ReleaseView {
            stream: Stream::Assets,
            number: 61,
            released: None,
            typed: HOSTILE.to_owned(),
            fault: Some("You typed 60; it is 61. Nothing was released.".to_owned()),
        }),
    };
    let released = ReleaseView {
        released: Some(HOSTILE.to_owned()),
        ..held.release.clone().expect("as made above")
    };
    let away = HeldView {
        level: Level::Warning,
        is_of_connection: true,
        halo_href: None,
        release: None,
        title: "Halo has not answered for 19 min".to_owned(),
        what: HOSTILE.to_owned(),
        why: HOSTILE.to_owned(),
        act: "Nothing. It is tried again by itself at 09:41:40 UTC.".to_owned(),
        code: "CONN-001".to_owned(),
    };
    let released_too = HeldView {
        level: Level::Halt,
        is_of_connection: false,
        halo_href: None,
        release: Some(released),
        title: "Sites are on hold".to_owned(),
        what: held.what.clone(),
        why: held.why.clone(),
        act: held.act.clone(),
        code: held.code.clone(),
    };
    vec![held, released_too, away]
}

/// The page of receipts with one that was changed, and without any.
fn receipt_pages() -> [ReceiptsView; 2] {
    let receipt = Receipt {
        stream: Stream::Assets,
        seq: 7,
        at: 1_795_426_860_000,
        kind: ReceiptKind::Scan,
        told: ReceiptTold {
            theirs: 3_412,
            ours: 3_412,
            compared: 3_412,
            differed: 2,
            corrected: 2,
            fields: [(HOSTILE.to_owned(), 1)].into(),
            records: vec![Corrected {
                remote_id: almanac_model::id::RemoteId::new(HOSTILE),
                what: HOSTILE.to_owned(),
            }],
            ..ReceiptTold::default()
        },
        is_genuine: false,
    };
    let verdict = ReceiptVerdict { stream: Stream::Assets, count: 7, broken_at: Some(7) };
    let receipts = ReceiptsView { stream: None, receipts: vec![receipt], verdicts: vec![verdict] };
    let no_receipts = ReceiptsView { stream: None, receipts: Vec::new(), verdicts: Vec::new() };
    [receipts, no_receipts]
}

/// Every page of this area in the states that matter.
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    let chrome = Chrome::sample();
    let [receipts, no_receipts] = receipt_pages();
    let told = RunTold {
        streams: vec![StreamTold {
            stream: HOSTILE.to_owned(),
            read: 12,
            seconds: f64::INFINITY,
            held: Some(CodeTold { code: "SYNC-010".to_owned(), text: HOSTILE.to_owned() }),
            ..StreamTold::default()
        }],
        error: Some(CodeTold { code: "CONN-004".to_owned(), text: HOSTILE.to_owned() }),
        ..RunTold::default()
    };
    let problem = RecordProblem {
        remote_id: almanac_model::id::RemoteId::new("a/b <i>"),
        problem: HOSTILE.to_owned(),
        changed_at: 1_795_426_860_000,
    };
    let lines = vec![ProblemLine::new(Stream::Assets, &problem)];
    let problems = ProblemsView {
        streams: vec![StreamProblems { stream: Stream::Assets, total: 140, lines }],
    };
    let raw = pretty(format!("{{\"id\":7,\"x\":{}}}", serde_json::json!(HOSTILE)).as_bytes());
    let one = ProblemView {
        stream: Stream::Assets,
        id: HOSTILE.to_owned(),
        problem: HOSTILE.to_owned(),
        raw,
    };
    let waiting = Live::Waiting { since: "4 s ago".to_owned(), is_long: false };
    let stuck = Live::Waiting { since: "at 07:11".to_owned(), is_long: true };
    vec![
        ("sync", view(Live::Quiet, false, Vec::new()).page(&chrome)),
        ("sync-held", view(Live::Quiet, false, held_streams()).page(&chrome)),
        ("sync-first", view(running(), true, Vec::new()).page(&chrome)),
        ("sync-waiting", view(waiting, true, Vec::new()).page(&chrome)),
        ("sync-stuck", view(stuck, false, Vec::new()).page(&chrome)),
        ("sync-unconnected", unconnected(&chrome)),
        ("sync-run", run_page(Ending::Done { changes: 4 }, Some(told)).page(&chrome)),
        ("sync-run-going", run_page(Ending::Running, None).page(&chrome)),
        ("sync-problems", problems.page(&chrome)),
        ("sync-problems-none", ProblemsView { streams: Vec::new() }.page(&chrome)),
        ("sync-receipts", receipts.page(&chrome)),
        ("sync-receipts-none", no_receipts.page(&chrome)),
        ("sync-problem", one.page(&chrome)),
    ]
}

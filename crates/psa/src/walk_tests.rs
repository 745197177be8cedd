//! Cases of the page walk, each against a small server that misbehaves in one way.

use almanac_model::id::RemoteId;

use crate::page::{Page, Part, RawRow};
use crate::seen::SeenSet;
use crate::walk::{PASSES_MAX, Step, Verdict, Walk};

/// A list of rows that lies about itself as told.
struct Server {
    ids: Vec<u32>,
    cap: usize,
    claimed_total: fn(&Server, rows: usize) -> Option<u64>,
    claims_size: bool,
    /// Says the size that was asked for, whatever it used.
    echoes_size: bool,
    count_cap: usize,
    repeats_past_end: bool,
    ignores_paging: bool,
    /// Called after each answer with the number of answers so far.
    after: fn(&mut Server, u32),
    answers: u32,
}

impl Server {
    fn of(count: u32, cap: usize) -> Self {
        Server {
            ids: (1..=count).collect(),
            cap,
            claimed_total: |server, _| Some(server.ids.len() as u64),
            claims_size: true,
            echoes_size: false,
            count_cap: usize::MAX,
            repeats_past_end: false,
            ignores_paging: false,
            after: |_, _| (),
            answers: 0,
        }
    }

    fn answer(&mut self, page_no: u32, whole_count: Option<u64>) -> Page {
        let cap = whole_count.map_or(self.cap, |count| self.count_cap.min(count as usize));
        let pages = self.ids.len().div_ceil(cap).max(1);
        let mut at = page_no as usize - 1;
        if self.ignores_paging {
            at = 0;
        } else if self.repeats_past_end {
            at = at.min(pages - 1);
        }
        let ids: Vec<u32> = self.ids.iter().copied().skip(at * cap).take(cap).collect();
        let page = Page {
            claimed_total: (self.claimed_total)(self, ids.len()),
            claimed_size: self.claims_size.then_some(if self.echoes_size {
                100
            } else {
                self.cap as u32
            }),
            asked_size: 100,
            is_whole: false,
            rows: ids
                .into_iter()
                .map(|id| RawRow {
                    remote_id: RemoteId::from(i64::from(id)),
                    body: Vec::new(),
                    problem: None,
                })
                .collect(),
        };
        self.answers += 1;
        let answers = self.answers;
        (self.after)(self, answers);
        page
    }
}

/// Walks the server to a verdict; the rows of the last pass.
fn walk(server: &mut Server) -> (Verdict, SeenSet) {
    let mut walk = Walk::new(vec![Part::whole()]);
    let mut before = None;
    loop {
        let mut seen = SeenSet::default();
        while let Step::Page { page_no, whole_count, .. } = walk.step() {
            assert!(server.answers < 200, "the walk ends");
            let page = server.answer(page_no, whole_count);
            let stored: Walk =
                serde_json::from_str(&serde_json::to_string(&walk).unwrap()).unwrap();
            assert_eq!(stored, walk, "the state survives a checkpoint");
            walk.accept(&page, &mut seen);
        }
        match walk.judge(&seen, before.as_ref()) {
            Verdict::Again => before = Some(seen),
            verdict => return (verdict, seen),
        }
    }
}

#[track_caller]
fn check(mut server: Server, verdict: Verdict, answers: u32) {
    let (got, seen) = walk(&mut server);
    assert_eq!(got, verdict);
    assert_eq!(seen.len(), server.ids.len() as u64, "every row was seen");
    assert!(server.ids.iter().all(|&id| seen.contains(&RemoteId::from(i64::from(id)))));
    assert_eq!(server.answers, answers, "calls");
}

#[test]
fn q_01_a_page_cap_is_learned_from_the_rows() {
    check(Server::of(250, 100), Verdict::Clean, 3);
    check(Server::of(250, 50), Verdict::Clean, 6);
    check(Server { claims_size: false, ..Server::of(250, 50) }, Verdict::Clean, 6);
}

#[test]
fn a_short_list_takes_one_call() {
    check(Server::of(7, 100), Verdict::Clean, 1);
    check(Server::of(0, 100), Verdict::Clean, 1);
}

#[test]
fn q_03_a_repeated_last_page_ends_the_walk() {
    check(Server { repeats_past_end: true, ..Server::of(200, 100) }, Verdict::Clean, 3);
    check(Server { repeats_past_end: true, ..Server::of(100, 100) }, Verdict::Clean, 2);
}

#[test]
fn q_04_a_total_of_zero_past_the_end_is_not_believed() {
    let claimed =
        |server: &Server, rows: usize| Some(if rows == 0 { 0 } else { server.ids.len() as u64 });
    check(Server { claimed_total: claimed, ..Server::of(200, 100) }, Verdict::Clean, 3);
}

#[test]
fn an_answer_without_any_of_the_rows_that_it_claims_is_asked_for_again() {
    fn come_late(server: &mut Server, _: u32) {
        server.ids = vec![1, 2];
    }
    let late = Server { after: come_late, claimed_total: |_, _| Some(2), ..Server::of(0, 100) };
    check(late, Verdict::Clean, 2);
}

#[test]
fn a_list_that_claims_rows_and_never_shows_one_is_incomplete() {
    let mut server = Server { claimed_total: |_, _| Some(3), ..Server::of(0, 100) };
    let (verdict, seen) = walk(&mut server);
    assert_eq!((verdict, seen.len(), server.answers), (Verdict::Incomplete, 0, 2));
}

#[test]
fn q_05_a_list_that_ignores_paging_is_asked_for_in_one_answer() {
    check(Server { ignores_paging: true, ..Server::of(133, 50) }, Verdict::Clean, 3);
}

#[test]
fn q_05_a_list_that_ignores_paging_and_count_is_incomplete() {
    let mut server = Server { ignores_paging: true, count_cap: 50, ..Server::of(133, 50) };
    let (verdict, seen) = walk(&mut server);
    assert_eq!((verdict, seen.len()), (Verdict::Incomplete, 50));
}

#[test]
fn an_echoed_page_size_is_not_believed() {
    let echo = || Server { echoes_size: true, ..Server::of(250, 50) };
    check(echo(), Verdict::Clean, 6);
    let page = |_: &Server, rows: usize| Some(rows as u64);
    check(Server { claimed_total: page, ..echo() }, Verdict::Stable, 12);
    let low = |_: &Server, _: usize| Some(40);
    check(Server { claimed_total: low, ..echo() }, Verdict::Stable, 12);
}

#[test]
fn a_wrong_total_costs_a_second_pass_and_loses_nothing() {
    let high = |server: &Server, _: usize| Some(server.ids.len() as u64 + 7);
    check(Server { claimed_total: high, ..Server::of(250, 100) }, Verdict::Stable, 8);
    let low = |_: &Server, _: usize| Some(100);
    check(Server { claimed_total: low, ..Server::of(250, 100) }, Verdict::Stable, 6);
    let page = |_: &Server, rows: usize| Some(rows as u64);
    check(Server { claimed_total: page, ..Server::of(250, 50) }, Verdict::Stable, 12);
    let none = |_: &Server, _: usize| None;
    check(Server { claimed_total: none, ..Server::of(250, 100) }, Verdict::Clean, 3);
}

#[test]
fn q_09_rows_that_move_between_pages_are_read_again() {
    fn remove_early(server: &mut Server, answers: u32) {
        if answers == 1 {
            server.ids.remove(4);
        }
    }
    check(Server { after: remove_early, ..Server::of(250, 100) }, Verdict::Clean, 6);
    fn insert_early(server: &mut Server, answers: u32) {
        if answers == 1 {
            server.ids.insert(0, 9_000);
        }
    }
    // One row comes twice, so the first pass asks for one page more.
    check(Server { after: insert_early, ..Server::of(250, 100) }, Verdict::Clean, 7);
}

#[test]
fn a_list_that_never_holds_still_is_incomplete() {
    fn always(server: &mut Server, answers: u32) {
        server.ids.remove(0);
        server.ids.push(1_000 + answers);
        server.ids.push(2_000 + answers);
    }
    let mut server = Server { after: always, ..Server::of(250, 100) };
    let (verdict, _) = walk(&mut server);
    assert_eq!(verdict, Verdict::Incomplete);
    assert!(server.answers > PASSES_MAX * 2);
}

#[test]
fn parts_are_walked_one_after_the_other() {
    let parts = ["a", "b"].map(|label| Part { label: label.into(), filter: Vec::new() });
    let mut walk = Walk::new(parts.to_vec());
    let mut seen = SeenSet::default();
    let mut labels = Vec::new();
    let mut server = Server::of(120, 100);
    while let Step::Page { part, page_no, .. } = walk.step() {
        labels.push(format!("{}{page_no}", part.label));
        if page_no == 1 && part.label == "b" {
            server.ids = (1_001..=1_150).collect();
        }
        let page = server.answer(page_no, None);
        walk.accept(&page, &mut seen);
    }
    assert_eq!(labels, ["a1", "a2", "b1", "b2"]);
    assert_eq!(walk.judge(&seen, None), Verdict::Clean);
    assert_eq!(seen.len(), 270);
}

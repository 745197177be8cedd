//! The connection page in the states that matter: every answer that a test can give.

use almanac_model::probe::{ProbeFinding, ProbeReport, ProbeRight, ProbeWriting, RightState};
use almanac_model::stream::Stream;
use maud::Markup;

use super::form::ConnectionForm;
use super::hooks::{HookWords, HooksState, HooksView};
use super::outcome::ReportView;
use super::probing::{Probing, ProbingView};
use super::view::{ConnectionView, Moving};
use crate::components::sample::HOSTILE;
use crate::extract::Faults;
use crate::page::Chrome;

fn report(states: impl Fn(Stream) -> (RightState, Option<u64>)) -> ProbeReport {
    let check = |stream| {
        let (state, records) = states(stream);
        let detail = (state != RightState::Granted).then(|| HOSTILE.to_owned());
        ProbeRight { stream, state, records, remedy: None, detail }
    };
    ProbeReport {
        url: "https://calderridge.halopsa.com".to_owned(),
        token_url: "https://calderridge.halopsa.com/auth/token".to_owned(),
        version: Some("2.196".to_owned()),
        clock_offset_seconds: Some(2),
        scopes: vec!["read:assets".to_owned(), "read:customers".to_owned()],
        excess_scopes: Vec::new(),
        checks: Stream::ALL.map(check).to_vec(),
        findings: Vec::new(),
        writing: Some(ProbeWriting { last: RightState::Missing, last_at_ms: Some(0) }),
    }
}

fn good(_: Stream) -> (RightState, Option<u64>) {
    (RightState::Granted, Some(238))
}

fn mixed(stream: Stream) -> (RightState, Option<u64>) {
    match stream {
        Stream::Clients | Stream::Contacts => (RightState::Missing, None),
        Stream::Sites => (RightState::Granted, Some(0)),
        Stream::Teams => (RightState::Unknown, None),
        Stream::Agents => (RightState::Granted, None),
        _ => (RightState::Granted, Some(3_412)),
    }
}

fn view(probing: Option<Probing>) -> ConnectionView {
    let is_stored = probing.is_some();
    let url = "https://calderridge.halopsa.com".to_owned();
    ConnectionView {
        stored_url: is_stored.then(|| url.clone()),
        form: ConnectionForm {
            url,
            oauth_client_id: "5c1d0e7a-9f42".to_owned(),
            ..ConnectionForm::default()
        },
        faults: Faults::default(),
        moving: None,
        probing: probing.map(|probing| ProbingView { probing, is_first: true, may_run: true }),
        hosts: vec!["calderridge.halopsa.com".to_owned()],
        hooks: None,
    }
}

/// A page of a connection that was read, with its webhook in a state.
fn hooked(state: HooksState) -> ConnectionView {
    let mut shown = tested(&report(good));
    if let Some(probing) = &mut shown.probing {
        probing.is_first = false;
    }
    let base_url = "https://almanac.calderridge.com".to_owned();
    let hooks = Some(HooksView { state, base_url, faults: Faults::default() });
    ConnectionView { hooks, ..shown }
}

fn hook_states() -> Vec<(&'static str, HooksState)> {
    let url = "https://almanac.calderridge.com/webhooks/halo/0192f0c1".to_owned();
    let words = || HookWords {
        title: "The webhook has fallen silent",
        why: HOSTILE.to_owned(),
        act: "See in Halo, under its deliveries, why none arrives.",
    };
    let trouble =
        |is_registered| HooksState::Trouble { url: url.clone(), words: words(), is_registered };
    let heard = Some("12 s ago".to_owned());
    vec![
        ("connection-hooks-none", HooksState::None),
        ("connection-hooks-asked", HooksState::Asked),
        (
            "connection-hooks-well",
            HooksState::Well { url: url.clone(), heard: heard.clone(), checked: heard },
        ),
        ("connection-hooks-new", HooksState::Well { url: url.clone(), heard: None, checked: None }),
        ("connection-hooks-silent", trouble(true)),
        ("connection-hooks-no-right", trouble(false)),
        ("connection-hooks-removing", HooksState::Removing { words: Some(words()) }),
    ]
}

fn tested(report: &ProbeReport) -> ConnectionView {
    let report = Box::new(ReportView::new(report, "https://calderridge.halopsa.com"));
    view(Some(Probing::Report { report, at: "20 s ago".to_owned() }))
}

/// Every page of this area in the states that matter.
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    let chrome = Chrome::sample();
    let mut closed = report(mixed);
    closed.excess_scopes = vec!["edit:customers".to_owned(), HOSTILE.to_owned()];
    closed.findings = vec![ProbeFinding {
        code: "CONN-008".to_owned(),
        title: "This machine's clock is far from Halo's".to_owned(),
        text: HOSTILE.to_owned(),
        remedy: HOSTILE.to_owned(),
    }];
    let failed = Probing::Failed {
        finding: ProbeFinding {
            code: "CONN-007".to_owned(),
            title: "A private address is not allowed".to_owned(),
            text: HOSTILE.to_owned(),
            remedy: "Name the host in halo.allow_private_hosts.".to_owned(),
        },
        at: "at 07:11".to_owned(),
    };
    let mut faults = Faults::default();
    faults.add("url", "There is a space in it.");
    faults.add("client_secret", "Paste the secret.");
    let mut refused = ConnectionView { faults, ..view(None) };
    refused.form.url = HOSTILE.to_owned();
    let moving = Moving { kept: "https://old.halopsa.com".to_owned(), new: HOSTILE.to_owned() };
    let moved = ConnectionView { moving: Some(moving), ..view(Some(Probing::None)) };
    let waiting = Probing::Waiting { since: "2 min ago".to_owned(), is_long: true };
    let running = Probing::Running { since: "for 1 s".to_owned() };
    let pages = [
        ("connection-new", view(None).page(&chrome)),
        ("connection-faults", refused.page(&chrome)),
        ("connection-moved", moved.page(&chrome)),
        ("connection-untested", view(Some(Probing::None)).page(&chrome)),
        ("connection-waiting", view(Some(waiting)).page(&chrome)),
        ("connection-testing", view(Some(running)).page(&chrome)),
        ("connection-cut", view(Some(Probing::GivenUp)).page(&chrome)),
        ("connection-failed", view(Some(failed)).page(&chrome)),
        ("connection-good", tested(&report(good)).page(&chrome)),
        ("connection-closed", tested(&closed).page(&chrome)),
    ];
    let hooks = hook_states().into_iter().map(|(name, state)| (name, hooked(state).page(&chrome)));
    pages.into_iter().chain(hooks).collect()
}

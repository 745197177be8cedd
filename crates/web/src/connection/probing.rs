//! The newest test of the connection: not asked for, waiting, running, or what it found.

use almanac_model::probe::{ProbeFinding, ProbeResult};
use almanac_store::{Connection, Probe};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::ConnectionTest;
use super::outcome::ReportView;
use crate::components::banner::Level;
use crate::components::button::{Button, act};
use crate::components::format;
use crate::components::icon::{Icon, spinner};
use crate::components::page::section_head;
use crate::components::progress::live_part;
use crate::components::trouble::{Trouble, trouble};
use crate::places::{self, SyncNow};
use crate::route::Route;

/// A test takes a second or two.
const EVERY_MS: u32 = 1_000;

/// Background work takes up what is due within seconds.
const WAIT_MS_MAX: i64 = 60_000;

/// Where the newest test is.
pub(super) enum Probing {
    /// None since address or credentials were set.
    None,
    Waiting {
        since: String,
        is_long: bool,
    },
    Running {
        since: String,
    },
    /// Nothing could be found out.
    Failed {
        finding: ProbeFinding,
        at: String,
    },
    /// Its worker stopped.
    GivenUp,
    Report {
        report: Box<ReportView>,
        at: String,
    },
}

/// The part of the page that shows it.
pub(super) struct ProbingView {
    pub(super) probing: Probing,
    /// Whether nothing was read yet, so that a good test leads to the first sync.
    pub(super) is_first: bool,
    pub(super) may_run: bool,
}

impl Probing {
    pub(super) fn new(probe: Option<&Probe>, connection: &Connection, now_ms: i64) -> Probing {
        // What a test found of other credentials says nothing of these.
        let Some(probe) = probe.filter(|probe| probe.asked_at >= connection.updated_at) else {
            return Probing::None;
        };
        let ago = |at_ms| format::ago(at_ms, now_ms, &TimeZone::UTC);
        match (&probe.result, probe.started_at, probe.ended_at) {
            (Some(ProbeResult::Report(report)), _, ended_at) => Probing::Report {
                report: Box::new(ReportView::new(report, &connection.base_url)),
                at: ago(ended_at.unwrap_or(probe.asked_at)),
            },
            (Some(ProbeResult::Failed(finding)), _, ended_at) => Probing::Failed {
                finding: finding.clone(),
                at: ago(ended_at.unwrap_or(probe.asked_at)),
            },
            (None, _, Some(_)) => Probing::GivenUp,
            (None, Some(started_at), None) => {
                Probing::Running { since: format::lasting(started_at, now_ms, &TimeZone::UTC) }
            }
            (None, None, None) => Probing::Waiting {
                since: ago(probe.asked_at),
                is_long: now_ms - probe.asked_at > WAIT_MS_MAX,
            },
        }
    }

    /// Whether a test found everything open that is required.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Probing::Report { report, .. } if report.blocked_by().is_none())
    }

    fn is_on(&self) -> bool {
        matches!(self, Probing::Waiting { .. } | Probing::Running { .. })
    }
}

impl ProbingView {
    /// The part as it stands in the page.
    pub(super) fn part(&self) -> Markup {
        if self.probing.is_on() {
            return live_part(&ConnectionTest {}.url(), EVERY_MS, &self.inside());
        }
        self.inside()
    }

    /// The part as it is fetched.
    pub(super) fn inside(&self) -> Markup {
        html! {
            section.section #test data-done[!self.probing.is_on()] {
                (section_head("Permissions", Some(&self.meta())))
                (self.words())
                div.form-foot { (self.test_again()) (self.first_sync()) }
            }
        }
    }

    fn meta(&self) -> Markup {
        html! {
            @match &self.probing {
                Probing::Report { at, .. } | Probing::Failed { at, .. } => { "tested " (at) },
                _ => {},
            }
        }
    }

    fn words(&self) -> Markup {
        let again = html! { p.no-script { a href=(places::Connection {}.url()) { "Look again" } } };
        match &self.probing {
            Probing::None => html! {
                p { "Halo checks two gates: the API application and the agent that it logs in as. Both must allow an \
                     area. A test reads one row of each area and writes nothing." }
            },
            Probing::Waiting { since, is_long } => html! {
                p { (spinner()) " The test waits to begin, asked for " (since) "." }
                @if *is_long {
                    p.text-2 { "Nothing has taken it up: ask your operator whether " code { "almanac serve" } " or "
                        code { "almanac worker" } " runs." }
                }
                (again)
            },
            Probing::Running { since } => html! {
                p { (spinner()) " Asking Halo for a fresh token and one row of each area, " (since) "." }
                (again)
            },
            Probing::GivenUp => {
                html! { p { "The last test was cut off before it found anything." } }
            }
            Probing::Failed { finding, .. } => failed(finding),
            Probing::Report { report, .. } => html! {
                p.key-sentence { (report.sentence()) }
                (report.markup())
            },
        }
    }

    fn test_again(&self) -> Markup {
        let is_tested = matches!(self.probing, Probing::Report { .. } | Probing::Failed { .. });
        let button = Button {
            icon: Some(Icon::Sync),
            busy_label: Some("Asking"),
            off_because: self.probing.is_on().then_some("One is under way."),
            ..Button::new(if is_tested { "Test again" } else { "Test connection" })
        };
        act(&button, &ConnectionTest {}.url(), &[])
    }

    fn first_sync(&self) -> Markup {
        let Probing::Report { report, .. } = &self.probing else { return Markup::default() };
        if !self.is_first || !self.may_run {
            return Markup::default();
        }
        let blocked = report.blocked_by();
        let start = Button {
            off_because: blocked.as_deref(),
            busy_label: Some("Asking"),
            ..Button::primary("Start the first sync")
        };
        act(&start, &SyncNow {}.url(), &[])
    }
}

fn failed(finding: &ProbeFinding) -> Markup {
    let title =
        if finding.title.is_empty() { "The test found nothing out" } else { &finding.title };
    trouble(&Trouble {
        level: Level::Halt,
        title,
        what: "Nothing was read and nothing was changed. What is here stays.",
        why: &finding.text,
        act: &finding.remedy,
        code: Some(finding.code.as_str()).filter(|code| !code.is_empty()),
        actions: None,
    })
}

#[cfg(test)]
mod tests {
    use almanac_model::author::Author;
    use almanac_model::id::{ConnectionId, TenantId};
    use almanac_store::ProbeId;
    use uuid::Uuid;

    use super::*;

    fn connection() -> Connection {
        Connection {
            tenant: TenantId(1),
            id: ConnectionId(1),
            base_url: "https://acme.halopsa.com".to_owned(),
            auth_url: None,
            psa_tenant: None,
            oauth_client_id: "id-1".to_owned(),
            created_at: 0,
            updated_at: 1_000,
        }
    }

    fn probe(asked_at: i64, started_at: Option<i64>, ended_at: Option<i64>) -> Probe {
        let by = Author::program("a test");
        Probe { id: ProbeId(Uuid::nil()), by, asked_at, started_at, ended_at, result: None }
    }

    fn shown(probe: Option<&Probe>) -> String {
        let probing = Probing::new(probe, &connection(), 70_000);
        ProbingView { probing, is_first: true, may_run: true }.part().into_string()
    }

    #[test]
    fn a_test_is_watched_until_it_ended() {
        assert!(shown(Some(&probe(2_000, None, None))).contains("<live-part"));
        assert!(shown(Some(&probe(2_000, None, None))).contains("almanac worker"));
        assert!(shown(Some(&probe(60_000, Some(61_000), None))).contains("fresh token"));
        let cut = shown(Some(&probe(2_000, Some(3_000), Some(4_000))));
        assert!(cut.contains("cut off") && !cut.contains("<live-part"));
        assert!(shown(None).contains("Both must allow"));
    }

    #[test]
    fn a_test_of_earlier_credentials_says_nothing_of_these() {
        let mut old = probe(900, Some(950), Some(990));
        old.result = Some(ProbeResult::Failed(ProbeFinding {
            code: "CONN-004".to_owned(),
            title: "Halo refused".to_owned(),
            text: String::new(),
            remedy: String::new(),
        }));
        assert!(!shown(Some(&old)).contains("CONN-004"));
        old.asked_at = 1_000;
        assert!(shown(Some(&old)).contains("CONN-004"));
    }
}

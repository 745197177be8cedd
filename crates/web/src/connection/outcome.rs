//! What a test of the connection found: each area with both gates, and the box to tick.

use almanac_model::code::Code;
use almanac_model::probe::{ProbeReport, ProbeRight, RightState};
use almanac_model::stream::Stream;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::areas::{AGENT_PATH, APPLICATION_PATH, Area, TO_WRITE, area, harm};
use crate::components::format;
use crate::components::icon::{Icon, icon};
use crate::components::page::section_head;
use crate::halo_words::stream_title;

/// Whether a gate is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    Closed,
    /// Nothing is known of it.
    Unsure,
    NotNeeded,
}

/// How an area answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Granted,
    /// Granted, and nothing in it: a missing right often looks like that.
    Bare,
    /// Required, so nothing can begin.
    Closed,
    /// Optional, so one feature is lost.
    Off,
    Unsure,
}

/// One area.
pub(super) struct AreaLine {
    pub(super) stream: Stream,
    pub(super) scope_gate: Gate,
    pub(super) agent_gate: Gate,
    pub(super) answer: Answer,
    pub(super) words: String,
    /// What Halo answered.
    pub(super) detail: Option<String>,
}

/// A whole report.
pub(super) struct ReportView {
    pub(super) url: String,
    pub(super) token_url: String,
    pub(super) version: Option<String>,
    pub(super) clock: String,
    pub(super) required: Vec<AreaLine>,
    pub(super) optional: Vec<AreaLine>,
    /// Scopes that are not needed, and what each could do.
    pub(super) excess: Vec<(String, String)>,
    /// Title, text, remedy, code.
    pub(super) findings: Vec<[String; 4]>,
    /// Application's scope and agent's access level to write; `None` while nothing is written.
    pub(super) writing: Option<(Gate, Gate, String)>,
    /// Where Halo is opened.
    pub(super) halo_href: String,
}

/// The gates of writing. Nothing is written to find out: a scope that was asked for and is not in
/// the token was refused, and the agent's level is told by the last write.
fn writing_gates(report: &ProbeReport) -> Option<(Gate, Gate, String)> {
    let writing = report.writing?;
    let (scope, _) = TO_WRITE;
    let is_in_token = report.scopes.iter().any(|has| has == scope || has == "all");
    let on = |at_ms: Option<i64>| {
        at_ms.map_or_else(String::new, |at_ms| {
            format!(" on {}", format::date_time(at_ms, &TimeZone::UTC))
        })
    };
    let when = on(writing.last_at_ms);
    let (agent, words) = match writing.last {
        RightState::Granted => (Gate::Open, format!("the last write was taken{when}")),
        RightState::Missing => (Gate::Closed, format!("the last write was not allowed{when}")),
        RightState::Unknown => (Gate::Unsure, "only the first write will tell".to_owned()),
    };
    Some((if is_in_token { Gate::Open } else { Gate::Closed }, agent, words))
}

impl AreaLine {
    pub(super) fn new(check: &ProbeRight, report: &ProbeReport) -> AreaLine {
        let area = area(check.stream);
        let (scope_gate, agent_gate) = gates(check, report, &area);
        let title = stream_title(check.stream).to_lowercase();
        let (answer, words) = match (check.state, check.records) {
            (RightState::Granted, Some(0)) => {
                (Answer::Bare, format!("Open, 0 {title}: if Halo has some, the agent sees none"))
            }
            (RightState::Granted, Some(count)) => {
                let count = format::number(i64::try_from(count).unwrap_or(i64::MAX));
                (Answer::Granted, format!("{count} {title}"))
            }
            (RightState::Granted, None) => (Answer::Granted, "Open, count not told".to_owned()),
            (RightState::Missing, _) => match area.lost {
                None => (Answer::Closed, "Closed".to_owned()),
                Some(lost) => (Answer::Off, format!("Off: {lost}")),
            },
            (RightState::Unknown, _) => {
                (Answer::Unsure, "Could not check; this changes nothing".to_owned())
            }
        };
        let detail = check.detail.clone();
        AreaLine { stream: check.stream, scope_gate, agent_gate, answer, words, detail }
    }

    fn is_open(&self) -> bool {
        matches!(self.answer, Answer::Granted | Answer::Bare)
    }
}

/// Which of the two gates is shut, as far as Halo lets it be told.
fn gates(check: &ProbeRight, report: &ProbeReport, area: &Area) -> (Gate, Gate) {
    let Some(scope) = area.scope else {
        let agent = match check.state {
            RightState::Granted => Gate::Open,
            RightState::Missing => Gate::Closed,
            RightState::Unknown => Gate::Unsure,
        };
        return (Gate::NotNeeded, agent);
    };
    let is_refused = |text: &str| text.split_whitespace().any(|word| word == scope);
    let refused = report
        .findings
        .iter()
        .any(|finding| finding.code == Code::CONN_SCOPE_REFUSED.code && is_refused(&finding.text));
    let is_in_token = report.scopes.iter().any(|has| has == scope || has == "all");
    match check.state {
        RightState::Granted => (Gate::Open, Gate::Open),
        RightState::Unknown => (Gate::Unsure, Gate::Unsure),
        RightState::Missing if refused => (Gate::Closed, Gate::Unsure),
        RightState::Missing if is_in_token => (Gate::Open, Gate::Closed),
        RightState::Missing => (Gate::Unsure, Gate::Closed),
    }
}

impl ReportView {
    pub(super) fn new(report: &ProbeReport, halo_href: &str) -> ReportView {
        let lines = report.checks.iter().map(|check| AreaLine::new(check, report));
        let (required, optional) = lines.partition(|line| area(line.stream).lost.is_none());
        let finding = |finding: &almanac_model::probe::ProbeFinding| {
            [&finding.title, &finding.text, &finding.remedy, &finding.code].map(String::clone)
        };
        ReportView {
            url: report.url.clone(),
            token_url: report.token_url.clone(),
            version: report.version.clone(),
            clock: clock(report.clock_offset_seconds),
            required,
            optional,
            excess: report.excess_scopes.iter().map(|scope| (scope.clone(), harm(scope))).collect(),
            findings: report.findings.iter().map(finding).collect(),
            writing: writing_gates(report),
            halo_href: halo_href.to_owned(),
        }
    }

    /// Why nothing can begin yet; `None` when it can.
    pub(super) fn blocked_by(&self) -> Option<String> {
        let closed: Vec<&str> = self
            .required
            .iter()
            .filter(|line| line.answer == Answer::Closed)
            .map(|line| stream_title(line.stream))
            .collect();
        (!closed.is_empty()).then(|| format!("{} must be open to begin.", closed.join(" and ")))
    }

    /// The result in one sentence.
    pub(super) fn sentence(&self) -> String {
        let all = self.required.iter().chain(&self.optional);
        let (open, total) =
            all.fold((0, 0), |(open, total), line| (open + usize::from(line.is_open()), total + 1));
        let tail = match self.blocked_by() {
            Some(reason) => reason,
            None if open < total => {
                "What is closed turns its feature off and nothing else.".to_owned()
            }
            None if !self.findings.is_empty() => "Something else needs you.".to_owned(),
            None => "Everything that is needed is open.".to_owned(),
        };
        format!("{open} of {total} areas granted. {tail}")
    }

    pub(super) fn markup(&self) -> Markup {
        html! {
            dl.facts {
                dt { "Halo, as understood" } dd { code { (self.url) } }
                dt { "Token" } dd { span.is-good { (icon(Icon::Check)) } " issued by " code { (self.token_url) } }
                dt { "Version" } dd { @match &self.version {
                    Some(version) => (version),
                    None => span.void { "not told" },
                } }
                dt { "Clock" } dd { (self.clock) }
                dt { "Write" } dd { (self.write_words()) }
            }
            @if let Some((scope, agent, _)) = &self.writing {
                @if *scope == Gate::Closed {
                    (path(&APPLICATION_PATH, &html! { (icon(Icon::Check)) code { (TO_WRITE.0) } }))
                }
                @if *agent == Gate::Closed {
                    (path(&AGENT_PATH, &html! { (TO_WRITE.1.0) " " b { (TO_WRITE.1.1) } }))
                }
            }
            @for [title, text, remedy, code] in &self.findings {
                div.halo-finding {
                    p { b { (title) } " " (text) @if !text.ends_with('.') { "." } }
                    p.text-2 { (remedy) " " code { (code) } }
                }
            }
            (self.table())
            (self.excess())
        }
    }

    fn write_words(&self) -> Markup {
        let Some((scope, agent, words)) = &self.writing else {
            return html! { "not asked for: nothing is switched on to be written" };
        };
        let (name, (level, state)) = TO_WRITE;
        html! {
            (gate(*scope, &html! { code { (name) } })) ", "
            (gate(*agent, &html! { (level) ": " (state) })) " (" (words) ")"
        }
    }

    fn table(&self) -> Markup {
        let group = |title: &'static str, lines: &[AreaLine], more: &'static str| {
            let open = lines.iter().filter(|line| line.is_open()).count();
            html! {
                tr.group {
                    th scope="rowgroup" colspan="5" {
                        (title) span.count { (open) " of " (lines.len()) " granted" (more) }
                    }
                }
                @for line in lines { (self.row(line)) }
            }
        };
        html! {
            div.scroll role="region" aria-label="Areas" tabindex="0" {
                table.table.is-30 {
                    caption.unseen { "Areas of Halo and whether they are open" }
                    thead { tr {
                        th.is-name scope="col" { "Area" }
                        th.drop-1 scope="col" { "What Almanac uses it for" }
                        th.drop-2 scope="col" { "Application scope" }
                        th.drop-2 scope="col" { "Agent access level" }
                        th scope="col" { "Result" }
                    } }
                    tbody {
                        (group("Required", &self.required, ""))
                        (group("Optional", &self.optional, ". A closed area turns its feature off and nothing else."))
                    }
                }
            }
        }
    }

    fn row(&self, line: &AreaLine) -> Markup {
        let area = area(line.stream);
        let (name, level) = area.agent_box;
        let scope = html! { @match area.scope { Some(scope) => code { (scope) }, None => span.void { "none needed" } } };
        html! {
            tr {
                th.is-name scope="row" { (stream_title(line.stream)) }
                td.drop-1 { span.text-2 { (area.used_for) } }
                td.drop-2 { (gate(line.scope_gate, &scope)) }
                td.drop-2 { (gate(line.agent_gate, &html! { (name) ": " (level) })) }
                td { (result(line)) }
            }
            @if matches!(line.answer, Answer::Closed | Answer::Off) || line.detail.is_some() {
                tr.halo-row.is-required[line.answer == Answer::Closed] {
                    td colspan="5" { (self.remedy(line, &area)) }
                }
            }
        }
    }

    fn remedy(&self, line: &AreaLine, area: &Area) -> Markup {
        let (name, level) = area.agent_box;
        html! {
            @if line.scope_gate != Gate::Open && line.answer != Answer::Unsure && let Some(scope) = area.scope {
                (path(&APPLICATION_PATH, &html! { (icon(Icon::Check)) code { (scope) } }))
            }
            @if line.agent_gate == Gate::Closed {
                (path(&AGENT_PATH, &html! { (name) " " b { (level) } }))
            }
            p.text-2.small {
                @if let Some(detail) = &line.detail { "Halo answered: " (detail) ". " }
                @if line.scope_gate == Gate::Open && line.agent_gate == Gate::Closed {
                    "The application allows it; the agent does not. "
                }
                @if line.answer != Answer::Unsure {
                    "Save in Halo, then test again here: Halo freezes rights in the token, so Almanac asks for a new one. "
                    a href=(self.halo_href) rel="noreferrer" { "Open Halo" }
                }
            }
        }
    }

    fn excess(&self) -> Markup {
        html! {
            @if !self.excess.is_empty() {
                (section_head("Rights you can remove", Some(&html! { "Almanac never uses these. Fewer rights, less to lose if the secret leaks." })))
                ul.halo-rights {
                    @for (scope, harm) in &self.excess {
                        li { code { (scope) } span.text-2.small { (harm) } }
                    }
                }
            }
        }
    }
}

fn clock(offset_seconds: Option<i64>) -> String {
    match offset_seconds {
        None => "not told".to_owned(),
        Some(0) => "Halo's and ours agree".to_owned(),
        Some(offset) => {
            let side = if offset > 0 { "ahead of" } else { "behind" };
            let seconds = i64::try_from(offset.unsigned_abs()).unwrap_or(i64::MAX);
            format!("Halo's is {} {side} ours", format::count(seconds, "second", "seconds"))
        }
    }
}

fn gate(gate: Gate, words: &Markup) -> Markup {
    match gate {
        Gate::Open => {
            html! { span.is-good { (icon(Icon::Check)) } span.unseen { "open: " } " " (words) }
        }
        Gate::Closed => {
            html! { span.is-over { (icon(Icon::Close)) span.unseen { "closed: " } " " (words) } }
        }
        Gate::Unsure => html! { span.text-3 { (words) ", not known" } },
        Gate::NotNeeded => words.clone(),
    }
}

fn result(line: &AreaLine) -> Markup {
    let words = &line.words;
    match line.answer {
        Answer::Granted => html! { (words) },
        Answer::Bare | Answer::Off => html! { span.is-plan { b { (words) } } },
        Answer::Closed => html! { span.is-over { (icon(Icon::Close)) " " b { (words) } } },
        Answer::Unsure => html! { span.text-2 { (words) } },
    }
}

/// A way through Halo's menus, ending in the box in its right state.
pub(super) fn path(steps: &[&str], box_words: &Markup) -> Markup {
    html! {
        ol.halo-path {
            @for step in steps { li { (step) (icon(Icon::ChevronRight)) } }
            li { span.halo-box { (box_words) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use almanac_model::probe::{ProbeFinding, ProbeWriting};

    use super::*;

    fn report(scopes: &[&str], checks: Vec<ProbeRight>) -> ProbeReport {
        ProbeReport {
            url: String::new(),
            token_url: String::new(),
            version: None,
            clock_offset_seconds: None,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            excess_scopes: Vec::new(),
            checks,
            findings: Vec::new(),
            writing: None,
        }
    }

    #[test]
    fn writing_has_two_gates_and_is_never_tried() {
        let mut report = report(&["read:assets"], Vec::new());
        assert_eq!(writing_gates(&report), None, "nothing is switched on");
        let mut of = |last, scopes: &[&str]| {
            report.writing = Some(ProbeWriting { last, last_at_ms: Some(0) });
            report.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            writing_gates(&report).map(|(scope, agent, _)| (scope, agent))
        };
        let (read, write) = (["read:assets"], ["read:assets", "edit:assets"]);
        assert_eq!(of(RightState::Unknown, &read), Some((Gate::Closed, Gate::Unsure)));
        assert_eq!(of(RightState::Unknown, &["all"]), Some((Gate::Open, Gate::Unsure)));
        assert_eq!(of(RightState::Granted, &write), Some((Gate::Open, Gate::Open)));
        assert_eq!(of(RightState::Missing, &write), Some((Gate::Open, Gate::Closed)));
    }

    fn right(stream: Stream, state: RightState, records: Option<u64>) -> ProbeRight {
        ProbeRight { stream, state, records, remedy: None, detail: None }
    }

    #[track_caller]
    fn check(report: &ProbeReport, right: &ProbeRight, want: (Gate, Gate, Answer), words: &str) {
        let line = AreaLine::new(right, report);
        assert_eq!((line.scope_gate, line.agent_gate, line.answer), want);
        assert!(line.words.starts_with(words), "{}", line.words);
    }

    #[test]
    fn each_state_of_an_area_names_its_gate() {
        use Answer::{Bare, Closed, Granted, Off, Unsure as Unchecked};
        use Gate::{NotNeeded, Open, Unsure};
        use RightState::{Missing, Unknown};
        let all = report(&["all"], Vec::new());
        let silent = report(&[], Vec::new());
        let ok = RightState::Granted;
        check(&all, &right(Stream::Assets, ok, Some(3_412)), (Open, Open, Granted), "3,412 assets");
        check(&all, &right(Stream::Assets, ok, Some(0)), (Open, Open, Bare), "Open, 0");
        check(&all, &right(Stream::Assets, Missing, None), (Open, Gate::Closed, Closed), "Closed");
        check(
            &silent,
            &right(Stream::Contacts, Missing, None),
            (Unsure, Gate::Closed, Off),
            "Off: no contacts",
        );
        check(&all, &right(Stream::Teams, Missing, None), (NotNeeded, Gate::Closed, Off), "Off");
        check(
            &all,
            &right(Stream::Sites, Unknown, None),
            (Unsure, Unsure, Unchecked),
            "Could not check",
        );
        let mut refused = report(&["read:customers"], Vec::new());
        let text = "read:assets is not granted to the application, or does not exist";
        refused.findings.push(ProbeFinding::of(Code::CONN_SCOPE_REFUSED, text));
        check(
            &refused,
            &right(Stream::Assets, Missing, None),
            (Gate::Closed, Unsure, Closed),
            "Closed",
        );
    }

    #[test]
    fn a_closed_area_that_is_required_blocks_and_an_optional_one_does_not() {
        let checks = |state| {
            vec![
                right(Stream::Assets, state, Some(1)),
                right(Stream::Contacts, RightState::Missing, None),
            ]
        };
        let open = ReportView::new(&report(&["all"], checks(RightState::Granted)), "/");
        assert_eq!(open.blocked_by(), None);
        assert!(open.sentence().starts_with("1 of 2 areas granted. What is closed"));
        let shut = ReportView::new(&report(&["all"], checks(RightState::Missing)), "/");
        assert_eq!(shut.blocked_by().as_deref(), Some("Assets must be open to begin."));
        let html = shut.markup().into_string();
        assert!(html.contains("Assets Access Level <b>Read Only</b>"), "{html}");
        assert!(html.contains("The application allows it; the agent does not."));
    }

    #[test]
    fn clocks_are_compared_in_words() {
        assert_eq!(clock(Some(-1)), "Halo's is 1 second behind ours");
        assert_eq!(clock(Some(301)), "Halo's is 301 seconds ahead of ours");
        assert_eq!(clock(Some(0)), "Halo's and ours agree");
    }
}

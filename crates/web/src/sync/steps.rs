//! The streams of a run in the few steps that people know, in the order they are read: twenty lines
//! that each move are more than anybody watches.

use almanac_model::stream::Stream;
use almanac_store::StreamProgress;

use super::facts::Facts;
use super::runs::number;
use crate::components::format;
use crate::components::progress::StepState;

/// The steps with their streams. Streams of one step follow one another, so steps end in order.
const STEPS: [(&str, &[Stream]); 7] = [
    ("Customers and sites", &[Stream::ClientTypes, Stream::Clients, Stream::Sites]),
    ("Contacts", &[Stream::Contacts]),
    ("Agents and teams", &[Stream::Agents, Stream::Teams]),
    ("Assets", &[Stream::AssetTypes, Stream::AssetStatuses, Stream::Assets]),
    (
        "Lists of tickets",
        &[
            Stream::TicketStatuses,
            Stream::TicketTypes,
            Stream::Priorities,
            Stream::Categories,
            Stream::Workflows,
        ],
    ),
    ("Tickets and actions", &[Stream::Tickets, Stream::TicketActions]),
    (
        "Projects and money",
        &[Stream::Opportunities, Stream::Projects, Stream::Contracts, Stream::Invoices],
    ),
];

/// A step as shown.
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) done: String,
    pub(super) note: String,
    pub(super) state: StepState,
}

/// Every step of what goes on.
pub(super) fn steps(facts: &Facts) -> Vec<Line> {
    let of = |stream: &Stream| facts.stream(*stream);
    let step = |(label, streams): (&'static str, &[Stream])| {
        let lines: Vec<(&StreamProgress, Option<u64>)> =
            streams.iter().filter_map(of).map(|line| (line, facts.expected(line))).collect();
        Line::new(label, &lines)
    };
    STEPS.into_iter().map(step).collect()
}

impl Line {
    fn new(label: &'static str, lines: &[(&StreamProgress, Option<u64>)]) -> Line {
        let read: u64 = lines.iter().map(|(line, _)| line.read).sum();
        let whole = |line: &StreamProgress| line.claimed.unwrap_or(line.read).max(line.read);
        // What was read whole is known better than it was expected.
        let expected: Option<u64> = lines
            .iter()
            .map(|(line, expected)| if line.is_done { Some(whole(line)) } else { *expected })
            .sum();
        let bad: u64 = lines.iter().map(|(line, _)| line.bad).sum();
        let is_held = lines.iter().any(|(line, _)| line.held.is_some());
        let pass =
            lines.iter().filter(|(line, _)| line.is_running).map(|(line, _)| line.pass).max();
        let is_done = lines.iter().all(|(line, _)| line.is_done);
        let is_begun =
            pass.is_some() || lines.iter().any(|(line, _)| line.is_done && line.read > 0);
        let of = |total: Option<u64>| match total {
            Some(total) => format!("{} of {}", number(read), number(total)),
            None => number(read),
        };
        let (state, done, note) = match () {
            () if is_done => {
                let note = format!("{} not understood", number(bad));
                (StepState::Done, of(expected), note)
            }
            () if is_held => (StepState::Next, of(expected), "on hold".to_owned()),
            () if is_begun => {
                let note = match (pass, expected) {
                    (Some(pass), _) if pass > 1 => format!("pass {pass}"),
                    (_, Some(total)) => format::percent(read, total),
                    (_, None) => "reading".to_owned(),
                };
                (StepState::Current, of(expected), note)
            }
            () => {
                let count = expected.map_or_else(|| "not known yet".to_owned(), number);
                (StepState::Next, count, "next".to_owned())
            }
        };
        Line { label, done, note, state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stream: Stream, read: u64, is_running: bool, is_done: bool) -> StreamProgress {
        StreamProgress {
            stream,
            is_running,
            is_done,
            read,
            claimed: None,
            pass: 1,
            added: 0,
            changed: 0,
            live: 0,
            bad: 0,
            held: None,
            last_scan_at: None,
        }
    }

    #[test]
    fn the_steps_hold_every_stream_once_and_in_order() {
        let all: Vec<Stream> =
            STEPS.iter().flat_map(|(_, streams)| streams.iter().copied()).collect();
        assert_eq!(all, Stream::ALL);
    }

    #[test]
    fn a_step_is_done_when_all_of_it_is() {
        let types = line(Stream::ClientTypes, 6, false, true);
        let clients = line(Stream::Clients, 40, true, false);
        let sites = line(Stream::Sites, 0, false, false);
        let of = |step: Line| (step.state, step.done, step.note);
        let going = Line::new("x", &[(&types, Some(5)), (&clients, Some(80)), (&sites, Some(94))]);
        let want = (StepState::Current, "46 of 180".to_owned(), "25%".to_owned());
        assert_eq!(of(going), want);
        let unknown = Line::new("x", &[(&types, None), (&clients, None)]);
        assert_eq!(of(unknown), (StepState::Current, "46".to_owned(), "reading".to_owned()));
        let next = Line::new("x", &[(&sites, Some(94))]);
        assert_eq!(of(next), (StepState::Next, "94".to_owned(), "next".to_owned()));
        let done = Line::new("x", &[(&types, None)]);
        let want = (StepState::Done, "6 of 6".to_owned(), "0 not understood".to_owned());
        assert_eq!(of(done), want);
    }
}

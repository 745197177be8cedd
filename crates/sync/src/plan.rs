//! The calls of the next five minutes, as data.
//!
//! Calls are the scarce good, so what is read next follows from what they cost: first what changed
//! (a call tells), then children of parents that changed, then whole scans, those that are open or
//! oldest first, cut into slices where they do not fit. Pure: who carries it out, and who shows it,
//! read the same plan.

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_psa::Capabilities;
use almanac_store::StreamState;
use serde::Serialize;

/// A plan reaches so far: Halo counts calls in five minutes (HALO-API 2.8).
pub const PLAN_MS: i64 = 5 * 60 * 1_000;

/// Rows that a call brings (HALO-API 2.1).
const PAGE_ROWS: u64 = 100;

/// A scan of assets asks first how they must be listed.
const ASSET_DISCOVERY: u64 = 3;

/// A scan begins with the next round after it is due.
const ROUND_MS: i64 = 60 * 1_000;

/// How a stream will be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedMode {
    /// What changed.
    Changes,
    /// The children of parents that changed.
    Children,
    /// Whole.
    Full,
    /// As much of the whole as the calls that are left allow.
    Slice,
}

/// The reading of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedRead {
    /// The stream's public name.
    pub stream: String,
    /// How.
    pub mode: PlannedMode,
    /// Calls that this takes, as far as can be told before.
    pub calls: u64,
    /// From when on, in milliseconds UTC.
    pub due_at: i64,
    /// Why, for a person.
    pub reason: String,
}

/// The calls of the next five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Milliseconds UTC.
    pub from: i64,
    /// Milliseconds UTC.
    pub until: i64,
    /// Calls that are ours in five minutes; none where there is no limit.
    pub share: Option<u64>,
    /// Calls made in the five minutes before.
    pub made: u64,
    /// What will be read, in this order.
    pub reads: Vec<PlannedRead>,
    /// What all of that takes.
    pub calls: u64,
    /// Calls of our share that are left after it.
    pub left: Option<u64>,
}

/// What a plan follows from.
#[derive(Debug, Clone)]
pub struct PlanInput {
    /// Milliseconds UTC.
    pub now_ms: i64,
    /// Calls that are ours in five minutes; none where there is no limit.
    pub share: Option<u64>,
    /// Calls made in the last five minutes.
    pub made: u64,
    /// A stream that cannot tell what changed is read whole so often.
    pub scan_every_ms: i64,
    /// One that can is read whole so often, for what is gone.
    pub whole_every_ms: i64,
    /// What is known of each stream, in order of dependency.
    pub streams: Vec<PlanStream>,
}

/// What is known of one stream.
#[derive(Debug, Clone)]
pub struct PlanStream {
    /// How far it is.
    pub state: StreamState,
    /// What the PSA can do with it.
    pub capabilities: Capabilities,
    /// Parents to be asked for their children.
    pub parents_due: u64,
}

/// Makes the plan.
pub fn plan(input: &PlanInput) -> Plan {
    let until = input.now_ms + PLAN_MS;
    let mut plan = Plan {
        from: input.now_ms,
        until,
        share: input.share,
        made: input.made,
        reads: Vec::new(),
        calls: 0,
        left: input.share.map(|share| share.saturating_sub(input.made)),
    };
    let may_read = |stream: &&PlanStream| !waits(stream);
    for stream in input.streams.iter().filter(may_read) {
        plan.add_changes(input, stream);
    }
    for stream in input.streams.iter().filter(may_read) {
        plan.add_children(input, stream);
    }
    let mut scans: Vec<&PlanStream> =
        input.streams.iter().filter(may_read).filter(|s| s.capabilities.parent.is_none()).collect();
    scans.sort_by_key(|stream| (stream.state.scan.is_none(), stream.state.last_scan_at));
    let types = input.streams.iter().find(|stream| stream.state.stream == Stream::AssetTypes);
    let types = types.map_or(0, |stream| count(stream.state.live));
    for stream in scans {
        plan.add_scan(input, stream, types);
    }
    plan
}

/// Whether a stream is left to a person, or to the next whole read. Where the PSA only did not answer
/// it is asked again; so are parents for their children, a call each.
fn waits(stream: &PlanStream) -> bool {
    stream.state.held.as_ref().is_some_and(|held| match stream.capabilities.parent {
        Some(_) => !Code::heals_by_itself(&held.code),
        None => !held.ends_with_an_answer(),
    })
}

impl Plan {
    fn add_changes(&mut self, input: &PlanInput, stream: &PlanStream) {
        let state = &stream.state;
        let is_due = |at: i64| at + input.whole_every_ms <= input.now_ms;
        if tells_changes(state) && state.last_scan_at.is_some_and(|at| !is_due(at)) {
            let reason = "what changed since the last read".to_owned();
            self.add(stream, PlannedMode::Changes, 1, input.now_ms, reason);
        }
    }

    fn add_children(&mut self, input: &PlanInput, stream: &PlanStream) {
        let Some(parents) = stream.capabilities.parent else { return };
        let due = stream.parents_due;
        if due == 0 {
            return;
        }
        let reason = format!("{due} {parents} changed since they were asked");
        let calls = self.left.map_or(due, |left| left.min(due));
        if calls > 0 {
            self.add(stream, PlannedMode::Children, calls, input.now_ms, reason);
        }
    }

    fn add_scan(&mut self, input: &PlanInput, stream: &PlanStream, asset_types: u64) {
        let state = &stream.state;
        let cost = scan_calls(state, stream.capabilities, asset_types);
        let (due_at, reason) = match (&state.scan, state.last_scan_at) {
            (Some(_), _) => (input.now_ms, "goes on where the last run stopped".to_owned()),
            (None, None) => (input.now_ms, "was never read whole".to_owned()),
            (None, Some(at)) => {
                let wait_ms = if tells_changes(state) {
                    input.whole_every_ms
                } else {
                    (input.scan_every_ms - lead_ms(cost, input.share)).max(0)
                };
                (at + wait_ms, "the last whole read is getting old".to_owned())
            }
        };
        if due_at > self.until {
            return;
        }
        match self.left {
            Some(0) => {}
            Some(left) if left < cost => {
                self.add(stream, PlannedMode::Slice, left, due_at.max(input.now_ms), reason);
            }
            _ => self.add(stream, PlannedMode::Full, cost, due_at.max(input.now_ms), reason),
        }
    }

    fn add(
        &mut self,
        stream: &PlanStream,
        mode: PlannedMode,
        calls: u64,
        due_at: i64,
        reason: String,
    ) {
        let stream = stream.state.stream.name().to_owned();
        self.reads.push(PlannedRead { stream, mode, calls, due_at, reason });
        self.calls += calls;
        self.left = self.left.map(|left| left.saturating_sub(calls));
    }
}

fn tells_changes(state: &StreamState) -> bool {
    state.filter.is_some_and(|filter| filter.works) && state.read_up_to.is_some()
}

/// Calls that reading a stream whole takes, by what it had before.
fn scan_calls(state: &StreamState, capabilities: Capabilities, asset_types: u64) -> u64 {
    let pages = count(state.live).div_ceil(PAGE_ROWS).max(1);
    let parts = match state.stream {
        Stream::Assets => asset_types + ASSET_DISCOVERY,
        _ => 0,
    };
    // The list of identifiers, and the look at two rows that tells whether there is one.
    pages + parts + if capabilities.can_list_ids { 2 } else { 0 }
}

/// How long before what it shows grows too old a scan must begin: until it ends a row may be as old
/// as the scan before.
fn lead_ms(cost: u64, share: Option<u64>) -> i64 {
    let reading_ms =
        share.map_or(0, |share| cost.saturating_mul(PLAN_MS.unsigned_abs()) / share.max(1));
    ROUND_MS.saturating_add(i64::try_from(reading_ms).unwrap_or(i64::MAX))
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use almanac_store::{FilterFinding, Held, OpenScan};

    use super::*;

    const NOW: i64 = 100_000_000;
    const HOUR: i64 = 3_600_000;

    fn stream(stream: Stream, live: i64, last_scan_at: Option<i64>) -> PlanStream {
        let capabilities = Capabilities {
            can_fetch_one: true,
            can_list_ids: false,
            may_filter_changes: false,
            parent: (stream == Stream::TicketActions).then_some(Stream::Tickets),
        };
        let state = StreamState { live, last_scan_at, ..StreamState::unread(stream) };
        PlanStream { state, capabilities, parents_due: 0 }
    }

    fn told(share: Option<u64>, made: u64, streams: Vec<PlanStream>) -> (String, Plan) {
        let input = PlanInput {
            now_ms: NOW,
            share,
            made,
            scan_every_ms: 6 * HOUR,
            whole_every_ms: 6 * HOUR,
            streams,
        };
        let plan = plan(&input);
        let reads = plan.reads.iter();
        let told = reads.map(|read| format!("{} {:?} {}", read.stream, read.mode, read.calls));
        (told.collect::<Vec<_>>().join(", "), plan)
    }

    #[test]
    fn what_changed_comes_first_then_children_then_the_oldest_scans() {
        let mut tickets = stream(Stream::Tickets, 5_000, Some(NOW - HOUR));
        tickets.state.filter = Some(FilterFinding { works: true, tried_at: 0 });
        tickets.state.read_up_to = Some(NOW - HOUR);
        let mut actions = stream(Stream::TicketActions, 0, None);
        actions.parents_due = 12;
        let streams = vec![
            stream(Stream::Clients, 250, Some(NOW - 7 * HOUR)),
            stream(Stream::Sites, 250, Some(NOW - HOUR)),
            stream(Stream::Agents, 14, Some(NOW - 8 * HOUR)),
            tickets,
            actions,
        ];
        let (told, plan) = told(Some(350), 0, streams);
        assert_eq!(
            told,
            "tickets Changes 1, ticket_actions Children 12, agents Full 1, clients Full 3"
        );
        assert_eq!((plan.calls, plan.left), (17, Some(333)));
    }

    #[test]
    fn a_scan_that_does_not_fit_is_cut_and_nothing_is_planned_beyond_our_share() {
        let mut open = stream(Stream::Contacts, 100, Some(NOW - HOUR));
        open.state.scan = Some(OpenScan { generation: 2, state: String::new() });
        let streams = vec![
            stream(Stream::AssetTypes, 14, Some(NOW - HOUR)),
            open,
            stream(Stream::Assets, 15_000, Some(NOW - 7 * HOUR)),
            stream(Stream::Tickets, 900, Some(NOW - 6 * HOUR)),
        ];
        let (told, plan) = told(Some(150), 50, streams);
        assert_eq!(told, "contacts Full 1, assets Slice 99");
        assert_eq!((plan.calls, plan.left), (100, Some(0)));
    }

    #[test]
    fn without_a_limit_all_that_is_due_is_planned_and_held_streams_wait_for_a_person() {
        let mut held = stream(Stream::Clients, 250, None);
        held.state.held =
            Some(Held { code: "SYNC-010".to_owned(), text: String::new(), number: None, since: 0 });
        let streams = vec![
            held,
            stream(Stream::AssetTypes, 14, Some(NOW - HOUR)),
            stream(Stream::Assets, 15_000, None),
        ];
        let (told, plan) = told(None, 5_000, streams);
        assert_eq!(told, "assets Full 167");
        assert_eq!(plan.left, None);
    }

    #[test]
    fn a_psa_that_did_not_answer_is_asked_again() {
        let held = |code: &str| {
            let text = String::new();
            Some(Held { code: code.to_owned(), text, number: None, since: NOW })
        };
        let all = |code: &str| {
            let mut tickets = stream(Stream::Tickets, 500, Some(NOW - HOUR));
            tickets.state.filter = Some(FilterFinding { works: true, tried_at: 0 });
            tickets.state.read_up_to = Some(NOW - HOUR);
            let mut actions = stream(Stream::TicketActions, 0, None);
            actions.parents_due = 2;
            let mut streams =
                vec![stream(Stream::Clients, 50, Some(NOW - 7 * HOUR)), tickets, actions];
            streams.iter_mut().for_each(|stream| stream.state.held = held(code));
            streams
        };
        let asked = "tickets Changes 1, ticket_actions Children 2, clients Full 1";
        assert_eq!(told(None, 0, all("CONN-001")).0, asked);
        assert_eq!(told(None, 0, all("SYNC-013")).0, "ticket_actions Children 2");
        assert_eq!(told(None, 0, all("SYNC-010")).0, "");
    }

    #[test]
    fn fifteen_thousand_assets_fit_into_half_of_seven_hundred_calls() {
        let streams = vec![
            stream(Stream::AssetTypes, 14, Some(NOW - 7 * HOUR)),
            stream(Stream::Assets, 15_000, Some(NOW - 7 * HOUR)),
        ];
        let (_, plan) = told(Some(350), 0, streams);
        assert!(plan.reads.iter().all(|read| read.mode == PlannedMode::Full), "{plan:?}");
    }
}

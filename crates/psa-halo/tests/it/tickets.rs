//! Quirks of tickets and of what stands around them, against the simulator.

use std::collections::BTreeSet;

use almanac_halo_sim::SimOptions;
use almanac_model::code::Code;
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_psa::conformance::{Subject, walk_all};
use almanac_psa::{Connector, Mapper, PageRequest, Part};
use almanac_psa_halo::HaloMapper;
use serde_json::json;

use crate::subject::SimSubject;

async fn mapped(subject: &SimSubject, stream: Stream) -> Vec<Projection> {
    let rows = walk_all(&subject.connector, stream).await.into_values();
    rows.map(|row| HaloMapper.project(stream, &row.body, None).expect("a good row")).collect()
}

async fn with_scopes(scopes: &[&str]) -> SimSubject {
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    SimSubject::start(move |o: &mut SimOptions| o.switches.scopes = scopes).await
}

#[tokio::test]
async fn q_11_the_filter_by_change_is_believed_only_where_it_was_seen_to_work() {
    let subject = SimSubject::start(|_| {}).await;
    for stream in Stream::ALL {
        let may = subject.connector.capabilities(stream).may_filter_changes;
        let works = subject.connector.try_change_filter(stream).await.expect("an answer");
        assert_eq!(works, Some(stream == Stream::Tickets), "{stream}");
        let documented = [
            Stream::Clients,
            Stream::Sites,
            Stream::Contacts,
            Stream::Assets,
            Stream::Tickets,
            Stream::Opportunities,
            Stream::Projects,
        ];
        assert_eq!(may, documented.contains(&stream), "{stream}");
    }
}

#[tokio::test]
async fn q_11_changed_assets_come_with_their_fields_as_in_a_whole_scan() {
    let subject = SimSubject::start(|o| o.switches.filter_works = vec!["all".to_owned()]).await;
    let connector = &subject.connector;
    assert_eq!(connector.try_change_filter(Stream::Assets).await.expect("an answer"), Some(true));
    let before = walk_all(connector, Stream::Assets).await;
    let now_ms = now_ms();
    let quiet = connector.changed_parts(Stream::Assets, now_ms - 60_000).await.expect("parts");
    assert!(quiet.is_empty(), "nothing changed: {quiet:?}");
    let id = before.keys().next().expect("an asset").clone();
    let change = json!({"op": "update", "id": number(&id), "values": {"inventory_number": "NEW"}});
    subject.row_of("Asset", change).await;
    let parts = connector.changed_parts(Stream::Assets, now_ms - 60_000).await.expect("parts");
    assert_eq!(parts.len(), 1, "of its type only: {parts:?}");
    let request = PageRequest {
        stream: Stream::Assets,
        part: parts[0].clone(),
        page_no: 1,
        whole_count: None,
    };
    let page = connector.list_page(&request).await.expect("a page");
    let after = walk_all(connector, Stream::Assets).await;
    assert_eq!(page.rows, [after[&id].clone()], "the bytes of a whole scan");
}

#[tokio::test]
async fn q_12_actions_are_never_asked_for_without_their_ticket() {
    let subject = SimSubject::start(|o| o.sizes.tickets = 20).await;
    assert!(!walk_all(&subject.connector, Stream::TicketActions).await.is_empty());
    subject.connector.check_access().await.expect("a report");
    let asked = subject.sim.requests();
    let actions: Vec<_> = asked
        .iter()
        .map(|line| line.target.as_str())
        .filter(|line| line.contains("/Actions"))
        .collect();
    assert!(!actions.is_empty());
    assert!(actions.iter().all(|line| line.contains("ticket_id=")), "{actions:?}");
}

#[tokio::test]
async fn q_22_priorities_are_joined_by_sla_and_number() {
    let subject = SimSubject::start(|_| {}).await;
    let mut places = BTreeSet::new();
    for projection in mapped(&subject, Stream::Priorities).await {
        let Projection::Priority(priority) = projection else { panic!("not a priority") };
        assert_eq!(priority.remote_id.as_str().len(), 36, "its own id is a GUID");
        assert!(places.insert((priority.sla, priority.number)), "two of one place");
    }
    assert_eq!(places.len(), 7);
    for projection in mapped(&subject, Stream::Tickets).await {
        let Projection::Ticket(ticket) = projection else { panic!("not a ticket") };
        assert!(places.contains(&(ticket.sla, ticket.priority_number)));
    }
}

#[tokio::test]
async fn q_23_two_tickets_with_an_action_1_have_two_records() {
    let subject = SimSubject::start(|o| o.sizes.tickets = 20).await;
    let rows = walk_all(&subject.connector, Stream::TicketActions).await;
    let first = rows.keys().filter(|id| id.as_str().ends_with(":1")).count();
    assert_eq!(first, 20);
    for (id, row) in &rows {
        let projection = HaloMapper.project(Stream::TicketActions, &row.body, None);
        assert_eq!(projection.expect("a good row").remote_id(), id);
    }
}

#[tokio::test]
async fn q_29_the_team_of_a_ticket_is_the_name_of_a_team() {
    let subject = SimSubject::start(|_| {}).await;
    let mut names = BTreeSet::new();
    for projection in mapped(&subject, Stream::Teams).await {
        let Projection::Team(team) = projection else { panic!("not a team") };
        names.insert(team.name);
    }
    for projection in mapped(&subject, Stream::Tickets).await {
        let Projection::Ticket(ticket) = projection else { panic!("not a ticket") };
        assert!(ticket.team_name.is_some_and(|name| names.contains(&name)));
    }
}

#[tokio::test]
async fn q_35_every_status_comes_and_says_what_it_is_a_status_of() {
    let subject = SimSubject::start(|_| {}).await;
    let statuses = mapped(&subject, Stream::TicketStatuses).await;
    let of_tickets = statuses.iter().filter(
        |status| matches!(status, Projection::TicketStatus(s) if s.area.as_deref() == Some("0")),
    );
    assert_eq!((statuses.len(), of_tickets.count()), (18, 13));
}

#[tokio::test]
async fn q_36_ticket_types_come_although_the_agent_may_use_none() {
    let subject = SimSubject::start(|_| {}).await;
    assert_eq!(mapped(&subject, Stream::TicketTypes).await.len(), 8);
}

#[tokio::test]
async fn q_37_opportunities_and_projects_are_tickets_under_the_same_ids() {
    let subject = SimSubject::start(|_| {}).await;
    let tickets = subject.truth(Stream::Tickets).await;
    for stream in [Stream::Opportunities, Stream::Projects] {
        let own: BTreeSet<RemoteId> =
            walk_all(&subject.connector, stream).await.into_keys().collect();
        assert!(!own.is_empty() && own.is_subset(&tickets), "{stream}");
    }
}

#[tokio::test]
async fn q_37_without_sales_rights_only_opportunities_are_missing() {
    for subject in [
        SimSubject::start(|o| {
            o.switches.deny = vec!["Opportunities=403".parse().expect("a denial")];
        })
        .await,
        with_scopes(&["read:customers", "read:assets", "read:tickets", "read:projects"]).await,
    ] {
        let request =
            |stream| PageRequest { stream, part: Part::whole(), page_no: 1, whole_count: None };
        let refused = subject.connector.list_page(&request(Stream::Opportunities)).await;
        assert_eq!(refused.expect_err("refused").code(), Code::CONN_NO_PERMISSION);
        for stream in [Stream::Clients, Stream::Assets, Stream::Tickets, Stream::Projects] {
            let page = subject.connector.list_page(&request(stream)).await;
            assert!(page.is_ok_and(|page| !page.rows.is_empty()), "{stream}");
        }
    }
}

#[tokio::test]
async fn q_15_scopes_that_are_not_granted_are_left_out_of_the_token_and_asked_for_once() {
    let subject = with_scopes(&["read:customers", "read:assets"]).await;
    for _ in 0..3 {
        assert!(!walk_all(&subject.connector, Stream::Clients).await.is_empty());
        subject.sim.advance_clock(4_000.0);
    }
    // All together, those that are needed, each of the five others; then one whenever it ends.
    let taken = subject.sim.counts().tokens;
    assert_eq!(taken, 3, "tokens given: what is granted is remembered");
    let report = subject.connector.check_access().await.expect("a report");
    let refused = report.findings.iter().find(|(code, _)| *code == Code::CONN_SCOPE_REFUSED);
    assert_eq!(refused, None, "what is not needed is no finding");
}

#[tokio::test]
async fn q_38_recurring_invoices_keep_their_negative_ids() {
    let subject = SimSubject::start(|_| {}).await;
    let rows = walk_all(&subject.connector, Stream::Invoices).await;
    let negative: Vec<&RemoteId> = rows.keys().filter(|id| id.as_str().starts_with('-')).collect();
    assert!(!negative.is_empty() && negative.len() < rows.len());
    for id in negative.into_iter().take(3) {
        let one = subject.connector.fetch_one(Stream::Invoices, id).await.expect("an answer");
        assert_eq!(one.map(|row| row.remote_id).as_ref(), Some(id));
        let projection = HaloMapper.project(Stream::Invoices, &rows[id].body, None);
        assert!(matches!(projection, Ok(Projection::Invoice(invoice)) if invoice.is_recurring));
    }
}

#[tokio::test]
async fn q_39_a_large_detail_is_read() {
    let subject = SimSubject::start(|_| {}).await;
    let ids = subject.truth(Stream::Tickets).await;
    let mut largest = 0;
    for id in ids.iter().take(12) {
        let row = subject.connector.fetch_one(Stream::Tickets, id).await.expect("an answer");
        largest = largest.max(row.expect("a ticket").body.len());
    }
    assert!(largest > 140_000, "{largest}");
}

#[expect(clippy::disallowed_methods, reason = "the simulator's clock is the machine's")]
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn number(remote_id: &RemoteId) -> i64 {
    remote_id.as_str().parse().expect("an asset's identifier is a number")
}

//! Where each stream is listed, and how: one table.
//!
//! Every list asks for inactive rows too and, where the server pages, sends the three
//! paging parameters together with a stable order (Q-09; only the words `true` and
//! `false` work, Q-08). Parameters are those of HALO-API 2.1 and the published field tables.
//!
//! No stream is completed by calls for details: what pages and rules use stands in the list rows
//! (assets' fields come with the list, see `parts`), and a call for each record is dear.

use std::fmt::Display;

use almanac_model::stream::Stream;

/// Rows asked for in one page: the cap that Halo was seen to use (HALO-API 2.1).
pub(crate) const PAGE_SIZE: u32 = 100;

/// Rows asked for of a list without pages that gives 50 unless told otherwise (HALO-API 2.1). No
/// ticket has as many actions.
const COUNT: &str = "10000";

/// The filter by change: a date although Halo's document says that it is a flag.
pub(crate) const SINCE: &str = "lastupdatefromdate";

/// How one stream is listed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Under `/api`.
    pub(crate) path: &'static str,
    /// A second list of the same kind, whose identifiers are negative.
    pub(crate) path_of_negative: Option<&'static str>,
    /// Sent with each list request.
    pub(crate) query: &'static [(&'static str, &'static str)],
    /// The member that holds the rows; `None` for a bare array (HALO-API 2.2).
    pub(crate) key: Option<&'static str>,
    /// Whether the list has pages; a bare array ignores paging.
    pub(crate) is_paged: bool,
    /// Whether `idonly` is documented.
    pub(crate) has_idonly: bool,
    /// Whether `GET path/{id}` gives one record.
    pub(crate) has_by_id: bool,
    /// Whether [`SINCE`] is documented; whether it works must be tried.
    pub(crate) has_since: bool,
    /// Whose records list these, and the parameter that names one of them.
    pub(crate) parent: Option<(Stream, &'static str)>,
}

const EVERY_STATE: &[(&str, &str)] = &[("includeactive", "true"), ("includeinactive", "true")];

/// A bare array, of which one record can be had by its id.
const fn bare(path: &'static str, query: &'static [(&'static str, &'static str)]) -> Endpoint {
    Endpoint {
        path,
        path_of_negative: None,
        query,
        key: None,
        is_paged: false,
        has_idonly: false,
        has_by_id: true,
        has_since: false,
        parent: None,
    }
}

/// A list with pages.
const fn paged(path: &'static str, key: &'static str) -> Endpoint {
    Endpoint { key: Some(key), is_paged: true, ..bare(path, &[]) }
}

/// A list with pages that hides inactive rows, names identifiers alone, and may filter by change.
const fn of_customers(path: &'static str, key: &'static str) -> Endpoint {
    Endpoint { query: EVERY_STATE, has_idonly: true, has_since: true, ..paged(path, key) }
}

/// Tickets and what Halo keeps as tickets: the same envelope key, never hidden, no `idonly`.
const fn of_tickets(path: &'static str) -> Endpoint {
    Endpoint { has_since: true, ..paged(path, "tickets") }
}

/// One of Halo's lists of codes. A code is unique within its list only, so it is not had alone.
const fn lookup(query: &'static [(&'static str, &'static str)]) -> Endpoint {
    Endpoint { has_by_id: false, ..bare("/Lookup", query) }
}

/// The table.
pub(crate) fn endpoint(stream: Stream) -> Endpoint {
    match stream {
        // Lookup 33 is the customer type, 61 the asset status (HALO-API 3.18; Q-34).
        Stream::ClientTypes => lookup(&[("lookupid", "33")]),
        Stream::AssetStatuses => lookup(&[("lookupid", "61")]),
        Stream::Clients => of_customers("/Client", "clients"),
        Stream::Sites => of_customers("/Site", "sites"),
        Stream::Contacts => of_customers("/Users", "users"),
        Stream::Assets => of_customers("/Asset", "assets"),
        Stream::Agents => bare(
            "/Agent",
            &[
                ("includeenabled", "true"),
                ("includedisabled", "true"),
                ("includeapiagents", "true"),
            ],
        ),
        Stream::Teams => bare(
            "/Team",
            &[("includeenabled", "true"), ("includedisabled", "true"), ("showall", "true")],
        ),
        Stream::AssetTypes => bare("/AssetType", &[]),
        // The filter by type cannot be trusted, so there is none (Q-35; HALO-API 3.11).
        Stream::TicketStatuses => bare("/Status", &[]),
        // Without `showall` only types that the agent may use come, perhaps none.
        Stream::TicketTypes => {
            bare("/TicketType", &[("showall", "true"), ("showinactive", "true")])
        }
        // Of every SLA. By its GUID one can be had, by its number never.
        Stream::Priorities => bare("/Priority", &[]),
        // Of every tree: what a `type_id` means is not known for certain (HALO-API 3.14).
        Stream::Categories => bare("/Category", &[]),
        Stream::Workflows => bare("/Workflow", &[("includeinactive", "true")]),
        Stream::Tickets => of_tickets("/Tickets"),
        // Without its ticket the list never ends (Q-12; HALO-API 3.10).
        Stream::TicketActions => Endpoint {
            key: Some("actions"),
            has_by_id: false,
            parent: Some((Stream::Tickets, "ticket_id")),
            ..bare("/Actions", &[("count", COUNT)])
        },
        // `/Opportunity`, `/Project` and `/Contract` do not exist.
        Stream::Opportunities => of_tickets("/Opportunities"),
        Stream::Projects => of_tickets("/Projects"),
        Stream::Contracts => Endpoint {
            query: &[("includeinactive", "true")],
            ..paged("/ClientContract", "contracts")
        },
        Stream::Invoices => Endpoint {
            path_of_negative: Some("/RecurringInvoice"),
            ..paged("/Invoice", "invoices")
        },
    }
}

/// A query under construction.
pub(crate) type Query = Vec<(String, String)>;

impl Endpoint {
    /// The query of one page of `page_size` rows.
    pub(crate) fn page_query(&self, page_no: u32, page_size: u32) -> Query {
        let mut query = self.base_query();
        if self.is_paged {
            push(&mut query, "pageinate", "true");
            push(&mut query, "page_no", page_no);
            push(&mut query, "page_size", page_size);
            push(&mut query, "order", "id");
            push(&mut query, "orderdesc", "false");
        }
        query
    }

    /// The query of all rows in one answer, for a list that ignores paging.
    pub(crate) fn whole_query(&self, count: u64) -> Query {
        let mut query = self.base_query();
        push(&mut query, "count", count);
        push(&mut query, "order", "id");
        push(&mut query, "orderdesc", "false");
        query
    }

    /// The query of identifiers only; not compatible with paging (HALO-API 2.1).
    pub(crate) fn ids_query(&self, count: u64) -> Query {
        let mut query = self.whole_query(count);
        push(&mut query, "idonly", "true");
        query
    }

    fn base_query(&self) -> Query {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        self.query.iter().map(own).collect()
    }
}

/// Adds one parameter.
pub(crate) fn push(query: &mut Query, key: &str, value: impl Display) {
    query.push((key.to_owned(), format!("{value}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_02_a_paged_list_always_sends_the_three_paging_parameters() {
        for stream in Stream::ALL {
            let endpoint = endpoint(stream);
            let query = endpoint.page_query(3, 100);
            let has = |key: &str| query.iter().any(|(k, _)| k == key);
            let sent = ["pageinate", "page_no", "page_size"].map(has);
            assert_eq!(sent, [endpoint.is_paged; 3], "{stream}");
            let has_envelope = endpoint.is_paged || endpoint.parent.is_some();
            assert_eq!(endpoint.key.is_some(), has_envelope, "{stream}");
        }
    }

    #[test]
    fn q_08_flags_are_the_words_true_and_false() {
        for stream in Stream::ALL {
            for (key, value) in endpoint(stream).page_query(1, 100) {
                let is_flag =
                    key.starts_with("include") || key == "orderdesc" || key == "pageinate";
                assert!(!is_flag || value == "true" || value == "false", "{key}={value}");
            }
        }
    }

    #[test]
    fn q_10_inactive_rows_are_asked_for_where_halo_hides_them() {
        for stream in [Stream::Clients, Stream::Sites, Stream::Contacts, Stream::Assets] {
            let query = endpoint(stream).page_query(1, 100);
            assert!(query.contains(&("includeinactive".into(), "true".into())), "{stream}");
        }
    }

    #[test]
    fn q_12_actions_are_listed_by_their_ticket_only() {
        assert_eq!(endpoint(Stream::TicketActions).parent, Some((Stream::Tickets, "ticket_id")));
        for stream in Stream::ALL {
            let parent = endpoint(stream).parent;
            assert!(parent.is_none_or(|(parent, _)| parent < stream), "{stream}: its parent first");
        }
    }

    /// Only reports tell of an error with status 200 (`report.load_error`), and none is read.
    #[test]
    fn q_54_no_report_is_read() {
        for stream in Stream::ALL {
            let Endpoint { path, path_of_negative, .. } = endpoint(stream);
            for path in [Some(path), path_of_negative].into_iter().flatten() {
                assert!(!path.to_lowercase().contains("report"), "{stream}: {path}");
            }
        }
    }

    #[test]
    fn q_35_and_q_36_what_halo_hides_or_filters_wrongly_is_asked_for_whole() {
        let has = |stream, key: &str| endpoint(stream).query.iter().any(|(k, _)| *k == key);
        assert!(has(Stream::TicketTypes, "showall"));
        assert!(!has(Stream::TicketStatuses, "type"));
    }
}

//! Where each stream is listed, and how: one table.
//!
//! Every list asks for inactive rows too and, where the server pages, sends the three
//! paging parameters together with a stable order (Q-09; only the words `true` and
//! `false` work, Q-08). Parameters are those of HALO-API 2.1 and the published field tables.

use std::fmt::Display;

use almanac_model::stream::Stream;

/// Rows asked for in one page: the cap that Halo was seen to use (HALO-API 2.1).
pub(crate) const PAGE_SIZE: u32 = 100;

/// How one stream is listed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Under `/api`.
    pub(crate) path: &'static str,
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
}

const EVERY_STATE: &[(&str, &str)] = &[("includeactive", "true"), ("includeinactive", "true")];

/// The table.
pub(crate) fn endpoint(stream: Stream) -> Endpoint {
    let bare = |path, query| Endpoint {
        path,
        query,
        key: None,
        is_paged: false,
        has_idonly: false,
        has_by_id: true,
    };
    let paged = |path, key| Endpoint {
        path,
        query: EVERY_STATE,
        key: Some(key),
        is_paged: true,
        has_idonly: true,
        has_by_id: true,
    };
    // A lookup's code is unique within its list only, so it is not fetched alone.
    let lookup = |query| Endpoint { has_by_id: false, ..bare("/Lookup", query) };
    match stream {
        // Lookup 33 is the customer type, 61 the asset status (HALO-API 3.18).
        Stream::ClientTypes => lookup(&[("lookupid", "33")]),
        Stream::AssetStatuses => lookup(&[("lookupid", "61")]),
        Stream::Clients => paged("/Client", "clients"),
        Stream::Sites => paged("/Site", "sites"),
        Stream::Contacts => paged("/Users", "users"),
        Stream::Assets => paged("/Asset", "assets"),
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
            assert_eq!(endpoint.key.is_some(), endpoint.is_paged, "{stream}");
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
}

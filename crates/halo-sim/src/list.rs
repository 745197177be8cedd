//! Lists: filter, order, page (HALO-API.md 2.1 to 2.3).
//!
//! A list is first a vector of row indexes, computed once per question and kept while nothing
//! changes; a page then writes only its own rows. Unknown parameters narrow nothing (Q-07).

use std::sync::{Arc, Mutex, PoisonError};

use crate::answer::Answer;
use crate::date;
use crate::params::{BadParam, Params};
use crate::row::push_int;
use crate::switches::{AssetFields, IdOnly, Switches};
use crate::window::Window;
use crate::world::World;
use crate::world::kind::{Facts, Filter, Kind, KindId, Order, Shape, View};

/// Indexes that are kept in all lists together (four bytes each).
const KEPT_MAX: usize = 6_000_000;
/// Parameters that every paging list knows, beside the kind's own.
pub(crate) const COMMON: [&str; 7] =
    ["pageinate", "page_no", "page_size", "count", "order", "orderdesc", "search"];
/// Those of lists with inactive rows.
pub(crate) const ACTIVITY: [&str; 2] = ["activeinactive", "includeactive"];
/// Those of lists that can be read incrementally.
pub(crate) const UPDATES: [&str; 2] = ["lastupdatefromdate", "lastupdatetodate"];
/// Parameters that do not change which rows a list has, nor their order.
const SHAPING: [&str; 13] = [
    "pageinate",
    "page_no",
    "page_size",
    "count",
    "idonly",
    "includeassetfields",
    "includenotes",
    "includeaddress",
    "includestatus",
    "includetickettype",
    "includeagent",
    "includeallowedstatus",
    "includeagentsforteams",
];

/// Lists that were computed before.
#[derive(Debug, Default)]
pub(crate) struct Lists(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    kind: KindId,
    question: String,
    version: u64,
    rows: Arc<[u32]>,
}

/// One page, and what was asked for it.
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
    /// The whole list and how many of its rows have been sent, when more pages follow.
    pub(crate) passed: Option<(Arc<[u32]>, usize)>,
}

/// Model binding's answer to a parameter of the wrong type.
pub(crate) fn bad_param(bad: &BadParam) -> Answer {
    Answer::bad_binding(&bad.name, &format!("The value '{}' is not valid.", bad.text))
}

/// What a request wants to see of each row.
pub(crate) fn view(kind: &dyn Kind, params: &Params, switches: &Switches) -> View {
    let wants_fields = kind.id() == KindId::Asset && params.is_true("includeassetfields");
    let has_type = params.get("assettype_id").is_some_and(|id| id != "0");
    View {
        is_detail: false,
        has_details: params.is_true("includedetails"),
        has_fields: match switches.asset_fields {
            AssetFields::WithType => wants_fields && has_type,
            AssetFields::Always => wants_fields,
            AssetFields::Never => false,
        },
        has_notes: params.is_true("includenotes"),
        has_address: params.is_true("includeaddress"),
        has_allowed_status: params.is_true("includeallowedstatus"),
        has_agents: params.is_true("includeagentsforteams") || params.is_true("includeagents"),
        has_status: params.is_true("includestatus"),
        has_ticket_type: params.is_true("includetickettype"),
        has_agent: params.is_true("includeagent"),
        is_extra: switches.extra_properties,
    }
}

impl Lists {
    /// The rows that a question selects, in its order.
    pub(crate) fn rows(
        &self,
        world: &World,
        kind: &dyn Kind,
        params: &Params,
        switches: &Switches,
    ) -> Result<Arc<[u32]>, BadParam> {
        let question = format!(
            "{}|{}|{}|{}",
            params.without(&SHAPING).key(),
            switches.hide_assets,
            switches.no_placeholders,
            filter_works(kind, switches)
        );
        let version = world.version();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|list| list.version == version);
        if let Some(list) =
            kept.iter().find(|list| list.kind == kind.id() && list.question == question)
        {
            return Ok(Arc::clone(&list.rows));
        }
        let rows: Arc<[u32]> = select(world, kind, params, switches)?.into();
        while !kept.is_empty()
            && kept.iter().map(|list| list.rows.len()).sum::<usize>() + rows.len() > KEPT_MAX
        {
            kept.remove(0);
        }
        kept.push(Kept { kind: kind.id(), question, version, rows: Arc::clone(&rows) });
        Ok(rows)
    }
}

/// Whether the incremental filter works on a list (Q-11).
fn filter_works(kind: &dyn Kind, switches: &Switches) -> bool {
    let mut names = switches.filter_works.iter();
    kind.has_update_filter()
        && names
            .any(|name| name.eq_ignore_ascii_case(kind.route()) || name.eq_ignore_ascii_case("all"))
}

/// One narrowing, with its value read.
enum Test {
    Number(Filter, i64),
    Numbers(Filter, Vec<i64>),
    Mark { mark: u8, is_wanted: bool },
    Contains(String),
    NotZero,
}

fn tests(kind: &dyn Kind, params: &Params) -> Result<Vec<Test>, BadParam> {
    let mut tests = Vec::new();
    for (name, filter) in kind.filters() {
        match filter {
            Filter::Client | Filter::Site | Filter::Type | Filter::Group => {
                if let Some(number) = params.int(name)?.filter(|number| *number != 0) {
                    tests.push(Test::Number(*filter, number));
                }
            }
            Filter::TypeIn | Filter::StatusIn => {
                if let Some(list) = params.get(name) {
                    let numbers: Vec<i64> =
                        list.split(',').filter_map(|part| part.trim().parse().ok()).collect();
                    tests.push(Test::Numbers(*filter, numbers));
                }
            }
            Filter::Drop(mark) if params.is_true(name) => {
                tests.push(Test::Mark { mark: *mark, is_wanted: false });
            }
            Filter::Only(mark) if params.is_true(name) => {
                tests.push(Test::Mark { mark: *mark, is_wanted: true });
            }
            Filter::Keep(mark) if params.is_false(name) => {
                tests.push(Test::Mark { mark: *mark, is_wanted: false });
            }
            Filter::KeepOthers(mark) if params.is_false(name) => {
                tests.push(Test::Mark { mark: *mark, is_wanted: true });
            }
            Filter::Unless(mark) if !params.is_true(name) => {
                tests.push(Test::Mark { mark: *mark, is_wanted: false });
            }
            Filter::Contains => {
                tests.extend(params.get(name).map(|text| Test::Contains(text.to_lowercase())));
            }
            Filter::DropZero if params.is_true(name) => tests.push(Test::NotZero),
            Filter::Drop(_)
            | Filter::Only(_)
            | Filter::Keep(_)
            | Filter::KeepOthers(_)
            | Filter::Unless(_)
            | Filter::DropZero => {}
        }
    }
    if matches!(kind.shape(), Shape::Envelope(_)) {
        tests.extend(params.get("search").map(|text| Test::Contains(text.to_lowercase())));
    }
    Ok(tests)
}

impl Test {
    fn holds(&self, facts: &Facts, remote_id: i64, label: impl FnOnce() -> String) -> bool {
        let fact = |filter: &Filter| match filter {
            Filter::Client => facts.client,
            Filter::Site => facts.site,
            Filter::Type | Filter::TypeIn => facts.kind,
            Filter::StatusIn => facts.status,
            _ => facts.group,
        };
        match self {
            Test::Number(filter, number) => fact(filter) == *number,
            Test::Numbers(filter, numbers) => numbers.contains(&fact(filter)),
            Test::Mark { mark, is_wanted } => (facts.marks & mark != 0) == *is_wanted,
            Test::Contains(text) => label().to_lowercase().contains(text),
            Test::NotZero => remote_id != 0,
        }
    }
}

fn select(
    world: &World,
    kind: &dyn Kind,
    params: &Params,
    switches: &Switches,
) -> Result<Vec<u32>, BadParam> {
    let tests = tests(kind, params)?;
    let (wants_active, wants_inactive) = activity(kind, params);
    let (from, to) = if filter_works(kind, switches) {
        let instant = |name| params.get(name).and_then(date::parse);
        (instant("lastupdatefromdate"), instant("lastupdatetodate"))
    } else {
        (None, None)
    };
    let is_open = tests.is_empty() && wants_active && wants_inactive;
    let needs_facts = !is_open || from.is_some() || to.is_some();
    let label = |index| {
        let mut text = String::new();
        kind.label(world, index, &mut text);
        text
    };
    let fits = |index: &u32| {
        if !world.is_there(kind, *index, switches) {
            return false;
        }
        if !needs_facts {
            return true;
        }
        let facts = world.facts(kind, *index);
        let is_wanted = if facts.is_inactive { wants_inactive } else { wants_active };
        is_wanted
            && from.is_none_or(|from| facts.updated >= from)
            && to.is_none_or(|to| facts.updated <= to)
            && tests.iter().all(|test| test.holds(&facts, kind.remote_id(*index), || label(*index)))
    };
    let mut rows: Vec<u32> = (0..world.overlay(kind.records()).end()).filter(fits).collect();
    sort(world, kind, params, &mut rows);
    Ok(rows)
}

/// Whether active and inactive rows are wanted. Lists hide inactive ones unless asked (Q-10).
fn activity(kind: &dyn Kind, params: &Params) -> (bool, bool) {
    let Some(inactive) = kind.inactive_param() else { return (true, true) };
    if let Some((active, inactive)) =
        params.get("activeinactive").and_then(|pair| pair.split_once(','))
    {
        let is_true = |text: &str| text.trim().eq_ignore_ascii_case("true");
        return (is_true(active), is_true(inactive));
    }
    let active = if inactive == "includedisabled" { "includeenabled" } else { "includeactive" };
    let shows_all = inactive == "includedisabled" && params.is_true("showall");
    (!params.is_false(active), params.is_true(inactive) || shows_all)
}

/// Sorts by the order asked for. An order that Halo would not know is no order.
fn sort(world: &World, kind: &dyn Kind, params: &Params, rows: &mut [u32]) {
    if kind.shape() == Shape::Array {
        return;
    }
    let order = params.get("order").unwrap_or("").to_lowercase();
    let by_fact = |rows: &mut [u32], fact: fn(&Facts) -> i64| {
        rows.sort_by_cached_key(|index| (fact(&world.facts(kind, *index)), *index));
    };
    let by_label = |rows: &mut [u32]| {
        rows.sort_by_cached_key(|index| {
            let mut text = String::new();
            kind.label(world, *index, &mut text);
            (text.to_lowercase(), *index)
        });
    };
    match order.as_str() {
        "id" => {}
        "client_id" => by_fact(rows, |facts| facts.client),
        "site_id" => by_fact(rows, |facts| facts.site),
        "assettype_id" => by_fact(rows, |facts| facts.kind),
        "status_id" => by_fact(rows, |facts| facts.status),
        "inactive" => by_fact(rows, |facts| i64::from(facts.is_inactive)),
        "name" | "inventory_number" => by_label(rows),
        _ => match kind.default_order() {
            Order::Index => {}
            Order::Newest => rows.reverse(),
            Order::Label => by_label(rows),
            Order::Scattered => {
                rows.sort_by_cached_key(|index| world.base.dice(0x0d3, *index).next());
            }
        },
    }
    // Only the word `true` sorts downwards (Q-08: HCLI).
    if params.is_true("orderdesc") {
        rows.reverse();
    }
}

/// The answer to a list request.
pub(crate) fn page(
    lists: &Lists,
    world: &World,
    kind: &dyn Kind,
    params: &Params,
    switches: &Switches,
) -> Result<Page, BadParam> {
    let all = lists.rows(world, kind, params, switches)?;
    let view = view(kind, params, switches);
    let Shape::Envelope(key) = kind.shape() else {
        let mut body = Vec::new();
        write_rows(world, kind, &all, &view, &mut body);
        return Ok(Page { body, passed: None });
    };
    let key = if kind.id() == KindId::TopLevel { switches.toplevel_key.as_str() } else { key };
    let ids_only =
        params.is_true("idonly") && kind.has_id_list() && switches.idonly != IdOnly::Ignored;
    let window = Window::of(kind, params, switches, all.len(), ids_only)?;
    let rows = &all[window.start..window.end];
    let mut body =
        Vec::with_capacity(256 + rows.len() * if view.has_fields { 6_000 } else { 2_500 });
    body.push(b'{');
    if let Some((page_no, page_size)) = window.page {
        body.extend_from_slice(
            format!(r#""page_no":{page_no},"page_size":{page_size},"#).as_bytes(),
        );
    }
    let count = window.counted(switches.record_count, all.len(), rows.len());
    body.extend_from_slice(format!(r#""record_count":{count},"{key}":"#).as_bytes());
    if ids_only {
        write_ids(kind, rows, &mut body);
    } else {
        write_rows(world, kind, rows, &view, &mut body);
    }
    if kind.id() == KindId::Users {
        body.extend_from_slice(br#","user_ids":[]"#);
    }
    body.push(b'}');
    let is_middle = window.page.is_some() && window.end > 0 && window.end < all.len();
    let passed = is_middle.then(|| Arc::clone(&all)).map(|all| (all, window.end));
    Ok(Page { body, passed })
}

fn write_rows(world: &World, kind: &dyn Kind, rows: &[u32], view: &View, body: &mut Vec<u8>) {
    body.push(b'[');
    for (place, index) in rows.iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        world.render(kind, *index, view, body);
    }
    body.push(b']');
}

fn write_ids(kind: &dyn Kind, rows: &[u32], body: &mut Vec<u8>) {
    body.push(b'[');
    for (place, index) in rows.iter().enumerate() {
        body.extend_from_slice(if place > 0 { b",{\"id\":" } else { b"{\"id\":" });
        push_int(body, kind.remote_id(*index));
        body.push(b'}');
    }
    body.push(b']');
}

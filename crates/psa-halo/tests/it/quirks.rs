//! Quirks of Halo where the client meets them, each test named after its number.

use almanac_halo_sim::{Toggle, TokenPaths};
use almanac_model::code::Code;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_psa::conformance::walk_all;
use almanac_psa::{AccessState, Connector, Mapper, Page, PageRequest, Part, PsaError};
use almanac_psa_halo::HaloMapper;

use crate::server::{Reply, halo_like, http, json};
use crate::subject::{SimSubject, options};

async fn first_page(subject: &SimSubject, stream: Stream) -> Result<Page, PsaError> {
    let part = Part::whole();
    let request = PageRequest { stream, part, page_no: 1, whole_count: None };
    subject.connector.list_page(&request).await
}

#[tokio::test]
async fn q_02_and_q_08_requests_carry_paging_whole_and_flags_as_words() {
    let subject = SimSubject::start(|_| {}).await;
    walk_all(&subject.connector, Stream::Clients).await;
    let lists: Vec<String> = subject
        .sim
        .requests()
        .into_iter()
        .map(|line| line.target)
        .filter(|target| target.contains("/Client?") && !target.contains("idonly"))
        .collect();
    assert!(lists.len() >= 2, "{lists:?}");
    for target in lists {
        for part in ["pageinate=true", "page_no=", "page_size=100", "order=id", "orderdesc=false"] {
            assert!(target.contains(part), "{target}: {part}");
        }
    }
}

#[tokio::test]
async fn q_07_an_ignored_type_filter_is_noticed() {
    let server = halo_like(|head| {
        if head.contains("/AssetType") {
            json(r#"[{"id":1,"name":"A","fields":[{"field_id":5}]},{"id":2,"name":"B"}]"#)
        } else {
            json(r#"{"record_count":1,"assets":[{"id":9,"assettype_id":1,"fields":[]}]}"#)
        }
    })
    .await;
    let connector =
        almanac_psa_halo::HaloConnector::new(options(&server.base_url())).expect("a connector");
    assert_eq!(connector.parts(Stream::Assets).await.expect("parts"), [Part::whole()]);
    let filter = vec![("assettype_id".to_owned(), "2".to_owned())];
    let part = Part { label: "B".to_owned(), filter };
    let request = PageRequest { stream: Stream::Assets, part, page_no: 1, whole_count: None };
    let error = connector.list_page(&request).await.expect_err("rows of another type");
    assert!(matches!(error, PsaError::FilterIgnored { .. }), "{error}");
}

/// 150 assets of type 1, which is listed, and 250 of type 2, which the agent may not list.
fn assets_of_a_hidden_type(head: &str) -> Reply {
    if head.contains("/AssetType") {
        return json(r#"[{"id":1,"name":"Laptop","fields":[{"field_id":5.0}]}]"#);
    }
    let number = |key: &str| -> Option<u64> {
        let (_, rest) = head.split_once(&format!("&{key}="))?;
        rest.split(['&', ' ']).next()?.parse().ok()
    };
    let typed = number("assettype_id");
    let (page_no, size) = (number("page_no").unwrap_or(1), number("page_size").unwrap_or(100));
    let type_of = |id: u64| if id <= 150 { 1 } else { 2 };
    let ids = (1..=400).filter(|id| typed.is_none_or(|wanted| wanted == type_of(*id)));
    let total = ids.clone().count();
    let skipped = ((page_no - 1) * size) as usize;
    let rows: Vec<String> = ids
        .skip(skipped)
        .take(size as usize)
        .map(|id| {
            let fields = if typed.is_some() { r#"[{"id":5,"value":"x"}]"# } else { "[]" };
            let kind = type_of(id);
            format!(r#"{{"id":{id},"assettype_id":{kind},"fields":{fields}}}"#)
        })
        .collect();
    json(&format!(r#"{{"record_count":{total},"assets":[{}]}}"#, rows.join(",")))
}

#[tokio::test]
async fn q_14_assets_of_types_that_the_agent_may_not_list_are_found_too() {
    let server = halo_like(assets_of_a_hidden_type).await;
    let connector =
        almanac_psa_halo::HaloConnector::new(options(&server.base_url())).expect("a connector");
    let parts = connector.parts(Stream::Assets).await.expect("parts");
    let labels: Vec<&str> = parts.iter().map(|part| part.label.as_str()).collect();
    assert_eq!(labels, ["Laptop", "other types"]);
    let mut seen = almanac_psa::SeenSet::default();
    let mut walk = almanac_psa::walk::Walk::new(parts);
    let mut with_fields = 0;
    while let almanac_psa::walk::Step::Page { part, page_no, whole_count } = walk.step() {
        let request = PageRequest { stream: Stream::Assets, part, page_no, whole_count };
        let page = connector.list_page(&request).await.expect("a page");
        for at in walk.accept(&page, &mut seen) {
            with_fields += usize::from(page.rows[at].body.windows(7).any(|w| w == b"\"value\""));
        }
    }
    assert_eq!((seen.len(), with_fields), (400, 150));
    assert_eq!(walk.judge(&seen, None), almanac_psa::walk::Verdict::Clean);
}

#[tokio::test]
async fn the_pages_of_the_remainder_are_found_again_after_a_resume() {
    let server = halo_like(assets_of_a_hidden_type).await;
    let new =
        || almanac_psa_halo::HaloConnector::new(options(&server.base_url())).expect("a connector");
    let part = new().parts(Stream::Assets).await.expect("parts").pop().expect("a remainder");
    let request = PageRequest { stream: Stream::Assets, part, page_no: 2, whole_count: None };
    let resumed = new();
    resumed.parts(Stream::Assets).await.expect("parts");
    let page = resumed.list_page(&request).await.expect("a page");
    let ids: Vec<&str> = page.rows.iter().map(|row| row.remote_id.as_str()).collect();
    assert_eq!((ids.len(), ids[0]), (100, "251"));
    let fresh = new().list_page(&request).await.expect("a page without having asked for parts");
    assert_eq!(fresh.rows, page.rows);
}

#[tokio::test]
async fn q_13_a_lasting_401_is_one_token_refresh_and_then_a_missing_permission() {
    let subject = SimSubject::start(|o| {
        o.switches.deny = vec!["Client=401".parse().expect("a denial")];
    })
    .await;
    first_page(&subject, Stream::Sites).await.expect("a page");
    let tokens = subject.sim.counts().tokens;
    let error = first_page(&subject, Stream::Clients).await.expect_err("denied");
    assert_eq!(error.code(), Code::CONN_NO_PERMISSION, "{error}");
    assert_eq!(subject.sim.counts().tokens, tokens + 1);
}

#[tokio::test]
async fn q_13_a_token_that_ends_in_mid_scan_is_replaced() {
    let subject = SimSubject::start(|_| {}).await;
    first_page(&subject, Stream::Clients).await.expect("a page");
    subject.sim.advance_clock(4_000.0);
    first_page(&subject, Stream::Clients).await.expect("a page with a new token");
    assert_eq!(subject.sim.counts().tokens, 2);
}

#[tokio::test]
async fn a_token_is_taken_once_for_calls_at_the_same_time() {
    let subject = SimSubject::start(|_| {}).await;
    let calls = [Stream::Clients, Stream::Sites, Stream::Agents, Stream::Teams];
    let (a, b, c, d) = tokio::join!(
        first_page(&subject, calls[0]),
        first_page(&subject, calls[1]),
        first_page(&subject, calls[2]),
        first_page(&subject, calls[3]),
    );
    assert!([a, b, c, d].iter().all(Result::is_ok));
    assert_eq!(subject.sim.counts().tokens, 1);
}

#[tokio::test]
async fn q_14_the_access_check_names_the_box_that_is_missing() {
    let subject = SimSubject::start(|o| {
        o.switches.deny = vec!["assets=403".parse().expect("a denial")];
    })
    .await;
    let report = subject.connector.check_access().await.expect("a report");
    let check = |stream| report.checks.iter().find(|c| c.stream == stream).expect("a check");
    assert_eq!(check(Stream::Assets).state, AccessState::Missing);
    let remedy = check(Stream::Assets).remedy.as_deref().unwrap_or_default();
    assert!(remedy.contains("Assets Access Level") && remedy.contains("read:assets"), "{remedy}");
    assert!(matches!(check(Stream::Clients).state, AccessState::Granted(Some(130))));
}

#[tokio::test]
async fn q_15_a_refused_scope_is_named() {
    let asked = ["read:customers", "read:users"].map(str::to_owned).to_vec();
    let subject = SimSubject::start_with(|_| {}, |o| o.scopes = asked).await;
    let error = first_page(&subject, Stream::Clients).await.expect_err("refused");
    assert_eq!(error.code(), Code::CONN_SCOPE_REFUSED);
    assert!(error.to_string().contains("read:customers read:users"), "{error}");
    let report = subject.connector.check_access().await.expect("a report with what is left");
    let finding = report.findings.iter().find(|(code, _)| *code == Code::CONN_SCOPE_REFUSED);
    assert!(finding.is_some_and(|(_, text)| text.contains("read:users")), "{finding:?}");
}

#[tokio::test]
async fn q_15_a_scope_that_is_not_granted_leaves_the_other_areas_readable() {
    let subject =
        SimSubject::start(|o| o.switches.scopes = vec!["read:customers".to_owned()]).await;
    let report = subject.connector.check_access().await.expect("a report");
    for check in &report.checks {
        let wants = match check.stream {
            Stream::Assets
            | Stream::AssetTypes
            | Stream::Tickets
            | Stream::TicketActions
            | Stream::Opportunities
            | Stream::Projects
            | Stream::Contracts
            | Stream::Invoices => check.state == AccessState::Missing,
            _ => matches!(check.state, AccessState::Granted(_)),
        };
        assert!(wants, "{check:?}");
    }
}

#[tokio::test]
async fn q_16_a_wrong_secret_is_refused_with_its_own_code() {
    let subject =
        SimSubject::start_with(|_| {}, |o| o.client_secret = "wrong".to_owned().into()).await;
    let error = first_page(&subject, Stream::Clients).await.expect_err("refused");
    assert_eq!(error.code(), Code::CONN_SECRET_REFUSED, "{error}");
    assert!(error.code().remedy.contains("generate a new secret"));
}

#[tokio::test]
async fn q_17_tokens_are_found_in_each_form_of_the_address() {
    for (paths, auth) in [
        (TokenPaths::Both, None),
        (TokenPaths::Auth, None),
        (TokenPaths::Auth, Some("")),
        (TokenPaths::Plain, Some("/token")),
        (TokenPaths::Plain, Some("")),
        (TokenPaths::Auth, Some("/auth")),
        (TokenPaths::Auth, Some("/auth/token")),
    ] {
        let sim_options = |o: &mut almanac_halo_sim::SimOptions| {
            o.switches.token_paths = paths;
        };
        let subject = SimSubject::start_with(sim_options, |o| {
            o.auth_url = auth.map(|path| format!("{}{path}", o.base_url));
        })
        .await;
        let page = first_page(&subject, Stream::Clients).await;
        assert!(page.is_ok(), "{paths:?} {auth:?}: {page:?}");
    }
}

#[tokio::test]
async fn q_17_a_tenant_is_named_where_the_host_needs_one() {
    let subject = SimSubject::start(|o| o.switches.tenant_required = true).await;
    let page = first_page(&subject, Stream::Clients).await;
    assert!(page.is_ok(), "authinfo names the tenant: {page:?}");
}

#[tokio::test]
async fn q_18_a_limit_without_a_header_is_learned_and_waited_out() {
    let subject = SimSubject::start(|o| {
        o.clock_speed = 150.0;
        o.switches.limit = 20;
        o.switches.retry_after = Toggle::Off;
    })
    .await;
    let rows = walk_all(&subject.connector, Stream::Assets).await;
    assert_eq!(rows.len(), 430);
    assert!(subject.connector.call_stats().throttled > 0);
}

#[tokio::test]
async fn q_18_token_and_discovery_calls_are_throttled_and_waited_for_too() {
    let subject = SimSubject::start(|o| {
        o.clock_speed = 300.0;
        o.switches.limit = 1;
        o.switches.retry_after = Toggle::Off;
    })
    .await;
    assert!(first_page(&subject, Stream::Agents).await.is_ok());
    assert!(subject.connector.call_stats().throttled > 0);
}

#[tokio::test]
async fn q_19_a_permission_given_later_works_after_a_new_token() {
    let subject =
        SimSubject::start(|o| o.switches.scopes = vec!["read:customers".to_owned()]).await;
    let report = subject.connector.check_access().await.expect("a report");
    assert!(report.checks.iter().any(|check| check.state == AccessState::Missing));
    subject.sim.change(|s| s.scopes = vec!["all".to_owned()]);
    let report = subject.connector.check_access().await.expect("a report");
    assert!(report.checks.iter().all(|check| check.state != AccessState::Missing), "{report:?}");
}

#[tokio::test]
async fn q_25_and_q_24_dates_reach_the_projection_as_written_and_sentinels_do_not() {
    let subject = SimSubject::start(|_| {}).await;
    let mut dates = 0;
    for row in walk_all(&subject.connector, Stream::Assets).await.into_values() {
        let projection = HaloMapper.project(Stream::Assets, &row.body, None);
        let Ok(Projection::Asset(asset)) = projection else {
            panic!("{projection:?}");
        };
        for value in &asset.values {
            let is_sentinel =
                ["1899-", "1900-", "1901-"].iter().any(|y| value.value.starts_with(y));
            assert!(!is_sentinel, "{value:?}");
            dates += usize::from(value.value.contains("T00:00:00"));
        }
    }
    assert!(dates > 100, "{dates} dates: the simulator has no dates, so nothing was tested");
}

#[tokio::test]
async fn q_30_and_q_31_stand_ins_are_kept_and_marked() {
    let subject = SimSubject::start(|_| {}).await;
    let mut placeholders = 0;
    let mut accounts = 0;
    for row in walk_all(&subject.connector, Stream::Contacts).await.into_values() {
        let projection = HaloMapper.project(Stream::Contacts, &row.body, None);
        let Ok(Projection::Contact(contact)) = projection else {
            panic!("{projection:?}");
        };
        placeholders += usize::from(contact.is_placeholder);
        accounts += usize::from(contact.is_service_account && !contact.is_placeholder);
    }
    assert!(placeholders > 0 && accounts > 0, "{placeholders} {accounts}");
}

#[tokio::test]
async fn q_33_a_fields_id_leads_to_its_definition() {
    let subject = SimSubject::start(|_| {}).await;
    let mut defined = std::collections::BTreeSet::new();
    for row in walk_all(&subject.connector, Stream::AssetTypes).await.into_values() {
        let projection = HaloMapper.project(Stream::AssetTypes, &row.body, None);
        let Ok(Projection::AssetType(kind)) = projection else {
            panic!("{projection:?}");
        };
        defined.extend(kind.fields.into_iter().map(|field| field.field_id));
    }
    let mut values = 0;
    for row in walk_all(&subject.connector, Stream::Assets).await.into_values() {
        let projection = HaloMapper.project(Stream::Assets, &row.body, None);
        let Ok(Projection::Asset(asset)) = projection else {
            panic!("{projection:?}");
        };
        for value in asset.values {
            if let almanac_model::asset::RemoteField::Typed { field_id, .. } = value.field {
                assert!(defined.contains(&field_id), "{field_id}");
                values += 1;
            }
        }
    }
    assert!(values > 1_000, "{values}");
}

#[tokio::test]
async fn q_34_asset_statuses_are_read_from_lookup_61() {
    let subject = SimSubject::start(|_| {}).await;
    let rows = walk_all(&subject.connector, Stream::AssetStatuses).await;
    assert_eq!(rows.len(), subject.truth_of(Stream::AssetStatuses).await.len());
    let requests = subject.sim.requests();
    let mut lists = requests.iter().filter(|line| line.target.contains("/Lookup?"));
    assert!(lists.all(|line| line.target.contains("lookupid=61")));
}

#[tokio::test]
async fn q_39_large_rows_are_read() {
    let notes = "n".repeat(150_000);
    let server = halo_like(move |_| {
        let row = format!(r#"{{"id":1,"name":"Big","notes":"{notes}"}}"#);
        json(&format!(r#"{{"record_count":20,"clients":[{}]}}"#, vec![row; 20].join(",")))
    })
    .await;
    let connector =
        almanac_psa_halo::HaloConnector::new(options(&server.base_url())).expect("a connector");
    let part = Part::whole();
    let request = PageRequest { stream: Stream::Clients, part, page_no: 1, whole_count: None };
    let page = connector.list_page(&request).await.expect("a page");
    assert_eq!(page.rows.len(), 20);
    assert!(page.rows[0].body.len() > 150_000);
}

#[tokio::test]
async fn q_60_a_newer_build_is_read() {
    let subject = SimSubject::start(|o| o.switches.extra_properties = true).await;
    for stream in Stream::ALL {
        for row in walk_all(&subject.connector, stream).await.into_values() {
            HaloMapper.project(stream, &row.body, None).expect("a row that can be mapped");
        }
    }
}

#[tokio::test]
async fn q_62_a_disabled_agent_is_a_missing_permission_that_names_the_agent() {
    let subject = SimSubject::start(|_| {}).await;
    for status in [401, 403] {
        subject.sim.change(|s| s.disabled_agent = Some(status));
        let error = first_page(&subject, Stream::Clients).await.expect_err("refused");
        assert_eq!(error.code(), Code::CONN_NO_PERMISSION, "{error}");
        assert!(error.code().remedy.contains("the agent that the application logs in as"));
        let report = subject.connector.check_access().await.expect("a report");
        assert!(report.findings.iter().any(|(code, _)| *code == Code::CONN_NO_PERMISSION));
    }
}

#[tokio::test]
async fn a_clock_far_off_is_a_finding() {
    let subject = SimSubject::start(|o| o.clock_offset = -3_600).await;
    let report = subject.connector.check_access().await.expect("a report");
    let offset = report.clock_offset_seconds.expect("a clock");
    assert!((-3_610..=-3_590).contains(&offset), "{offset}");
    let finding = report.findings.iter().find(|(code, _)| *code == Code::CONN_CLOCK);
    assert!(finding.is_some_and(|(_, text)| text.contains("behind")), "{finding:?}");
}

#[tokio::test]
async fn the_report_says_what_was_found() {
    let subject = SimSubject::start(|_| {}).await;
    let report = subject.connector.check_access().await.expect("a report");
    assert_eq!(report.base_url, subject.sim.base_url());
    assert!(report.token_url.ends_with("/token"), "{}", report.token_url);
    assert_eq!(report.version.as_deref(), Some("2.250.32"));
    assert!(report.excess_scopes.is_empty(), "{:?}", report.excess_scopes);
    assert!(subject.seen("authinfo") == 1);
}

#[tokio::test]
async fn excess_scopes_are_shown() {
    // The scope to write assets is asked for where something is switched on to be written.
    let asked = ["read:customers", "read:assets", "edit:assets", "edit:customers"];
    let asked = asked.map(str::to_owned).to_vec();
    let subject = SimSubject::start_with(|_| {}, |o| o.scopes = asked).await;
    let report = subject.connector.check_access().await.expect("a report");
    assert_eq!(report.excess_scopes, ["edit:customers"]);
}

#[tokio::test(start_paused = true)]
async fn q_45_halos_own_words_reach_the_person() {
    let server = halo_like(|_| {
        http(
            "400 Bad Request",
            "application/json",
            "",
            br#"{"Message":"Invalid advanced search parameter"}"#,
        )
    })
    .await;
    let connector =
        almanac_psa_halo::HaloConnector::new(options(&server.base_url())).expect("a connector");
    let part = Part::whole();
    let request = PageRequest { stream: Stream::Clients, part, page_no: 1, whole_count: None };
    let error = connector.list_page(&request).await.expect_err("refused");
    assert!(error.to_string().contains("Invalid advanced search parameter"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_answered_with_nothing_is_not_there() {
    for status in ["204 No Content", "200 OK"] {
        let server = halo_like(move |_| http(status, "application/json", "", b"")).await;
        let connector =
            almanac_psa_halo::HaloConnector::new(options(&server.base_url())).expect("a connector");
        let found = connector.fetch_one(Stream::Clients, &7.into()).await;
        assert!(matches!(found, Ok(None)), "{status}: {found:?}");
        let part = Part::whole();
        let request = PageRequest { stream: Stream::Clients, part, page_no: 1, whole_count: None };
        let listed = connector.list_page(&request).await;
        assert!(matches!(listed, Err(PsaError::Damaged { .. })), "{status}: {listed:?}");
    }
}

//! Tables of assets, clients, search and exports as a browser asks for them.

use almanac_model::chain::Target;
use almanac_model::id::RemoteId;
use almanac_model::role::Role;
use almanac_store::testing::Engine;
use almanac_testkit::{AssetSeed, client};
use axum::http::StatusCode;

use crate::world::{Answer, World, assets};

/// How many rows of assets an answer has.
fn rows(answer: &Answer) -> usize {
    answer.body.matches("data-why=").count()
}

/// The count that a part of the filter by grade says.
fn count(answer: &Answer, label: &str) -> usize {
    let segments = answer.body.split("<nav class=\"segments\"").nth(1).expect("a filter by grade");
    let segments = segments.split("</nav>").next().expect("an end");
    let part = segments.split(&format!("{label}<span class=\"count\">")).nth(1).expect(label);
    part.split('<').next().expect("a number").parse().expect("a number")
}

async fn owner(world: &World) -> String {
    world.person(&world.acme, Role::Owner, None).await
}

#[tokio::test]
async fn counts_agree_with_the_rows_behind_them() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = owner(&world).await;
    for path in ["/assets", "/clients/11/assets", "/clients/12/assets"] {
        let all = world.get(path, &cookie).await;
        assert_eq!(all.status, StatusCode::OK, "{}", all.body);
        assert_eq!(count(&all, "All"), rows(&all), "{path}");
        let mut sum = 0;
        for (grade, label) in [
            ("replace", "Replace"),
            ("plan", "Plan"),
            ("healthy", "Healthy"),
            ("kept", "Kept"),
            ("unknown", "Unknown"),
        ] {
            let one = world.get(&format!("{path}?grade={grade}"), &cookie).await;
            assert_eq!(rows(&one), count(&all, label), "{path} {grade}");
            assert_eq!(count(&one, label), count(&all, label), "the counts stay as they are");
            sum += rows(&one);
        }
        assert_eq!(sum, rows(&all), "{path}");
    }
}

#[tokio::test]
async fn filters_combine_and_an_empty_table_says_what_each_costs() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = owner(&world).await;
    let laptops = world.get("/assets?kind=laptop", &cookie).await;
    assert_eq!(rows(&laptops), 2);
    let due = world.get("/assets?kind=laptop&grade=replace", &cookie).await;
    assert_eq!(rows(&due), 1);
    assert!(due.body.contains("HP-LT-014") && !due.body.contains("OF-LT-001"));
    let either = world.get("/assets?kind=laptop&kind=server", &cookie).await;
    assert_eq!(rows(&either), 3);
    let undated = world.get("/clients/11/assets?note=needs_date", &cookie).await;
    assert!(undated.body.contains("HP-FS01") && rows(&undated) == 1);
    let found = world.get("/assets?q=pf2abc14", &cookie).await;
    assert_eq!(rows(&found), 1);
    let none = world.get("/assets?kind=server&grade=replace", &cookie).await;
    assert_eq!((none.status, rows(&none)), (StatusCode::OK, 0));
    assert!(none.body.contains("No server is graded Replace"), "{}", none.body);
    assert!(none.body.contains("Without “Grade: Replace” there is 1."));
    assert!(none.body.contains("Without “Kind: Server” there is 1."));
    assert!(none.body.contains("href=\"/assets?kind=server\""), "a link takes one filter off");
}

#[tokio::test]
async fn hostile_addresses_show_a_page() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = owner(&world).await;
    let long = "a".repeat(3_000);
    let many = "kind=laptop&".repeat(400);
    let queries = [
        "grade=%3Cscript%3Ealert(1)%3C/script%3E",
        "q=%3Cscript%3Ealert(1)%3C/script%3E",
        "site='%20OR%201=1--",
        "sort=;;&group=%00&after=%ff%fe",
        "class=99999999999&note=x&all=9",
        "after=424242",
        long.as_str(),
        many.as_str(),
    ];
    for query in queries {
        for path in ["/", "/clients", "/assets", "/clients/11/assets", "/search"] {
            let answer = world.get(&format!("{path}?{query}"), &cookie).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}?{query}");
            assert!(!answer.body.contains("<script>alert"), "{path}?{query}");
        }
    }
    for path in ["/clients/%3Cscript%3E", "/clients/%ff", "/clients/..%2F..", "/clients/99/assets"]
    {
        let answer = world.get(path, &cookie).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn who_is_limited_to_a_client_sees_nothing_else_anywhere() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let clients = Some(vec![RemoteId::new("12")]);
    let cookie = world.person(&world.acme, Role::Manager, clients).await;
    for path in [
        "/",
        "/clients",
        "/assets",
        "/clients/12",
        "/clients/12/assets",
        "/search?q=hp",
        "/search?q=a",
        "/export/assets.csv",
    ] {
        let answer = world.get(path, &cookie).await;
        if path.starts_with("/export") && answer.status == StatusCode::FORBIDDEN {
            continue;
        }
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for hidden in ["Harrow", "HP-LT-014", "HP-FS01", "PF2ABC14", "1201"] {
            assert!(!answer.body.contains(hidden), "{path} names {hidden}");
        }
    }
    let all = world.get("/assets", &cookie).await;
    assert_eq!((count(&all, "All"), rows(&all)), (1, 1));
    assert!(all.body.contains("Total of 1<"), "{}", all.body);
    assert!(world.get("/", &cookie).await.body.contains("1 client."));
    for sort in ["name", "-name", "warranty", "-warranty"] {
        // Where a page that begins after a hidden asset begins would tell of it.
        let after = world.get(&format!("/assets?sort={sort}&after=1201"), &cookie).await;
        assert_eq!(rows(&after), 1, "{sort}");
    }
    for path in ["/clients/11", "/clients/11/assets", "/export/assets.csv?client=11"] {
        let answer = world.get(path, &cookie).await;
        assert!(answer.status.is_client_error() && !answer.body.contains("Harrow"), "{path}");
    }
}

#[tokio::test]
async fn a_long_table_comes_in_slices_that_are_the_whole_once() {
    let Some(mut world) = World::new(Engine::Sqlite).await else { return };
    let cookie = owner(&world).await;
    let seed = |at: i32| {
        let kind = if at % 2 == 0 { "Laptop" } else { "Server" };
        AssetSeed::new(&format!("{at}"), &format!("PC-{at:04}"), "11", kind)
            .with(Target::PurchaseDate, &format!("20{:02}-03-01", 10 + at % 15))
    };
    let seeds: Vec<AssetSeed> = (1..=450).map(seed).collect();
    world.acme.scan(vec![client("11", "Harrow & Pike LLP")], &seeds).await;
    let world = world;
    let mut url = "/clients/11/assets?sort=name&group=none".to_owned();
    let (mut seen, mut bodies) = (Vec::new(), 0);
    loop {
        let answer = match bodies {
            0 => world.get(&url, &cookie).await,
            _ => fragment(&world, &url, &cookie).await,
        };
        bodies += 1;
        let names = answer.body.split("scope=\"row\"").skip(1);
        seen.extend(names.filter_map(|row| Some(row.split("PC-").nth(1)?.get(..4)?.to_owned())));
        if bodies == 1 {
            assert!(answer.body.contains("aria-rowcount=\"451\""));
            assert!(answer.body.contains("Show all for printing"));
        } else {
            assert!(!answer.body.contains("<html"), "a fragment is rows alone");
        }
        let Some(next) = answer.body.split("rel=\"next\" href=\"").nth(1) else { break };
        url = next.split('"').next().expect("an end").replace("&amp;", "&");
    }
    assert_eq!(bodies, 5);
    assert_eq!(seen.len(), 450);
    seen.dedup();
    assert!(seen.is_sorted() && seen.len() == 450, "each once, in order");
    let whole = world.get("/clients/11/assets?all=1", &cookie).await;
    assert_eq!(rows(&whole), 450);
}

async fn fragment(world: &World, url: &str, cookie: &str) -> Answer {
    let request = axum::http::Request::get(url)
        .header("cookie", cookie)
        .header("hx-request", "true")
        .body(axum::body::Body::empty());
    crate::world::send(&world.app, request.expect("a request")).await
}

#[tokio::test]
async fn an_export_holds_the_filter_guards_formulas_and_is_noted() {
    let Some(mut world) = World::new(Engine::Sqlite).await else { return };
    let cookie = owner(&world).await;
    let mut seeds = assets();
    seeds.push(AssetSeed::new("1204", "=HYPERLINK(\"http://x\")", "11", "Laptop"));
    let clients = vec![client("11", "Harrow & Pike LLP"), client("12", "+Ostler")];
    world.acme.scan(clients, &seeds).await;
    let world = world;
    let whole = world.get("/export/assets.csv", &cookie).await;
    assert_eq!(whole.status, StatusCode::OK, "{}", whole.body);
    assert_eq!(whole.body.matches("\r\n").count(), 5, "{}", whole.body);
    assert!(whole.body.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "{}", whole.body);
    assert!(whole.body.contains(",'+Ostler,"));
    assert!(whole.body.contains(",2019-06-10,"));
    assert!(!whole.body.contains("SECRET-PC"));
    let one = world.get("/export/assets.csv?client=11&grade=replace", &cookie).await;
    assert_eq!(one.body.matches("\r\n").count(), 2, "{}", one.body);
    let name = one.headers["content-disposition"].to_str().expect("text");
    assert!(name.starts_with("attachment; filename=\"harrow-pike-llp-assets-20"), "{name}");
    let book = world.get("/export/assets.xlsx", &cookie).await;
    assert!(book.status == StatusCode::OK && book.body.starts_with("PK"));
    let noted = world.acme.store.audit_list(None, 10).await.expect("the database works");
    let exports: Vec<_> =
        noted.iter().filter(|entry| entry.audit.action == "asset.export").collect();
    assert_eq!(exports.len(), 3);
    assert!(exports[1].audit.detail.contains("\"rows\":1"), "{}", exports[1].audit.detail);
    assert_eq!(exports[1].audit.subject, "11");
    assert_eq!(
        world.get("/export/assets.csv?client=99", &cookie).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn chosen_columns_are_kept_and_reset() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = owner(&world).await;
    let form = "column=serial&column=name&column=evil&next=%2Fassets%3Fkind%3Dlaptop";
    let done = world.post("/columns/assets", &cookie, form).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/assets?kind=laptop"));
    let head = |answer: &Answer| {
        let head = answer.body.split("<thead>").nth(1).expect("a head");
        head.split("</thead>").next().expect("an end").to_owned()
    };
    let table = world.get("/assets", &cookie).await;
    assert!(head(&table).contains("Serial number") && !head(&table).contains("Kind"));
    assert!(head(&table).contains("Grade and reason"), "what decides is always shown");
    let evil = world.post("/columns/assets", &cookie, "reset=yes&next=//evil.example").await;
    assert_eq!(evil.location(), "/");
    let reset = head(&world.get("/assets", &cookie).await);
    assert!(reset.contains("Kind") && !reset.contains("Serial number"));
    let unknown = world.post("/columns/other", &cookie, form).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn clients_and_their_overviews_say_what_there_is_to_decide() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = owner(&world).await;
    let portfolio = world.get("/", &cookie).await;
    assert!(portfolio.body.contains("2 clients. 1 asset is due now"), "{}", portfolio.body);
    assert!(portfolio.body.contains("Find 1 missing purchase date"));
    let first = portfolio.body.find("Harrow &amp; Pike").expect("a client");
    let second = portfolio.body.find("Ostler Freight").expect("a client");
    assert!(first < second, "the most due first");
    let client = world.get("/clients/11", &cookie).await;
    assert_eq!(client.status, StatusCode::OK);
    assert!(client.body.contains("1 asset is due now"), "{}", client.body);
    assert!(client.body.contains("/clients/11/assets?note=needs_date"));
    let found = world.get("/clients?q=ostler", &cookie).await;
    assert!(found.body.contains("Ostler") && !found.body.contains("Harrow"));
    let search = fragment(&world, "/search?q=harrow", &cookie).await;
    assert!(search.body.contains("/clients/11") && !search.body.contains("<html"));
    let serial = world.get("/search?q=PF2ABC14", &cookie).await;
    assert!(serial.body.contains("/assets/1201"));
}

//! What no page would send, to every form; and what Halo can send, on every page.
//!
//! A refusal has a status of its own and words; nothing is a failure of ours, and nothing that was
//! sent is ever more than text.

use almanac_store::testing::Engine;
use almanac_testkit::on_both_engines;
use almanac_web::{RouteEntry, route_list};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use crate::forms::{Filled, encoded, filled, owner};
use crate::hostile_world::{MARK, assert_harmless, crawl, hostile_world};
use crate::world::{Answer, World, send};

on_both_engines! {
    every_form_takes_whatever_it_is_sent
    every_call_of_the_api_takes_whatever_it_is_sent
    what_halo_sends_is_text_on_every_page
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Values as they stand in a body, encoded already. The second engine is sent those only that a
/// database can stumble over.
fn values(engine: Engine) -> Vec<String> {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    if engine == Engine::Postgres {
        let texts = [MARK, "99999999999999999999999999", "\u{1}\u{7f}\u{feff}\u{10ffff}"];
        let all = texts.into_iter().map(encode);
        return all.chain(["a%00b", "%FF%FE%C3%28"].map(str::to_owned)).collect();
    }
    let long = "x".repeat(20_000);
    let texts = [
        "",
        MARK,
        "\u{202e}gpj.exe\u{2066}",
        "\r\nSet-Cookie: theirs=1",
        "../../etc/passwd",
        "-9223372036854775808",
        "99999999999999999999999999",
        "2026-02-30",
        "NaN",
        "' OR 1=1 --",
        "\u{1}\u{7f}\u{feff}",
        &long,
    ];
    let mut all: Vec<String> = texts.into_iter().map(encode).collect();
    all.extend(["%00", "a%00b", "%FF%FE%C3%28", "%", "%zz", "%u0041"].map(str::to_owned));
    all
}

/// Bodies that no field explains, with what they say they are.
fn bodies(engine: Engine) -> Vec<(Vec<u8>, Option<&'static str>)> {
    if engine == Engine::Postgres {
        return Vec::new();
    }
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let many = "a=1&".repeat(50_000);
    let huge = format!("name={}", "x".repeat(1 << 20));
    let short: [&[u8]; 6] = [
        b"",
        b"=&=&&&=",
        b"\xff\xfe\x00\x01",
        b"name[]=1&name[a][b]=2",
        b"{}",
        b"{\"version\": 1e999, \"value\": \"\\u0000\\ud800\"}",
    ];
    let long = [deep.as_bytes(), many.as_bytes(), huge.as_bytes()];
    let kinds = [
        Some(FORM),
        Some("application/x-www-form-urlencoded; charset=utf-16"),
        Some("application/json"),
        Some("multipart/form-data; boundary=x"),
        Some("text/plain"),
        None,
    ];
    let short = short.iter().flat_map(|body| kinds.map(|kind| (body.to_vec(), kind)));
    let two = [Some(FORM), Some("application/json")];
    short.chain(long.iter().flat_map(|body| two.map(|kind| (body.to_vec(), kind)))).collect()
}

async fn post(
    world: &World,
    url: &str,
    cookie: &str,
    (body, kind): (Vec<u8>, Option<&str>),
) -> Answer {
    let mut request = Request::post(url)
        .header("cookie", cookie)
        .header("host", "almanac.example")
        .header("origin", "https://almanac.example");
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    send(&world.app, request.body(Body::from(body)).expect("a request")).await
}

/// A refusal has words, nothing fails, and nothing that was sent runs.
fn assert_said(answer: &Answer, what: &str) {
    assert!(!answer.status.is_server_error(), "{what}: {} {}", answer.status, answer.body);
    // Whoever is not Halo is told nothing at all.
    let is_silent = what.starts_with("/webhooks/") && answer.body.is_empty();
    if answer.status.is_client_error() && !is_silent {
        let is_page = answer.body.contains("<h1") && answer.body.contains("</html>");
        let is_problem = answer.body.contains("\"detail\":\"") && answer.body.contains("\"code\"");
        assert!(is_page || is_problem, "{what}: {} {}", answer.status, answer.body);
    }
    if answer.status == StatusCode::SEE_OTHER {
        let location = answer.location();
        assert!(location.starts_with('/') && !location.starts_with("//"), "{what}: {location}");
    }
    assert!(
        answer
            .headers
            .get_all("set-cookie")
            .iter()
            .all(|cookie| { !cookie.to_str().is_ok_and(|text| text.starts_with("theirs")) })
    );
    assert_harmless(answer, what);
}

/// Every body that is made from a form by one change of one field.
fn changed(form: &Filled, engine: Engine) -> Vec<String> {
    let mut all = Vec::new();
    for at in 0..form.fields.len() {
        let (before, rest) = form.fields.split_at(at);
        let ((name, _), after) = rest.split_first().expect("at is an index");
        let (before, after) = (encoded(before), encoded(after));
        let name = encoded(&[(name.clone(), String::new())]);
        let join = |middle: &str| format!("{before}&{middle}&{after}");
        all.push(join(""));
        all.push(join(&format!("{name}1&{name}2")));
        all.extend(values(engine).iter().map(|value| join(&format!("{name}{value}"))));
    }
    all.push(form.fields.iter().fold(String::new(), |all, (name, _)| format!("{all}{name}=%00&")));
    all
}

fn posts(is_api: bool) -> Vec<RouteEntry> {
    let is_asked = |route: &RouteEntry| {
        route.method == Method::POST && is_api == route.path.starts_with("/api/")
    };
    route_list().into_iter().filter(is_asked).collect()
}

async fn every_form_takes_whatever_it_is_sent(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let mut sent = 0;
    for route in posts(false) {
        let (_, mut cookie) = owner(&world).await;
        for form in filled(&world, &cookie, route.path).await {
            let changed = changed(&form, engine).into_iter();
            let changed = changed.map(|body| (body.into_bytes(), Some(FORM)));
            for (body, kind) in changed.chain(bodies(engine)) {
                let start: String = String::from_utf8_lossy(&body).chars().take(300).collect();
                let what = format!("{} {kind:?} {start}", form.url);
                let answer = post(&world, &form.url, &cookie, (body, kind)).await;
                assert_said(&answer, &what);
                sent += 1;
                // Some forms end the session they are sent with.
                if world.get("/account", &cookie).await.status != StatusCode::OK {
                    cookie = owner(&world).await.1;
                }
            }
        }
    }
    assert!(sent > 500, "{sent}");
    // What was taken is text wherever it is shown.
    let (_, cookie) = owner(&world).await;
    assert!(crawl(&world, &cookie).await > 20);
}

async fn every_call_of_the_api_takes_whatever_it_is_sent(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let (_, cookie) = owner(&world).await;
    let good = [
        ("/lock", r#"{"version":0,"field":"notes","value":"@","reason":"@"}"#),
        ("/lock", r#"{"version":0,"field":"purchase_date","value":"@","reason":"@"}"#),
        ("/unlock", r#"{"version":0,"field":"@"}"#),
        ("/manual", r#"{"version":0,"manual":{"grade":"replace","reason":"@"}}"#),
        ("/kept", r#"{"version":0,"kept":{"until":"2027-03-01","reason":"@"}}"#),
        ("/class", r#"{"version":0,"class":"@"}"#),
        ("/sync", "{}"),
    ];
    for route in posts(true) {
        let url = route.path.replace("{asset}", "1201");
        let own = good.iter().filter(|(end, _)| route.path.ends_with(end));
        let own: Vec<&str> = own.map(|(_, body)| *body).collect();
        assert!(!own.is_empty(), "say here what a program sends to {}", route.path);
        let mut all = bodies(engine);
        for body in own {
            for value in ["", MARK, "\0", "a\0b", "\u{202e}", &"x".repeat(20_000)] {
                let value = serde_json::to_string(value).expect("text is JSON");
                let body = body.replace("\"@\"", &value);
                all.push((body.into_bytes(), Some("application/json")));
            }
        }
        for (body, kind) in all {
            let start: String = String::from_utf8_lossy(&body).chars().take(300).collect();
            let what = format!("{url} {kind:?} {start}");
            assert_said(&post(&world, &url, &cookie, (body, kind)).await, &what);
        }
    }
    assert!(crawl(&world, &cookie).await > 20);
}

/// Addresses whose parts and parameters are hostile are refused with words, or ignored.
async fn hostile_addresses(world: &World, cookie: &str, engine: Engine) {
    let params = [
        "q", "sort", "group", "grade", "kind", "client", "show", "before", "done", "of", "find",
        "cursor", "limit", "type", "next", "column", "check", "watching", "all",
    ];
    // Those two answer programs, in a word.
    let is_page = |route: &RouteEntry| {
        route.method == Method::GET && !["/healthz", "/readyz"].contains(&route.path)
    };
    for route in route_list().into_iter().filter(is_page) {
        for value in values(engine).iter().filter(|value| value.len() < 1_000) {
            let value = value.replace('+', "%20");
            let query: Vec<String> = params.iter().map(|name| format!("{name}={value}")).collect();
            let mut url = String::new();
            for (at, part) in route.path.split(['{', '}']).enumerate() {
                url.push_str(if at % 2 == 0 { part } else { &value });
            }
            for url in [format!("{url}?{}", query.join("&")), format!("{url}?{value}")] {
                let Ok(request) = Request::get(&url).header("cookie", cookie).body(Body::empty())
                else {
                    continue;
                };
                assert_said(&send(&world.app, request).await, &url);
            }
        }
    }
}

async fn what_halo_sends_is_text_on_every_page(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let world = hostile_world(world).await;
    let (_, cookie) = owner(&world).await;
    assert!(crawl(&world, &cookie).await > 60, "most pages are reached");
    for path in ["/api/v1/assets", "/api/v1/clients", "/api/v1/runs", "/api/v1/sync"] {
        let answer = world.get(path, &cookie).await;
        assert_eq!(answer.headers["content-type"], "application/json", "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
    }
    hostile_addresses(&world, &cookie, engine).await;
}

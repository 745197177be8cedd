//! Every route without a session, with too few rights, and with another tenant's.
//!
//! The list comes from the router, so none can be forgotten. What a pattern's parts are filled
//! with exists in the other tenant only: nobody may learn that it does.

use almanac_model::id::RemoteId;
use almanac_model::role::{Permission, Role};
use almanac_store::testing::Engine;
use almanac_web::{Access, RouteEntry, route_list};
use axum::http::{Method, StatusCode};

use crate::world::{Answer, World};

/// A pattern with its parts filled in.
fn fill(path: &str, value: impl Fn(&str) -> &'static str) -> String {
    let mut url = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("patterns close what they open");
        url.push_str(before);
        url.push_str(value(name));
        rest = after;
    }
    url + rest
}

/// What exists in the other tenant.
fn foreign(name: &str) -> &'static str {
    match name {
        "client" => "99",
        "asset" => "9901",
        "stream" => "assets",
        "version" | "number" => "1",
        _ => "0192f0c1-2b3d-7e4f-8a5b-6c7d8e9fa0b1",
    }
}

/// What exists nowhere.
fn absent(name: &str) -> &'static str {
    match name {
        "client" | "asset" => "424242",
        other => foreign(other),
    }
}

async fn ask(world: &World, route: &RouteEntry, url: &str, cookie: &str) -> Answer {
    match route.method {
        Method::GET => world.get(url, cookie).await,
        _ => world.post(url, cookie, "").await,
    }
}

fn is_api(route: &RouteEntry) -> bool {
    route.path.starts_with("/api/")
}

#[tokio::test]
async fn without_a_session_every_route_leads_to_the_sign_in() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    for route in route_list().iter().filter(|route| route.access != Access::Public) {
        let url = fill(route.path, foreign);
        for cookie in ["", "__Host-almanac=1.00", "__Host-almanac=x"] {
            let answer = ask(&world, route, &url, cookie).await;
            let is_page = route.method == Method::GET && !is_api(route);
            let expected = if is_page { StatusCode::SEE_OTHER } else { StatusCode::UNAUTHORIZED };
            assert_eq!(answer.status, expected, "{} {url}", route.method);
            assert!(!answer.body.contains("Harrow"), "{url}");
            if is_page {
                assert!(answer.location().starts_with("/sign-in?next="), "{url}");
            }
        }
    }
}

#[tokio::test]
async fn with_too_few_rights_every_route_refuses() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let mut cookies = Vec::new();
    for role in Role::ALL {
        cookies.push((role, world.person(&world.acme, role, None).await));
    }
    // An owner cannot be limited; an administrator is the mightiest who can.
    let role = Role::Administrator;
    let limited = world.person(&world.acme, role, Some(vec![RemoteId::new("12")])).await;
    for route in route_list() {
        let Access::Needs(permission) = route.access else { continue };
        let url = fill(route.path, absent);
        for (role, cookie) in &cookies {
            let answer = ask(&world, &route, &url, cookie).await;
            let is_refused = answer.status == StatusCode::FORBIDDEN;
            let what = format!("{} {url} as {role}: {}", route.method, answer.status);
            assert_eq!(is_refused, !role.allows(permission), "{what}");
        }
        if !Role::Administrator.allows_limited(permission) {
            let answer = ask(&world, &route, &url, &limited).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {url} limited", route.method);
        }
    }
}

#[tokio::test]
async fn what_another_tenant_has_is_as_absent_as_what_nobody_has() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    for route in route_list() {
        let (url, nowhere) = (fill(route.path, foreign), fill(route.path, absent));
        if url == nowhere || route.access == Access::Public {
            continue;
        }
        let theirs = ask(&world, &route, &url, &cookie).await;
        let nobodys = ask(&world, &route, &nowhere, &cookie).await;
        let what = format!("{} {url}", route.method);
        assert_eq!(theirs.status, nobodys.status, "{what}");
        assert!(theirs.status.is_client_error(), "{what}: {}", theirs.status);
        assert!(!theirs.body.contains("SECRET-PC") && !theirs.body.contains("Hidden"), "{what}");
        let same = |text: &str| text.replace("9901", "").replace("99", "").replace("424242", "");
        assert_eq!(same(&theirs.body), same(&nobodys.body), "{what}");
    }
}

#[tokio::test]
async fn no_page_of_a_tenant_names_what_another_has() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    for route in route_list().iter().filter(|route| !route.path.contains('{')) {
        if route.method != Method::GET {
            continue;
        }
        let answer = world.get(route.path, &cookie).await;
        assert!(!answer.status.is_server_error(), "{}: {}", route.path, answer.body);
        for hidden in ["SECRET-PC", "Hidden Client", "9901"] {
            assert!(!answer.body.contains(hidden), "{} names {hidden}", route.path);
        }
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    for path in ["/", "/sign-in", "/nowhere", "/account", "/assets/none.css"] {
        let answer = world.get(path, &cookie).await;
        let policy = answer.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
    }
}

/// The list as a file, so that a route or a right that changes is seen in a review.
#[test]
fn the_route_list_is_as_reviewed() {
    let mut lines: Vec<String> = route_list()
        .iter()
        .map(|route| {
            let access = match route.access {
                Access::Public => "public".to_owned(),
                Access::SignedIn => "signed in".to_owned(),
                Access::Needs(permission) => permission.name().to_owned(),
            };
            format!("{:<4} {:<48} {access}", route.method, route.path)
        })
        .collect();
    lines.sort();
    insta::assert_snapshot!("routes", lines.join("\n"));
    assert!(Permission::ALL.len() >= 11);
}

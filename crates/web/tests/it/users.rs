//! Users and settings: who may change whom, the last owner, a password shown once.

use almanac_model::id::RemoteId;
use almanac_model::role::Role;
use almanac_store::User;
use almanac_store::testing::Engine;
use almanac_testkit::SeededTenant;
use axum::http::StatusCode;

use crate::world::World;

fn form(fields: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    text.finish()
}

async fn find(tenant: &SeededTenant, email: &str) -> User {
    let users = tenant.store.user_list().await.expect("read");
    users.into_iter().find(|user| user.email == email).expect("the user is there")
}

#[tokio::test]
async fn a_user_is_added_once_and_the_password_is_shown_once() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Administrator, None).await;
    let fields = [
        ("email", "Priya@Acme.example"),
        ("name", "Priya <b>Nair</b>"),
        ("role", "technician"),
        ("request_key", "key-1"),
    ];
    let made = world.post("/settings/users/new", &cookie, &form(&fields)).await;
    assert_eq!(made.status, StatusCode::OK);
    assert!(made.body.contains("It is shown this once"), "{}", made.body);
    assert!(!made.body.contains("<b>Nair</b>"));
    let start = made.body.find("class=\"once\">").expect("the password") + "class=\"once\">".len();
    let password = made.body[start..].split('<').next().expect("its end").to_owned();
    let typed = form(&[("email", "priya@acme.example"), ("password", &password)]);
    assert_eq!(world.post("/sign-in", "", &typed).await.location(), "/");
    let again = world.post("/settings/users/new", &cookie, &form(&fields)).await;
    let priya = find(&world.acme, "priya@acme.example").await;
    let page = format!("/settings/users/{}", priya.id);
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, page.as_str()));
    assert!(!world.get(&page, &cookie).await.body.contains(&password));
    assert!(!format!("{:?}", made.headers).contains(&password));
    let taken = [fields[0], fields[1], fields[2], ("request_key", "key-2")];
    let taken = world.post("/settings/users/new", &cookie, &form(&taken)).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("has this address already"));
}

#[tokio::test]
async fn an_administrator_neither_makes_nor_changes_an_owner() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Administrator, None).await;
    let new = [("email", "x@acme.example"), ("name", "X"), ("role", "owner")];
    let refused = world.post("/settings/users/new", &cookie, &form(&new)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Only an owner can make an owner"));
    let owner = find(&world.acme, "owner@acme.example").await;
    let page = format!("/settings/users/{}", owner.id);
    assert!(world.get(&page, &cookie).await.body.contains("Only an owner can change an owner."));
    for (what, body) in [
        ("role", "role=read_only"),
        ("clients", "reach=some"),
        ("active", "active=false"),
        ("password", "new_password=four+words+are+easier"),
        ("sign-out", ""),
    ] {
        let answer = world.post(&format!("{page}/{what}"), &cookie, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    }
    assert_eq!(find(&world.acme, "owner@acme.example").await, owner);
    world.person(&world.acme, Role::Manager, None).await;
    let manager = find(&world.acme, "manager-all@acme.example").await;
    let role = format!("/settings/users/{}/role", manager.id);
    assert_eq!(
        world.post(&role, &cookie, "role=owner").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(world.post(&role, &cookie, "role=technician").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_last_owner_stays_one_and_the_page_says_why() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let owner = find(&world.acme, "owner@acme.example").await;
    let cookie = world.session(&world.acme, &owner).await;
    let page = format!("/settings/users/{}", owner.id);
    let shown = world.get(&page, &cookie).await.body;
    assert!(shown.contains("The only active owner stays one") && shown.contains("aria-disabled"));
    for (what, body) in
        [("role", "role=manager"), ("active", "active=false"), ("clients", "reach=some")]
    {
        let answer = world.post(&format!("{page}/{what}"), &cookie, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {}", answer.body);
    }
    assert_eq!(find(&world.acme, "owner@acme.example").await, owner);
}

#[tokio::test]
async fn a_limit_holds_to_clients_that_exist() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    world.person(&world.acme, Role::Technician, None).await;
    let user = find(&world.acme, "technician-all@acme.example").await;
    let page = format!("/settings/users/{}", user.id);
    let found = world.get(&format!("{page}?find=OSTLER"), &cookie).await.body;
    assert!(found.contains("Ostler Freight") && !found.contains("Harrow"), "{found}");
    let body = "reach=some&client=12&client=99&client=%3Cscript%3E&client=12";
    assert_eq!(world.post(&format!("{page}/clients"), &cookie, body).await.location(), page);
    let limited = find(&world.acme, "technician-all@acme.example").await;
    assert_eq!(limited.clients, Some(vec![RemoteId::new("12")]), "99 is the other tenant's");
    world.post(&format!("{page}/clients"), &cookie, "reach=all").await;
    assert_eq!(find(&world.acme, "technician-all@acme.example").await.clients, None);
}

#[tokio::test]
async fn who_is_deactivated_is_signed_out_and_another_tenants_user_is_not_found() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Administrator, None).await;
    let theirs = world.person(&world.acme, Role::Technician, None).await;
    let user = find(&world.acme, "technician-all@acme.example").await;
    let page = format!("/settings/users/{}", user.id);
    assert_eq!(world.get("/account", &theirs).await.status, StatusCode::OK);
    world.post(&format!("{page}/active"), &cookie, "active=false").await;
    assert_eq!(world.get("/account", &theirs).await.status, StatusCode::SEE_OTHER);
    let foreign = find(&world.other, "owner@other.example").await;
    let page = format!("/settings/users/{}", foreign.id);
    assert_eq!(world.get(&page, &cookie).await.status, StatusCode::NOT_FOUND);
    for what in ["role", "clients", "active", "password", "sign-out"] {
        let answer = world.post(&format!("{page}/{what}"), &cookie, "active=false&reach=all").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}");
    }
    assert!(find(&world.other, "owner@other.example").await.is_active);
}

#[tokio::test]
async fn the_msp_is_renamed_and_the_audit_tells_who() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let body = form(&[("name", " Calder <i>Ridge</i> ")]);
    assert_eq!(world.post("/settings/msp", &cookie, &body).await.location(), "/settings/msp");
    let page = world.get("/settings/msp", &cookie).await.body;
    assert!(page.contains("Calder &lt;i&gt;Ridge") && !page.contains("<i>Ridge"));
    for bad in ["name=", "name=%00", &form(&[("name", &"x".repeat(500))])] {
        let refused = world.post("/settings/msp", &cookie, bad).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let audit = world.get("/settings/audit", &cookie).await.body;
    assert!(audit.contains("tenant.rename") && audit.contains("The chain holds"), "{audit}");
    assert!(!audit.contains("Hidden") && !audit.contains("other.example"));
    for query in ["?before=1", "?before=x&check=yes", "?before=-9223372036854775808"] {
        let page = world.get(&format!("/settings/audit{query}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
    }
    let manager = world.person(&world.acme, Role::Manager, None).await;
    assert_eq!(world.get("/settings/audit", &manager).await.status, StatusCode::FORBIDDEN);
    let index = world.get("/settings", &manager).await.body;
    assert!(index.contains("Your account") && !index.contains("/settings/users"));
}

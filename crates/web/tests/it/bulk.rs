//! One decision about many assets as a browser sends it: preview, apply, undo, and everything hostile.

use almanac_model::id::RemoteId;
use almanac_model::role::Role;
use almanac_store::testing::Engine;
use almanac_testkit::{AssetSeed, client};
use axum::http::StatusCode;

use crate::asset::{follow, form, hidden};
use crate::world::{Answer, World};

const PREVIEW: &str = "/bulk-edits/preview";
const APPLY: &str = "/bulk-edits";

/// Every field that the plan's form carries, as a browser would send it.
pub(crate) fn plan_of(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let body = answer.body.split("action=\"/bulk-edits\"").nth(1).expect("a plan");
    let body = body.split("</form>").next().expect("a form ends");
    let mut fields = Vec::new();
    for part in body.split("<input type=\"hidden\" ").skip(1) {
        let name = part.split("name=\"").nth(1).and_then(|rest| rest.split('"').next());
        let name = name.expect("a name").to_owned();
        let value = hidden(&format!("{part}\""), &name);
        fields.push((name, value));
    }
    fields
}

fn sent(fields: &[(String, String)]) -> String {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form(&fields)
}

async fn preview(world: &World, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    world.post(PREVIEW, cookie, &form(fields)).await
}

/// Keeps assets until 1 March 2027: what was sent, and the page that followed.
async fn keep(world: &World, cookie: &str, assets: &[&str]) -> (Vec<(String, String)>, Answer) {
    let mut fields = vec![("act", "keep"), ("step", "preview")];
    fields.extend([("value", "2027-03-01"), ("reason", "agreed <b>now</b>")]);
    fields.extend(assets.iter().map(|asset| ("asset", *asset)));
    let plan = plan_of(&preview(world, cookie, &fields).await);
    let applied = world.post(APPLY, cookie, &sent(&plan)).await;
    let page = follow(world, cookie, &applied).await;
    (plan, page)
}

#[tokio::test]
async fn a_selection_is_previewed_kept_and_undone_as_a_whole() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Technician, None).await;
    let table = world.get("/clients/11/assets", &cookie).await.body;
    assert!(table.contains("name=\"asset\" value=\"1201\"") && table.contains("Select all 2"));
    let query = [("client", "11"), ("query", "kind=laptop&kind=server"), ("hidden", "3")];
    let mut fields = vec![("act", "keep"), ("asset", "1201"), ("asset", "1202")];
    fields.extend(query);
    let asked = preview(&world, &cookie, &fields).await;
    assert_eq!(asked.status, StatusCode::OK);
    for words in ["Keep 2 assets until a date", "HP-LT-014", "HP-FS01", "3 selected before"] {
        assert!(asked.body.contains(words), "{words} in {}", asked.body);
    }
    assert!(!asked.body.contains("action=\"/bulk-edits\""), "there is no plan without a day");
    let typed = [("step", "preview"), ("value", "2027-03-01"), ("reason", "agreed <b>now</b>")];
    fields.extend(typed);
    let planned = preview(&world, &cookie, &fields).await;
    for words in [
        "Keep 2 assets until 1 Mar 2027",
        "1 asset turns from Replace to Kept",
        "1 asset turns from Unknown to Kept",
        "0 writes to Halo",
        "less due within 12 months",
        "agreed &lt;b&gt;now",
    ] {
        assert!(planned.body.contains(words), "{words} in {}", planned.body);
    }
    let before = world.get("/assets/1201", &cookie).await.body;
    assert!(before.contains("Replace"), "a preview changes nothing");
    let plan = plan_of(&planned);
    let applied = world.post(APPLY, &cookie, &sent(&plan)).await;
    assert!(applied.location().starts_with("/clients/11/assets?kind=laptop&kind=server&done="));
    let page = follow(&world, &cookie, &applied).await;
    assert!(page.body.contains("2 assets are kept until 1 Mar 2027."), "{}", page.body);
    assert!(page.body.contains("chip chip-kept"));
    let twice = world.post(APPLY, &cookie, &sent(&plan)).await;
    assert_eq!(twice.location(), applied.location(), "a plan that is sent twice is applied once");
    let id = applied.location().split("done=").nth(1).expect("an id").to_owned();
    let record = world.get(&format!("/bulk-edits/{id}"), &cookie).await.body;
    assert!(record.contains("Undo 2 assets") && record.contains("not kept"), "{record}");
    let undo = world.post(&format!("/bulk-edits/{id}/undo"), &cookie, &form(&query)).await;
    assert_eq!(undo.location(), "/clients/11/assets?kind=laptop&kind=server");
    let page = follow(&world, &cookie, &undo).await;
    assert!(page.body.contains("2 assets are as before."), "{}", page.body);
    assert!(!page.body.contains("chip chip-kept"));
    let record = world.get(&format!("/bulk-edits/{id}"), &cookie).await.body;
    assert!(record.contains("Taken back by") && !record.contains("Undo 2 assets"));
}

#[tokio::test]
async fn what_would_not_change_is_left_and_says_why() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Technician, None).await;
    keep(&world, &cookie, &["1201"]).await;
    let fields = [("act", "unkeep"), ("asset", "1201"), ("asset", "1202"), ("asset", "424242")];
    let planned = preview(&world, &cookie, &fields).await;
    for words in ["Return 1 asset to its grade", "is not kept", "1 asset not found: left out"] {
        assert!(planned.body.contains(words), "{words} in {}", planned.body);
    }
    let applied = world.post(APPLY, &cookie, &sent(&plan_of(&planned))).await;
    let page = follow(&world, &cookie, &applied).await;
    assert!(page.body.contains("1 asset is graded by the rules again."), "{}", page.body);
    // A class fits assets of its kind only.
    let asked = preview(&world, &cookie, &[("act", "class"), ("all", "1")]).await;
    assert!(asked.body.contains("Choose a class for 3 assets"), "{}", asked.body);
    let laptop = asked.body.split("Laptop: ").next().expect("an option");
    let class = laptop.rsplit("option value=\"").next().expect("a value");
    let class = class.split('"').next().expect("an end");
    let fields = [("act", "class"), ("all", "1"), ("step", "preview"), ("value", class)];
    let planned = preview(&world, &cookie, &fields).await;
    assert!(planned.body.contains("Give 2 assets the class"), "{}", planned.body);
    assert!(planned.body.contains("is a Server, and "), "{}", planned.body);
    let applied = world.post(APPLY, &cookie, &sent(&plan_of(&planned))).await;
    let page = follow(&world, &cookie, &applied).await;
    assert!(page.body.contains("2 assets changed: "), "{}", page.body);
}

#[tokio::test]
async fn of_two_people_the_second_sees_the_first_and_nothing_is_half_done() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let first = world.person(&world.acme, Role::Technician, None).await;
    let second = world.person(&world.acme, Role::Manager, None).await;
    let mut fields = vec![("act", "keep"), ("step", "preview"), ("value", "2027-06-30")];
    fields.extend([("reason", "later"), ("asset", "1201"), ("asset", "1203")]);
    let mine = plan_of(&preview(&world, &second, &fields).await);
    let (plan, page) = keep(&world, &first, &["1201", "1202"]).await;
    assert!(page.body.contains("2 assets are kept"), "{}", page.body);
    let refused = world.post(APPLY, &second, &sent(&mine)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let words = "HP-LT-014 was changed by Technician of";
    assert!(refused.body.contains(words), "{}", refused.body);
    assert!(refused.body.contains("Keep 2 assets until 30 Jun 2027"), "it can be applied on top");
    let page = world.get("/assets/1203", &second).await.body;
    assert!(!page.contains("until 30 Jun 2027"), "what was free is not done alone");
    let on_top = Answer { status: StatusCode::OK, ..refused };
    let applied = world.post(APPLY, &second, &sent(&plan_of(&on_top))).await;
    follow(&world, &second, &applied).await;
    // The first cannot undo over what the second did.
    let id = &plan.iter().find(|(name, _)| name == "id").expect("an id").1;
    let undo = world.post(&format!("/bulk-edits/{id}/undo"), &first, "").await;
    let page = follow(&world, &first, &undo).await;
    let words = "Nothing is undone: HP-LT-014 was changed by Manager of";
    assert!(page.body.contains(words), "{}", page.body);
    assert!(world.get("/assets/1202", &first).await.body.contains("1 Mar 2027"));
}

#[tokio::test]
async fn nobody_decides_about_what_they_may_not_see() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let reader = world.person(&world.acme, Role::ReadOnly, None).await;
    assert!(!world.get("/assets", &reader).await.body.contains("name=\"asset\""), "no boxes");
    let owner = world.person(&world.acme, Role::Owner, None).await;
    let (plan, _) = keep(&world, &owner, &["1201", "1203"]).await;
    let id = plan.iter().find(|(name, _)| name == "id").expect("an id").1.clone();
    let only = vec![RemoteId::new("12")];
    let limited = world.person(&world.acme, Role::Technician, Some(only)).await;
    let stranger = world.person(&world.other, Role::Owner, None).await;
    for cookie in [&limited, &stranger] {
        let foreign = preview(&world, cookie, &[("act", "unkeep"), ("asset", "1201")]).await;
        let absent = preview(&world, cookie, &[("act", "unkeep"), ("asset", "424242")]).await;
        assert_eq!((foreign.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(foreign.body, absent.body);
        let applied = world.post(APPLY, cookie, &sent(&plan)).await;
        assert!(!applied.body.contains("HP-LT-014"), "{}", applied.body);
        let url = format!("/bulk-edits/{id}");
        assert_eq!(world.get(&url, cookie).await.status, StatusCode::NOT_FOUND);
        let undo = world.post(&format!("{url}/undo"), cookie, "").await;
        assert_eq!(undo.status, StatusCode::NOT_FOUND);
    }
    assert!(world.get("/assets/1201", &owner).await.body.contains("1 Mar 2027"), "it still stands");
    // Of a mixed selection only what may be seen is in the plan.
    let fields = [("act", "unkeep"), ("asset", "1201"), ("asset", "1203"), ("all", "0")];
    let planned = preview(&world, &limited, &fields).await;
    assert!(planned.body.contains("Return 1 asset to its grade"), "{}", planned.body);
    assert!(!planned.body.contains("HP-LT-014") && !planned.body.contains("Harrow"));
    let all = preview(&world, &limited, &[("act", "unkeep"), ("all", "1")]).await;
    assert!(all.body.contains("OF-LT-001") && !all.body.contains("HP-LT-014"));
}

#[tokio::test]
async fn hostile_forms_change_nothing_and_are_answered() {
    let Some(mut world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let empty = world.post(PREVIEW, &cookie, "").await;
    let page = follow(&world, &cookie, &empty).await;
    assert!(page.body.contains("Nothing is selected"), "{}", page.body);
    let ids: String = (0..5_000).map(|id| format!("&asset={id}")).collect();
    let many = world.post(PREVIEW, &cookie, &format!("act=unkeep{ids}")).await;
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(many.body.contains("5,000 assets are too many"), "{}", many.body);
    let doubled = "act=keep&asset=1201".to_owned() + &"&asset=1201".repeat(3_000);
    let asked = world.post(PREVIEW, &cookie, &doubled).await;
    assert!(asked.body.contains("Keep 1 asset until a date"), "doubled ids are one");
    let refused = |value: &'static str, reason: String| {
        let fields = [("act", "keep"), ("step", "preview"), ("asset", "1201")];
        let fields = [&fields[..], &[("value", value), ("reason", &reason)]].concat();
        form(&fields)
    };
    for (value, reason, words) in [
        ("2020-01-01", "why".to_owned(), "This day is past"),
        ("2999-01-01", "why".to_owned(), "within 10 years"),
        ("<script>", "why".to_owned(), "Write the date"),
        ("2027-03-01", String::new(), "Say why"),
        ("2027-03-01", "x".repeat(100_000), "Shorten the reason"),
    ] {
        let answer = world.post(PREVIEW, &cookie, &refused(value, reason)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
        assert!(answer.body.contains(words), "{words}");
        assert!(!answer.body.contains("action=\"/bulk-edits\""));
    }
    let huge = world.post(PREVIEW, &cookie, &refused("2027-03-01", "x".repeat(1 << 20))).await;
    assert!(huge.status.is_client_error(), "{}", huge.status);
    // A plan that was tampered with, or whose asset went away, is refused whole.
    let mut fields = vec![("act", "keep"), ("step", "preview"), ("value", "2027-03-01")];
    fields.extend([("reason", "why"), ("asset", "1201"), ("asset", "1203")]);
    let plan = plan_of(&preview(&world, &cookie, &fields).await);
    let past: Vec<_> = plan
        .iter()
        .map(|(name, value)| match name.as_str() {
            "value" => (name.clone(), "2020-01-01".to_owned()),
            _ => (name.clone(), value.clone()),
        })
        .collect();
    let refused = world.post(APPLY, &cookie, &sent(&past)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let without_id: Vec<_> = plan.iter().filter(|(name, _)| name != "id").cloned().collect();
    let answer = world.post(APPLY, &cookie, &sent(&without_id)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let left = [AssetSeed::new("1201", "HP-LT-014", "11", "Laptop")];
    let clients = vec![client("11", "Harrow & Pike LLP"), client("12", "Ostler Freight")];
    world.acme.scan(clients, &left).await;
    let refused = world.post(APPLY, &cookie, &sent(&plan)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.body.contains(" went away while you looked."), "{}", refused.body);
    assert!(!world.get("/assets/1201", &cookie).await.body.contains("1 Mar 2027"));
}

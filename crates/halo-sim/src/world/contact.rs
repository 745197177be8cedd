//! Contacts, which Halo calls users: HALO-API.md 3.4.
//!
//! The first rows are the General Users, one per site; about 40 % of the others are service
//! accounts (Q-31: KG). `site_id` is a decimal with an integer twin (Q-21: BL).

use super::kind::{
    Facts, Filter, GENERAL, Gaps, Kind, KindId, LINKED, Order, SERVICE, Shape, View,
};
use super::{Base, World, client, names, site};
use crate::access::Area;
use crate::row::{Row, When};

const IDS: Gaps = Gaps(25);
const FACTS: u64 = 0x31;
const ROW: u64 = 0x32;
const NAME: u64 = 0x33;
const SERVICES: [&str; 10] = [
    "scanner",
    "backup",
    "svc_sql",
    "noreply",
    "reception",
    "ldapsync",
    "alerts",
    "svc_veeam",
    "printserver",
    "azureadconnect",
];

/// `/Users`.
pub(crate) struct Contacts;

struct Person {
    first: String,
    last: String,
    login: String,
}

/// The contact's id.
pub(crate) fn remote_id(index: u32) -> i64 {
    IDS.remote_id(index)
}

fn site_of(base: &Base, index: u32) -> u32 {
    if index < base.sizes.sites_total() {
        return index;
    }
    base.any_site(&mut base.dice(FACTS ^ 0xf0, index))
}

fn person(base: &Base, index: u32, marks: u8) -> Person {
    let mut dice = base.dice(NAME, index);
    if marks & GENERAL != 0 {
        return Person { first: "General".into(), last: "User".into(), login: String::new() };
    }
    if marks & SERVICE != 0 {
        let account = dice.pick(&SERVICES);
        return Person { first: account.into(), last: String::new(), login: account.into() };
    }
    if let Some(hostile) = names::hostile(index - base.sizes.sites_total()) {
        return Person { first: hostile, last: "Test".into(), login: format!("test{index}") };
    }
    let (first, last) = names::person(&mut dice);
    let login = format!("{}.{}", names::plain(first), names::plain(last));
    Person { first: first.into(), last: last.into(), login }
}

/// A login name of somebody, for an asset's last user.
pub(crate) fn any_login(base: &Base, number: u32) -> String {
    let (first, last) = names::person(&mut base.dice(NAME, number));
    format!("{}.{}", names::plain(first), names::plain(last))
}

impl Kind for Contacts {
    fn id(&self) -> KindId {
        KindId::Users
    }
    fn route(&self) -> &'static str {
        "Users"
    }
    fn area(&self) -> Area {
        Area::Customers
    }
    fn shape(&self) -> Shape {
        Shape::Envelope("users")
    }
    fn count(&self, base: &Base) -> u32 {
        base.sizes.contacts
    }
    fn remote_id(&self, index: u32) -> i64 {
        remote_id(index)
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        IDS.index_of(remote_id)
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[
            ("client_id", Filter::Client),
            ("site_id", Filter::Site),
            ("toplevel_id", Filter::Group),
            ("exclude_generaluser", Filter::Drop(GENERAL)),
            ("exclude_defaultsiteusers", Filter::Drop(GENERAL)),
            ("exclude_agents", Filter::Drop(LINKED)),
            ("includeserviceaccount", Filter::Keep(SERVICE)),
            ("includenonserviceaccount", Filter::KeepOthers(SERVICE)),
        ]
    }
    fn includes(&self) -> &'static [&'static str] {
        &["includenotes"]
    }
    fn inactive_param(&self) -> Option<&'static str> {
        Some("includeinactive")
    }
    fn has_update_filter(&self) -> bool {
        true
    }
    fn default_order(&self) -> Order {
        Order::Label
    }
    fn is_placeholder(&self, world: &World, index: u32) -> bool {
        index < world.base.sizes.sites_total()
    }

    fn facts(&self, world: &World, index: u32) -> Facts {
        let mut dice = world.base.dice(FACTS, index);
        let place = site_of(&world.base, index);
        let home = site::Sites.facts(world, place);
        let mut marks = 0;
        if index < world.base.sizes.sites_total() {
            marks = GENERAL;
        } else if dice.percent(40) && index > world.base.sizes.sites_total() + 12 {
            marks = SERVICE;
        } else if dice.percent(1) {
            marks = LINKED;
        }
        let has_left = dice.percent(10) && marks & GENERAL == 0;
        let days_ago = i64::from(dice.below(1_500));
        Facts {
            client: home.client,
            site: home.site,
            group: home.group,
            marks,
            is_inactive: has_left || home.is_inactive,
            updated: world.base.moment(&mut dice, days_ago),
            ..Facts::default()
        }
    }

    fn label(&self, world: &World, index: u32, out: &mut String) {
        let marks = self.facts(world, index).marks;
        let Person { first, last, login } = person(&world.base, index, marks);
        out.push_str(&first);
        out.push(' ');
        out.push_str(&last);
        out.push(' ');
        out.push_str(&login);
    }

    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        let facts = self.facts(world, index);
        let mut dice = world.base.dice(ROW, index);
        let place = site_of(&world.base, index);
        let owner = site::client_of(&world.base, place);
        let Person { first, last, login } = person(&world.base, index, facts.marks);
        let name = if last.is_empty() { first.clone() } else { format!("{first} {last}") };
        let is_general = facts.marks & GENERAL != 0;
        let is_service = facts.marks & SERVICE != 0;
        let mail = match login.as_str() {
            "" => String::new(),
            _ if is_service && dice.percent(40) => String::new(),
            login => format!("{login}@{}", names::domain(owner)),
        };
        row.int("id", remote_id(index));
        row.text("name", &name);
        row.decimal("site_id", facts.site);
        row.int("site_id_int", facts.site);
        row.text("site_name", &site::name(world, place));
        row.int("client_id", facts.client);
        row.text("client_name", &client::name(world, owner));
        row.text("firstname", &first);
        row.text("surname", &last);
        let initials: String =
            [&first, &last].iter().filter_map(|part| part.chars().next()).collect();
        row.text("initials", &initials);
        row.text("emailaddress", &mail);
        if dice.percent(20) {
            row.null("title");
        }
        let phone = if is_general || is_service || dice.percent(50) {
            String::new()
        } else {
            names::phone(&mut dice, "07700")
        };
        row.text("phonenumber", &phone);
        row.text("phonenumber_preferred", &phone);
        row.fixed(r#""sitephonenumber":"","sitetimezone":"""#);
        row.flag("inactive", facts.is_inactive);
        row.fixed(r##""colour":"#2bd3c6""##);
        row.int("telpref", i64::from(dice.below(5)));
        row.flag("isimportantcontact", !is_general && dice.percent(8));
        row.flag("isimportantcontact2", false);
        row.flag("isserviceaccount", is_service);
        row.fixed(r#""is_prospect":false"#);
        let agent = if facts.marks & LINKED != 0 { super::agent::remote_id(2) } else { 0 };
        row.int("linked_agent_id", agent);
        row.flag("neversendemails", is_service);
        row.fixed(r#""priority_id":0,"client_account_manager_id":0"#);
        if !is_general && dice.percent(60) {
            row.guid("azureoid", u64::from(index) << 20 | 0x5);
        }
        row.fixed(concat!(
            r#""onpremise_activedirectory_dn":"","other1":"","other2":"","other3":"","other4":"","#,
            r#""other5":"","connectwiseid":0,"autotaskid":0,"messagegroup_id":-1,"#,
            r#""use":"user","key":-1,"table":-1"#
        ));
        if view.has_notes || view.is_detail {
            row.text("notes", "");
        }
        if view.is_detail {
            row.when("datecreated", When::At(facts.updated - 86_400_000 * 30));
            row.text("login", &login);
            row.fixed(r#""customfields":[],"attachments":[],"roles":[]"#);
        }
    }
}

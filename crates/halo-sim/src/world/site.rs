//! Sites: HALO-API.md 3.3.
//!
//! Site number `i` below the count of clients is the main site of client `i`; the others are
//! spread. `client_id` is a decimal on the wire (Q-21: TL).

use std::borrow::Cow;

use super::kind::{Facts, Filter, Gaps, Kind, KindId, Order, Shape, View};
use super::{Base, World, client, names};
use crate::access::Area;
use crate::row::Row;

const IDS: Gaps = Gaps(18);
const FACTS: u64 = 0x21;
const ROW: u64 = 0x22;

/// `/Site`.
pub(crate) struct Sites;

/// The site's id.
pub(crate) fn remote_id(index: u32) -> i64 {
    IDS.remote_id(index)
}

/// The index of the client that the seed gives a site.
pub(crate) fn client_of(base: &Base, index: u32) -> u32 {
    let clients = base.sizes.clients;
    if index < clients || clients == 1 {
        return index.min(clients - 1);
    }
    let skewed = base.dice(FACTS ^ 0xf0, index).share().powi(2) * f64::from(clients - 1);
    1 + (skewed as u32).min(clients - 2)
}

/// The site's name as everything shows it.
pub(crate) fn name(world: &World, index: u32) -> Cow<'_, str> {
    world.shown(KindId::Site, index, "name", || {
        if index < world.base.sizes.clients {
            return Cow::Borrowed("Main");
        }
        Cow::Owned(names::site(&mut world.base.dice(ROW ^ 0xf0, index)))
    })
}

impl Kind for Sites {
    fn id(&self) -> KindId {
        KindId::Site
    }
    fn route(&self) -> &'static str {
        "Site"
    }
    fn area(&self) -> Area {
        Area::Customers
    }
    fn shape(&self) -> Shape {
        Shape::Envelope("sites")
    }
    fn count(&self, base: &Base) -> u32 {
        base.sizes.sites_total()
    }
    fn remote_id(&self, index: u32) -> i64 {
        remote_id(index)
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        IDS.index_of(remote_id)
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[("client_id", Filter::Client), ("site_id", Filter::Site), ("toplevel_id", Filter::Group)]
    }
    fn includes(&self) -> &'static [&'static str] {
        &["includenotes", "includeaddress"]
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
    fn is_placeholder(&self, _world: &World, index: u32) -> bool {
        index == 0
    }

    fn facts(&self, world: &World, index: u32) -> Facts {
        let mut dice = world.base.dice(FACTS, index);
        let owner = client_of(&world.base, index);
        let client = client::Clients.facts(world, owner);
        let is_closed = dice.percent(5) && index > 20;
        let days_ago = i64::from(dice.below(1_200));
        Facts {
            client: client.client,
            site: remote_id(index),
            group: client.group,
            is_inactive: is_closed || client::is_inactive(world, owner),
            updated: world.base.moment(&mut dice, days_ago),
            ..Facts::default()
        }
    }

    fn label(&self, world: &World, index: u32, out: &mut String) {
        out.push_str(&name(world, index));
        out.push(' ');
        out.push_str(&client::name(world, client_of(&world.base, index)));
    }

    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        let facts = self.facts(world, index);
        let mut dice = world.base.dice(ROW, index);
        let (street, town, postcode, code) = names::place(&mut dice);
        let client = client::name(world, client_of(&world.base, index));
        let name = name(world, index);
        row.int("id", facts.site);
        row.text("name", &name);
        row.decimal("client_id", facts.client);
        row.text("client_name", &client);
        row.text("clientsite_name", &format!("{client}/{name}"));
        row.flag("inactive", facts.is_inactive);
        row.fixed(r#""sla_id":0"#);
        let phone = if dice.percent(70) { names::phone(&mut dice, code) } else { String::new() };
        row.text("phonenumber", &phone);
        row.fixed(concat!(
            r##""colour":"#2bd3c6","timezone":"","invoice_address_isdelivery":true,"##,
            r#""isstocklocation":false,"messagegroup_id":-1,"use":"site""#
        ));
        if view.has_address || view.is_detail {
            row.text("delivery_address_line1", &street);
            row.text("delivery_address_line2", "");
            row.text("delivery_address_line3", town);
            row.text("delivery_address_line4", "");
            row.text("delivery_address_line5", &postcode);
        }
        // Drawn for every view, so that list and detail agree about what follows.
        let note = if dice.percent(10) { "Parking at the rear." } else { "" };
        if view.has_notes || view.is_detail {
            row.text("notes", note);
        }
        if dice.percent(50) {
            row.text("ref", "");
        }
        if dice.percent(50) {
            row.int("maincontact_id", super::contact::remote_id(index));
        }
        row.fixed(r#""customfields":[]"#);
        if view.is_detail {
            row.fixed(concat!(
                r#""country_code_name":"United Kingdom","region_code_name":"","#,
                r#""custombuttons":[],"popup_notes":[]"#
            ));
        }
    }
}

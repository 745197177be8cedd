//! Clients (Halo's Area): HALO-API.md 3.1.
//!
//! Index 0 is the built-in "Unknown" with id 1 (Q-30: TL). `customertype` is a code of Lookup 33.

use std::borrow::Cow;

use super::kind::{Facts, Filter, Gaps, Kind, KindId, Order, Shape, View};
use super::{Base, World, names, site};
use crate::access::Area;
use crate::date::DAY;
use crate::row::{Row, When};

/// First id after the built-in one.
pub(crate) const IDS: Gaps = Gaps(12);

const FACTS: u64 = 0x11;
const ROW: u64 = 0x12;

/// `/Client`.
pub(crate) struct Clients;

/// The client's id.
pub(crate) fn remote_id(index: u32) -> i64 {
    IDS.remote_id(index)
}

/// The client's name as everything shows it.
pub(crate) fn name(world: &World, index: u32) -> Cow<'_, str> {
    world.shown(KindId::Client, index, "name", || {
        if index == 0 { Cow::Borrowed("Unknown") } else { Cow::Owned(names::company(index)) }
    })
}

/// Whether the client is inactive, changes included.
pub(crate) fn is_inactive(world: &World, index: u32) -> bool {
    world.facts(&Clients, index).is_inactive
}

/// The top level the client hangs under: customers, prospects, former, internal.
fn top_level(world: &World, index: u32) -> i64 {
    match world.base.dice(FACTS ^ 0xf0, index).below(20) {
        0 | 1 => 2,
        2 => 3,
        _ => 1,
    }
}

/// Code in Lookup 33.
fn customer_type(world: &World, index: u32) -> i64 {
    if index == 0 {
        return 0;
    }
    let mut dice = world.base.dice(FACTS ^ 0xf1, index);
    let shares = [(1_i64, 55_u32), (2, 20), (3, 10), (4, 8), (5, 4), (0, 3)];
    dice.weighted(&shares, |share| share.1).0
}

impl Kind for Clients {
    fn id(&self) -> KindId {
        KindId::Client
    }
    fn route(&self) -> &'static str {
        "Client"
    }
    fn area(&self) -> Area {
        Area::Customers
    }
    fn shape(&self) -> Shape {
        Shape::Envelope("clients")
    }
    fn count(&self, base: &Base) -> u32 {
        base.sizes.clients
    }
    fn remote_id(&self, index: u32) -> i64 {
        remote_id(index)
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        IDS.index_of(remote_id)
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[("toplevel_id", Filter::Group), ("search_name_only", Filter::Contains)]
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
    fn is_placeholder(&self, _world: &World, index: u32) -> bool {
        index == 0
    }

    fn facts(&self, world: &World, index: u32) -> Facts {
        let mut dice = world.base.dice(FACTS, index);
        let is_inactive = dice.percent(8) && index > 12;
        let days_ago = i64::from(dice.below(900));
        Facts {
            client: remote_id(index),
            group: top_level(world, index),
            kind: customer_type(world, index),
            is_inactive,
            updated: world.base.moment(&mut dice, days_ago),
            ..Facts::default()
        }
    }

    fn label(&self, world: &World, index: u32, out: &mut String) {
        out.push_str(&name(world, index));
    }

    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        let facts = self.facts(world, index);
        let mut dice = world.base.dice(ROW, index);
        row.int("id", facts.client);
        row.text("name", &name(world, index));
        row.int("toplevel_id", facts.group);
        row.text("toplevel_name", super::top_level::name(facts.group));
        row.flag("inactive", facts.is_inactive);
        row.fixed(concat!(
            r##""colour":"#2bd3c6","confirmemail":1,"actionemail":1,"clearemail":1,"##,
            r#""messagegroup_id":-1,"mailbox_override":0,"default_mailbox_id":0,"item_tax_code":0,"#,
            r#""service_tax_code":0,"prepay_tax_code":0,"contract_tax_code":0,"#,
            r#""pritech":0,"sectech":0"#
        ));
        row.int("accountmanagertech", super::agent::remote_id(1 + dice.below(4)));
        row.fixed(concat!(
            r#""use":"client","key":-1,"table":-1,"xero_tenant_id":"","accountsid":"","#,
            r#""excludefrominvoicesync":false,"client_to_invoice":0,"itglue_id":"","#,
            r#""default_currency_code":0,"client_to_invoice_recurring":0,"qbo_company_id":"","#,
            r#""dbc_company_id":"""#
        ));
        row.int("stopped", i64::from(dice.percent(4)));
        row.int("customertype", facts.kind);
        let related = if dice.percent(10) { 1 } else { 0 };
        row.list("customer_relationship", 0..related, |row, _| {
            row.int("id", 1);
            row.text("name", "Reseller");
        });
        row.text("customer_relationship_list", if related == 1 { "Reseller" } else { "" });
        row.fixed(r#""servicenow_validated":false,"jira_validated":false"#);
        let reference =
            if dice.percent(60) { format!("C{:05}", facts.client) } else { String::new() };
        row.text("ref", &reference);
        row.fixed(r#""ticket_invoices_for_each_site":false"#);
        row.flag("is_vip", dice.percent(6));
        row.fixed(
            r#""taxable":true,"percentage_to_survey":0,"overridepdftemplatequote":-1,"is_account":false"#,
        );
        if dice.percent(30) {
            row.text("logo", "");
        }
        match dice.below(4) {
            0 => row.when("calldate", When::Never(crate::date::SENTINELS[1])),
            1 => row.null("calldate"),
            _ => {}
        }
        if view.has_notes || view.is_detail {
            let note =
                if dice.percent(15) { "Call before visiting.\nKey safe at rear door." } else { "" };
            row.text("notes", note);
        }
        if view.is_detail {
            self.write_detail(world, index, &facts, row);
        }
    }
}

impl Clients {
    fn write_detail(&self, world: &World, index: u32, facts: &Facts, row: &mut Row<'_>) {
        let mut dice = world.base.dice(ROW ^ 0xde, index);
        let age = i64::from(dice.below(3_000)) + 30;
        row.when("datecreated", When::At(facts.updated - age * DAY * 1_000));
        row.int("main_site_id", site::remote_id(index));
        row.text("main_site_name", &site::name(world, index));
        row.text("website", &format!("https://www.{}", names::domain(index)));
        row.text("accountsemailaddress", &format!("accounts@{}", names::domain(index)));
        row.fixed(concat!(
            r#""popup_notes":[],"customfields":[],"custombuttons":[],"attachments":[],"#,
            r#""paymentterms":30,"prepaybalance":0.0,"allowall_tickettypes":true"#
        ));
        row.when("alastupdate", When::At(facts.updated));
    }
}

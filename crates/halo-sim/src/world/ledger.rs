//! Contracts and invoices (HALO-API.md 3.20).
//!
//! Recurring invoices have negative ids (Q-38: HCLI, KG).

use super::kind::{Facts, Filter, Kind, KindId, Order, Shape, View};
use super::{Base, World, client, site};
use crate::access::Area;
use crate::date::DAY;
use crate::row::{Row, When};

/// `/ClientContract`, `/Invoice` or `/RecurringInvoice`.
pub(crate) struct Ledger(pub(crate) KindId);

impl Ledger {
    fn owner(base: &Base, index: u32) -> u32 {
        let mut dice = base.dice(0x91, index);
        let place = base.any_site(&mut dice);
        site::client_of(base, place)
    }
}

impl Kind for Ledger {
    fn id(&self) -> KindId {
        self.0
    }
    fn route(&self) -> &'static str {
        match self.0 {
            KindId::ClientContract => "ClientContract",
            KindId::RecurringInvoice => "RecurringInvoice",
            _ => "Invoice",
        }
    }
    fn area(&self) -> Area {
        if self.0 == KindId::ClientContract { Area::Contracts } else { Area::Invoices }
    }
    fn shape(&self) -> Shape {
        Shape::Envelope(if self.0 == KindId::ClientContract { "contracts" } else { "invoices" })
    }
    fn count(&self, base: &Base) -> u32 {
        match self.0 {
            KindId::Invoice => base.sizes.clients.saturating_mul(6),
            _ => base.sizes.clients,
        }
    }
    fn remote_id(&self, index: u32) -> i64 {
        let number = i64::from(index) + 1;
        if self.0 == KindId::RecurringInvoice { -number } else { number }
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        let number = if self.0 == KindId::RecurringInvoice { -remote_id } else { remote_id };
        u32::try_from(number - 1).ok()
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[("client_id", Filter::Client), ("search", Filter::Contains)]
    }
    fn has_id_list(&self) -> bool {
        self.0 != KindId::ClientContract
    }
    fn default_order(&self) -> Order {
        Order::Newest
    }
    fn facts(&self, world: &World, index: u32) -> Facts {
        let client = client::remote_id(Ledger::owner(&world.base, index));
        Facts { client, ..Facts::default() }
    }
    fn label(&self, world: &World, index: u32, out: &mut String) {
        out.push_str(&client::name(world, Ledger::owner(&world.base, index)));
    }

    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        let base = &world.base;
        let mut dice = base.dice(0x92, index);
        let owner = Ledger::owner(base, index);
        let days = |days: i64| When::At((base.today + days * DAY) * 1_000);
        row.int("id", self.remote_id(index));
        row.int("client_id", client::remote_id(owner));
        row.text("client_name", &client::name(world, owner));
        let since = -i64::from(dice.below(900));
        let amount = i64::from(dice.below(400_000));
        if self.0 == KindId::ClientContract {
            row.text("ref", &format!("CON-{:04}", index + 1));
            row.int("site_id", 0);
            row.when("start_date", days(since));
            row.when("end_date", days(since + 1_095));
            row.flag("expired", since + 1_095 < 0);
            row.text("contract_status", "Active");
            row.int("status", 1);
            row.flag("active", since + 1_095 >= 0);
            row.int("contracttype", 1);
            row.text("contracttype_name", "Managed Service");
            row.hundredths("periodchargeamount", amount);
            row.when("next_invoice_date", days(20));
            row.fixed(r#""use":"contract""#);
        } else {
            row.text("invoicenumber", &format!("{}", 20_000 + index));
            row.when("invoice_date", days(since));
            row.when("duedate", days(since + 30));
            row.hundredths("amountdue", amount);
            row.hundredths("amountpaid", if since < -45 { amount } else { 0 });
            row.flag("posted", since < -3);
            row.int("paymentstatus", i64::from(since < -45));
            row.fixed(r#""use":"invoice""#);
            if view.is_detail {
                row.list("lines", 0..2, |row, line| row.int("id", line + 1));
            }
        }
    }
}

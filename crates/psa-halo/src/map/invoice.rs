//! Invoices, and the templates that recurring ones are made of.

use super::{day, own_id, reference};
use crate::wire;
use almanac_model::invoice::Invoice;
use almanac_model::projection::Projection;
use almanac_psa::BadRow;

/// Maps a row of `/Invoice` or `/RecurringInvoice`; the latter's ids are negative.
pub(super) fn from_wire(
    wire: wire::invoice::Invoice,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Invoice(known)) => Some(known),
        _ => None,
    };
    let remote_id = own_id(wire.id)?;
    let number = known.and_then(|k| k.number.clone());
    Ok(Projection::Invoice(Invoice {
        number: wire.invoicenumber.or_before("invoicenumber", number)?,
        client: reference("client_id", wire.client_id, known.and_then(|k| k.client.clone()))?,
        issued_on: day("invoice_date", wire.invoice_date, known.and_then(|k| k.issued_on))?,
        due_on: day("duedate", wire.duedate, known.and_then(|k| k.due_on))?,
        is_recurring: remote_id.as_str().starts_with('-'),
        remote_id,
    }))
}

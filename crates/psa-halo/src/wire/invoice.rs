//! `/Invoice` and `/RecurringInvoice` (HALO-API 3.20).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// An invoice's row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Invoice {
    /// Negative for a recurring one.
    pub(crate) id: Seen<RemoteId>,
    pub(crate) invoicenumber: Seen<String>,
    pub(crate) client_id: Seen<RemoteId>,
    pub(crate) invoice_date: Seen<String>,
    pub(crate) duedate: Seen<String>,
}

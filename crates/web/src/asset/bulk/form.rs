//! The forms of a bulk edit as they are sent: by the table, by the preview, by the one button.
//!
//! Reading never fails: what is doubled, unknown or hostile is left out. Which assets are meant is
//! only looked up later, among those that the visitor may see.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::choice::AssetEdit;
use almanac_model::id::RemoteId;
use uuid::Uuid;

use super::act::BulkAct;
use crate::asset::edit::{EditContext, EditForm};
use crate::asset_table::AssetParams;
use crate::extract::Faults;
use crate::places::{Assets, ClientAssets};
use crate::route::Route;

/// A bulk edit as it was sent.
#[derive(Debug, Clone)]
pub(super) struct BulkForm {
    pub(super) act: BulkAct,
    /// The assets whose boxes were marked.
    pub(super) assets: BTreeSet<RemoteId>,
    /// Every asset that the table's filter shows, instead of those.
    pub(super) is_all: bool,
    /// So many are selected in the browser and not shown by the filter; they are left out.
    pub(super) hidden: usize,
    /// The table's choices, and the client whose page it was on.
    pub(super) params: AssetParams,
    /// Assets of a preview with the version of their choices that it showed.
    pub(super) seen: BTreeMap<RemoteId, i64>,
    /// The id that the preview made.
    pub(super) id: Option<Uuid>,
    /// The day or the class.
    pub(super) value: String,
    pub(super) reason: String,
    /// Whether the value was asked for already.
    pub(super) is_sent: bool,
}

impl BulkForm {
    /// Reads the fields of any of the forms.
    pub(super) fn read(fields: Vec<(String, String)>) -> BulkForm {
        let mut form = BulkForm {
            act: BulkAct::Keep,
            assets: BTreeSet::new(),
            is_all: false,
            hidden: 0,
            params: AssetParams::default(),
            seen: BTreeMap::new(),
            id: None,
            value: String::new(),
            reason: String::new(),
            is_sent: false,
        };
        let mut client = None;
        for (name, value) in fields {
            match name.as_str() {
                "act" => form.act = BulkAct::read(&value),
                "asset" if !value.is_empty() => {
                    form.assets.insert(RemoteId::new(value));
                }
                "seen" => form.seen.extend(seen(&value)),
                "all" => form.is_all = value == "1",
                "hidden" => form.hidden = value.parse().unwrap_or(0),
                "query" => form.params = AssetParams::parse(&value),
                "client" if !value.is_empty() => client = Some(RemoteId::new(value)),
                "id" => form.id = value.parse().ok(),
                "value" => form.value = value,
                "reason" => form.reason = value,
                "step" => form.is_sent = true,
                _ => {}
            }
        }
        form.params.client = client;
        form
    }

    /// Whether nothing was selected.
    pub(super) fn is_empty(&self) -> bool {
        self.assets.is_empty() && self.seen.is_empty() && !self.is_all
    }

    /// The table that the selection was made in, as it was.
    pub(super) fn back_url(&self) -> String {
        self.params.href(&self.path())
    }

    /// The same with the undo of what was done.
    pub(super) fn done_url(&self, id: Uuid) -> String {
        let url = self.back_url();
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("{url}{sign}done={id}")
    }

    /// The table's address without choices; selections are kept by it.
    pub(super) fn path(&self) -> String {
        match &self.params.client {
            Some(client) => ClientAssets { client: client.as_str().to_owned() }.url(),
            None => Assets {}.url(),
        }
    }

    /// What every form of a bulk edit carries on: its act and where it came from.
    pub(super) fn carried(&self) -> Vec<(&'static str, String)> {
        let client = self.params.client.as_ref().map(|id| id.as_str().to_owned());
        let query = self.params.href("");
        vec![
            ("act", self.act.name().to_owned()),
            ("query", query.trim_start_matches('?').to_owned()),
            ("client", client.unwrap_or_default()),
            ("hidden", self.hidden.to_string()),
        ]
    }

    /// What it asks for, as by the form of one asset.
    pub(super) fn edit(&self, context: &EditContext<'_>) -> Result<AssetEdit, Faults> {
        let act = if self.act == BulkAct::Unkeep { "clear" } else { "set" };
        let form = EditForm {
            value: self.value.clone(),
            reason: self.reason.clone(),
            act: act.to_owned(),
            ..EditForm::default()
        };
        form.read(self.act.field(), context)
    }
}

/// `version:id`.
fn seen(text: &str) -> Option<(RemoteId, i64)> {
    let (version, id) = text.split_once(':')?;
    (!id.is_empty()).then_some((RemoteId::new(id), version.parse().ok()?))
}

/// Hidden fields as a form takes them.
pub(super) fn borrowed<'a>(hidden: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    hidden.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> BulkForm {
        BulkForm::read(fields.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
    }

    #[test]
    fn a_form_is_read_whatever_it_holds() {
        let form = read(&[
            ("act", "class"),
            ("asset", "12"),
            ("asset", "12"),
            ("asset", ""),
            ("seen", "3:a:b"),
            ("seen", "x:1"),
            ("seen", "5"),
            ("hidden", "-1"),
            ("id", "none"),
            ("query", "kind=laptop&sort=;drop&done=1"),
            ("client", "../4"),
            ("unknown", "1"),
        ]);
        assert_eq!((form.act, form.assets.len(), form.hidden), (BulkAct::Class, 1, 0));
        assert_eq!(form.seen.get(&RemoteId::new("a:b")), Some(&3));
        assert_eq!((form.seen.len(), form.id), (1, None));
        assert_eq!(form.back_url(), "/clients/%2E%2E%2F4/assets?kind=laptop");
        let id = Uuid::nil();
        assert!(form.done_url(id).ends_with(&format!("?kind=laptop&done={id}")));
        assert!(read(&[("act", "//evil.example")]).is_empty());
        assert_eq!(read(&[("client", "")]).back_url(), "/assets");
    }
}

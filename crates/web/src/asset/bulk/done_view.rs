//! The page of a bulk edit that was made: what it did to which asset, and its undo.

use almanac_model::choice::AssetEdit;
use almanac_store::{BulkChange, BulkEdit};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::act::assets;
use super::plan::Named;
use super::view::{asset_table, section};
use crate::asset::words::{class_name, value_text};
use crate::components::button::{Button, act};
use crate::components::change::change;
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::page::{self, Header};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind};
use crate::page::{Chrome, Frame};
use crate::places::{Asset, Assets, BulkUndo};
use crate::route::Route;
use crate::shown::Shown;

/// What a bulk edit did, and its undo.
pub(super) struct DoneView {
    title: String,
    sentence: String,
    /// Where it is taken back.
    undo_url: Option<String>,
    rows: Vec<(Named, String, String)>,
}

impl DoneView {
    pub(super) fn new(shown: &Shown, bulk: &BulkEdit, is_open: bool) -> DoneView {
        let when = |at_ms| format::date_time(at_ms, &TimeZone::UTC);
        let by = format!("{}, {}.", bulk.by.name, when(bulk.at_ms));
        let sentence = match &bulk.undone {
            Some((at_ms, who)) => format!("{by} Taken back by {}, {}.", who.name, when(*at_ms)),
            None if is_open => format!("{by} Undo takes all of it back, and is open for 30 days."),
            None => format!("{by} Undo was open for 30 days."),
        };
        let row = |change: &BulkChange| {
            let at = shown.fleet.find(&change.asset);
            let asset = match at {
                Some(at) => Named::of(shown, shown.fleet.asset(at)),
                None => Named {
                    id: change.asset.clone(),
                    name: change.asset.to_string(),
                    url: Asset { asset: change.asset.to_string() }.url(),
                    client: "no longer in Halo".to_owned(),
                },
            };
            (asset, edit_words(shown, &change.before), edit_words(shown, &bulk.edit))
        };
        DoneView {
            title: done_words(shown, bulk).trim_end_matches('.').to_owned(),
            sentence,
            undo_url: (is_open && bulk.undone.is_none()).then(|| BulkUndo { bulk: bulk.id }.url()),
            rows: bulk.changes.iter().map(row).collect(),
        }
    }

    /// The whole page.
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let all_url = Assets {}.url();
        let crumbs = [
            Crumb { label: "Assets", href: Some(&all_url) },
            Crumb { label: &self.title, href: None },
        ];
        let current = Assets::PATH;
        let frame = Frame { title: &self.title, crumbs: &crumbs, current, ..Frame::default() };
        let undo = |url: &String| {
            let label = format!("Undo {}", assets(self.rows.len()));
            act(&Button { icon: Some(Icon::Undo), ..Button::new(&label) }, url, &[])
        };
        let head = Header {
            title: &self.title,
            sentence: &self.sentence,
            is_inline: false,
            actions: self.undo_url.as_ref().map(undo),
        };
        let columns = [
            Column::new("Asset", ColumnKind::Name),
            Column::new("Client", ColumnKind::Text),
            Column::new("Change", ColumnKind::Text),
        ];
        let rows = self
            .rows
            .iter()
            .map(|(asset, before, after)| (asset, vec![Cell::Other(change(before, after))]));
        let table = asset_table("What changed", &columns, rows);
        let body = section("What changed", self.rows.len(), &table);
        chrome.page(
            &frame,
            &html! { (page::header(&head)) (page::body(&page::scrolling("What changed", &body))) },
        )
    }
}

/// "12 assets are kept until 1 Mar 2027."
pub(super) fn done_words(shown: &Shown, bulk: &BulkEdit) -> String {
    let count = bulk.changes.len();
    let (assets, are) = (assets(count), if count == 1 { "is" } else { "are" });
    match &bulk.edit {
        AssetEdit::Keep(kept) => format!("{assets} {are} kept until {}.", format::date(kept.until)),
        AssetEdit::ClearKeep => format!("{assets} {are} graded by the rules again."),
        edit => {
            let words: String = edit_words(shown, edit).chars().take(100).collect();
            format!("{assets} changed: {words}.")
        }
    }
}

/// What an edit decides, in a few words.
fn edit_words(shown: &Shown, edit: &AssetEdit) -> String {
    match edit {
        AssetEdit::Keep(kept) => format!("kept until {}", format::date(kept.until)),
        AssetEdit::ClearKeep => "not kept".to_owned(),
        AssetEdit::Class(class) => class_name(&shown.fleet, *class),
        AssetEdit::ClearClass => "the first class".to_owned(),
        AssetEdit::Manual(manual) => format!("{} by hand", manual.grade.title()),
        AssetEdit::ClearManual => "graded by the rules".to_owned(),
        AssetEdit::Lock { value, .. } => value_text(value),
        AssetEdit::Unlock { .. } => "Halo's value".to_owned(),
    }
}

/// A bulk edit of one asset.
#[cfg(test)]
pub(super) fn sample(asset: Named, chrome: &Chrome) -> Markup {
    use crate::components::sample::HOSTILE;

    let view = DoneView {
        title: "12 assets are kept until 1 Mar 2027".to_owned(),
        sentence: HOSTILE.to_owned(),
        undo_url: Some("/bulk-edits/1/undo".to_owned()),
        rows: vec![(asset, HOSTILE.to_owned(), HOSTILE.to_owned())],
    };
    view.page(chrome)
}

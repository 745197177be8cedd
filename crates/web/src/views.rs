//! Every view with every sample: whole, quiet, and harmless whatever Halo sends.

use maud::Markup;

/// Every page that is not a component, in the states that matter.
fn all() -> Vec<(&'static str, Markup)> {
    [
        crate::sign_in::samples(),
        crate::setup::samples(),
        crate::account::samples(),
        crate::asset::samples(),
        crate::rules::samples(),
        crate::sync::samples(),
        crate::write_back::samples(),
        crate::connection::samples(),
        crate::users::samples(),
        crate::settings::samples(),
        crate::api_key::samples(),
        crate::error_page::samples(),
        crate::portfolio::samples(),
        crate::clients::samples(),
        crate::asset_table::samples(),
        crate::search::samples(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_view_renders_every_sample() {
    for (name, markup) in all() {
        let html = markup.into_string();
        assert!(html.starts_with("<!DOCTYPE html>"), "{name}");
        assert_eq!(html.matches("<h1").count(), 1, "{name} has one h1");
        assert!(!html.contains("<script>alert"), "{name} runs what it was given");
        assert!(!html.contains(" style="), "{name} has a style of its own");
        assert!(!html.contains("<td></td>"), "{name} has an empty cell");
    }
}

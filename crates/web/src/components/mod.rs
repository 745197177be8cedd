//! Components: what pages are made of. One file each: typed parameters in, markup out.
//!
//! No component asks the store or knows a route. Every one has samples, which `/styleguide` shows and which a
//! test renders. Text from data goes through maud's escaping; there is no style, script or handler in
//! any attribute, since the policy of the pages forbids them.
//!
//! To add one: a file here with `samples()`, its line in [`all`], its styles in `ui/css`.

pub(crate) mod as_of;
pub(crate) mod banner;
pub(crate) mod bar;
pub(crate) mod button;
pub(crate) mod change;
pub(crate) mod columns;
pub(crate) mod dialog;
pub(crate) mod empty;
pub(crate) mod field;
pub(crate) mod filter;
pub(crate) mod format;
pub(crate) mod grade;
pub(crate) mod icon;
mod icon_shapes;
pub(crate) mod keys;
pub(crate) mod mark;
pub(crate) mod notice;
pub(crate) mod page;
pub(crate) mod plan_panel;
pub(crate) mod progress;
pub(crate) mod sample;
pub(crate) mod shell;
pub(crate) mod shell_samples;
pub(crate) mod table;
pub(crate) mod table_samples;
pub(crate) mod tabs;
pub(crate) mod theme;
pub(crate) mod trouble;
pub(crate) mod why;

use self::sample::Sample;

/// Every component's samples, by the area of the design that they belong to.
pub(crate) fn all() -> Vec<(&'static str, Vec<Sample>)> {
    vec![
        (
            "Vocabulary",
            [
                mark::samples(),
                grade::samples(),
                as_of::samples(),
                change::samples(),
                format::samples(),
            ]
            .into_iter()
            .flatten()
            .collect(),
        ),
        (
            "Controls",
            [
                button::samples(),
                keys::samples(),
                tabs::samples(),
                filter::samples(),
                columns::samples(),
            ]
            .into_iter()
            .flatten()
            .collect(),
        ),
        (
            "Forms",
            [field::samples(), theme::samples(), dialog::samples()].into_iter().flatten().collect(),
        ),
        (
            "Tables",
            [table_samples::samples(), bar::samples(), page::samples()]
                .into_iter()
                .flatten()
                .collect(),
        ),
        (
            "States",
            [
                empty::samples(),
                progress::samples(),
                banner::samples(),
                notice::samples(),
                trouble::samples(),
            ]
            .into_iter()
            .flatten()
            .collect(),
        ),
        ("Why and plans", [why::samples(), plan_panel::samples()].into_iter().flatten().collect()),
        ("Icons", icon::samples()),
    ]
}

#[cfg(test)]
mod tests {
    use super::sample::HOSTILE;
    use super::*;

    /// Elements that have no end.
    const VOID: [&str; 5] = ["meta", "link", "input", "br", "!DOCTYPE"];

    /// Walks the tags of markup and panics where they do not close in order, or where something stands
    /// that the policy of the pages forbids. Attributes are quoted by maud, so `>` in them is escaped.
    #[track_caller]
    fn check(name: &str, markup: &str) {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = markup;
        while let Some(at) = rest.find('<') {
            let end = rest[at..].find('>').expect("a tag ends") + at;
            let tag = &rest[at + 1..end];
            rest = &rest[end + 1..];
            let word =
                tag.trim_start_matches('/').split([' ', '/']).next().expect("a tag has a name");
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(word), "{name}: {tag}");
                continue;
            }
            let is_closed = tag.ends_with('/') || VOID.contains(&word);
            if !is_closed {
                open.push(word);
            }
            for part in tag.split_inclusive(['"', ' ']).filter(|part| part.contains("=\"")) {
                let attribute = part.split('=').next().unwrap_or_default().trim();
                let is_forbidden = attribute == "style" || attribute.starts_with("on");
                assert!(!is_forbidden, "{name}: {tag}");
            }
            if word == "script" {
                assert!(tag.contains(" src=") && rest.starts_with("</script>"), "{name}: {tag}");
            }
            assert!(word != "style", "{name}: {tag}");
        }
        assert!(open.is_empty(), "{name}: {open:?} stay open");
    }

    #[test]
    fn every_sample_is_whole_and_keeps_to_the_policy_of_pages() {
        for (area, samples) in all() {
            for sample in samples {
                check(&format!("{area}, {}", sample.name), &sample.markup.into_string());
            }
        }
        for document in shell_samples::documents() {
            let text = document.into_string();
            assert!(text.starts_with("<!DOCTYPE html>"));
            check("document", &text);
        }
    }

    #[test]
    fn text_that_tries_to_run_is_shown_as_text() {
        let mut shown = 0;
        for (area, samples) in all() {
            for sample in samples {
                let text = sample.markup.into_string();
                assert!(
                    !text.contains("<script>") && !text.contains("<img"),
                    "{area}, {}",
                    sample.name
                );
                shown += text.matches("&lt;script&gt;alert(1)").count();
            }
        }
        assert!(HOSTILE.contains("<script>"));
        assert!(shown >= 10, "{shown} samples hold hostile text");
    }

    #[test]
    fn an_empty_cell_never_stands_for_no_value() {
        for (area, samples) in all() {
            for sample in samples {
                let text = sample.markup.into_string();
                for empty in ["<td>-</td>", "<td>–</td>", "<td>—</td>", "<td class=\"void\"></td>"]
                {
                    assert!(!text.contains(empty), "{area}, {}", sample.name);
                }
            }
        }
    }
}

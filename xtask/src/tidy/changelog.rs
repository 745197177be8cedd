//! Changelog fragments: one small file per change that a user would notice.
//!
//! `changelog.d/<slug>.<kind>.md`; no shared file to conflict over. `CHANGELOG.md` is put
//! together from them at a release.

use super::Problem;
use crate::tree::{File, Tree};

const FOLDER: &str = "changelog.d/";
const KINDS: [&str; 4] = ["added", "changed", "fixed", "security"];

/// Fragments of another shape.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let fragments = tree.files.iter().filter(|file| file.path.starts_with(FOLDER));
    fragments.filter_map(check_fragment).collect()
}

fn check_fragment(file: &File) -> Option<Problem> {
    let name = file.path.trim_start_matches(FOLDER);
    if name == "README.md" {
        return None;
    }
    let parts: Vec<&str> = name.split('.').collect();
    let is_named =
        matches!(parts[..], [slug, kind, "md"] if is_slug(slug) && KINDS.contains(&kind));
    if !is_named {
        let message = format!(
            "name it `{FOLDER}<slug>.<{}>.md`, the slug in small letters and hyphens.",
            KINDS.join("|")
        );
        return Some(Problem::new(&file.path, 1, message));
    }
    let text = file.text.trim();
    let opens_well = text.starts_with(|c: char| c.is_uppercase() || c == '`');
    let is_sentence = opens_well && text.ends_with('.');
    (!is_sentence).then(|| {
        let message =
            "write whole sentences for the person who runs the product: what is new for them.";
        Problem::new(&file.path, 1, message)
    })
}

fn is_slug(slug: &str) -> bool {
    let is_plain =
        slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    is_plain && !slug.is_empty() && !slug.starts_with('-') && !slug.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(path: &str, text: &str, is_good: bool) {
        assert_eq!(check_fragment(&File::new(path, text)).is_none(), is_good, "{path}");
    }

    #[test]
    fn a_fragment_has_a_kind_and_a_sentence() {
        check_name("changelog.d/first-sync.added.md", "Assets are read from Halo.\n", true);
        check_name("changelog.d/README.md", "how to\n", true);
        check_name("changelog.d/first-sync.md", "Assets are read.\n", false);
        check_name("changelog.d/first-sync.improved.md", "Assets are read.\n", false);
        check_name("changelog.d/First Sync.added.md", "Assets are read.\n", false);
        check_name("changelog.d/first-sync.added.md", "", false);
        check_name("changelog.d/first-sync.added.md", "assets\n", false);
    }
}

//! What an edit did, in one sentence.

use almanac_fleet::Fleet;
use almanac_model::choice::AssetEdit;
use almanac_model::grade::Grade;

use super::words::{class_name, lower, target_title, value_text};
use crate::components::format;

/// "HP-WS-022 turns from Replace to Kept until 1 Mar 2027."
pub(super) fn sentence(
    fleet: &Fleet,
    name: &str,
    edit: &AssetEdit,
    before: Option<Grade>,
    after: Option<Grade>,
) -> String {
    let name: String = name.chars().take(60).collect();
    let done = done(fleet, edit);
    match (before, after) {
        (Some(before), Some(after)) if before != after => {
            format!("{name} turns from {} to {}: {done}.", before.title(), after.title())
        }
        (_, Some(after)) => format!("{name} stays {}: {done}.", after.title()),
        (_, None) => format!("{name}: {done}."),
    }
}

fn done(fleet: &Fleet, edit: &AssetEdit) -> String {
    match edit {
        AssetEdit::Lock { target, value, .. } => {
            let value: String = value_text(value).chars().take(60).collect();
            format!("{} is locked at {value}", lower(target_title(*target)))
        }
        AssetEdit::Unlock { target } => {
            format!("{} follows Halo again", lower(target_title(*target)))
        }
        AssetEdit::Manual(manual) => format!("graded {} by hand", manual.grade.title()),
        AssetEdit::ClearManual => "the rules grade it again".to_owned(),
        AssetEdit::Keep(kept) => format!("kept until {}", format::date(kept.until)),
        AssetEdit::ClearKeep => "it is no longer kept".to_owned(),
        AssetEdit::Class(class) => format!("its class is {}", class_name(fleet, *class)),
        AssetEdit::ClearClass => "it has the first class of its kind again".to_owned(),
    }
}

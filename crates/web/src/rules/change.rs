//! A change of the rules as it travels from the form through the preview to Apply.

use almanac_fleet::rulebook_default;
use almanac_model::kind::KindMap;
use almanac_model::rulebook_check::FieldProblem;
use almanac_model::rulebook_edit::RulebookEdit;
use almanac_model::verdict::Rulebook;
use serde::{Deserialize, Serialize};

use super::Area;
use super::load::Ruled;
use crate::error::WebError;
use crate::extract::Visitor;
use crate::state::WebState;

/// A change of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Change {
    /// These edits, in this order.
    Edits(Vec<RulebookEdit>),
    /// The body of an earlier version; 0 is the default.
    Version(i64),
}

impl Change {
    /// What a hidden field carries.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("edits are plain data")
    }

    /// What a hidden field carried; `None` for anything that we did not write.
    pub(super) fn read(text: &str) -> Option<Change> {
        serde_json::from_str(text).ok()
    }

    /// The rulebook that it makes of the one that applies.
    pub(super) async fn make(
        &self,
        ruled: &Ruled,
        visitor: &Visitor,
        web: &WebState,
    ) -> Result<Result<Rulebook, Vec<FieldProblem>>, WebError> {
        match self {
            Change::Edits(edits) => {
                let mut book = ruled.book().clone();
                for edit in edits {
                    match book.edited(edit) {
                        Ok(edited) => book = edited,
                        Err(problems) => return Ok(Err(problems)),
                    }
                }
                Ok(Ok(book))
            }
            Change::Version(0) => {
                let first = rulebook_default(KindMap::quick(&ruled.types), web.fleets.options());
                Ok(Ok(first.after(ruled.book())))
            }
            Change::Version(version) => {
                let found = visitor.store.rulebook_version(*version).await?;
                let book = found.ok_or(WebError::NotFound)?.book.after(ruled.book());
                let problems = ruled.book().brought_in_by(&book);
                Ok(if problems.is_empty() { Ok(book) } else { Err(problems) })
            }
        }
    }

    /// The page that it was made on.
    pub(super) fn area(&self) -> Area {
        match self {
            Change::Version(_) => Area::Versions,
            Change::Edits(edits) => edits.first().map_or(Area::Kinds, area_of),
        }
    }
}

fn area_of(edit: &RulebookEdit) -> Area {
    match edit {
        RulebookEdit::SetKind { .. }
        | RulebookEdit::Ignore { .. }
        | RulebookEdit::MatchByName { .. } => Area::Kinds,
        RulebookEdit::SetKindAge { .. }
        | RulebookEdit::SetClientAge { .. }
        | RulebookEdit::SetCount { .. } => Area::Policies,
        RulebookEdit::SetClassAge { .. }
        | RulebookEdit::AddClass { .. }
        | RulebookEdit::RenameClass { .. }
        | RulebookEdit::SetAmounts { .. }
        | RulebookEdit::RemoveClass { .. }
        | RulebookEdit::MakeFirst { .. } => Area::Classes,
        RulebookEdit::SetRuleOrder { .. } | RulebookEdit::SetMonths { .. } => Area::Grading,
    }
}

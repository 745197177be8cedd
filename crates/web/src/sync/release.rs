//! Releasing a held stream: a person types the number of records that may be taken away.

use almanac_model::stream::Stream;
use almanac_store::{ReleaseRefused, ReleaseStream};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::runs::number;
use super::view::SyncView;
use super::{SyncRelease, page_of};
use crate::components::button::{Button, Weight, submit};
use crate::components::icon::{Icon, icon};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Form, needs};
use crate::flash::said;
use crate::halo_words::stream_title;
use crate::page::Chrome;
use crate::places;
use crate::route::Route;
use crate::state::WebState;

/// Digits of the largest number that is typed.
const DIGITS_MAX: usize = 12;

/// What a person sees who may release a stream.
#[derive(Debug, Clone)]
pub(super) struct ReleaseView {
    pub(super) stream: Stream,
    pub(super) number: u64,
    /// Who has released it already, and the scan that uses it is to come.
    pub(super) released: Option<String>,
    pub(super) typed: String,
    pub(super) fault: Option<String>,
}

impl ReleaseView {
    /// The form, or who released it already.
    pub(super) fn markup(&self) -> Markup {
        if let Some(by) = &self.released {
            return html! {
                p.text-2 { "Released by " (by) " for " (number(self.number)) ". The next whole read concludes as much, and no more." }
            };
        }
        let id = format!("release-{}", self.stream);
        let fault_id = format!("{id}-fault");
        let button = Button { weight: Weight::Danger, is_small: true, ..Button::new("Release") };
        html! {
            form.release method="post" action=(SyncRelease { stream: self.stream.to_string() }.url()) {
                div.field.has-fault[self.fault.is_some()] {
                    label for=(id) { "If that is right, type " b { (self.number) } " to let the next read apply it" }
                    input.input.tabular type="text" inputmode="numeric" id=(id) name="number"
                        value=(self.typed) maxlength=(DIGITS_MAX) autocomplete="off" spellcheck="false"
                        aria-invalid=[self.fault.as_ref().map(|_| "true")]
                        aria-describedby=[self.fault.as_ref().map(|_| &fault_id)];
                    @if let Some(fault) = &self.fault {
                        p.fault id=(fault_id) { (icon(Icon::Fault)) span { (fault) } }
                    }
                }
                (submit(&button, None))
            }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ReleaseForm {
    #[serde(default)]
    number: String,
}

pub(super) async fn release(
    visitor: Allowed<needs::ManageConnection>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<SyncRelease>,
    Form(form): Form<ReleaseForm>,
) -> Result<Response, WebError> {
    let stream: Stream = route.stream.parse().map_err(|_| WebError::NotFound)?;
    let connection = visitor.store.connection_active().await?.ok_or(WebError::NotFound)?;
    let back = see_other(&places::Sync {}.url());
    let fault = match number_of(&form.number) {
        None => "Type the number with digits alone. Nothing was released.".to_owned(),
        Some(number) => {
            let by = visitor.author();
            let (connection, at_ms) = (connection.id, web.now_ms());
            let release = ReleaseStream { connection, stream, number, by: &by, at_ms };
            match visitor.store.stream_release(&release).await? {
                Ok(()) => return Ok(said(back, &released(stream, number))),
                Err(ReleaseRefused::OtherNumber { held }) => refused(number, held),
                Err(ReleaseRefused::NotHeld) => {
                    let title = stream_title(stream);
                    return Ok(said(back, &format!("{title} are not on hold any more.")));
                }
                Err(ReleaseRefused::NoNumber) => {
                    let text =
                        "No number releases this hold: do what is said there, then read again.";
                    return Ok(said(back, text));
                }
            }
        }
    };
    let view: SyncView = page_of(&visitor, &web, &connection).await?;
    let typed: String = form.number.chars().take(DIGITS_MAX).collect();
    let page = view.with_fault(stream, &typed, &fault).page(&chrome);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// A number as people type it, with separators of thousands or without.
fn number_of(typed: &str) -> Option<u64> {
    let is_separator = |c: char| c == ',' || c == '.' || c == '\u{2019}' || c.is_whitespace();
    let digits: String = typed.chars().filter(|c| !is_separator(*c)).collect();
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

fn released(stream: Stream, count: u64) -> String {
    format!(
        "{} are released for {}. Halo is read again, and no more than that is concluded.",
        stream_title(stream),
        number(count)
    )
}

fn refused(typed: u64, held: u64) -> String {
    format!("You typed {}; it is {}. Nothing was released.", number(typed), number(held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_with_or_without_separators() {
        let table = [
            ("412", Some(412)),
            (" 1,204 ", Some(1_204)),
            ("1 204", Some(1_204)),
            ("", None),
            ("-1", None),
            ("4e2", None),
            ("99999999999999999999999", None),
        ];
        for (typed, want) in table {
            assert_eq!(number_of(typed), want, "{typed}");
        }
    }
}

//! The pages of rules in the states that matter. The forms need a fleet, so the tests through the
//! router show those.

use maud::Markup;

use super::preview;
use crate::page::Chrome;

/// The previews.
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    preview::samples(&Chrome::sample())
}

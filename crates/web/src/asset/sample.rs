//! The pages of an asset in the states that matter.

use maud::Markup;

use super::{bulk, conflict, form, page, why};
use crate::components::sample::HOSTILE;
use crate::page::Chrome;

/// Every page of this area in the states that matter.
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    let chrome = Chrome::sample();
    let mut all = page::samples(&chrome);
    all.extend([
        ("asset-why", why::sample("HP-WS-022", true).page(&chrome)),
        ("asset-why-hostile", why::sample(HOSTILE, false).page(&chrome)),
        ("asset-form-faults", form::sample(&chrome)),
        ("asset-conflict", conflict::sample(&chrome)),
    ]);
    all.extend(bulk::samples(&chrome));
    all
}

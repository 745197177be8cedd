//! Samples: what each component looks like, for the styleguide and for the test that renders all.

use maud::Markup;

/// One component in one state.
pub(crate) struct Sample {
    /// What is shown.
    pub(crate) name: &'static str,
    /// As rendered.
    pub(crate) markup: Markup,
    /// Whether it takes the whole width of the page.
    pub(crate) is_wide: bool,
}

impl Sample {
    /// A sample that fits a column.
    pub(crate) fn new(name: &'static str, markup: Markup) -> Self {
        Self { name, markup, is_wide: false }
    }

    /// A sample that needs the width of the page.
    pub(crate) fn wide(name: &'static str, markup: Markup) -> Self {
        Self { name, markup, is_wide: true }
    }
}

/// Text as hostile as Halo can send: it must be seen, never run.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>";

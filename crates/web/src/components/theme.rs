//! The choice of theme: a form that remembers it; the island shows it at once.

use maud::{Markup, html};

use super::button::{Button, hidden_fields, submit};
use super::sample::Sample;
use crate::preferences::Theme;

impl Theme {
    /// Every theme, in the order of the choice.
    pub(crate) const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Its name in forms and in `data-theme`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// What a person reads.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Theme::System => "As the system",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    /// What `<html>` says; nothing follows the system.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        (self != Theme::System).then(|| self.name())
    }
}

/// The choice, posted as `theme`.
pub(crate) fn theme_choice(action: &str, hidden: &[(&str, &str)], current: Theme) -> Markup {
    html! {
        theme-choice {
            form.form-foot method="post" action=(action) {
                (hidden_fields(hidden))
                fieldset.segments {
                    legend.unseen { "Theme" }
                    @for theme in Theme::ALL {
                        label {
                            input type="radio" name="theme" value=(theme.name()) checked[theme == current];
                            (theme.title())
                        }
                    }
                }
                span.no-script { (submit(&Button::new("Save theme"), None)) }
            }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let choice = theme_choice("/styleguide", &[], Theme::System);
    vec![Sample::new("Theme", html! { div.pad { (choice) } })]
}

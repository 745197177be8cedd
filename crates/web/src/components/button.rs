//! Buttons, and links that look like them. One primary button per view.

use maud::{Markup, html};

use super::icon::{Icon, icon, spinner};
use super::sample::Sample;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The one act of the view.
    Primary,
    /// Every other act.
    Normal,
    /// An act that is hardly one, such as Clear.
    Plain,
    /// An act that cannot be undone.
    Danger,
}

/// A button.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Button<'a> {
    /// Verb plus object or count.
    pub(crate) label: &'a str,
    /// How much it asks for attention.
    pub(crate) weight: Weight,
    /// Beside the label.
    pub(crate) icon: Option<Icon>,
    /// Whether it stands in a row or a panel, 26 px high.
    pub(crate) is_small: bool,
    /// The key that does the same.
    pub(crate) key: Option<&'a str>,
    /// Why it cannot be used now; said beside it, and it stays reachable by keyboard.
    pub(crate) off_because: Option<&'a str>,
    /// What it says while its form is sent.
    pub(crate) busy_label: Option<&'a str>,
}

impl<'a> Button<'a> {
    /// A normal button.
    pub(crate) const fn new(label: &'a str) -> Self {
        Self {
            label,
            weight: Weight::Normal,
            icon: None,
            is_small: false,
            key: None,
            off_because: None,
            busy_label: None,
        }
    }

    /// The one act of the view.
    pub(crate) const fn primary(label: &'a str) -> Self {
        Self { weight: Weight::Primary, ..Self::new(label) }
    }

    fn class(&self) -> String {
        let weight = match self.weight {
            Weight::Primary => " is-primary",
            Weight::Normal => "",
            Weight::Plain => " is-plain",
            Weight::Danger => " is-danger",
        };
        format!("button{weight}{}", if self.is_small { " is-small" } else { "" })
    }

    fn inside(&self) -> Markup {
        html! {
            @if let Some(shape) = self.icon { (icon(shape)) }
            (self.label)
            @if let Some(key) = self.key { (super::keys::chord(key)) }
        }
    }
}

/// A button that submits its form, with a name and value when the form has several.
pub(crate) fn submit(button: &Button<'_>, name_value: Option<(&str, &str)>) -> Markup {
    html! {
        button class=(button.class()) type="submit"
            name=[name_value.map(|(name, _)| name)] value=[name_value.map(|(_, value)| value)]
            aria-disabled=[button.off_because.map(|_| "true")]
            data-busy=[button.busy_label] { (button.inside()) }
        @if let Some(reason) = button.off_because { span.reason { (reason) } }
    }
}

/// A button that puts its form back as it came, without script too.
pub(crate) fn reset(button: &Button<'_>) -> Markup {
    html! { button class=(button.class()) type="reset" { (button.inside()) } }
}

/// A link that looks like a button: it leads somewhere and changes nothing.
pub(crate) fn link_button(button: &Button<'_>, href: &str) -> Markup {
    html! {
        @if let Some(reason) = button.off_because {
            a class=(button.class()) role="link" aria-disabled="true" tabindex="0" { (button.inside()) }
            span.reason { (reason) }
        } @else {
            a class=(button.class()) href=(href) { (button.inside()) }
        }
    }
}

/// A form that is one button: an act without anything to fill in.
pub(crate) fn act(button: &Button<'_>, action: &str, hidden: &[(&str, &str)]) -> Markup {
    html! {
        form method="post" action=(action) {
            (hidden_fields(hidden))
            (submit(button, None))
        }
    }
}

/// Values that a form carries unseen, such as its idempotency key.
pub(crate) fn hidden_fields(hidden: &[(&str, &str)]) -> Markup {
    html! { @for (name, value) in hidden { input type="hidden" name=(name) value=(value); } }
}

/// A button that is busy: its width and its place stay.
pub(crate) fn busy(label: &str) -> Markup {
    html! {
        button.button.is-primary type="button" aria-busy="true" aria-disabled="true" data-sample-busy {
            (spinner()) (label)
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let clear = Button { weight: Weight::Plain, ..Button::new("Clear") };
    let remove = Button {
        weight: Weight::Danger,
        icon: Some(Icon::Remove),
        ..Button::new("Unlink 3 clients")
    };
    let off = Button {
        off_because: Some("Contacts must be open to continue."),
        ..Button::primary("Continue to Scope")
    };
    let undo = Button { is_small: true, icon: Some(Icon::Undo), ..Button::new("Undo") };
    let check = Button {
        icon: Some(Icon::Sync),
        key: Some("R"),
        busy_label: Some("Checking"),
        ..Button::new("Check again")
    };
    let sample = html! {
        div.pad {
            div.actions {
                (act(&Button::primary("Apply 15 changes"), "/styleguide", &[("request_key", "0")]))
                (link_button(&Button::new("Reject"), "/styleguide"))
                (link_button(&clear, "/styleguide"))
            }
            br;
            div.actions { (submit(&remove, None)) (submit(&undo, Some(("plan", "417")))) (submit(&check, None)) }
            br;
            div.actions { (busy("Writing 12 of 36")) }
            br;
            div.actions { (link_button(&off, "/styleguide")) }
        }
    };
    vec![Sample::new("Buttons", sample)]
}

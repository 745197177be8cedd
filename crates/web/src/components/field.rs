//! Form fields: label above, help below, one sentence that says the repair, nothing typed thrown away.
//!
//! The label, help and fault are tied to the input by id, so that they are read with it. A secret is never
//! echoed: a password field has no value.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::sample::{HOSTILE, Sample};

/// What can be typed or chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Input<'a> {
    /// One line, with the most characters that it takes.
    Text {
        /// The most characters.
        length_max: u32,
    },
    /// An identifier or address, in mono.
    Code {
        /// The most characters.
        length_max: u32,
    },
    /// An e-mail address.
    Email,
    /// A secret; never echoed.
    Secret,
    /// A whole number.
    Number {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A day, as ISO.
    Date,
    /// Several lines.
    Area {
        /// The most characters.
        length_max: u32,
    },
    /// One of these: value and label.
    Select(&'a [(&'a str, &'a str)]),
}

/// A field of a form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Its name, and its id.
    pub(crate) name: &'a str,
    /// Above it.
    pub(crate) label: &'a str,
    /// Below it.
    pub(crate) help: Option<&'a str>,
    /// The repair, in one sentence.
    pub(crate) fault: Option<&'a str>,
    /// What was typed, or what is.
    pub(crate) value: &'a str,
    /// What can be typed.
    pub(crate) input: Input<'a>,
    /// Required is the norm.
    pub(crate) is_optional: bool,
    /// What a password safe or browser may fill in, such as `username`.
    pub(crate) autocomplete: &'a str,
}

impl<'a> Field<'a> {
    /// A required field without help or fault.
    pub(crate) const fn new(
        name: &'a str,
        label: &'a str,
        value: &'a str,
        input: Input<'a>,
    ) -> Self {
        Self {
            name,
            label,
            help: None,
            fault: None,
            value,
            input,
            is_optional: false,
            autocomplete: "off",
        }
    }

    fn described_by(&self) -> Option<String> {
        let fault = self.fault.map(|_| format!("{}-fault", self.name));
        let help = self.help.map(|_| format!("{}-help", self.name));
        let ids: Vec<String> = fault.into_iter().chain(help).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// A field with its label, fault and help.
pub(crate) fn field(field: &Field<'_>) -> Markup {
    html! {
        div.field.has-fault[field.fault.is_some()] {
            label for=(field.name) {
                (field.label)
                @if field.is_optional { span.optional { " optional" } }
            }
            (control(field))
            @if let Some(fault) = field.fault { (fault_line(field.name, fault)) }
            @if let Some(help) = field.help { p.help id={ (field.name) "-help" } { (help) } }
        }
    }
}

fn fault_line(name: &str, fault: &str) -> Markup {
    html! { p.fault id={ (name) "-fault" } { (icon(Icon::Fault)) span { (fault) } } }
}

fn control(field: &Field<'_>) -> Markup {
    let described = field.described_by();
    let invalid = field.fault.map(|_| "true");
    // The server checks and explains; `required` would stop a form before its summary can.
    let required = (!field.is_optional).then_some("true");
    let (kind, class, length_max) = match field.input {
        Input::Text { length_max } => ("text", "input", Some(length_max)),
        Input::Code { length_max } => ("text", "input mono", Some(length_max)),
        Input::Email => ("email", "input", Some(254)),
        Input::Secret => ("password", "input", None),
        Input::Number { .. } => ("number", "input tabular", None),
        Input::Date => ("date", "input tabular", None),
        Input::Area { length_max } => ("", "input", Some(length_max)),
        Input::Select(_) => ("", "input", None),
    };
    let range = match field.input {
        Input::Number { min, max } => Some((min, max)),
        _ => None,
    };
    let value = if matches!(field.input, Input::Secret) { None } else { Some(field.value) };
    html! {
        @match field.input {
            Input::Area { .. } => {
                textarea class=(class) id=(field.name) name=(field.name) maxlength=[length_max]
                    aria-invalid=[invalid] aria-describedby=[described] aria-required=[required] { (field.value) }
            },
            Input::Select(options) => {
                select class=(class) id=(field.name) name=(field.name)
                    aria-invalid=[invalid] aria-describedby=[described] aria-required=[required] {
                    @for (value, label) in options {
                        option value=(value) selected[*value == field.value] { (label) }
                    }
                }
            },
            _ => {
                input class=(class) type=(kind) id=(field.name) name=(field.name) value=[value]
                    maxlength=[length_max] min=[range.map(|(min, _)| min)] max=[range.map(|(_, max)| max)]
                    autocomplete=(field.autocomplete) spellcheck="false"
                    aria-invalid=[invalid] aria-describedby=[described] aria-required=[required];
            },
        }
    }
}

/// A box with its words; it waits for Save.
pub(crate) fn check_box(
    name: &str,
    value: &str,
    label: &str,
    help: Option<&str>,
    is_on: bool,
) -> Markup {
    choice("checkbox", name, value, label, help, is_on)
}

/// One of several, with its words.
pub(crate) fn radio(
    name: &str,
    value: &str,
    label: &str,
    help: Option<&str>,
    is_on: bool,
) -> Markup {
    choice("radio", name, value, label, help, is_on)
}

fn choice(
    kind: &str,
    name: &str,
    value: &str,
    label: &str,
    help: Option<&str>,
    is_on: bool,
) -> Markup {
    html! {
        label.choice {
            input type=(kind) name=(name) value=(value) checked[is_on];
            span { (label) @if let Some(help) = help { span.help { (help) } } }
        }
    }
}

/// The top of a form that was refused: how many faults, each a link to its field. `faults` are the names
/// of the fields with their repair; `saved` says what happened to the rest, such as "Nothing is saved yet."
pub(crate) fn form_summary(faults: &[(&str, &str)], saved: &str) -> Markup {
    let words = match faults.len() {
        1 => "1 field needs a change".to_owned(),
        many => format!("{many} fields need a change"),
    };
    html! {
        @if !faults.is_empty() {
            div.form-summary role="alert" tabindex="-1" {
                p { b { (words) } " " span.text-2 { (saved) } }
                ul { @for (name, fault) in faults { li { a href={ "#" (name) } { (fault) } } } }
            }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let slash = "Remove the slash at the end.";
    let secret = "Paste the secret. Halo shows it once; make a new key if it is lost.";
    let url = Input::Code { length_max: 300 };
    let kinds = [("laptop", "Laptop"), ("server", "Server")];
    let plain = [
        Field {
            help: Some("As you sign in to it."),
            fault: Some(slash),
            ..Field::new("halo_url", "Halo address", "https://calderridge.halopsa.com/", url)
        },
        Field { fault: Some(secret), ..Field::new("secret", "Client secret", "", Input::Secret) },
        Field::new("oauth_client", "Client ID", "5c1d0e7a-9f42-4b1e-8a61-2f0c", url),
    ];
    let rest = [
        Field {
            autocomplete: "email",
            ..Field::new("email", "E-mail address", "ruth@example.com", Input::Email)
        },
        Field {
            is_optional: true,
            ..Field::new("name", "Name", HOSTILE, Input::Text { length_max: 100 })
        },
        Field::new("years", "Policy age, years", "5", Input::Number { min: 1, max: 30 }),
        Field::new("until", "Keep until", "2027-06-30", Input::Date),
        Field::new("kind", "Kind", "server", Input::Select(&kinds)),
        Field::new("reason", "Reason", HOSTILE, Input::Area { length_max: 500 }),
    ];
    let refused = html! {
        form.form.pad method="post" action="/styleguide" {
            (form_summary(&[("halo_url", slash), ("secret", secret)], "Nothing is saved yet."))
            @for each in &plain { (field(each)) }
        }
    };
    let kinds_of = html! {
        form.form.pad method="post" action="/styleguide" {
            @for each in &rest { (field(each)) }
            (check_box("counts", "yes", "Warranty counts", Some("For servers and network only."), true))
            (radio("scope", "all", "All clients", None, true))
            (radio("scope", "some", "Chosen clients", None, false))
        }
    };
    vec![Sample::new("Error, form", refused), Sample::new("Fields", kinds_of)]
}

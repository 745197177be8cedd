//! How the agent and the application are made in Halo, with no more rights than are needed.
//!
//! The steps are those of Halo's own pages (HALO-API 5; two menu paths are documented).

use maud::{Markup, html};

use super::areas::{AGENT_BOXES, AGENT_PATH, APPLICATION_PATH, SCOPES};
use super::outcome::path;
use crate::components::button::Button;
use crate::components::icon::{Icon, icon};
use crate::components::page::section_head;

/// The guide; `hosts` are those that Almanac calls.
pub(super) fn guide(is_open: bool, hosts: &[String]) -> Markup {
    html! {
        section.section #guide {
            (section_head("In Halo", Some(&html! { "an agent to log in as, an application, and their rights" })))
            (step("1. The agent", is_open, &agent()))
            (step("2. The application", is_open, &application()))
            (step("3. The rights, and no more", is_open, &rights()))
            (step("4. Addresses to allow", false, &addresses(hosts)))
        }
    }
}

fn step(title: &str, is_open: bool, inside: &Markup) -> Markup {
    html! { details.halo-step open[is_open] { summary { b { (title) } } (inside) } }
}

fn fields(rows: &[(&str, &str)]) -> Markup {
    html! { dl.facts { @for (field, value) in rows { dt { (field) } dd { (value) } } } }
}

fn agent() -> Markup {
    html! {
        (path(&AGENT_PATH[..3], &html! { b { "New" } }))
        (fields(&[
            ("Username", "Almanac API"),
            ("Email Address", "one that no other agent has"),
            ("Password", "long and random, or empty"),
            ("Roles", "leave empty"),
            ("Account Active", "checked; it must stay so"),
            ("Is API-only Agent", "checked"),
            ("Default Team, Working Hours", "as they are"),
        ]))
        p { "Save, open the agent's " b { "Permissions" } " tab, choose " b { "Edit" } ", and set:" }
        (fields(&AGENT_BOXES))
    }
}

fn application() -> Markup {
    html! {
        (path(&APPLICATION_PATH[..4], &html! { b { "New" } }))
        p.text-2 { "In some versions HaloPSA API stands directly under Configuration." }
        (fields(&[
            ("Application Name", "Almanac"),
            ("Application Method", "Client ID and Secret (Services)"),
            ("Client ID, Client Secret", "copy both now: Halo shows the secret once"),
            ("Allow Agent Logins", "checked"),
            ("Login Type", "Agent"),
            ("Agent to log in as", "Almanac API"),
        ]))
        p { "Save, open the application's " b { "Permissions" } " tab, choose " b { "Edit" } ", and tick:" }
        @for scope in SCOPES {
            (path(&APPLICATION_PATH[3..], &html! { (icon(Icon::Check)) code { (scope) } }))
        }
    }
}

fn rights() -> Markup {
    let list = list_to_copy();
    let copy = Button { icon: Some(Icon::Copy), is_small: true, ..Button::new("Copy the list") };
    html! {
        p { "With these Almanac reads clients, sites, contacts, assets, tickets, opportunities, projects, contracts "
            "and invoices, and can change nothing in Halo. It needs the first four boxes and the first two scopes; "
            "without one of the others it works without that area. "
            "“All standard” works too and gives far more than is needed." }
        pre.raw { (list) }
        button.button.is-small type="button" data-copy=(list) data-script { (icon(Icon::Copy)) (copy.label) }
    }
}

fn list_to_copy() -> String {
    let boxes: Vec<String> =
        AGENT_BOXES.iter().map(|(name, level)| format!("  {name}: {level}")).collect();
    format!(
        "Application permissions:\n  {}\nAgent permissions:\n{}\n",
        SCOPES.join("\n  "),
        boxes.join("\n")
    )
}

fn addresses(hosts: &[String]) -> Markup {
    html! {
        p { "From the server that Almanac runs on, port 443 must be open to:" }
        @if hosts.is_empty() {
            p.text-2 { "the host of your Halo address, and the host of its authorisation server" }
        } @else {
            ul { @for host in hosts { li { code { (host) } } } }
        }
        p { "If your Halo accepts calls from listed addresses only, list the address under which that server reaches the \
             internet. Whoever runs your network knows it; Almanac does not." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_to_copy_has_every_right_and_no_writing_one() {
        let list = list_to_copy();
        assert!(list.contains("read:customers") && list.contains("Users Access Level: Read Only"));
        assert!(!list.contains("edit:") && !list.contains("Modify"));
    }
}

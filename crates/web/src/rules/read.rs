//! The form of a part as edits: only what differs from the rules that apply.

use std::collections::BTreeSet;

use almanac_model::class::{Amounts, Class};
use almanac_model::clock::ClockName;
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;
use almanac_model::policy::Count;
use almanac_model::rule::Condition;
use almanac_model::rulebook_check::FieldProblem;
use almanac_model::rulebook_edit::RulebookEdit;

use super::Area;
use super::classes::{AMOUNTS, amounts_of, typed_amount};
use super::inputs::Typed;
use super::kinds::{self, BY_NAME, IGNORED};
use super::load::Ruled;
use super::policies::{COUNTS, count_name, years};

/// What a form changes; what cannot be read becomes a fault of its field.
pub(super) fn edits(area: Area, ruled: &Ruled, typed: &mut Typed) -> Vec<RulebookEdit> {
    match area {
        Area::Kinds => kind_edits(ruled, typed),
        Area::Policies => policy_edits(ruled, typed),
        Area::Classes => class_edits(ruled, typed),
        Area::Grading => grading_edits(ruled, typed),
        Area::Versions => Vec::new(),
    }
}

/// The field of the form that a problem of the rulebook belongs to.
pub(super) fn field_of(problem: &FieldProblem) -> String {
    let parts: Vec<&str> = problem.field.split('.').collect();
    match parts[..] {
        ["policies", kind, "age"] => format!("years.{kind}"),
        ["classes", id, "age"] => format!("class_years.{id}"),
        ["classes", id, "name"] => format!("name.{id}"),
        ["classes", id, "amounts"] => format!("hardware.{id}"),
        ["rules", id, what @ ("months" | "order")] => format!("{what}.{id}"),
        ["clients", .., "age"] => "new_client_years".to_owned(),
        _ => problem.field.clone(),
    }
}

/// Text of a field if it differs from what is.
fn changed<'a>(typed: &'a Typed, name: &str, present: &str) -> Option<&'a str> {
    typed.get(name).map(str::trim).filter(|value| *value != present)
}

fn kind_edits(ruled: &Ruled, typed: &mut Typed) -> Vec<RulebookEdit> {
    let mut edits = Vec::new();
    let mut faults = Vec::new();
    for found in &ruled.types {
        let name = format!("kind.{}", found.remote_id);
        let Some(value) = changed(typed, &name, kinds::present(ruled, found)) else { continue };
        let asset_type = found.remote_id.clone();
        match value {
            IGNORED => edits.push(RulebookEdit::Ignore { asset_type }),
            BY_NAME => edits.push(RulebookEdit::MatchByName { asset_type }),
            value => match kind(value) {
                Some(kind) => edits.push(RulebookEdit::SetKind { asset_type, kind }),
                None => faults.push((name, "Choose a kind.")),
            },
        }
    }
    faults.into_iter().for_each(|(name, repair)| typed.fault(name, repair));
    edits
}

fn kind(name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// Months of what was typed as years: `5`, `5.5`, `5,5`, `40 months`; empty is none.
fn months(typed: &str) -> Result<Option<u32>, &'static str> {
    const REPAIR: &str = "Write years as a number, such as 5 or 5.5.";
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    if let Some(months) = typed.strip_suffix("months") {
        return months.trim().parse().map(Some).map_err(|_| REPAIR);
    }
    let years: f64 = typed.replace(',', ".").parse().map_err(|_| REPAIR)?;
    if !(0.0..=1_000.0).contains(&years) {
        return Err(REPAIR);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0 and 12,000"
    )]
    Ok(Some((years * 12.0).round() as u32))
}

fn policy_edits(ruled: &Ruled, typed: &mut Typed) -> Vec<RulebookEdit> {
    let mut edits = Vec::new();
    let mut faults = Vec::new();
    let policies = &ruled.book().policies;
    for kind in Kind::ALL {
        let policy = policies.kind(kind);
        let clocks = [
            ("age", ClockName::PolicyAge, policy.counts.age),
            ("warranty", ClockName::Warranty, policy.counts.warranty),
            ("os", ClockName::OsSupport, policy.counts.os),
        ];
        // Fewer demands first: age that no longer counts may then go, and what is needed is there.
        let mut counts = Vec::new();
        for (field, clock, present) in clocks {
            let name = format!("{field}.{kind}");
            let Some(value) = changed(typed, &name, count_name(present)) else { continue };
            match count(value) {
                Some(count) => counts.push(RulebookEdit::SetCount { kind, clock, count }),
                None => faults.push((name, "Choose whether it counts.")),
            }
        }
        let is_needed = |edit: &RulebookEdit| {
            matches!(edit, RulebookEdit::SetCount { count: Count::Needed, .. })
        };
        let (needed, others): (Vec<_>, Vec<_>) = counts.into_iter().partition(is_needed);
        edits.extend(others);
        let name = format!("years.{kind}");
        if let Some(value) = changed(typed, &name, &years(policy.age_months)) {
            match months(value) {
                Ok(months) => edits.push(RulebookEdit::SetKindAge { kind, months }),
                Err(repair) => faults.push((name, repair)),
            }
        }
        edits.extend(needed);
    }
    for (client, kind, present) in policies.clients() {
        let name = format!("client_years.{kind}.{client}");
        let Some(value) = changed(typed, &name, &years(Some(present))) else { continue };
        match months(value) {
            Ok(months) => {
                edits.push(RulebookEdit::SetClientAge { client: client.clone(), kind, months });
            }
            Err(repair) => faults.push((name, repair)),
        }
    }
    faults.into_iter().for_each(|(name, repair)| typed.fault(name, repair));
    edits.extend(new_agreement(ruled, typed));
    edits
}

fn count(name: &str) -> Option<Count> {
    COUNTS.iter().find(|(_, known, _)| *known == name).map(|(count, _, _)| *count)
}

fn new_agreement(ruled: &Ruled, typed: &mut Typed) -> Option<RulebookEdit> {
    let client = typed.value("new_client", "");
    let of = typed.value("new_client_years", "");
    if client.is_empty() && of.trim().is_empty() {
        return None;
    }
    let client = RemoteId::new(client);
    if ruled.client_name(&client).is_none() {
        typed.fault("new_client", "Choose the client that this is agreed with.");
    }
    let kind = kind(&typed.value("new_client_kind", ""));
    match (months(&of), kind) {
        (Ok(Some(months)), Some(kind)) => {
            Some(RulebookEdit::SetClientAge { client, kind, months: Some(months) })
        }
        (Ok(None), _) => {
            typed.fault("new_client_years", "Give the years that are agreed.");
            None
        }
        (Err(repair), _) => {
            typed.fault("new_client_years", repair);
            None
        }
        (_, None) => {
            typed.fault("new_client_kind", "Choose a kind.");
            None
        }
    }
}

/// Minor units of what was typed: `1240`, `1,240.50`, `£1,240`; empty is 0.
fn minor(typed: &str) -> Result<i64, &'static str> {
    const REPAIR: &str = "Write the amount as 1240 or 1240.50.";
    let is_beside = |c: char| c.is_whitespace() || matches!(c, '£' | '€' | '$' | ',');
    let plain: String = typed.chars().filter(|c| !is_beside(*c)).collect();
    let (units, cents) = plain.split_once('.').unwrap_or((&plain, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(units) || !is_digits(cents) || cents.len() > 2 || units.len() > 12 {
        return Err(REPAIR);
    }
    let number = |text: &str| if text.is_empty() { Ok(0) } else { text.parse::<i64>() };
    let units = number(units).map_err(|_| REPAIR)?;
    let cents = number(&format!("{cents:0<2}")).map_err(|_| REPAIR)?;
    Ok(units * 100 + cents)
}

fn class_edits(ruled: &Ruled, typed: &mut Typed) -> Vec<RulebookEdit> {
    let mut edits = Vec::new();
    for class in ruled.book().classes.all() {
        let (id, key) = (class.id, class.id.0);
        if typed.is_ticked(&format!("remove.{key}")) {
            edits.push(RulebookEdit::RemoveClass { class: id });
            continue;
        }
        if let Some(name) = changed(typed, &format!("name.{key}"), &class.name) {
            edits.push(RulebookEdit::RenameClass { class: id, name: name.to_owned() });
        }
        if let Some(amounts) = amounts_typed(class, typed) {
            edits.push(RulebookEdit::SetAmounts { class: id, amounts });
        }
        let present = ruled.book().policies.classes().find(|(of, _)| *of == id);
        let present = years(present.map(|(_, months)| months));
        let name = format!("class_years.{key}");
        match changed(typed, &name, &present).map(months) {
            Some(Ok(months)) => edits.push(RulebookEdit::SetClassAge { class: id, months }),
            Some(Err(repair)) => typed.fault(name, repair),
            None => {}
        }
        if typed.is_ticked(&format!("first.{key}")) {
            edits.push(RulebookEdit::MakeFirst { class: id });
        }
    }
    edits.extend(new_class(ruled, typed));
    edits
}

/// The amounts of a class, where one differs.
fn amounts_typed(class: &Class, typed: &mut Typed) -> Option<Amounts> {
    let mut amounts = amounts_of(class.amounts());
    let mut has_changed = false;
    for ((name, _), amount) in AMOUNTS.iter().zip(&mut amounts) {
        let name = format!("{name}.{}", class.id.0);
        match changed(typed, &name, &typed_amount(*amount)).map(minor) {
            Some(Ok(minor)) if minor != *amount => {
                *amount = minor;
                has_changed = true;
            }
            Some(Err(repair)) => typed.fault(name, repair),
            _ => {}
        }
    }
    let [hardware, set_up, on_site] = amounts;
    has_changed.then_some(Amounts { hardware, set_up, on_site })
}

fn new_class(ruled: &Ruled, typed: &mut Typed) -> Option<RulebookEdit> {
    let name = typed.value("new_name", "").trim().to_owned();
    if name.is_empty() {
        return None;
    }
    let mut amounts = [0; 3];
    for ((field, _), amount) in AMOUNTS.iter().zip(&mut amounts) {
        let field = format!("new_{field}");
        match minor(&typed.value(&field, "")) {
            Ok(minor) => *amount = minor,
            Err(repair) => typed.fault(field, repair),
        }
    }
    let Some(kind) = kind(&typed.value("new_kind", "")) else {
        typed.fault("new_kind", "Choose a kind.");
        return None;
    };
    let [hardware, set_up, on_site] = amounts;
    let amounts = Amounts { hardware, set_up, on_site };
    Some(RulebookEdit::AddClass { kind, name, amounts, currency: ruled.fleet.currency() })
}

fn grading_edits(ruled: &Ruled, typed: &mut Typed) -> Vec<RulebookEdit> {
    let rules = ruled.book().rules.rules();
    let mut edits = Vec::new();
    let mut places = Vec::new();
    for (place, rule) in (1_i64..).zip(rules) {
        let name = format!("order.{}", rule.id);
        match typed.value(&name, &place.to_string()).trim().parse::<i64>() {
            Ok(number) => places.push((number, rule.id.to_string())),
            Err(_) => typed.fault(name, "Give a whole number."),
        }
        if let Condition::EndsWithin { months, .. } = rule.when {
            let name = format!("months.{}", rule.id);
            match changed(typed, &name, &months.to_string()).map(str::parse) {
                Some(Ok(months)) => {
                    edits.push(RulebookEdit::SetMonths { rule: rule.id.to_string(), months });
                }
                Some(Err(_)) => typed.fault(name, "Give a whole number of months."),
                None => {}
            }
        }
    }
    let numbers: BTreeSet<i64> = places.iter().map(|(number, _)| *number).collect();
    if numbers.len() < places.len() {
        let again = places
            .iter()
            .enumerate()
            .find(|(at, (number, _))| places[..*at].iter().any(|(earlier, _)| earlier == number));
        if let Some((_, (_, id))) = again {
            typed.fault(format!("order.{id}"), "Another rule has this number; give each its own.");
        }
    }
    places.sort_by_key(|(number, _)| *number);
    let order: Vec<String> = places.into_iter().map(|(_, id)| id).collect();
    let is_same = order.iter().map(String::as_str).eq(rules.iter().map(|rule| &*rule.id));
    if !is_same && typed.is_good() {
        edits.push(RulebookEdit::SetRuleOrder { rules: order });
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_read_as_people_write_them() {
        assert_eq!(months("5"), Ok(Some(60)));
        assert_eq!(months(" 5,5 "), Ok(Some(66)));
        assert_eq!(months("40 months"), Ok(Some(40)));
        assert_eq!(months(""), Ok(None));
        for wrong in ["five", "-1", "NaN", "inf", "1e9", "5 years", "<script>"] {
            assert!(months(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        assert_eq!(minor("1240"), Ok(124_000));
        assert_eq!(minor("£1,240.5"), Ok(124_050));
        assert_eq!(minor(""), Ok(0));
        for wrong in ["-1", "1.234", "abc", "9999999999999999999", "1.2.3"] {
            assert!(minor(wrong).is_err(), "{wrong}");
        }
        assert_eq!(typed_amount(124_050), "1240.50");
        assert_eq!(minor(&typed_amount(124_050)), Ok(124_050));
    }
}

//! Facts depend on what the PSA says, not on the order it says it in.

use almanac_model::asset::{RemoteField, RemoteValue};
use almanac_model::chain::{Chains, Link, Target, resolve};
use almanac_model::fact::Facts;
use proptest::prelude::*;
use proptest::sample::select;

fn chains() -> Chains {
    let links = || {
        [
            Link::TypedName("Purchase Date".into()),
            Link::CustomId("3".into()),
            Link::Standard("purchased".into()),
        ]
    };
    Chains::new()
        .with(Target::PurchaseDate, links())
        .with(Target::SerialNumber, links())
        .with(Target::Notes, links())
}

/// The long way round: what [`resolve`] finds by an index, asked of one link and one field.
fn answers(link: &Link, field: &RemoteField) -> bool {
    match (link, field) {
        (Link::Standard(want), RemoteField::Standard(name)) => want == name,
        (Link::CustomId(want), RemoteField::Custom { field_id, .. }) => want == field_id,
        (Link::TypedName(want), RemoteField::Typed { name, .. }) => want.eq_ignore_ascii_case(name),
        _ => false,
    }
}

fn value() -> impl Strategy<Value = RemoteValue> {
    let names = select(vec!["Purchase Date", "purchase date", "purchased", "Other"]);
    let texts = select(vec![
        "2024-03-01T00:00:00",
        "2023-12-24",
        "1900-01-01T00:00:00",
        "01/03/2024",
        "None",
        "5CG1234",
        "soon",
    ]);
    (0..3_u8, 0..12_u8, names, texts).prop_map(|(form, id, name, text)| {
        let (field_id, name) = (id.to_string(), name.to_owned());
        let field = match form {
            0 => RemoteField::Standard(name),
            1 => RemoteField::Typed { field_id, name },
            _ => RemoteField::Custom { field_id, name },
        };
        let value = text.to_owned();
        RemoteValue { field, value }
    })
}

fn values() -> impl Strategy<Value = (Vec<RemoteValue>, Vec<RemoteValue>)> {
    proptest::collection::vec(value(), 0..12)
        .prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle()))
}

proptest! {
    #[test]
    fn the_order_of_values_does_not_matter((values, shuffled) in values()) {
        prop_assert_eq!(resolve(&chains(), &values), resolve(&chains(), &shuffled));
    }

    #[test]
    fn the_first_link_that_has_a_value_wins((values, _) in values()) {
        let chains = chains();
        let facts = resolve(&chains, &values);
        // Asked link after link: notes take any text, so the first answered link is the one.
        let answered = chains
            .links(Target::Notes)
            .iter()
            .position(|link| values.iter().any(|value| answers(link, &value.field)));
        let fact = facts.get(Target::Notes).map(|fact| usize::from(fact.link));
        prop_assert_eq!(fact, answered);
    }

    #[test]
    fn facts_survive_being_stored((values, _) in values()) {
        let facts = resolve(&chains(), &values);
        let stored = serde_json::to_string(&facts).unwrap();
        prop_assert_eq!(serde_json::from_str::<Facts>(&stored).unwrap(), facts);
    }

    #[test]
    fn a_fact_names_a_value_that_was_there((values, _) in values()) {
        let chains = chains();
        let facts = resolve(&chains, &values);
        for (target, fact) in &facts.values {
            let link = &chains.links(*target)[usize::from(fact.link)];
            prop_assert!(answers(link, &fact.field));
            prop_assert!(values.iter().any(|v| v.field == fact.field && v.value == fact.text));
        }
    }
}

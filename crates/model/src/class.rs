//! Classes: what replacing an asset of a kind costs.
//!
//! A class belongs to one kind and holds three one-time amounts. The amounts of
//! [`Classes::placeholders`] are where an MSP begins editing, not prices.

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::money::{Currency, MINOR_MAX, Money};
use crate::rulebook_check::FieldProblem;
use crate::rulebook_edit::place_of;

/// Identifies a class within a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClassId(pub u32);

/// The one-time amounts of a class, in minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amounts {
    /// The machine itself.
    pub hardware: i64,
    /// Preparing it before delivery.
    pub set_up: i64,
    /// Work at the client's site.
    pub on_site: i64,
}

/// What replacing an asset costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredClass")]
pub struct Class {
    /// Identifies it.
    pub id: ClassId,
    /// The kind whose assets may have it.
    pub kind: Kind,
    /// Display name, such as `Standard`.
    pub name: String,
    amounts: Amounts,
    currency: Currency,
}

/// An amount that is negative or larger than [`MINOR_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount must be between 0 and {MINOR_MAX} minor units; this one is {0}")]
pub struct AmountOutOfRange(pub i64);

#[derive(Deserialize)]
struct StoredClass {
    id: ClassId,
    kind: Kind,
    name: String,
    amounts: Amounts,
    currency: Currency,
}

impl TryFrom<StoredClass> for Class {
    type Error = AmountOutOfRange;

    fn try_from(stored: StoredClass) -> Result<Class, AmountOutOfRange> {
        let class = Class {
            id: stored.id,
            kind: stored.kind,
            name: stored.name,
            amounts: Amounts::default(),
            currency: stored.currency,
        };
        class.with_amounts(stored.amounts)
    }
}

impl Class {
    /// A class that costs nothing yet.
    pub fn new(id: ClassId, kind: Kind, name: impl Into<String>, currency: Currency) -> Class {
        Class { id, kind, name: name.into(), amounts: Amounts::default(), currency }
    }

    /// The same class with other amounts. Errs where one is negative or larger than
    /// [`MINOR_MAX`].
    pub fn with_amounts(mut self, amounts: Amounts) -> Result<Class, AmountOutOfRange> {
        for minor in [amounts.hardware, amounts.set_up, amounts.on_site] {
            if !(0..=MINOR_MAX).contains(&minor) {
                return Err(AmountOutOfRange(minor));
            }
        }
        self.amounts = amounts;
        Ok(self)
    }

    /// Its three amounts.
    pub fn amounts(&self) -> Amounts {
        self.amounts
    }

    /// Its currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The sum of its three amounts, to the cent.
    pub fn total(&self) -> Money {
        let Amounts { hardware, set_up, on_site } = self.amounts;
        Money { minor: hardware + set_up + on_site, currency: self.currency }
    }
}

/// The classes of a tenant. The first class of a kind is what assets without a choice have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Classes {
    classes: Vec<Class>,
}

impl Classes {
    /// These classes, in this order.
    pub fn new(classes: Vec<Class>) -> Classes {
        Classes { classes }
    }

    /// One class `Standard` for each kind that is bought, in `currency`, with round amounts that
    /// only stand for what the MSP will fill in. Their identifiers are 1, 2, 3 …
    pub fn placeholders(currency: Currency) -> Classes {
        let amounts: [(Kind, [i64; 3]); 15] = [
            (Kind::Workstation, [1_200, 200, 150]),
            (Kind::Laptop, [1_500, 200, 100]),
            (Kind::Tablet, [700, 75, 0]),
            (Kind::MobilePhone, [800, 75, 0]),
            (Kind::Server, [8_000, 2_000, 1_000]),
            (Kind::Storage, [3_000, 500, 300]),
            (Kind::Firewall, [1_200, 400, 300]),
            (Kind::Router, [400, 150, 150]),
            (Kind::Switch, [800, 150, 300]),
            (Kind::AccessPoint, [300, 50, 150]),
            (Kind::Printer, [600, 75, 100]),
            (Kind::Ups, [600, 50, 150]),
            (Kind::Phone, [200, 50, 50]),
            (Kind::Monitor, [250, 0, 50]),
            (Kind::Camera, [300, 50, 150]),
        ];
        let class = |(index, (kind, [hardware, set_up, on_site])): (usize, (Kind, [i64; 3]))| {
            let id = ClassId(u32::try_from(index + 1).expect("the table is short"));
            let amounts =
                Amounts { hardware: hardware * 100, set_up: set_up * 100, on_site: on_site * 100 };
            Class::new(id, kind, "Standard", currency)
                .with_amounts(amounts)
                .expect("the table holds small amounts")
        };
        Classes::new(amounts.into_iter().enumerate().map(class).collect())
    }

    /// Every class, in order.
    pub fn all(&self) -> &[Class] {
        &self.classes
    }

    /// A class by its identifier.
    pub fn get(&self, id: ClassId) -> Option<&Class> {
        self.classes.iter().find(|class| class.id == id)
    }

    /// A class by its identifier, to be changed.
    pub(crate) fn class_mut(&mut self, id: ClassId) -> Result<&mut Class, FieldProblem> {
        let at = place_of(&self.classes, id)?;
        Ok(&mut self.classes[at])
    }

    /// The chosen class if it is one of `kind`, otherwise the first of `kind`.
    pub fn of(&self, kind: Kind, chosen: Option<ClassId>) -> Option<&Class> {
        let mut of_kind = self.classes.iter().filter(|class| class.kind == kind);
        let first = of_kind.clone().next();
        match chosen {
            Some(id) => of_kind.find(|class| class.id == id).or(first),
            None => first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros() -> Currency {
        Currency::new("EUR").unwrap()
    }

    #[test]
    fn a_total_is_the_sum_of_the_parts_to_the_cent() {
        let amounts = Amounts { hardware: 119_999, set_up: 20_001, on_site: 5 };
        let class = Class::new(ClassId(1), Kind::Laptop, "Basic", euros());
        assert_eq!(class.with_amounts(amounts).unwrap().total().minor, 140_005);
    }

    #[test]
    fn an_amount_out_of_range_is_refused_also_when_stored() {
        let class = Class::new(ClassId(1), Kind::Laptop, "Basic", euros());
        for minor in [-1, MINOR_MAX + 1, i64::MAX] {
            let amounts = Amounts { hardware: minor, ..Amounts::default() };
            assert_eq!(class.clone().with_amounts(amounts), Err(AmountOutOfRange(minor)));
        }
        let mut stored = serde_json::to_value(&class).unwrap();
        assert_eq!(serde_json::from_value::<Class>(stored.clone()).unwrap(), class);
        stored["amounts"]["on_site"] = (-1).into();
        assert!(serde_json::from_value::<Class>(stored).is_err());
    }

    #[test]
    fn a_class_of_another_kind_is_not_used() {
        let classes = Classes::placeholders(euros());
        let laptop = classes.of(Kind::Laptop, None).unwrap();
        assert_eq!(classes.of(Kind::Server, Some(laptop.id)).unwrap().kind, Kind::Server);
        assert_eq!(classes.of(Kind::Laptop, Some(laptop.id)), Some(laptop));
        assert_eq!(classes.of(Kind::VirtualMachine, None), None);
    }
}

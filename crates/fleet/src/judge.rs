//! Grades held assets: the rulebook on a day, with what many assets share worked out once.

use std::collections::HashMap;

use almanac_model::class::ClassId;
use almanac_model::id::RemoteId;
use almanac_model::kind::KindChoice;
use almanac_model::os::OsSupport;
use almanac_model::verdict::{AssetVerdict, JudgeInput, Rulebook};
use jiff::civil::Date;

use crate::names::{Names, Symbol};
use crate::source::Source;

/// Grades held assets.
pub(crate) struct Judge<'a> {
    book: &'a Rulebook,
    names: &'a Names,
    on: Date,
    kinds: HashMap<(Option<Symbol>, Option<Symbol>), KindChoice>,
    clients: HashMap<Symbol, RemoteId>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(book: &'a Rulebook, names: &'a Names, on: Date) -> Judge<'a> {
        Judge { book, names, on, kinds: HashMap::new(), clients: HashMap::new() }
    }

    /// What the rulebook says of an asset, and its class; `None` is one of an ignored type.
    pub(crate) fn judge(&mut self, source: &Source) -> Option<(AssetVerdict, Option<ClassId>)> {
        let KindChoice::Kind(kind) = self.kind(source) else { return None };
        let client = source.client.map(|symbol| {
            let id = || RemoteId::new(self.names.text(symbol));
            &*self.clients.entry(symbol).or_insert_with(id)
        });
        let choices = source.choices();
        let input = JudgeInput {
            kind,
            client,
            purchased_on: source.purchased_on,
            warranty_ends_on: source.warranty_ends_on,
            os: source.os.map(OsSupport::from),
            choices,
        };
        let class = self.book.classes.of(kind, choices.class).map(|class| class.id);
        Some((self.book.judge_input(&input, self.on), class))
    }

    fn kind(&mut self, source: &Source) -> KindChoice {
        let of_type = (source.asset_type, source.type_name);
        *self.kinds.entry(of_type).or_insert_with(|| {
            let id = source.asset_type.map(|symbol| RemoteId::new(self.names.text(symbol)));
            let name = source.type_name.map(|symbol| self.names.text(symbol));
            self.book.kinds.choice(id.as_ref(), name)
        })
    }
}

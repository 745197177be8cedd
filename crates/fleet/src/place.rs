//! Assets on their way into a body: judged, and sorted as a body is.
//!
//! Judging is most of what a new day or a new rulebook costs, so many sources are shared out over
//! a few threads. Each part comes out sorted; whoever puts them together has only to merge.

use std::cmp::Ordering;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;

use crate::asset::{FleetAsset, References};
use crate::body::Frame;
use crate::judge::Judge;
use crate::source::Source;

/// So many threads judge at once, at most: pages are answered meanwhile.
const THREADS_MAX: usize = 4;

/// Fewer sources than this are not worth a thread.
const PART_MIN: usize = 4_000;

/// One asset on its way into a body.
pub(crate) struct Placed {
    pub(crate) asset: FleetAsset,
    pub(crate) folded: Box<str>,
}

impl Placed {
    pub(crate) fn cmp(&self, other: &Placed) -> Ordering {
        let key = |placed: &Placed| placed.asset.client;
        key(self)
            .cmp(&key(other))
            .then_with(|| self.folded.cmp(&other.folded))
            .then_with(|| self.asset.remote_id().cmp(other.asset.remote_id()))
    }
}

/// Sources that one thread judged, both kinds in their order.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) placed: Vec<Placed>,
    pub(crate) hidden: Vec<Arc<Source>>,
    /// Places in `placed`, in the order of assets.
    pub(crate) order: Vec<u32>,
}

impl Frame {
    /// Judges and sorts sources, on several threads where there are many.
    pub(crate) fn place_all(&self, sources: &[Arc<Source>]) -> Vec<Part> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let size = sources.len().div_ceil(threads.min(THREADS_MAX));
        self.place_parts(sources, size.max(PART_MIN))
    }

    /// Judges and sorts sources in parts of a size, each on a thread, the first on this one.
    fn place_parts(&self, sources: &[Arc<Source>], size: usize) -> Vec<Part> {
        std::thread::scope(|scope| {
            let mut parts = sources.chunks(size);
            let first = parts.next().unwrap_or_default();
            let others: Vec<_> =
                parts.map(|part| scope.spawn(move || self.place_part(part))).collect();
            let mut placed = vec![self.place_part(first)];
            for other in others {
                // A panic goes on where it would have gone without the thread.
                placed.push(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            placed
        })
    }

    fn place_part(&self, sources: &[Arc<Source>]) -> Part {
        let mut judge = Judge::new(&self.book.rules, &self.names, self.on);
        let mut part = Part::default();
        part.placed.reserve(sources.len());
        for source in sources {
            match self.place(&mut judge, source) {
                Some(asset) => part.placed.push(asset),
                None => part.hidden.push(Arc::clone(source)),
            }
        }
        let placed = &part.placed;
        part.order.extend((0..).take(placed.len()));
        part.order.sort_unstable_by(|&a, &b| placed[a as usize].cmp(&placed[b as usize]));
        part
    }

    /// Judges a source; `None` is one of an ignored type.
    pub(crate) fn place(&self, judge: &mut Judge<'_>, source: &Arc<Source>) -> Option<Placed> {
        let (verdict, class) = judge.judge(source)?;
        let references = self.references(source);
        let asset = FleetAsset::new(Arc::clone(source), references, class, &verdict);
        Some(Placed { asset, folded: fold(source.own()) })
    }

    /// Where a source's references lead.
    pub(crate) fn references(&self, source: &Source) -> References {
        let reference = &self.reference;
        References {
            client: reference.client(source.client),
            site: reference.site(source.site),
            type_name: reference.asset_type(source.asset_type).or(source.type_name),
            status: reference.status(source.status),
        }
    }
}

fn fold(text: &str) -> Box<str> {
    if text.is_ascii() { text.to_ascii_lowercase().into() } else { text.to_lowercase().into() }
}

#[cfg(test)]
mod tests {
    use almanac_model::class::Classes;
    use almanac_model::money::Currency;
    use almanac_model::verdict::Rulebook;
    use almanac_store::AssetBrief;
    use jiff::civil::Date;

    use super::*;
    use crate::body::{Body, Book};
    use crate::names::Names;
    use crate::reference::Reference;
    use crate::source::SourceReader;
    use crate::tally::Calendar;

    #[test]
    fn how_many_threads_judge_makes_no_difference() {
        let mut names = Names::default();
        let mut reader = SourceReader::default();
        let tags = (0..60).map(|id| (format!("{id:03}"), format!("pc {}", id * 37 % 20)));
        let mut source = |id: &str, tag: &str| {
            let brief = AssetBrief {
                remote_id: id,
                client: None,
                site: None,
                asset_type: None,
                status: None,
                tag: Some(tag),
                asset_type_name: None,
                facts: None,
            };
            Arc::new(reader.read(&mut names, &brief, None))
        };
        let sources: Vec<_> = tags.map(|(id, tag)| source(&id, &tag)).collect();
        let currency = Currency::new("GBP").unwrap();
        let on = Date::constant(2026, 11, 21);
        let rules = Rulebook { classes: Classes::placeholders(currency), ..Rulebook::default() };
        let frame = Frame {
            on,
            calendar: Calendar::new(currency, 1, on),
            book: Arc::new(Book { version: None, rules }),
            names: Arc::new(names),
            reference: Arc::new(Reference::default()),
            choices: Arc::default(),
        };
        let body = |size: usize| Body::of(frame.clone(), frame.place_parts(&sources, size));
        let whole = body(60);
        let seen = |body: &Body| {
            let ids: Vec<String> =
                body.assets.iter().map(|asset| asset.remote_id().to_owned()).collect();
            let found: Vec<_> = sources.iter().map(|one| body.find(one.remote_id())).collect();
            (ids, found, body.folded_range(0..60).0.to_owned())
        };
        assert_eq!(whole.assets.len(), 60);
        assert!(sources.iter().all(|one| whole.find(one.remote_id()).is_some()));
        for size in [1, 7, 59] {
            assert_eq!(seen(&body(size)), seen(&whole), "parts of {size}");
        }
    }
}

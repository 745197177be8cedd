//! "Why?": the content of the popover, and the same as a page for those without script.
//!
//! Asked about the grade it shows the verdict, its clocks and the values that decided; asked about
//! one value (`?of=purchase_date`, `?of=class`) it shows where that one comes from.

use almanac_model::chain::Target;
use almanac_model::choice::ChoiceField;
use almanac_model::clock::{Clock, ClockName};
use almanac_model::grade::Grade;
use almanac_model::policy::Count;
use maud::{Markup, html};

use super::Seen;
use super::axis::Axis;
use super::source::SourceView;
use super::verdict::{derived, rule_sentences, rules_title};
use crate::components::button::{Button, link_button};
use crate::components::page::{self, Header};
use crate::components::shell::Crumb;
use crate::components::why::{self, ClockView, ValueView};
use crate::hold::SHOWN_OF_ASSETS;
use crate::page::{Chrome, Frame};
use crate::places::{Asset, Assets};
use crate::route::Route;

/// An explanation.
pub(super) struct WhyView {
    /// "Why Replace?".
    title: String,
    subject: String,
    rules: String,
    /// The clocks and the rule, when the grade is asked about.
    verdict: Option<(Axis, String)>,
    /// Words where there is neither verdict nor value.
    note: Option<String>,
    values: Vec<SourceView>,
    /// Label and address of each button.
    acts: Vec<(&'static str, String)>,
    sources_url: String,
    asset_url: String,
}

impl WhyView {
    /// Why an asset has what is asked about: a target, something that follows, else its grade.
    pub(super) fn of(seen: &Seen, of: &str) -> WhyView {
        if let Some(target) = Target::ALL.into_iter().find(|target| target.name() == of) {
            return WhyView::of_value(seen, target);
        }
        let all = derived(seen);
        let Some(found) = all.into_iter().find(|derived| derived.key == of) else {
            return WhyView::of_grade(seen);
        };
        let value = found.value.clone().unwrap_or_else(str::to_owned);
        let mut view = WhyView::empty(seen, format!("Why {value}?"));
        view.note = Some(format!("{}: {value}. {}", found.title, found.why));
        if found.key == "class" && seen.may_edit {
            view.acts.push(("Choose a class", seen.edit_url(ChoiceField::Class)));
        }
        view
    }

    fn empty(seen: &Seen, title: String) -> WhyView {
        let asset_url = Asset { asset: seen.id() }.url();
        WhyView {
            title,
            subject: seen.name().to_owned(),
            rules: rules_title(&seen.fleet),
            verdict: None,
            note: None,
            values: Vec::new(),
            acts: Vec::new(),
            sources_url: format!("{asset_url}#values"),
            asset_url,
        }
    }

    fn of_value(seen: &Seen, target: Target) -> WhyView {
        let source = SourceView::of_target(seen, target);
        let title = source.value.clone().unwrap_or_else(str::to_owned);
        let mut view = WhyView::empty(seen, format!("Why {}?", cut(&title)));
        if seen.may_edit {
            view.acts.push(value_act(seen, target, source.is_locked));
        }
        view.values.push(source);
        view
    }

    /// Why an asset has its grade.
    pub(super) fn of_grade(seen: &Seen) -> WhyView {
        let Some(verdict) = &seen.why.verdict else {
            let mut view = WhyView::empty(seen, "Why no grade?".to_owned());
            view.note = Some("Its type in Halo is ignored, so it is not graded.".to_owned());
            return view;
        };
        let reason = &verdict.graded.reason;
        let begun_on = [Target::PurchaseDate, Target::WarrantyStart, Target::InstallDate]
            .into_iter()
            .find_map(|target| seen.why.facts.date(target));
        let mut view = WhyView::empty(seen, format!("Why {}?", verdict.graded.grade.title()));
        view.verdict = Some((Axis::of(reason, begun_on), rule_sentences(reason)));
        let targets = deciding(&reason.clocks);
        let deciding = targets.iter().map(|target| SourceView::of_target(seen, *target));
        let first_is_locked = seen.why.facts.provenance(targets[0]).lock.is_some();
        view.values = decision(verdict.graded.grade, verdict.graded.is_manual)
            .and_then(|field| SourceView::of_choice(seen, field))
            .into_iter()
            .chain(deciding)
            .collect();
        if seen.may_edit {
            let kept = &seen.why.choice.choices.kept;
            let keep = if kept.is_some() { "Change the date" } else { "Keep until a date" };
            view.acts.push((keep, seen.edit_url(ChoiceField::Kept)));
            view.acts.push(("Grade by hand", seen.edit_url(ChoiceField::Manual)));
            view.acts.push(value_act(seen, targets[0], first_is_locked));
        }
        view
    }

    /// The explanation, for a popover.
    pub(super) fn article(&self) -> Markup {
        let values: Vec<ValueView<'_>> = self.values.iter().map(value_view).collect();
        if let Some((axis, rule)) = &self.verdict {
            let clocks: Vec<ClockView<'_>> = axis.clocks.iter().map(|clock| clock.view()).collect();
            return why::why(&why::Why {
                title: &self.title,
                subject: &self.subject,
                rules: &self.rules,
                axis_from: &axis.from,
                today_at: axis.today_at,
                clocks: &clocks,
                rule,
                values: &values,
                actions: Some(self.actions()),
            });
        }
        html! {
            article.why {
                header {
                    h2 { (self.title) }
                    span.text-3.small { (self.subject) }
                    span.rules.text-3.small { (self.rules) }
                }
                @if let Some(note) = &self.note { section { p { (note) } } }
                @for value in &values { (why::value_source(value)) }
                footer { (self.actions()) }
            }
        }
    }

    fn actions(&self) -> Markup {
        let small = |label| Button { is_small: true, ..Button::new(label) };
        let words = format!("All {} field sources", Target::ALL.len());
        html! {
            @for (label, url) in &self.acts { (link_button(&small(label), url)) }
            a href=(self.sources_url) { (words) }
        }
    }

    /// The same as a page.
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let assets = Assets {}.url();
        let crumbs = [
            Crumb { label: "Assets", href: Some(&assets) },
            Crumb { label: &self.subject, href: Some(&self.asset_url) },
            Crumb { label: "Why", href: None },
        ];
        let title = format!("{} {}", self.title, self.subject);
        let current = Assets::PATH;
        let frame = Frame {
            title: &title,
            crumbs: &crumbs,
            current,
            shows: &SHOWN_OF_ASSETS,
            ..Frame::default()
        };
        let head = Header {
            title: &self.subject,
            sentence: &self.title,
            is_inline: false,
            actions: Some(link_button(&Button::new("Everything about it"), &self.asset_url)),
        };
        chrome.page(
            &frame,
            &html! {
                (page::header(&head))
                (page::body(&page::scrolling("Why", &self.article())))
            },
        )
    }
}

/// A source as the component wants it.
pub(super) fn value_view(source: &SourceView) -> ValueView<'_> {
    ValueView { title: &source.title, is_locked: source.is_locked, facts: &source.facts }
}

fn value_act(seen: &Seen, target: Target, is_locked: bool) -> (&'static str, String) {
    let label = match (is_locked, target.is_date()) {
        (true, true) => "Unlock date",
        (true, false) => "Unlock value",
        (false, true) => "Lock a date",
        (false, false) => "Lock a value",
    };
    (label, seen.edit_url(ChoiceField::Fact(target)))
}

/// What a person decided that gives the grade.
fn decision(grade: Grade, is_manual: bool) -> Option<ChoiceField> {
    match grade {
        _ if is_manual => Some(ChoiceField::Manual),
        Grade::Kept => Some(ChoiceField::Kept),
        _ => None,
    }
}

/// The values under the clocks that decide; where none does, those that are asked for. Never
/// empty.
fn deciding(clocks: &[Clock; 3]) -> Vec<Target> {
    let target = |clock: &Clock| match clock.name {
        ClockName::PolicyAge => Target::PurchaseDate,
        ClockName::Warranty => Target::WarrantyEnd,
        ClockName::OsSupport => Target::OperatingSystem,
    };
    let counted = clocks.iter().filter(|clock| clock.count != Count::No);
    let known: Vec<Target> = counted.filter(|c| c.is_known || c.is_missing()).map(target).collect();
    if known.is_empty() { vec![Target::PurchaseDate] } else { known }
}

/// A title stays a title, however long the value is.
fn cut(text: &str) -> String {
    const LONG: usize = 48;
    if text.chars().count() <= LONG {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONG).collect();
    cut.push('…');
    cut
}

/// An explanation, with its clocks or in words alone.
#[cfg(test)]
pub(super) fn sample(subject: &str, has_clocks: bool) -> WhyView {
    use almanac_model::grade::{GradeInput, grade};
    use almanac_model::kind::Kind;
    use almanac_model::policy::Policies;
    use almanac_model::rule::RuleSet;
    use jiff::civil::Date;

    let bought = Some(Date::constant(2019, 7, 4));
    let input = GradeInput { purchased_on: bought, ..GradeInput::of_kind(Kind::Workstation) };
    let on = Date::constant(2026, 11, 23);
    let reason = grade(&input, &RuleSet::default(), &Policies::default(), on).reason;
    let verdict = (Axis::of(&reason, bought), rule_sentences(&reason));
    WhyView {
        title: "Why Replace?".to_owned(),
        subject: subject.to_owned(),
        rules: "Lifecycle rules v7".to_owned(),
        verdict: has_clocks.then_some(verdict),
        note: (!has_clocks).then(|| format!("Its type in Halo is ignored: {subject}")),
        values: Vec::new(),
        acts: vec![("Keep until a date", "/assets/1/edit/kept".to_owned())],
        sources_url: "/assets/1#values".to_owned(),
        asset_url: "/assets/1".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_told_in_two_sentences() {
        let view = sample("HP-WS-022", true);
        let (_, rule) = view.verdict.as_ref().expect("it has clocks");
        let expected = "The worst counted clock decides, and one has ended: 7.3 of 5 years. Policy age \
                        and OS support count for the kind Workstation, warranty does not; the policy \
                        age of 5 years is the kind's.";
        assert_eq!(rule, expected);
        assert_eq!(cut(&"x".repeat(99)).chars().count(), 49);
    }
}

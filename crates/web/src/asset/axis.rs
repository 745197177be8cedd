//! The clocks of an asset on one axis of time: where each ends, and what to say of it.

use almanac_model::age::years_short;
use almanac_model::clock::{Clock, ClockName};
use almanac_model::date::add_months;
use almanac_model::policy::Count;
use almanac_model::reason::Reason;
use almanac_model::rule::Condition;
use jiff::civil::Date;

use crate::components::format;
use crate::components::why::{ClockState, ClockView};

/// Where today stands when everything has ended, in per mille of the axis.
const LAST_AT: i64 = 920;

/// The axis shows at most so many months after today; what ends later runs out of it.
const AHEAD_MONTHS_MAX: u32 = 120;

/// With no date to begin at, the axis begins so many months before the first end.
const BEFORE_MONTHS: i32 = 60;

/// The axis with its clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    /// Where it begins: "Jul 2019".
    pub(super) from: String,
    /// Where today is, in per mille.
    pub(super) today_at: u32,
    /// Every clock.
    pub(super) clocks: Vec<AxisClock>,
}

/// One clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AxisClock {
    label: String,
    ends_at: Option<u32>,
    words: String,
    state: ClockState,
}

impl AxisClock {
    /// As the component wants it.
    pub(super) fn view(&self) -> ClockView<'_> {
        ClockView {
            label: &self.label,
            ends_at: self.ends_at,
            words: &self.words,
            state: self.state,
        }
    }
}

impl Axis {
    /// The clocks of a reason on its day; `begun_on` is the earliest day known of the asset.
    pub(super) fn of(reason: &Reason, begun_on: Option<Date>) -> Axis {
        let on = reason.on;
        let ends = || reason.clocks.iter().filter_map(|clock| clock.ends_on);
        let first_end = ends().min().unwrap_or(on).min(on);
        let before = || first_end.checked_sub(jiff::Span::new().months(BEFORE_MONTHS));
        let start = begun_on.filter(|begun| *begun < on);
        let start = start.or_else(|| before().ok()).unwrap_or(first_end);
        let last_end = ends().max().unwrap_or(on).min(add_months(on, AHEAD_MONTHS_MAX));
        let days = days(start, last_end.max(on)).max(1);
        let at = |day: Date| {
            let place = (days_of(start, day) * LAST_AT / days).clamp(0, 1000);
            u32::try_from(place).unwrap_or_default()
        };
        let soon_months = soon_months(reason);
        let clock = |clock: &Clock| AxisClock {
            label: label(clock, reason),
            ends_at: clock.ends_on.map(at),
            words: words(clock, reason),
            state: state(clock, on, soon_months),
        };
        let month = start.strftime("%b %Y").to_string();
        Axis { from: month, today_at: at(on), clocks: reason.clocks.iter().map(clock).collect() }
    }
}

fn days(from: Date, to: Date) -> i64 {
    days_of(from, to).max(0)
}

fn days_of(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days())
}

/// How far ahead the rules look.
fn soon_months(reason: &Reason) -> u32 {
    let ahead = reason.rules.rules().iter().filter_map(|rule| match rule.when {
        Condition::EndsWithin { months, .. } => Some(months),
        _ => None,
    });
    ahead.max().unwrap_or(0)
}

fn label(clock: &Clock, reason: &Reason) -> String {
    match (clock.name, reason.inputs.policy) {
        (ClockName::PolicyAge, Some(policy)) => {
            format!("Policy age, {}\u{a0}y", years_short(policy.months))
        }
        (ClockName::PolicyAge, None) => "Policy age".to_owned(),
        (ClockName::Warranty, _) => "Warranty".to_owned(),
        (ClockName::OsSupport, _) => "OS support".to_owned(),
    }
}

fn state(clock: &Clock, on: Date, soon_months: u32) -> ClockState {
    match clock.ends_on {
        None => ClockState::Void,
        Some(_) if clock.count == Count::No => ClockState::NotCounted,
        Some(_) if clock.has_ended(on) => ClockState::Over,
        Some(_) if clock.ends_within(soon_months, on) => ClockState::Soon,
        Some(_) => ClockState::Running,
    }
}

fn words(clock: &Clock, reason: &Reason) -> String {
    let Some(ends_on) = clock.ends_on else { return missing(clock, reason) };
    let over_from = clock.over_from().unwrap_or(ends_on);
    let has_ended = over_from <= reason.on;
    if clock.count == Count::No {
        let verb = if has_ended { "ended" } else { "ends" };
        return format!("{verb} {}, not counted", format::date(ends_on));
    }
    if has_ended {
        return format!("{} over", span(over_from, reason.on));
    }
    let days_left = days(reason.on, ends_on);
    if days_left <= 366 {
        return format!("ends in {}", span(reason.on, ends_on));
    }
    format!("ends {}", format::date(ends_on))
}

fn missing(clock: &Clock, reason: &Reason) -> String {
    let what = match clock.name {
        ClockName::PolicyAge if reason.inputs.policy.is_none() => "no policy age",
        ClockName::PolicyAge => "needs a purchase date",
        ClockName::Warranty => "no record",
        ClockName::OsSupport if clock.is_known => "no end date",
        ClockName::OsSupport => "system not known",
    };
    match clock.count {
        Count::Needed if !clock.is_known => format!("{what}; it is needed"),
        Count::No => format!("{what}, not counted"),
        Count::WhenKnown | Count::Needed => what.to_owned(),
    }
}

/// A span as people say it: days, then months.
fn span(from: Date, to: Date) -> String {
    let months = (1..).take_while(|months| add_months(from, *months) <= to).last().unwrap_or(0);
    if months > 0 {
        return format::count(i64::from(months), "month", "months");
    }
    match days(from, to) {
        0 => "today".to_owned(),
        days => format::count(days, "day", "days"),
    }
}

#[cfg(test)]
mod tests {
    use almanac_model::chain::Target;
    use almanac_model::grade::{GradeInput, grade};
    use almanac_model::kind::Kind;
    use almanac_model::os::OsMatcher;
    use almanac_model::policy::Policies;
    use almanac_model::rule::RuleSet;

    use super::*;

    fn axis(bought: Option<Date>, warranty: Option<Date>, os: Option<&str>) -> Axis {
        let input = GradeInput {
            purchased_on: bought,
            warranty_ends_on: warranty,
            os: os.and_then(|os| OsMatcher::standard().lookup(os)),
            ..GradeInput::of_kind(Kind::Workstation)
        };
        let on = Date::constant(2026, 11, 23);
        let graded = grade(&input, &RuleSet::default(), &Policies::default(), on);
        Axis::of(&graded.reason, bought)
    }

    #[test]
    fn clocks_stand_as_in_the_picture() {
        let bought = Date::constant(2019, 7, 4);
        let axis =
            axis(Some(bought), Some(Date::constant(2022, 7, 3)), Some("Windows 10 Pro 22H2"));
        assert_eq!((axis.from.as_str(), axis.today_at), ("Jul 2019", 920));
        let [age, warranty, os] = &axis.clocks[..] else { panic!("three clocks") };
        assert_eq!(
            (age.label.as_str(), age.words.as_str()),
            ("Policy age, 5\u{a0}y", "28 months over")
        );
        assert_eq!((age.state, age.ends_at), (ClockState::Over, Some(622)));
        assert_eq!(warranty.words, "ended 3 Jul 2022, not counted");
        assert_eq!((os.words.as_str(), os.state), ("13 months over", ClockState::Over));
        assert!(Target::PurchaseDate.is_date());
    }

    #[test]
    fn what_is_not_known_says_so_and_hostile_dates_stay_on_the_axis() {
        let void = axis(None, None, None);
        assert_eq!(void.clocks[0].words, "needs a purchase date; it is needed");
        assert_eq!(void.clocks[1].words, "no record, not counted");
        assert_eq!(void.clocks[2].words, "system not known");
        assert!(void.clocks.iter().all(|clock| clock.state == ClockState::Void));
        for bought in [Date::MIN, Date::MAX, Date::constant(2026, 11, 23)] {
            let axis = axis(Some(bought), Some(Date::MAX), None);
            assert!(axis.today_at <= 1000 && axis.clocks.iter().all(|c| c.ends_at <= Some(1000)));
        }
    }

    #[test]
    fn a_clock_that_ends_soon_says_in_how_long() {
        let axis = axis(Some(Date::constant(2022, 3, 1)), None, None);
        assert_eq!(axis.clocks[0].words, "ends in 3 months");
        assert_eq!(axis.clocks[0].state, ClockState::Soon);
    }
}

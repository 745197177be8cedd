//! Bars, as SVG, so that a width needs no style: progress, a sum against its cap, a match.

use maud::{Markup, html};

use super::sample::Sample;

/// How much of something is done, 0 to 100.
pub(crate) fn progress_bar(percent: u64) -> Markup {
    let percent = percent.min(100);
    html! {
        svg.gauge-line viewBox="0 0 100 6" preserveAspectRatio="none" role="progressbar"
            aria-valuenow=(percent) aria-valuemin="0" aria-valuemax="100" aria-label="Done" {
            rect.bar-track-light width="100" height="6" {}
            rect.bar-accent width=(percent) height="6" {}
        }
    }
}

/// A sum against the cap that was agreed: the tick is the cap, what lies beyond is over.
pub(crate) fn cap_bar(sum: u64, cap: u64) -> Markup {
    /// Where the tick stands, so that a fifth is left to show what is over.
    const CAP_AT: u64 = 40;
    const WIDTH: u64 = 48;
    let scaled = |value: u64| {
        if cap == 0 {
            WIDTH
        } else {
            (u128::from(value) * u128::from(CAP_AT) / u128::from(cap)).min(u128::from(WIDTH)) as u64
        }
    };
    let end = scaled(sum);
    let within = end.min(CAP_AT);
    html! {
        svg.cap-bar width=(WIDTH) height="12" viewBox={ "0 0 " (WIDTH) " 12" } aria-hidden="true" {
            rect.bar-main y="4.5" width=(within) height="3" {}
            @if end > within { rect.bar-over x=(within) y="4.5" width=(end - within) height="3" {} }
            rect.bar-tick x=(CAP_AT) width="1.2" height="12" {}
        }
    }
}

/// A match, 0 to 100; the number stands beside it.
pub(crate) fn match_bar(score: u8) -> Markup {
    html! {
        svg.match-bar width="36" height="4" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
            rect.bar-track width="100" height="4" {}
            rect.bar-main width=(score.min(100)) height="4" {}
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let sample = html! {
        div.pad {
            p { (progress_bar(57)) }
            br;
            div.actions {
                (cap_bar(31_200, 38_000)) "£31,200" (cap_bar(48_400, 42_000)) span.is-over { "£48,400" }
                (match_bar(96)) b { "96" } (match_bar(58)) b { "58" }
            }
        }
    };
    vec![Sample::new("Bars", sample)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_over_its_cap_shows_how_much_and_stays_in_its_box() {
        assert!(!cap_bar(40, 40).into_string().contains("bar-over"));
        assert!(
            cap_bar(44, 40).into_string().contains("bar-over\" x=\"40\" y=\"4.5\" width=\"4\"")
        );
        assert!(cap_bar(u64::MAX, 1).into_string().contains("width=\"8\""));
        assert!(cap_bar(5, 0).into_string().contains("bar-over"));
    }
}

//! The colour tokens as numbers: read from `ui/css/tokens.css`, turned from OKLCH to sRGB, compared by WCAG 2.
//!
//! The style sheet is the only place where a colour is written. What the design promises of pairs stands in
//! [`PAIRS`] and in the tests, which compute it for both themes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const SHEET: &str = include_str!("../../ui/css/tokens.css");

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The light values.
    Light,
    /// The dark values.
    Dark,
}

/// A colour as the design writes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Oklch {
    lightness: f64,
    chroma: f64,
    hue_degrees: f64,
}

/// A pair of the design's table: a token, the ground it is measured on, and the least that it must reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// What is seen.
    pub(super) token: &'static str,
    /// What it is seen on.
    pub(super) ground: &'static str,
    /// The least contrast: 4.5 for text, 3 for shapes, edges and rings.
    pub(super) floor: f64,
}

const fn text(token: &'static str, ground: &'static str) -> Pair {
    Pair { token, ground, floor: 4.5 }
}

const fn shape(token: &'static str, ground: &'static str) -> Pair {
    Pair { token, ground, floor: 3.0 }
}

/// The design's table, section 5.
pub(super) const PAIRS: &[Pair] = &[
    shape("edge", "bg"),
    text("text", "bg"),
    text("text-2", "bg"),
    text("text-3", "selected"),
    text("accent", "bg"),
    text("accent-hover", "bg"),
    text("on-accent", "accent"),
    shape("focus", "bg"),
    text("good", "good-tint"),
    shape("good-mark", "bg"),
    text("plan", "plan-tint"),
    shape("plan-mark", "bg"),
    text("over", "over-tint"),
    shape("over-mark", "bg"),
    text("none", "none-tint"),
    shape("none-mark", "bg"),
    shape("c1", "bg"),
    shape("c2", "bg"),
    shape("c3", "bg"),
    shape("c4", "bg"),
];

static TOKENS: LazyLock<BTreeMap<&'static str, [Oklch; 2]>> =
    LazyLock::new(|| SHEET.lines().filter_map(read_line).collect());

/// `--name: light-dark(oklch(L C H), oklch(L C H));`
fn read_line(line: &'static str) -> Option<(&'static str, [Oklch; 2])> {
    let (name, value) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
    let mut colours = value.split("oklch(").skip(1).map(read_colour);
    let (light, dark) = (colours.next()??, colours.next()??);
    Some((name, [light, dark]))
}

fn read_colour(text: &str) -> Option<Oklch> {
    let mut numbers = text.split(')').next()?.split_whitespace().map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some(Oklch { lightness: next()?, chroma: next()?, hue_degrees: next()? })
}

/// The colour of a token, if there is one of that name.
fn colour(token: &str, side: Side) -> Option<Oklch> {
    TOKENS.get(token).map(|[light, dark]| if side == Side::Light { *light } else { *dark })
}

/// The contrast of two tokens, 1 to 21, if both exist.
pub(super) fn contrast(token: &str, ground: &str, side: Side) -> Option<f64> {
    let (one, other) = (colour(token, side)?.luminance(), colour(ground, side)?.luminance());
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

impl Oklch {
    /// Linear sRGB by Björn Ottosson's matrices, cut to what a screen can show.
    fn linear_srgb(self) -> [f64; 3] {
        let (sine, cosine) = self.hue_degrees.to_radians().sin_cos();
        let (a, b) = (self.chroma * cosine, self.chroma * sine);
        let l = (self.lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (self.lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (self.lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
        ]
        .map(|channel| channel.clamp(0.0, 1.0))
    }

    /// Relative luminance of WCAG 2, of the colour as eight bits a channel show it.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear_srgb().map(|channel| decode(encode(channel)));
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

fn encode(linear: f64) -> f64 {
    let value =
        if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() / 255.0
}

fn decode(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDES: [Side; 2] = [Side::Light, Side::Dark];
    const SURFACES: [&str; 5] = ["bg", "sunken", "raised", "hover", "selected"];
    const TINTS: [&str; 4] = ["good-tint", "plan-tint", "over-tint", "none-tint"];

    /// What the design's table says of each of [`PAIRS`], light and dark.
    const SAID: [[f64; 2]; 20] = [
        [3.6, 3.8],
        [17.1, 15.6],
        [8.1, 9.0],
        [4.6, 4.8],
        [7.4, 8.5],
        [9.6, 10.5],
        [7.4, 8.7],
        [4.7, 8.5],
        [5.7, 7.7],
        [3.7, 6.7],
        [5.6, 8.1],
        [3.4, 8.4],
        [6.0, 6.5],
        [4.7, 5.4],
        [6.0, 6.6],
        [3.6, 4.6],
        [11.0, 11.2],
        [5.2, 6.1],
        [3.0, 3.3],
        [3.1, 3.3],
    ];

    #[track_caller]
    fn measured(token: &str, ground: &str, side: Side) -> f64 {
        contrast(token, ground, side)
            .unwrap_or_else(|| panic!("{token} or {ground} is not in tokens.css"))
    }

    #[test]
    fn black_on_white_is_21_and_red_is_what_browsers_say() {
        let of = |lightness, chroma, hue_degrees| Oklch { lightness, chroma, hue_degrees };
        assert!((of(1.0, 0.0, 0.0).luminance() - 1.0).abs() < 1e-6);
        assert!(of(0.0, 0.0, 0.0).luminance().abs() < 1e-6);
        // #ff0000 is oklch(0.628 0.2577 29.23) and has luminance 0.2126.
        assert!((of(0.627_955, 0.257_683, 29.234).luminance() - 0.2126).abs() < 1e-3);
    }

    #[test]
    fn every_pair_of_the_table_reaches_its_floor_and_what_the_design_says() {
        assert_eq!(PAIRS.len(), SAID.len());
        for (pair, said) in PAIRS.iter().zip(SAID) {
            for (side, said) in SIDES.into_iter().zip(said) {
                let is = measured(pair.token, pair.ground, side);
                assert!((is * 100.0).round() / 100.0 >= pair.floor, "{pair:?} {side:?}: {is:.2}");
                assert!((is - said).abs() < 0.11, "{pair:?} {side:?}: {is:.2}");
            }
        }
    }

    #[test]
    fn every_text_is_readable_on_every_surface_and_tint() {
        for token in ["text", "text-2", "text-3", "accent", "good", "plan", "over", "none"] {
            for ground in SURFACES.into_iter().chain(TINTS) {
                for side in SIDES {
                    let is = measured(token, ground, side);
                    assert!(is >= 4.5, "{token} on {ground}, {side:?}: {is:.2}");
                }
            }
        }
        for ground in ["accent", "accent-hover"] {
            for side in SIDES {
                assert!(measured("on-accent", ground, side) >= 4.5, "on-accent on {ground}");
            }
        }
    }

    #[test]
    fn marks_edges_and_rings_are_seen_on_every_surface() {
        for token in ["edge", "focus", "good-mark", "plan-mark", "over-mark", "none-mark"] {
            for ground in SURFACES {
                for side in SIDES {
                    let is = measured(token, ground, side);
                    assert!(is >= 3.0, "{token} on {ground}, {side:?}: {is:.2}");
                }
            }
        }
    }

    #[test]
    fn every_token_of_the_design_is_there() {
        assert_eq!(TOKENS.len(), 31, "{:?}", TOKENS.keys());
    }
}

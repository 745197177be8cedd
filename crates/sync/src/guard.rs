//! The brakes: what a scan may not conclude by itself.
//!
//! Limits are those of the product: more than max(25, 10 %) removals or records that lose a value,
//! or an empty answer where there were records, stop the stream and wait for a person, who may
//! release exactly as much (`docs/sync.md`). Pure.

use almanac_model::code::Code;
use almanac_store::{Held, Release};

use crate::difference::ACTIVE;

/// Removals that never need a person, however small the stream.
const REMOVALS_ALWAYS_ALLOWED: u64 = 25;

/// The share of a stream, in percent, that may be removed by one scan.
const REMOVALS_PERCENT_MAX: u64 = 10;

/// What a complete scan found about absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// Live records before anything is removed.
    pub live: u64,
    /// Rows that the scan saw.
    pub seen: u64,
    /// Live records that the scan did not see.
    pub missing: u64,
}

/// A reason to hold a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brake {
    /// The public code.
    pub code: Code,
    /// What happened, with numbers.
    pub text: String,
    /// How many records would be removed or lose a value: what a person types to release it.
    pub number: u64,
}

/// How many records would lose what one field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss<'a> {
    /// The field, or `active` for records that would be deactivated.
    pub field: &'a str,
    /// Live records that have it.
    pub filled: u64,
    /// Those of them that would lose it.
    pub lost: u64,
}

impl Brake {
    /// Whether a person has let this be concluded.
    pub fn is_released(&self, release: Option<&Release>) -> bool {
        release.is_some_and(|release| release.covers(self.code.code, self.number))
    }

    /// As the stream is held.
    pub fn into_held(self, since: i64) -> Held {
        let Brake { code, text, number } = self;
        Held { code: code.to_string(), text, number: Some(number), since }
    }
}

/// Whether the removals of a scan may be believed.
pub fn judge_removal(removal: Removal) -> Result<(), Brake> {
    let Removal { live, seen, missing } = removal;
    if missing == 0 {
        return Ok(());
    }
    if seen == 0 {
        return Err(Brake {
            code: Code::SYNC_EMPTY,
            text: format!("Halo returned none of {live} records. Nothing was removed."),
            number: missing,
        });
    }
    let limit = limit_of(live);
    if missing > limit {
        return Err(Brake {
            code: Code::SYNC_REMOVALS,
            text: format!(
                "Halo returned {} of {live} records. Applying that would remove \
                 {missing}, and the limit is {limit}. Nothing was removed.",
                live.saturating_sub(missing)
            ),
            number: missing,
        });
    }
    Ok(())
}

/// Of a stream that waits for a person already, whatever the limit.
pub(crate) fn still_held(Removal { live, missing, .. }: Removal) -> Brake {
    Brake {
        code: Code::SYNC_REMOVALS,
        text: format!(
            "Applying what Halo returned would remove {missing} of {live} records, and the stream waits \
             for a person. Nothing was removed."
        ),
        number: missing,
    }
}

/// Whether a field may be suspected: so few losses are always believed.
pub(crate) fn is_suspect(lost: u64) -> bool {
    lost > REMOVALS_ALWAYS_ALLOWED
}

/// Whether it may be believed that records lose these values; `records` are how many lose any of
/// those in a field that is over its limit.
pub fn judge_losses(losses: &[Loss<'_>], records: impl Fn(&[&str]) -> u64) -> Result<(), Brake> {
    let over: Vec<&Loss<'_>> =
        losses.iter().filter(|loss| loss.lost > limit_of(loss.filled)).collect();
    let Some(worst) = over.iter().max_by_key(|loss| loss.lost) else { return Ok(()) };
    let is_active = over.iter().any(|loss| loss.field == ACTIVE);
    let told: Vec<String> = over
        .iter()
        .map(|Loss { field, filled, lost }| match *field {
            ACTIVE => format!("deactivate {lost} of {filled} active records"),
            field => format!(
                "blank \u{201c}{field}\u{201d} in {lost} of the {filled} records that have it"
            ),
        })
        .collect();
    let fields: Vec<&str> = over.iter().map(|loss| loss.field).collect();
    Err(Brake {
        code: if is_active { Code::SYNC_REMOVALS } else { Code::SYNC_BLANKED },
        text: format!(
            "Applying what Halo returned would {}, and the limit is {}. These records stay as they were.",
            told.join(" and "),
            limit_of(worst.filled)
        ),
        number: records(&fields),
    })
}

fn limit_of(count: u64) -> u64 {
    REMOVALS_ALWAYS_ALLOWED.max(count * REMOVALS_PERCENT_MAX / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brakes_hold_at_their_limits() {
        let table = [
            // live, seen, missing, code
            (0, 0, 0, None),
            (100, 100, 0, None),
            (100, 75, 25, None),
            (100, 74, 26, Some("SYNC-010")),
            (1_000, 900, 100, None),
            (1_000, 899, 101, Some("SYNC-010")),
            (3, 0, 3, Some("SYNC-012")),
            (3, 1, 2, None),
        ];
        for (live, seen, missing, code) in table {
            let got = judge_removal(Removal { live, seen, missing });
            assert_eq!(got.err().map(|brake| brake.code.code), code, "{live} {missing}");
        }
    }

    #[test]
    fn a_field_may_be_blanked_up_to_its_limit() {
        let table = [
            // field, filled, lost, code
            ("website", 100, 25, None),
            ("website", 100, 26, Some("SYNC-011")),
            ("website", 40, 40, Some("SYNC-011")),
            ("website", 1_000, 100, None),
            ("website", 1_000, 101, Some("SYNC-011")),
            (ACTIVE, 1_000, 101, Some("SYNC-010")),
            (ACTIVE, 26, 25, None),
        ];
        for (field, filled, lost, code) in table {
            let got = judge_losses(&[Loss { field, filled, lost }], |fields| {
                assert_eq!(fields, [field]);
                lost
            });
            assert_eq!(got.err().map(|brake| brake.code.code), code, "{field} {filled} {lost}");
        }
    }

    #[test]
    fn a_release_covers_so_much_and_no_more() {
        let brake = judge_removal(Removal { live: 1_000, seen: 588, missing: 412 }).unwrap_err();
        let release = |code: &str, number| Release {
            code: code.to_owned(),
            number,
            by: almanac_model::author::Author::program("test"),
            at: 1,
        };
        assert!(brake.is_released(Some(&release("SYNC-010", 412))));
        assert!(brake.is_released(Some(&release("SYNC-010", 413))), "fewer than were released");
        assert!(!brake.is_released(Some(&release("SYNC-010", 411))));
        assert!(!brake.is_released(Some(&release("SYNC-011", 412))));
        assert!(!brake.is_released(None));
    }
}

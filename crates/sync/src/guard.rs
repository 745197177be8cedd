//! The brakes: what a scan may not conclude by itself.
//!
//! Limits are those of the product: more than max(25, 10 %) removals, or an empty answer where
//! there were records, stop the stream and wait for a person (`docs/sync.md`). Pure.

use almanac_model::code::Code;

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
        });
    }
    let limit = REMOVALS_ALWAYS_ALLOWED.max(live * REMOVALS_PERCENT_MAX / 100);
    if missing > limit {
        return Err(Brake {
            code: Code::SYNC_REMOVALS,
            text: format!(
                "Halo returned {} of {live} records. Applying that would remove \
                 {missing}, and the limit is {limit}. Nothing was removed.",
                live.saturating_sub(missing)
            ),
        });
    }
    Ok(())
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
}

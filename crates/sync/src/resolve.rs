//! What becomes of a field that is to be written, from three values: pure.
//!
//! `base` is what the PSA had when the write was planned, `wanted` what a person decided, `found`
//! what the PSA has just before sending. `-` is no value.
//!
//! | base | wanted | found | outcome |
//! |---|---|---|---|
//! | a | b | a | send |
//! | a | b | b | settled |
//! | a | b | c | conflict |
//! | a | b | - | conflict |
//! | a | - | a | send |
//! | a | - | - | settled |
//! | a | - | c | conflict |
//! | - | b | - | send |
//! | - | b | b | settled |
//! | - | b | c | conflict |
//! | a | a | a | settled |
//! | a | a | c | conflict |
//!
//! A conflict keeps both values and asks: nothing is overwritten to make it go away.

use almanac_model::fact::FactValue;

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldOutcome {
    /// It is sent.
    Send,
    /// The PSA has it already.
    Settled,
    /// Somebody changed it at the PSA since: a person decides.
    Conflict,
}

/// The table above.
pub(crate) fn resolve(
    base: Option<&FactValue>,
    wanted: Option<&FactValue>,
    found: Option<&FactValue>,
) -> FieldOutcome {
    if found == wanted {
        FieldOutcome::Settled
    } else if found == base {
        FieldOutcome::Send
    } else {
        FieldOutcome::Conflict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds() {
        let value = |cell: &str| (cell != "-").then(|| FactValue::Text(cell.to_owned()));
        let rows: Vec<Vec<&str>> = include_str!("resolve.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | "))
            .map(|line| line.trim_end_matches('|').split('|').map(str::trim).collect())
            .filter(|cells: &Vec<&str>| cells.len() == 4 && cells[0] != "base")
            .collect();
        assert_eq!(rows.len(), 12, "{rows:?}");
        for cells in rows {
            let [base, wanted, found] = [cells[0], cells[1], cells[2]].map(value);
            let outcome = resolve(base.as_ref(), wanted.as_ref(), found.as_ref());
            assert_eq!(format!("{outcome:?}").to_lowercase(), cells[3], "{cells:?}");
        }
    }
}

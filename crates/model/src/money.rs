//! Amounts of money: whole minor units (cents) and a currency.
//!
//! An amount is bounded so that sums over any number of assets that fits a database cannot
//! overflow; there is no rounding anywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest amount of one part, in minor units: a thousand million of a currency with cents.
/// A hundred million such amounts still fit the sum.
pub const MINOR_MAX: i64 = 100_000_000_000;

/// A currency by its ISO 4217 code, such as `EUR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Currency([u8; 3]);

/// A text that is not a currency code of three letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a currency code of three letters, such as EUR")]
pub struct NotACurrency(String);

impl Currency {
    /// Reads a code in either case.
    pub fn new(code: &str) -> Result<Currency, NotACurrency> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_alphabetic) => {
                Ok(Currency(letters.map(|letter| letter.to_ascii_uppercase())))
            }
            _ => Err(NotACurrency(code.to_owned())),
        }
    }

    /// The code in capitals.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII letters are let in")
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(code: String) -> Result<Currency, NotACurrency> {
        Currency::new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// An amount in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units, such as cents.
    pub minor: i64,
    /// Its currency; amounts of two currencies are never added.
    pub currency: Currency,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_letters_in_capitals() {
        assert_eq!(Currency::new("eur").unwrap().code(), "EUR");
        for code in ["", "EU", "EURO", "E1R", "€"] {
            assert!(Currency::new(code).is_err(), "{code}");
        }
        let stored = serde_json::to_string(&Currency::new("GBP").unwrap()).unwrap();
        assert_eq!(stored, r#""GBP""#);
        assert!(serde_json::from_str::<Currency>(r#""pounds""#).is_err());
    }
}

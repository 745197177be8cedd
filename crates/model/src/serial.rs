//! Serial numbers, and the texts that stand in for one.
//!
//! Firmware that was never given a serial number reports a placeholder, and thousands of machines
//! share it: a placeholder must match nothing.

/// Placeholders in the form that [`is_placeholder`] compares: lower-case letters and digits only.
const PLACEHOLDERS: [&str; 34] = [
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "0123456789",
    "assetserialnumber",
    "baseboardserialnumber",
    "chassisserialnumber",
    "default",
    "defaultstring",
    "empty",
    "invalid",
    "na",
    "nil",
    "none",
    "noserial",
    "noserialnumber",
    "notapplicable",
    "notavailable",
    "notset",
    "notspecified",
    "null",
    "oem",
    "serial",
    "serialnumber",
    "sernum",
    "systemserialnumber",
    "systemserial",
    "tbd",
    "tobefilledbyoem",
    "tobefilledbyoemserialnumber",
    "undefined",
    "unknown",
];

/// The serial number in `text`, trimmed, or `None` where it is a placeholder.
pub fn serial_number(text: &str) -> Option<&str> {
    (!is_placeholder(text)).then(|| text.trim())
}

/// Whether a text only stands in for a serial number: one of a known list whatever its case,
/// spaces and punctuation; nothing but punctuation; or one character repeated (`0`, `00000000`,
/// `XXXX`).
pub fn is_placeholder(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphanumeric());
    let Some(first) = letters.next() else {
        return true;
    };
    letters.all(|c| c == first) || PLACEHOLDERS.iter().any(|known| is_same(text, known))
}

fn is_same(text: &str, known: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).eq(known.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_no_serial_number() {
        for text in [
            "Default string",
            "To be filled by O.E.M.",
            "TO BE FILLED BY O.E.M.",
            "None",
            "0",
            "00000000",
            "System Serial Number",
            "  system serial   number ",
            "N/A",
            "Not Specified",
            "Not  Applicable",
            "xxxxxxx",
            "123456789",
            "-",
            "",
        ] {
            assert_eq!(serial_number(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_real_serial_number_is_kept_as_written() {
        for text in [
            "5CG1234ABC",
            "PF-3X9K2L",
            "VMware-56 4d 1e aa",
            "C02XL0GZJGH5",
            "1234-5678-90AB",
            "NONE123",
        ] {
            assert_eq!(serial_number(text), Some(text));
        }
        assert_eq!(serial_number(" ABC1234 "), Some("ABC1234"));
    }
}

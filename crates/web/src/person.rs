//! What a person types of themselves: e-mail addresses, passwords, names.

use almanac_store::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use secrecy::SecretString;

/// An e-mail address in lower case, or how to mend it.
pub(crate) fn check_email(typed: &str) -> Result<String, &'static str> {
    let email = typed.trim().to_lowercase();
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
    let is_email = email.len() <= 254
        && email.chars().all(is_plain)
        && email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.contains('@') && host.len() >= 3 && host.contains('.')
        });
    is_email.then_some(email).ok_or("Give the whole address, such as ruth@example.com.")
}

/// A name of a person or an MSP of at most 120 characters, or `None`.
pub(crate) fn check_name(typed: &str) -> Option<&str> {
    let name = typed.trim();
    let is_name =
        !name.is_empty() && name.chars().count() <= 120 && !name.chars().any(char::is_control);
    is_name.then_some(name)
}

/// A password that is long enough, or how to mend it.
pub(crate) fn check_password(typed: String) -> Result<SecretString, &'static str> {
    if typed.chars().count() < PASSWORD_CHARS_MIN {
        return Err("Use at least 12 characters; four words are easy to remember.");
    }
    if typed.len() > PASSWORD_BYTES_MAX {
        return Err("Use at most 1,000 characters.");
    }
    let first = typed.chars().next();
    if typed.chars().all(|c| Some(c) == first) {
        return Err("Use more than one character.");
    }
    Ok(SecretString::from(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_mended_or_refused() {
        assert_eq!(check_email(" Ruth@Example.COM ").as_deref(), Ok("ruth@example.com"));
        for wrong in ["", "ruth", "@example.com", "a@b", "a@b@c.d", "a b@c.de", "a\u{0}@c.de"] {
            assert!(check_email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn short_and_trivial_passwords_are_refused() {
        assert!(check_password("correct horse".to_owned()).is_ok());
        for wrong in ["", "short", "aaaaaaaaaaaaaaaa"] {
            assert!(check_password(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert!(check_password("x1".repeat(600)).is_err());
    }
}

//! Writes one JSON object straight into bytes.
//!
//! List rows are the hot path: a page of a hundred assets has some ten thousand properties. No
//! tree of values is built; texts that need no escape are copied as they are.

use crate::date;

/// One JSON object being written. Properties come in the order of the calls.
pub(crate) struct Row<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

/// A date as rows hold it: there, null, one of Halo's sentinels, or not a property at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The property is not sent.
    Absent,
    /// The property is null.
    Null,
    /// One of [`date::SENTINELS`].
    Never(&'static str),
    /// Milliseconds since 1970, written without a zone.
    At(i64),
    /// Milliseconds since 1970, written with `Z` as a few of Halo's code paths do (TL).
    AtZulu(i64),
}

impl<'a> Row<'a> {
    /// Begins an object.
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Row<'a> {
        out.push(b'{');
        Row { out, is_empty: true }
    }

    /// Ends the object.
    pub(crate) fn close(self) {
        self.out.push(b'}');
    }

    fn key(&mut self, name: &str) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A run of properties that are the same on every row, written as JSON without braces.
    pub(crate) fn fixed(&mut self, properties: &'static str) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.out.extend_from_slice(properties.as_bytes());
    }

    /// An integer.
    pub(crate) fn int(&mut self, name: &str, value: i64) {
        self.key(name);
        push_int(self.out, value);
    }

    /// An integer written as a decimal: `42.0` (Q-21).
    pub(crate) fn decimal(&mut self, name: &str, value: i64) {
        self.key(name);
        push_int(self.out, value);
        self.out.extend_from_slice(b".0");
    }

    /// Hundredths, as .NET writes a double: `12.5`, `3.0`.
    pub(crate) fn hundredths(&mut self, name: &str, value: i64) {
        self.key(name);
        let text = format!("{:?}", value as f64 / 100.0);
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.key(name);
        push_text(self.out, value);
    }

    /// A truth value.
    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        self.key(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// Null.
    pub(crate) fn null(&mut self, name: &str) {
        self.key(name);
        self.out.extend_from_slice(b"null");
    }

    /// A date, in whichever state it is.
    pub(crate) fn when(&mut self, name: &str, value: When) {
        match value {
            When::Absent => {}
            When::Null => self.null(name),
            When::Never(sentinel) => self.text(name, sentinel),
            When::At(millis) | When::AtZulu(millis) => {
                self.key(name);
                self.out.push(b'"');
                date::push_naive_millis(self.out, millis);
                if matches!(value, When::AtZulu(_)) {
                    self.out.push(b'Z');
                }
                self.out.push(b'"');
            }
        }
    }

    /// A GUID that follows from a number.
    pub(crate) fn guid(&mut self, name: &str, from: u64) {
        self.text(name, &guid(from));
    }

    /// An array of objects, each written by `item`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Row<'_>, T),
    ) {
        self.key(name);
        self.out.push(b'[');
        for (place, value) in items.into_iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            let mut row = Row::open(self.out);
            item(&mut row, value);
            row.close();
        }
        self.out.push(b']');
    }
}

/// A GUID that follows from a number.
pub(crate) fn guid(from: u64) -> String {
    let (high, low) = (from, from.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ from.rotate_left(29));
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0x0fff);
    let (d, e) = (low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
}

/// Appends an integer in decimal.
pub(crate) fn push_int(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 20];
    let mut place = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        place -= 1;
        digits[place] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[place..]);
}

/// Appends a JSON string, escaped where it must be.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(place) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        out.extend_from_slice(&rest[..place]);
        match rest[place] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = &rest[place + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_what_serde_reads_back() {
        let mut out = Vec::new();
        let mut row = Row::open(&mut out);
        row.int("id", -42);
        row.decimal("client_id", 42);
        row.fixed(r#""use":"client","key":-1"#);
        row.text("name", "a\"b\\c\n\u{0}\u{1f}é🏥");
        row.hundredths("cost", 1_250);
        row.flag("inactive", true);
        row.when("gone", When::Absent);
        row.when("never", When::Never(date::SENTINELS[0]));
        row.when("at", When::AtZulu(1_500));
        row.list("fields", 1..3, |row, value| row.int("id", value));
        row.close();
        let read: serde_json::Value = serde_json::from_slice(&out).expect("valid JSON");
        assert_eq!(
            read,
            serde_json::json!({"id": -42, "client_id": 42.0, "use": "client", "key": -1,
                "name": "a\"b\\c\n\u{0}\u{1f}é🏥", "cost": 12.5, "inactive": true,
                "never": "1900-01-01T00:00:00", "at": "1970-01-01T00:00:01.5Z",
                "fields": [{"id": 1}, {"id": 2}]})
        );
        assert!(String::from_utf8_lossy(&out).contains("\"client_id\":42.0"));
    }

    #[test]
    fn guids_differ_and_have_the_form() {
        assert_eq!(guid(1).len(), 36);
        assert_ne!(guid(1), guid(2));
    }

    #[test]
    fn extreme_integers_are_written() {
        for value in [i64::MIN, -1, 0, 9, 10, i64::MAX] {
            let mut out = Vec::new();
            push_int(&mut out, value);
            assert_eq!(String::from_utf8_lossy(&out), value.to_string());
        }
    }
}

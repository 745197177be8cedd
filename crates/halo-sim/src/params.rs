//! Query strings and form bodies, as ASP.NET reads them: names without regard to case, the first
//! of two wins, unknown ones are ignored (Q-07: HCLI).

/// Decoded parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

/// A parameter whose text does not fit its type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadParam {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Params {
    /// Reads `a=1&b=two%20words`.
    pub(crate) fn parse(text: &str) -> Params {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Params(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    /// A value; empty ones count as not given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a flag is set. Only the word `true` sets one (Q-08: HCLI).
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether a flag is there and is the word `false`.
    pub(crate) fn is_false(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("false"))
    }

    /// An integer.
    ///
    /// # Errors
    ///
    /// When the value is no integer; ASP.NET's model binding answers 400 to that.
    pub(crate) fn int(&self, name: &str) -> Result<Option<i64>, BadParam> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let bad = || BadParam { name: name.to_owned(), text: text.to_owned() };
        text.trim().parse().map(Some).map_err(|_| bad())
    }

    /// The parameters in one line, in the order of their names: a key for lists already computed.
    pub(crate) fn key(&self) -> String {
        let mut pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{}={value}", name.to_lowercase())).collect();
        pairs.sort();
        pairs.join("&")
    }

    /// These parameters without the named ones.
    pub(crate) fn without(&self, names: &[&str]) -> Params {
        let kept = self
            .0
            .iter()
            .filter(|(own, _)| !names.iter().any(|name| own.eq_ignore_ascii_case(name)));
        Params(kept.cloned().collect())
    }
}

/// Undoes percent and plus encoding; what is not UTF-8 becomes U+FFFD.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[place], hex(place + 1), hex(place + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                place += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        place += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_found_in_any_case() {
        let params = Params::parse("Page_No=2&search=a%20b+c%C3%A9%&x=&orderdesc=1");
        assert_eq!(params.int("page_no"), Ok(Some(2)));
        assert_eq!(params.get("search"), Some("a b cé%"));
        assert_eq!(params.get("x"), None);
        assert!(!params.is_true("orderdesc"));
        assert!(params.int("search").is_err());
    }
}

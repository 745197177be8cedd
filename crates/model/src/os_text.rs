//! What a free text says about an operating system.
//!
//! Inventory programs write the same system in dozens of ways. This file only takes a text apart;
//! which fact it leads to is decided in `os`.

use serde::Deserialize;

/// A line of operating systems whose versions follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Family {
    Windows,
    WindowsServer,
    SmallBusinessServer,
    Macos,
    Ubuntu,
    Debian,
    Rhel,
    Centos,
    CentosStream,
    Rocky,
    Almalinux,
    Esxi,
}

/// Editions of Windows with dates of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Edition {
    /// Home, Pro, Pro Education, Pro for Workstations; also what a text without edition means.
    HomePro,
    /// Enterprise, Education, IoT Enterprise.
    Enterprise,
    /// Long-term servicing channel (or branch).
    Ltsc,
    /// The same for fixed-function machines.
    IotLtsc,
}

/// A text in its parts.
#[derive(Debug)]
pub(crate) struct OsText {
    words: Vec<String>,
    pub(crate) family: Option<Family>,
    /// As the facts spell it: `10`, `2012r2`, `22.04`, `7`.
    pub(crate) version: Option<String>,
    /// `22H2`, `1809`.
    pub(crate) feature: Option<String>,
    pub(crate) edition: Edition,
    pub(crate) build: Option<u32>,
}

impl OsText {
    pub(crate) fn read(text: &str) -> OsText {
        let words = split(text);
        let family = family(&words);
        let is_windows = family.is_none_or(Family::is_windows);
        OsText {
            version: family.and_then(|family| version(family, &words)),
            feature: words.iter().find_map(|word| feature(word)).filter(|_| is_windows),
            edition: edition(&words),
            build: words.iter().find_map(|word| build(word)).filter(|_| is_windows),
            family,
            words,
        }
    }

    /// Whether the words of `phrase` follow each other in the text.
    pub(crate) fn has_words(&self, phrase: &str) -> bool {
        let length = phrase.split(' ').count();
        self.words
            .windows(length)
            .any(|window| window.iter().zip(phrase.split(' ')).all(|(word, part)| word == part))
    }

    /// Whether the text names a release of the long-term channel; one that names none at all
    /// leaves the choice open.
    pub(crate) fn names_release(
        &self,
        years: &[String],
        feature: Option<&str>,
        builds: &[u32],
    ) -> bool {
        let year = self
            .words
            .iter()
            .find(|word| word.len() == 4 && word.starts_with("20") && word.as_str() != "2004");
        match (year, self.feature.as_deref(), self.build) {
            (Some(year), _, _) => years.contains(year),
            (None, Some(named), _) => feature == Some(named),
            (None, None, Some(build)) => builds.contains(&build),
            (None, None, None) => true,
        }
    }
}

impl Family {
    fn is_windows(self) -> bool {
        matches!(self, Family::Windows | Family::WindowsServer | Family::SmallBusinessServer)
    }
}

/// Words in lower case; dots stay inside numbers. Marks such as (R) are dropped, and a name
/// glued to its number is taken apart: `win10`, `rhel8`.
fn split(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['®', '™'], " ");
    let mut words: Vec<String> = Vec::new();
    for raw in lower.split(|c: char| !(c.is_alphanumeric() || c == '.')) {
        let word = raw.trim_matches('.');
        if word.is_empty() || matches!(word, "r" | "tm" | "c") {
            continue;
        }
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let is_glued = matches!(
            letters,
            "win"
                | "windows"
                | "server"
                | "rhel"
                | "centos"
                | "debian"
                | "ubuntu"
                | "macos"
                | "esxi"
        );
        if is_glued && letters.len() < word.len() {
            words.push(letters.to_owned());
            words.push(word[letters.len()..].to_owned());
        } else {
            words.push(word.to_owned());
        }
    }
    words
}

fn family(words: &[String]) -> Option<Family> {
    let has = |word: &str| words.iter().any(|found| found == word);
    let is_windows = has("windows") || has("win") || has("win2k12") || has("win2k8");
    if has("sbs") || (has("small") && has("business") && has("server")) {
        return Some(Family::SmallBusinessServer);
    }
    if has("esxi") || (has("vmware") && has("hypervisor")) {
        return Some(Family::Esxi);
    }
    if is_windows
        && (has("server") || words.iter().any(|word| is_server_year(word)) && !is_client(words))
    {
        return Some(Family::WindowsServer);
    }
    if is_windows {
        return Some(Family::Windows);
    }
    let is_mac = has("macos") || has("osx") || (has("os") && has("x")) || (has("mac") && has("os"));
    if is_mac {
        return Some(Family::Macos);
    }
    let distributions = [
        ("ubuntu", Family::Ubuntu),
        ("debian", Family::Debian),
        ("rhel", Family::Rhel),
        ("rocky", Family::Rocky),
        ("almalinux", Family::Almalinux),
        ("alma", Family::Almalinux),
    ];
    if has("centos") {
        let is_stream = has("stream");
        return Some(if is_stream { Family::CentosStream } else { Family::Centos });
    }
    if has("red") && has("hat") && has("enterprise") {
        return Some(Family::Rhel);
    }
    distributions.into_iter().find(|(word, _)| has(word)).map(|(_, family)| family)
}

/// The years that Windows Server is named after.
fn is_server_year(word: &str) -> bool {
    matches!(word, "2003" | "2008" | "2012" | "2016" | "2019" | "2022" | "2025")
}

/// Whether a Windows text names a client version: a year then belongs to its channel.
fn is_client(words: &[String]) -> bool {
    words.iter().any(|word| {
        matches!(word.as_str(), "7" | "8" | "8.1" | "10" | "11" | "xp" | "vista" | "ltsc" | "ltsb")
    })
}

fn version(family: Family, words: &[String]) -> Option<String> {
    match family {
        Family::Windows => words
            .iter()
            .find(|word| matches!(word.as_str(), "xp" | "vista" | "7" | "8" | "8.1" | "10" | "11"))
            .cloned(),
        Family::WindowsServer => {
            let at = words.iter().position(|word| is_server_year(word))?;
            let has_r2 = words.get(at + 1).is_some_and(|word| word == "r2");
            // 2003 R2 ended with 2003.
            let suffix = if has_r2 && words[at] != "2003" { "r2" } else { "" };
            Some(format!("{}{suffix}", words[at]))
        }
        Family::SmallBusinessServer => words.iter().find(|word| *word == "2011").cloned(),
        Family::Macos => numbered(words).map(|(major, minor)| match (major, minor) {
            // 10.16 is how Big Sur names itself to old programs.
            (10, Some(16)) => "11".to_owned(),
            (10, Some(minor)) => format!("10.{minor}"),
            (major, _) => major.to_string(),
        }),
        Family::Ubuntu | Family::Esxi => {
            let (major, minor) = numbered(words)?;
            let minor = minor.unwrap_or(0);
            Some(match family {
                Family::Ubuntu => format!("{major}.{minor:02}"),
                _ => format!("{major}.{minor}"),
            })
        }
        Family::Debian
        | Family::Rhel
        | Family::Centos
        | Family::CentosStream
        | Family::Rocky
        | Family::Almalinux => numbered(words).map(|(major, _)| major.to_string()),
    }
}

/// The first word that is a version number of at most three digits before the dot.
fn numbered(words: &[String]) -> Option<(u32, Option<u32>)> {
    words.iter().find_map(|word| {
        let mut parts = word.split('.');
        let first = parts.next()?;
        let major = first.parse().ok().filter(|_| first.len() <= 2)?;
        let minor = match parts.next() {
            Some(part) => Some(part.parse().ok()?),
            None => None,
        };
        Some((major, minor))
    })
}

/// A feature version of Windows: `22h2`, or one of the four-digit ones.
fn feature(word: &str) -> Option<String> {
    let bytes = word.as_bytes();
    let is_half_year = bytes.len() == 4
        && bytes[..2].iter().all(u8::is_ascii_digit)
        && bytes[2] == b'h'
        && matches!(bytes[3], b'1' | b'2');
    let is_month = matches!(
        word,
        "1507" | "1511" | "1607" | "1703" | "1709" | "1803" | "1809" | "1903" | "1909" | "2004"
    );
    (is_half_year || is_month).then(|| word.to_uppercase())
}

/// A build number, alone or inside `10.0.19045.3570`.
fn build(word: &str) -> Option<u32> {
    let number = match word.split('.').collect::<Vec<_>>().as_slice() {
        ["6", "0" | "1" | "2" | "3", build, ..] | ["10", "0", build, ..] => *build,
        [build] | [build, _] if build.len() == 5 => *build,
        ["7601" | "9600" | "9200"] => word,
        _ => return None,
    };
    number.parse().ok()
}

fn edition(words: &[String]) -> Edition {
    let has = |word: &str| words.iter().any(|found| found == word);
    if has("ltsc") || has("ltsb") {
        return if has("iot") { Edition::IotLtsc } else { Edition::Ltsc };
    }
    let is_enterprise = has("enterprise") || has("ent");
    let is_education = has("education") && !has("pro");
    if is_enterprise || is_education { Edition::Enterprise } else { Edition::HomePro }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_dropped_and_glued_names_are_taken_apart() {
        assert_eq!(split("Microsoft(R) Windows(R) Server"), ["microsoft", "windows", "server"]);
        assert_eq!(split("Win10, RHEL8.6"), ["win", "10", "rhel", "8.6"]);
        assert_eq!(split("Windows Server® 2012 R2"), ["windows", "server", "2012", "r2"]);
    }

    #[test]
    fn a_build_is_found_inside_a_longer_number() {
        for (word, want) in [
            ("10.0.19045", Some(19045)),
            ("10.0.22631.4460", Some(22631)),
            ("6.3.9600", Some(9600)),
            ("19045.3570", Some(19045)),
            ("22621", Some(22621)),
            ("14.5", None),
            ("2019", None),
        ] {
            assert_eq!(build(word), want, "{word}");
        }
    }
}

//! Which kind an asset type's name seems to mean.
//!
//! A proposal carries its score and the reason, so that a person can judge it. Adding a synonym
//! is safe: a test holds that no two kinds share one.
//!
//! | the type's name | score |
//! |---|---|
//! | is the kind's name | 100 |
//! | is a synonym | 95 |
//! | ends with a name or synonym ("Managed Laptop") | 85 |
//! | has one elsewhere ("Server Rack", "Switch - Site A") | 60 |

use serde::Serialize;

use crate::kind::Kind;
use crate::name::words;

/// A proposal with at least this score is good enough to be ticked, or used as a default.
pub const SCORE_ACCEPTED_MIN: u8 = 80;

/// Other names that asset types go by: singular, lower case, words separated by spaces.
const SYNONYMS: [(Kind, &[&str]); 17] = [
    (
        Kind::Workstation,
        &[
            "desktop",
            "desktop computer",
            "desktop pc",
            "pc",
            "computer",
            "imac",
            "mac mini",
            "mac studio",
            "mac",
            "all in one",
            "aio",
            "thin client",
            "nuc",
            "tower",
            "client computer",
        ],
    ),
    (
        Kind::Laptop,
        &[
            "notebook",
            "macbook",
            "macbook pro",
            "macbook air",
            "ultrabook",
            "portable",
            "mobile workstation",
            "laptop computer",
            "chromebook",
            "surface laptop",
            "desktop laptop",
        ],
    ),
    (Kind::Tablet, &["ipad", "surface pro", "android tablet"]),
    (
        Kind::MobilePhone,
        &[
            "mobile",
            "smartphone",
            "smart phone",
            "cell phone",
            "cellphone",
            "iphone",
            "mobile device",
            "android phone",
            "handset mobile",
        ],
    ),
    (
        Kind::Server,
        &[
            "physical server",
            "windows server",
            "linux server",
            "file server",
            "domain controller",
            "hypervisor",
            "esxi host",
            "esx host",
            "vm host",
            "hyper v host",
            "virtual host",
            "vmware host",
            "blade",
            "blade server",
            "print server",
            "rack server",
        ],
    ),
    (
        Kind::VirtualMachine,
        &[
            "vm",
            "virtual server",
            "virtual workstation",
            "virtual desktop",
            "vdi",
            "cloud server",
            "cloud vm",
            "azure vm",
            "ec2 instance",
            "guest",
            "vps",
        ],
    ),
    (
        Kind::Storage,
        &[
            "nas",
            "san",
            "storage array",
            "storage appliance",
            "disk array",
            "tape drive",
            "tape library",
            "backup appliance",
            "synology",
            "qnap",
            "bdr",
            "nas san",
        ],
    ),
    (
        Kind::Firewall,
        &[
            "utm",
            "security appliance",
            "sonicwall",
            "fortigate",
            "fortinet",
            "watchguard",
            "sophos xg",
            "meraki mx",
            "pfsense",
            "vpn appliance",
            "security gateway",
        ],
    ),
    (
        Kind::Router,
        &[
            "modem",
            "gateway",
            "isp router",
            "cable modem",
            "wan router",
            "sd wan",
            "ont",
            "edge router",
        ],
    ),
    (
        Kind::Switch,
        &[
            "network switch",
            "managed switch",
            "poe switch",
            "core switch",
            "ethernet switch",
            "fibre switch",
        ],
    ),
    (
        Kind::AccessPoint,
        &[
            "wireless access point",
            "wap",
            "ap",
            "wifi",
            "wi fi",
            "wireless",
            "wlan ap",
            "wifi access point",
            "accesspoint",
            "wireless ap",
        ],
    ),
    (
        Kind::Printer,
        &[
            "copier",
            "mfp",
            "mfd",
            "multifunction printer",
            "multi function printer",
            "multifunction device",
            "plotter",
            "label printer",
            "scanner",
            "photocopier",
            "network printer",
            "laser printer",
        ],
    ),
    (Kind::Ups, &["uninterruptible power supply", "battery backup", "power supply", "pdu"]),
    (
        Kind::Phone,
        &[
            "desk phone",
            "voip phone",
            "ip phone",
            "handset",
            "telephone",
            "conference phone",
            "sip phone",
            "voip handset",
            "voip",
        ],
    ),
    (Kind::Monitor, &["display", "screen", "tv", "television", "projector"]),
    (
        Kind::Camera,
        &["cctv", "ip camera", "security camera", "nvr", "dvr", "webcam", "surveillance"],
    ),
    (Kind::Other, &["miscellaneous", "misc", "other asset", "peripheral", "accessory"]),
];

/// A kind proposed for an asset type's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// What it seems to be.
    pub kind: Kind,
    /// 0 to 100; see [`SCORE_ACCEPTED_MIN`].
    pub score: u8,
    /// Why.
    pub reason: MatchReason,
    /// The name or synonym that was found.
    pub phrase: &'static str,
}

/// Why a kind is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchReason {
    /// The whole name is the kind's.
    Name,
    /// The whole name is a synonym.
    Synonym,
    /// The last words are a name or synonym.
    LastWords,
    /// Other words are a name or synonym.
    SomeWords,
}

impl MatchReason {
    fn score(self) -> u8 {
        match self {
            MatchReason::Name => 100,
            MatchReason::Synonym => 95,
            MatchReason::LastWords => 85,
            MatchReason::SomeWords => 60,
        }
    }
}

/// The kind that an asset type's name seems to mean, if any word of it says so.
///
/// Case, punctuation and a plural "s" do not count. Of several matches the higher score wins,
/// then the longer phrase, then the one nearer to the end of the name.
pub fn quick_match(type_name: &str) -> Option<Proposal> {
    let words = words(type_name);
    let mut best: Option<((u8, usize, usize), Proposal)> = None;
    for (kind, synonyms) in SYNONYMS {
        let names = std::iter::once(kind.title()).chain(synonyms.iter().copied());
        for (index, phrase) in names.enumerate() {
            let length = phrase.split(' ').count();
            let Some(at) = position_of(phrase, length, &words) else {
                continue;
            };
            let reason = match (words.len() == length, at + length == words.len()) {
                (true, _) if index == 0 => MatchReason::Name,
                (true, _) => MatchReason::Synonym,
                (false, true) => MatchReason::LastWords,
                (false, false) => MatchReason::SomeWords,
            };
            let rank = (reason.score(), length, at);
            if best.as_ref().is_none_or(|(found, _)| rank > *found) {
                let score = reason.score();
                best = Some((rank, Proposal { kind, score, reason, phrase }));
            }
        }
    }
    best.map(|(_, proposal)| proposal)
}

/// Where the phrase is among the words, the last place if there are several.
fn position_of(phrase: &str, length: usize, words: &[String]) -> Option<usize> {
    words.windows(length).rposition(|window| {
        window.iter().zip(phrase.split(' ')).all(|(word, part)| is_word(word, part))
    })
}

/// Whether a word of a name is this part of a phrase, in the singular or the plural.
fn is_word(word: &str, part: &str) -> bool {
    word.get(..part.len()).is_some_and(|head| head.eq_ignore_ascii_case(part))
        && matches!(&word[part.len()..], "" | "s" | "es")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_type_name_is_matched_with_its_score() {
        let cases = "
            Laptop                          | laptop 100
            LAPTOPS                         | laptop 100
            Managed Workstations            | workstation 85
            Desktop                         | workstation 95
            PC's                            | workstation 60
            Server                          | server 100
            Virtual Server                  | virtual_machine 95
            VM                              | virtual_machine 95
            Windows Server                  | server 95
            ESXi Host                       | server 95
            Hyper-V Host                    | server 95
            Print Server                    | server 95
            Server Rack                     | server 60
            Firewall                        | firewall 100
            Network Switch                  | switch 95
            Switches                        | switch 100
            Core Switches                   | switch 95
            Floor 2 Switches                | switch 85
            Wireless Access Points          | access_point 95
            Wi-Fi                           | access_point 95
            WAP                             | access_point 95
            Multi-Function Printer          | printer 95
            UPS                             | ups 100
            NAS                             | storage 95
            Cisco IP Phone                  | phone 85
            Mobile Phone                    | mobile_phone 100
            iPad                            | tablet 95
            MacBook Pro                     | laptop 95
            MacBook Pro 14                  | laptop 60
            CCTV                            | camera 95
            Monitors                        | monitor 100
            Router / Modem                  | router 85
            Office 365 Licence              | none
            Domain                          | none
            ''                              | none
        ";
        for line in cases.lines().filter(|line| line.contains('|')) {
            let (name, want) = line.split_once('|').unwrap();
            let found = quick_match(name.trim()).map_or("none".to_owned(), |proposal| {
                format!("{} {}", proposal.kind, proposal.score)
            });
            assert_eq!(found, want.trim(), "{line}");
        }
    }

    #[test]
    fn every_kind_matches_its_own_names_and_no_synonym_has_two_kinds() {
        let mut seen = BTreeMap::new();
        assert_eq!(SYNONYMS.map(|(kind, _)| kind), Kind::ALL);
        for (kind, synonyms) in SYNONYMS {
            assert_eq!(quick_match(kind.title()).unwrap().kind, kind);
            for synonym in synonyms {
                assert_eq!(seen.insert(*synonym, kind), None, "{synonym}");
                assert_eq!(quick_match(synonym).unwrap().kind, kind, "{synonym}");
            }
        }
    }
}

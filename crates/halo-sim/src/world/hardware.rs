//! What real equipment looks like: makers, models with the year they appeared, systems, serials.
//!
//! An asset's model appeared before it was bought, and its system fits its age and kind; otherwise
//! grading a demo would look like nonsense.

use super::asset_type::{self as types, Type};
use super::dice::Dice;

/// Maker, model, first year sold.
type Model = (&'static str, &'static str, i64);

const LAPTOPS: &[Model] = &[
    ("Dell", "Latitude 7480", 2017),
    ("Lenovo", "ThinkPad T480", 2018),
    ("HP", "EliteBook 840 G5", 2018),
    ("Apple", "MacBook Pro 13 (2018)", 2018),
    ("Dell", "Latitude 5400", 2019),
    ("Lenovo", "ThinkPad X1 Carbon Gen 7", 2019),
    ("Microsoft", "Surface Laptop 3", 2019),
    ("HP", "ProBook 450 G7", 2020),
    ("Dell", "Latitude 5410", 2020),
    ("Apple", "MacBook Air (M1, 2020)", 2020),
    ("Lenovo", "ThinkPad T14 Gen 2", 2021),
    ("Dell", "Latitude 5420", 2021),
    ("HP", "EliteBook 840 G8", 2021),
    ("Dell", "Latitude 5430", 2022),
    ("Apple", "MacBook Pro 14 (M2 Pro)", 2023),
    ("Lenovo", "ThinkPad T14 Gen 4", 2023),
    ("Dell", "Latitude 7440", 2023),
    ("HP", "EliteBook 840 G10", 2023),
    ("Dell", "Latitude 5550", 2024),
    ("Microsoft", "Surface Laptop 7", 2024),
    ("Lenovo", "ThinkPad T14s Gen 6", 2024),
    ("Dell", "Dell Pro 14", 2025),
    ("HP", "EliteBook 8 G1i", 2025),
];
const DESKTOPS: &[Model] = &[
    ("Dell", "OptiPlex 3040", 2016),
    ("HP", "ProDesk 400 G4", 2017),
    ("Dell", "OptiPlex 3060", 2018),
    ("Lenovo", "ThinkCentre M720q", 2018),
    ("HP", "EliteDesk 800 G5", 2019),
    ("Dell", "OptiPlex 3080", 2020),
    ("Apple", "iMac 24 (M1)", 2021),
    ("Lenovo", "ThinkCentre M70q Gen 2", 2021),
    ("Dell", "OptiPlex 7000", 2022),
    ("HP", "Pro Mini 400 G9", 2022),
    ("Dell", "OptiPlex 7010", 2023),
    ("Lenovo", "ThinkCentre neo 50q Gen 4", 2023),
    ("Dell", "OptiPlex 7020", 2024),
    ("Custom", "Z790 build", 2023),
];
const WORKSTATIONS: &[Model] = &[
    ("Dell", "Precision 3630", 2018),
    ("HP", "Z2 Tower G5", 2020),
    ("Lenovo", "ThinkStation P350", 2021),
    ("Dell", "Precision 3660", 2022),
    ("HP", "Z2 Tower G9", 2022),
    ("Dell", "Precision 3680", 2024),
];
const SERVERS: &[Model] = &[
    ("Dell", "PowerEdge R430", 2015),
    ("HPE", "ProLiant ML350 Gen9", 2015),
    ("HPE", "ProLiant DL380 Gen10", 2017),
    ("Dell", "PowerEdge R440", 2018),
    ("Dell", "PowerEdge T340", 2019),
    ("HPE", "ProLiant ML30 Gen10 Plus", 2021),
    ("Dell", "PowerEdge R450", 2021),
    ("Dell", "PowerEdge R660xs", 2023),
    ("HPE", "ProLiant DL360 Gen11", 2023),
];
const FIREWALLS: &[Model] = &[
    ("Fortinet", "FortiGate 60E", 2017),
    ("SonicWall", "TZ400", 2015),
    ("WatchGuard", "Firebox T35", 2018),
    ("Fortinet", "FortiGate 60F", 2019),
    ("SonicWall", "TZ370", 2020),
    ("Sophos", "XGS 116", 2021),
    ("Meraki", "MX68", 2018),
    ("Fortinet", "FortiGate 70G", 2024),
];
const SWITCHES: &[Model] = &[
    ("HPE", "OfficeConnect 1920S 24G", 2016),
    ("Cisco", "SG350-28P", 2017),
    ("Ubiquiti", "UniFi Switch 24 PoE", 2017),
    ("Netgear", "GS724Tv4", 2018),
    ("Aruba", "Instant On 1930 24G", 2020),
    ("Ubiquiti", "USW-Pro-48-PoE", 2020),
    ("Meraki", "MS130-24P", 2023),
];
const ACCESS_POINTS: &[Model] = &[
    ("Ubiquiti", "UAP-AC-PRO", 2016),
    ("Ruckus", "R510", 2017),
    ("Ubiquiti", "U6-Lite", 2020),
    ("Aruba", "AP22", 2021),
    ("Ubiquiti", "U6-Pro", 2021),
    ("Meraki", "MR36", 2020),
    ("Ubiquiti", "U7-Pro", 2024),
];
const PRINTERS: &[Model] = &[
    ("HP", "LaserJet Pro M404dn", 2019),
    ("Kyocera", "ECOSYS M5526cdw", 2017),
    ("Brother", "HL-L5210DN", 2023),
    ("Ricoh", "IM C2500", 2019),
    ("Canon", "imageRUNNER C3326i", 2021),
    ("Epson", "WorkForce WF-C5790", 2018),
];
const UPSES: &[Model] = &[
    ("APC", "Smart-UPS 1500 (SMT1500I)", 2014),
    ("APC", "Smart-UPS C 1000", 2016),
    ("Eaton", "5P 1550i", 2018),
];
const PHONES: &[Model] = &[
    ("Yealink", "T46S", 2016),
    ("Yealink", "T54W", 2019),
    ("Poly", "VVX 350", 2018),
    ("Cisco", "CP-8841", 2014),
];
const STORAGE: &[Model] = &[
    ("Synology", "DS918+", 2017),
    ("QNAP", "TS-453D", 2020),
    ("Synology", "RS1221+", 2021),
    ("Synology", "DS923+", 2022),
];
const MONITORS: &[Model] = &[
    ("Dell", "P2419H", 2018),
    ("Dell", "P2422H", 2021),
    ("Iiyama", "ProLite XUB2492HSU", 2019),
    ("HP", "E24 G4", 2020),
    ("LG", "27UP850", 2021),
    ("Dell", "U2723QE", 2022),
];
const MOBILES: &[Model] = &[
    ("Apple", "iPhone SE (2nd gen)", 2020),
    ("Apple", "iPhone 13", 2021),
    ("Samsung", "Galaxy A54", 2023),
    ("Apple", "iPhone 15", 2023),
    ("Google", "Pixel 8a", 2024),
];
const OTHERS: &[Model] = &[
    ("", "Conference camera", 2018),
    ("Logitech", "Rally Bar", 2021),
    ("", "Door controller", 2016),
];

/// Texts that BIOS vendors and careless hands leave where a serial belongs.
const NO_SERIALS: [&str; 7] = [
    "To be filled by O.E.M.",
    "Default string",
    "System Serial Number",
    "None",
    "0",
    "",
    "Not Specified",
];

/// The models of a type.
pub(crate) fn models(kind: &Type) -> &'static [Model] {
    match kind.id {
        130 => LAPTOPS,
        131 => DESKTOPS,
        132 => WORKSTATIONS,
        133 => SERVERS,
        135 => FIREWALLS,
        136 => SWITCHES,
        137 => ACCESS_POINTS,
        138 => PRINTERS,
        139 => UPSES,
        140 => PHONES,
        141 => STORAGE,
        142 => MONITORS,
        143 => MOBILES,
        134 => &[("VMware, Inc.", "VMware Virtual Platform", 2008)],
        _ => OTHERS,
    }
}

/// A model that was sold in a year; the newest older one if none was new then.
pub(crate) fn model(dice: &mut Dice, kind: &Type, year: i64) -> &'static Model {
    let models = models(kind);
    let is_current = |model: &&Model| model.2 <= year && model.2 + 3 >= year;
    let current = models.iter().filter(is_current).count();
    let wanted = dice.below(current.max(1) as u32) as usize;
    let older = || models.iter().filter(|model| model.2 <= year).max_by_key(|model| model.2);
    models.iter().filter(is_current).nth(wanted).or_else(older).unwrap_or(&models[0])
}

/// An operating system that fits the type, the maker and the year of purchase.
pub(crate) fn system(dice: &mut Dice, kind: &Type, maker: &str, year: i64) -> &'static str {
    match kind.id {
        143 if maker == "Apple" => dice.pick(&["iOS 16.7", "iOS 17.6.1", "iOS 18.1"]),
        143 => dice.pick(&["Android 13", "Android 14", "Android 15"]),
        133 | 134 => server_system(dice, kind, year),
        _ if maker == "Apple" => match year {
            ..=2018 => dice.pick(&["macOS 12.7.6", "macOS Monterey 12.7", "macOS 13.6.9"]),
            2019..=2020 => dice.pick(&["macOS 13.7", "macOS 14.7.1", "macOS Sonoma 14.6"]),
            _ => dice.pick(&["macOS 14.7.1", "macOS 15.1", "macOS Sequoia 15.2", "macOS 26.1"]),
        },
        _ => match (year, dice.below(100)) {
            (..=2017, 0..=14) => "Windows 7 Professional",
            (..=2017, 15..=19) => "Microsoft Windows 8.1 Pro",
            (..=2017, _) => dice.pick(&["Windows 10 Pro 22H2", "Microsoft Windows 10 Pro 21H2"]),
            (2018..=2020, 0..=54) => dice.pick(&[
                "Windows 10 Pro 22H2",
                "Microsoft Windows 10 Pro",
                "Windows 10 Enterprise LTSC 2021",
            ]),
            (2021..=2022, 0..=19) => "Windows 10 Pro 22H2",
            (_, 0..=3) => "Ubuntu 22.04.5 LTS",
            (..=2022, _) => dice.pick(&[
                "Windows 11 Pro 22H2",
                "Microsoft Windows 11 Pro 23H2",
                "Windows 11 Enterprise 24H2",
            ]),
            _ => dice.pick(&[
                "Windows 11 Pro 23H2",
                "Microsoft Windows 11 Pro 24H2",
                "Windows 11 Pro (10.0.26100)",
                "Windows 11 Pro 25H2",
            ]),
        },
    }
}

fn server_system(dice: &mut Dice, kind: &Type, year: i64) -> &'static str {
    if kind.id == 133 && dice.percent(35) {
        return match year {
            ..=2018 => dice.pick(&["VMware ESXi 6.5.0", "VMware ESXi 6.7.0 U3"]),
            2019..=2022 => dice.pick(&["VMware ESXi 7.0.3", "VMware ESXi 6.7.0 U3"]),
            _ => dice.pick(&["VMware ESXi 8.0 U2", "VMware ESXi 7.0.3"]),
        };
    }
    match (year, dice.below(100)) {
        (_, 0..=11) => dice.pick(&[
            "Ubuntu 20.04.6 LTS",
            "Ubuntu 22.04.5 LTS",
            "Debian GNU/Linux 12",
            "Rocky Linux 9.4",
        ]),
        (..=2017, 12..=39) => "Windows Server 2012 R2 Standard",
        (..=2017, _) => "Microsoft Windows Server 2016 Standard",
        (2018..=2020, 12..=49) => "Windows Server 2016 Standard",
        (2018..=2021, _) => "Windows Server 2019 Standard",
        (_, 12..=24) => "Windows Server 2025 Standard",
        _ => dice.pick(&[
            "Windows Server 2022 Standard",
            "Microsoft Windows Server 2022 Datacenter",
            "Windows Server 2019 Standard",
        ]),
    }
}

/// A serial number in the maker's form, or one of the placeholders.
pub(crate) fn serial(dice: &mut Dice, kind: &Type, maker: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789";
    let placeholders = if maker == "Custom" { 80 } else { 3 };
    if kind.id != 134 && dice.percent(placeholders) {
        return dice.pick(&NO_SERIALS).to_owned();
    }
    let (prefix, length) = match maker {
        "Dell" => ("", 7),
        "Lenovo" => ("PF", 6),
        "HP" | "HPE" => ("5CG", 7),
        "Apple" => ("C02", 9),
        "Fortinet" => ("FGT60FTK", 8),
        "Synology" => ("2150SBR", 6),
        _ => ("", 11),
    };
    if kind.id == 134 {
        let mut text = String::from("VMware-");
        for place in 0..16 {
            if place > 0 {
                text.push(if place == 8 { '-' } else { ' ' });
            }
            dice.letters(&mut text, b"0123456789abcdef", 2);
        }
        return text;
    }
    let mut text = prefix.to_owned();
    dice.letters(&mut text, LETTERS, length);
    text
}

/// The value of a plain field as text; dates and identity are the asset's own business.
pub(crate) fn plain_field(dice: &mut Dice, field: i64, kind: &Type, year: i64) -> String {
    let is_server = kind.group == 2;
    match field {
        types::RAM if is_server => format!("{} GB", dice.pick(&[16, 32, 64, 128, 256])),
        types::RAM if year < 2019 => dice.pick(&["8 GB", "8192 MB", "16 GB", "4 GB"]).to_owned(),
        types::RAM => dice.pick(&["16 GB", "16384 MB", "32 GB", "15.7 GB"]).to_owned(),
        types::CPU if is_server => dice
            .pick(&["Intel Xeon Silver 4210R @ 2.40GHz", "Intel Xeon E-2334", "AMD EPYC 7313"])
            .to_owned(),
        types::CPU if year < 2019 => dice
            .pick(&["Intel Core i5-7300U @ 2.60GHz", "Intel Core i5-8250U", "Intel Core i7-8650U"])
            .to_owned(),
        types::CPU => dice
            .pick(&[
                "Intel Core i5-1245U",
                "Intel Core i7-1365U",
                "AMD Ryzen 5 PRO 7540U",
                "Intel Core Ultra 5 125U",
            ])
            .to_owned(),
        types::DISK if is_server => {
            dice.pick(&["4 x 1.2 TB SAS", "2 x 480 GB SSD", "8 TB", "12 TB"]).to_owned()
        }
        types::DISK => {
            dice.pick(&["256 GB SSD", "512 GB SSD", "476.9 GB", "1 TB", "500 GB HDD"]).to_owned()
        }
        types::FIRMWARE => format!("v{}.{}.{}", 5 + dice.below(4), dice.below(7), dice.below(15)),
        types::PORTS => dice.pick(&["8", "24", "48"]).to_owned(),
        types::EXTENSION => format!("{}", 200 + dice.below(300)),
        types::SCREEN => format!("{}\"", dice.pick(&[22, 24, 27, 32])),
        types::PAGES => format!("{}", dice.below(240_000)),
        types::COST => format!("{}.{:02}", 400 + dice.below(1_600), dice.below(100)),
        types::IP => format!("10.{}.{}.{}", dice.below(60), dice.below(4), 2 + dice.below(250)),
        types::MAC => {
            let (a, b, c) = (dice.below(256), dice.below(256), dice.below(256));
            format!("00:1A:4B:{a:02X}:{b:02X}:{c:02X}")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_was_on_sale_when_it_was_bought() {
        for number in 0..2_000 {
            let mut dice = Dice::new(9, 9, number);
            let kind = types::at(dice.below(14));
            let model = model(&mut dice, kind, 2022);
            assert!(model.2 <= 2022, "{model:?}");
        }
    }

    #[test]
    fn every_computer_has_a_system() {
        for number in 0..500 {
            let mut dice = Dice::new(9, 10, number);
            let year = 2014 + i64::from(dice.below(13));
            for kind in [types::at(0), types::at(3), types::at(4), types::at(13)] {
                assert!(!system(&mut dice, kind, "Dell", year).is_empty());
            }
        }
    }
}

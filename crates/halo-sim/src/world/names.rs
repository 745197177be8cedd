//! Made-up names of companies, people and places, and a few hostile ones.
//!
//! The hostile ones are the shelf of nasty texts that every reader must survive: quotes, markup,
//! NUL, other scripts, right to left, emoji, very long. They sit at low indexes, so that even the
//! smallest world has each once.

use super::dice::Dice;

const FIRST_WORDS: [&str; 40] = [
    "Abbey",
    "Acorn",
    "Albion",
    "Anchor",
    "Ashdown",
    "Beacon",
    "Birch",
    "Bridge",
    "Bright",
    "Cedar",
    "Clifton",
    "Crown",
    "Dale",
    "Eastgate",
    "Elm",
    "Falcon",
    "Ferry",
    "Granite",
    "Harbour",
    "Hazel",
    "Highfield",
    "Juniper",
    "Keystone",
    "Kingsway",
    "Linden",
    "Mercer",
    "Millstone",
    "Northwind",
    "Oakfield",
    "Orchard",
    "Pinnacle",
    "Quayside",
    "Redwood",
    "Riverside",
    "Sterling",
    "Thornton",
    "Vale",
    "Westbury",
    "Whitby",
    "Yarrow",
];
const SECTORS: [&str; 33] = [
    "Dental",
    "Logistics",
    "Architects",
    "Accountants",
    "Solicitors",
    "Engineering",
    "Homes",
    "Academy Trust",
    "Veterinary Group",
    "Print",
    "Foods",
    "Recruitment",
    "Insurance Brokers",
    "Care",
    "Motors",
    "Surveyors",
    "Joinery",
    "Freight",
    "Housing",
    "Pharma",
    "Opticians",
    "Estates",
    "Brewing",
    "Windows",
    "Travel",
    "Civils",
    "Packaging",
    "Design",
    "Electrical",
    "Wealth",
    "Catering",
    "Scaffolding",
    "Media",
];
const SUFFIXES: [&str; 5] = ["Ltd", "LLP", "Group", "plc", "& Sons Ltd"];
const GIVEN: [&str; 48] = [
    "Jane", "Oliver", "Amelia", "Mohammed", "Priya", "George", "Isla", "Noah", "Chloé", "Harry",
    "Zoë", "Jack", "Grace", "Wei", "Fatima", "Leo", "Ella", "Oscar", "Poppy", "Arthur", "Siobhán",
    "Thomas", "Freya", "James", "Łukasz", "Ruth", "Daniel", "Mia", "Søren", "Emily", "Samuel",
    "Anaïs", "Joseph", "Hannah", "Ravi", "Olga", "Peter", "José", "Sarah", "Mark", "Nia", "Callum",
    "Megan", "Tomasz", "Aisha", "Ben", "Claire", "David",
];
const FAMILY: [&str; 50] = [
    "Roe",
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Patel",
    "Khan",
    "Evans",
    "Thomas",
    "Johnson",
    "Roberts",
    "Walker",
    "Wright",
    "O'Neill",
    "Hughes",
    "Green",
    "Hall",
    "Wood",
    "Harris",
    "Clarke",
    "Martín",
    "Jackson",
    "Turner",
    "Hill",
    "Cooper",
    "Ward",
    "Moore",
    "Baker",
    "Müller",
    "Novák",
    "Kowalski",
    "Singh",
    "Begum",
    "Ali",
    "Chen",
    "Nguyễn",
    "Murphy",
    "Kelly",
    "MacDonald",
    "Ferguson",
    "Lloyd-Pryce",
    "Price",
    "Bell",
    "Shaw",
    "Holmes",
    "Palmer",
    "Mills",
    "Grant",
];
const TOWNS: [(&str, &str, &str); 16] = [
    ("London", "SW1A", "020"),
    ("Leeds", "LS1", "0113"),
    ("Bristol", "BS1", "0117"),
    ("Norwich", "NR1", "01603"),
    ("Derby", "DE1", "01332"),
    ("Exeter", "EX1", "01392"),
    ("York", "YO1", "01904"),
    ("Cardiff", "CF10", "029"),
    ("Glasgow", "G1", "0141"),
    ("Ipswich", "IP1", "01473"),
    ("Stowmarket", "IP14", "01449"),
    ("Lincoln", "LN1", "01522"),
    ("Belfast", "BT1", "028"),
    ("Carlisle", "CA1", "01228"),
    ("Truro", "TR1", "01872"),
    ("Reading", "RG1", "0118"),
];
const STREETS: [&str; 10] = [
    "High Street",
    "Station Road",
    "Mill Lane",
    "Church Street",
    "Park Road",
    "Victoria Way",
    "The Green",
    "Kingfisher Court",
    "Dock Street",
    "Enterprise Park",
];

/// Texts that break careless readers. The long one is made by [`hostile`].
const HOSTILE: [&str; 7] = [
    "O'Brien & \"Sons\" <script>alert(1)</script> Ltd",
    "Ünïcode Ärzte GmbH \u{2013} Zweigstelle Köln \u{1f3e5}",
    "株式会社テスト",
    "Nul\u{0}Byte Holdings",
    "شركة الاختبار",
    "=HYPERLINK(\"http://example.test\",\"click\"); DROP TABLE client;--",
    "  Tabs\tand\nlines  ",
];

/// A hostile text for some rows, none for most: rows 5 to 12, then one in some thousand.
pub(crate) fn hostile(index: u32) -> Option<String> {
    let place = if (5..=12).contains(&index) { index - 5 } else { index % 8_111 };
    match place {
        7 if index > 6 => Some("Very Long Name ".repeat(40)),
        place if index >= 5 && place < 7 => Some(HOSTILE[place as usize].to_owned()),
        _ => None,
    }
}

/// A company's name; every index below 6,600 has another.
pub(crate) fn company(index: u32) -> String {
    if let Some(hostile) = hostile(index) {
        return hostile;
    }
    let (first, sector) = company_words(index);
    let suffix = SUFFIXES[(index as usize / 7) % SUFFIXES.len()];
    let round = index as usize / (FIRST_WORDS.len() * SECTORS.len());
    match round {
        0 => format!("{first} {sector} {suffix}"),
        round => format!("{first} {sector} {suffix} ({})", TOWNS[round % TOWNS.len()].0),
    }
}

/// The company's domain, under a name that can never be registered.
pub(crate) fn domain(index: u32) -> String {
    let (first, sector) = company_words(index);
    let sector = sector.split(' ').next().unwrap_or(sector);
    format!("{}{}-{index}.example", first.to_lowercase(), sector.to_lowercase())
}

fn company_words(index: u32) -> (&'static str, &'static str) {
    // 40 and 33 share no factor, so pairs repeat only after 1,320 companies.
    (FIRST_WORDS[(index as usize * 7) % 40], SECTORS[(index as usize * 5) % 33])
}

/// Given and family name.
pub(crate) fn person(dice: &mut Dice) -> (&'static str, &'static str) {
    (dice.pick(&GIVEN), dice.pick(&FAMILY))
}

/// A name as it stands in a login or an address: lower case, ASCII letters only.
pub(crate) fn plain(name: &str) -> String {
    let fold = |letter: char| match letter {
        'é' | 'ë' | 'ễ' => 'e',
        'á' | 'ï' | 'í' => {
            if letter == 'á' {
                'a'
            } else {
                'i'
            }
        }
        'ü' => 'u',
        'ø' | 'ó' => 'o',
        'Ł' => 'l',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(fold).filter(char::is_ascii_alphanumeric).collect()
}

/// Street, town, postcode and dialling code of a place.
pub(crate) fn place(dice: &mut Dice) -> (String, &'static str, String, &'static str) {
    let (town, district, code) = dice.pick(&TOWNS);
    let street = format!("{} {}", 1 + dice.below(180), dice.pick(&STREETS));
    let mut postcode = format!("{district} {}", dice.below(10));
    dice.letters(&mut postcode, b"ABDEFGHJLNPQRSTUWXYZ", 2);
    (street, town, postcode, code)
}

/// The name of a client's further site.
pub(crate) fn site(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => format!("{} Warehouse", dice.pick(&TOWNS).0),
        1 => format!("{} Office", dice.pick(&TOWNS).0),
        2 => dice.pick(&TOWNS).0.to_owned(),
        _ => format!("Unit {}", 1 + dice.below(40)),
    }
}

/// A telephone number in a range kept free for fiction.
pub(crate) fn phone(dice: &mut Dice, code: &str) -> String {
    format!("{code} 496 0{:03}", dice.below(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hostile_text_is_in_the_smallest_world() {
        let found: std::collections::BTreeSet<String> = (0..40).filter_map(hostile).collect();
        assert_eq!(found.len(), HOSTILE.len() + 1);
        assert_eq!((0..5).find_map(hostile), None);
    }

    #[test]
    fn companies_have_different_names() {
        let names: std::collections::BTreeSet<String> = (20..520).map(company).collect();
        assert_eq!(names.len(), 500);
    }

    #[test]
    fn logins_are_plain() {
        assert_eq!(plain("Siobhán"), "siobhan");
        assert_eq!(plain("O'Neill"), "oneill");
    }
}

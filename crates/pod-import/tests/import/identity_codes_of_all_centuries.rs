//! Identity codes over all century signs, built by an independent rule, and each single fault found.

use jiff::civil::Date;
use pod_import::{IdentityCode, IdentityError};
use proptest::prelude::*;

const SIGNS: [(char, i16); 13] = [
    ('+', 1800),
    ('-', 1900),
    ('U', 1900),
    ('V', 1900),
    ('W', 1900),
    ('X', 1900),
    ('Y', 1900),
    ('A', 2000),
    ('B', 2000),
    ('C', 2000),
    ('D', 2000),
    ('E', 2000),
    ('F', 2000),
];
const CHECK: &str = "0123456789ABCDEFHJKLMNPRSTUVWXY";

fn code(born: Date, sign: char, individual: u16) -> String {
    let head = format!("{:02}{:02}{:02}", born.day(), born.month(), born.year() % 100);
    let nine: usize = format!("{head}{individual:03}").parse().unwrap();
    format!("{head}{sign}{individual:03}{}", CHECK.chars().nth(nine % 31).unwrap())
}

prop_compose! {
    fn parts()(sign in 0..SIGNS.len(), year in 0i16..100, day in 1i16..=366, individual in 2u16..1000)
        -> (Date, char, u16)
    {
        let (sign, century) = SIGNS[sign];
        let first = Date::new(century + year, 1, 1).unwrap();
        let born = first.with().day_of_year(day.min(first.days_in_year())).build().unwrap();
        (born, sign, individual)
    }
}

proptest! {
    #[test]
    fn every_sign_reads_back_its_birth_date((born, sign, individual) in parts()) {
        let text = code(born, sign, individual);
        let parsed = IdentityCode::parse(&text).unwrap();
        prop_assert_eq!(parsed.birth_date(), born);
        prop_assert_eq!(parsed.expose().as_slice(), text.as_bytes());
        let sloppy = IdentityCode::parse(&format!(" {}\t", text.to_lowercase())).unwrap();
        prop_assert!(sloppy == parsed);
        prop_assert_eq!(format!("{parsed:?}"), "IdentityCode(…)");
        let sentence = format!("call {text}, please");
        prop_assert!(pod_import::identity::contains_identity_code(&sentence));
        let part_of_a_word = format!("1{text}");
        prop_assert!(!pod_import::identity::contains_identity_code(&part_of_a_word));
    }

    #[test]
    fn any_other_check_character_is_wrong((born, sign, individual) in parts(), other in 0usize..31) {
        let text = code(born, sign, individual);
        let check = CHECK.chars().nth(other).unwrap();
        prop_assume!(!text.ends_with(check));
        let changed = format!("{}{check}", &text[..10]);
        prop_assert_eq!(IdentityCode::parse(&changed).unwrap_err(), IdentityError::CheckCharacter);
    }

    #[test]
    fn any_other_sign_is_unknown_or_another_person((born, sign, individual) in parts(), other in any::<char>()) {
        prop_assume!(other.to_ascii_uppercase() != sign);
        let text = code(born, sign, individual);
        let changed: String = text.chars().enumerate().map(|(at, c)| if at == 6 { other } else { c }).collect();
        match IdentityCode::parse(&changed) {
            Ok(parsed) => prop_assert!(parsed != IdentityCode::parse(&text).unwrap()),
            // 29 February of 1900 did not exist, that of 2000 did.
            Err(IdentityError::Day { day, month }) => prop_assert_eq!((day, month), (29, "February")),
            Err(IdentityError::CenturySign) => prop_assert!(other.is_ascii()),
            Err(error) => prop_assert_eq!(error, IdentityError::Form),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,14}") {
        let _ = IdentityCode::parse(&text);
        let _ = pod_import::identity::contains_identity_code(&text);
    }
}

#[test]
fn each_fault_has_its_sentence() {
    for (text, said) in [
        ("", "identity code is empty"),
        (" \t", "identity code is empty"),
        ("080165-996", "identity code is not of the form DDMMYYCNNNX"),
        ("08O165-996V", "identity code is not of the form DDMMYYCNNNX"),
        ("080165-996VV", "identity code is not of the form DDMMYYCNNNX"),
        ("080165G996V", "identity code's century sign is unknown"),
        ("080165Z996V", "identity code's century sign is unknown"),
        ("081365-996V", "identity code names month 13"),
        ("080065-996V", "identity code names month 0"),
        ("310220A9019", "identity code names 31 February"),
        ("000120A9019", "identity code names 0 January"),
        ("290200-9019", "identity code names 29 February"),
        ("080165-001V", "identity code's individual number is below 002"),
        ("080165-996A", "identity code's check character is wrong"),
        ("010101-1234", "identity code's check character is wrong"),
    ] {
        assert_eq!(IdentityCode::parse(text).unwrap_err().to_string(), said, "{text}");
    }
}

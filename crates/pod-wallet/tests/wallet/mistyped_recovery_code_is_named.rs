//! The code on paper gives the recovery keys; a mistyped character is found and named.

use pod_crypto::SeededRandom;
use pod_wallet::recovery_code::{CodeFault, RecoveryCode};
use pod_wallet::root::RecoveryRoot;

use crate::world::{ESPOO, HELSINKI};

fn code() -> RecoveryCode {
    RecoveryCode::generate(&SeededRandom::new([3; 32]))
}

fn place_of(at: usize) -> (usize, usize) {
    (at / 6 + 1, at % 6 + 1)
}

#[test]
fn what_is_typed_from_the_paper_gives_the_same_keys() {
    let typed = code().to_paper().to_lowercase().replace('-', " ");
    let again = RecoveryRoot::of(&RecoveryCode::parse(&typed).unwrap());
    for organisation in [HELSINKI, ESPOO] {
        assert_eq!(again.digest(&organisation), RecoveryRoot::of(&code()).digest(&organisation));
    }
    let other = RecoveryRoot::of(&RecoveryCode::generate(&SeededRandom::new([4; 32])));
    assert_ne!(other.digest(&HELSINKI), again.digest(&HELSINKI));
}

#[test]
fn a_code_is_two_lines_of_three_groups_of_six() {
    let paper = code().to_paper();
    let lines: Vec<&str> = paper.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.split('-').map(str::len).eq([6, 6, 6])), "{lines:?}");
}

#[test]
fn letters_that_look_like_digits_count_as_digits() {
    let random = SeededRandom::new([5; 32]);
    for _ in 0..50 {
        let paper = RecoveryCode::generate(&random).to_paper();
        let misread = paper.replace('1', "l").replace('0', "o");
        assert_eq!(*RecoveryCode::parse(&misread).unwrap().to_paper(), *paper);
    }
}

#[test]
fn every_single_mistake_is_found_where_it_is() {
    let paper: Vec<char> = code().to_paper().chars().filter(char::is_ascii_alphanumeric).collect();
    for at in 0..paper.len() {
        for wrong in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().filter(|wrong| *wrong != paper[at]) {
            let mut typed = paper.clone();
            typed[at] = wrong;
            let (group, place) = place_of(at);
            let found = RecoveryCode::parse(&typed.iter().collect::<String>()).unwrap_err();
            assert_eq!(found, CodeFault::Mistyped { group, place, found: wrong, expected: paper[at] });
        }
    }
}

#[test]
fn two_mistakes_in_a_line_never_pass() {
    let paper: Vec<char> = code().to_paper().chars().filter(char::is_ascii_alphanumeric).collect();
    for first in 0..18 {
        for second in first + 1..18 {
            let mut typed = paper.clone();
            for at in [first, second] {
                typed[at] = if paper[at] == '7' { '8' } else { '7' };
            }
            assert!(RecoveryCode::parse(&typed.iter().collect::<String>()).is_err());
        }
    }
}

#[test]
fn other_mistakes_are_named_too() {
    let paper = code().to_paper();
    let short: String = paper.chars().skip(1).collect();
    assert_eq!(RecoveryCode::parse(&short).unwrap_err(), CodeFault::Length { found: 35 });
    let odd: String = format!("U{short}");
    assert_eq!(RecoveryCode::parse(&odd).unwrap_err(), CodeFault::Character { group: 1, place: 1, found: 'U' });
}

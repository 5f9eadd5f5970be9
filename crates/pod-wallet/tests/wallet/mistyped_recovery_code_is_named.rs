//! The code on paper brings the root secret back; a mistyped character is found and named.

use pod_crypto::SeededRandom;
use pod_wallet::recovery_code::{CodeFault, RecoveryCode};
use pod_wallet::root::{RootSecret, UnwrapFault};

use crate::world::{ESPOO, HELSINKI};

fn code() -> RecoveryCode {
    RecoveryCode::generate(&SeededRandom::new([3; 32]))
}

fn place_of(at: usize) -> (usize, usize) {
    (at / 6 + 1, at % 6 + 1)
}

#[test]
fn paper_restores_the_root() {
    let random = SeededRandom::new([4; 32]);
    let root = RootSecret::from_bytes([42; 32]);
    let wrapped = root.wrap_with_code(&code(), &random);
    let typed = code().to_paper().to_lowercase().replace('-', " ");
    let again = RootSecret::unwrap_with_code(&wrapped, &RecoveryCode::parse(&typed).unwrap()).unwrap();
    let device = pod_wallet::root::KeyPurpose::Device;
    for organisation in [HELSINKI, ESPOO] {
        let key = |root: &RootSecret| root.signing_key(&organisation, device, 0).public_key();
        assert_eq!(key(&again), key(&root));
    }
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

#[test]
fn another_code_or_file_does_not_open() {
    let random = SeededRandom::new([4; 32]);
    let wrapped = RootSecret::from_bytes([42; 32]).wrap_with_code(&code(), &random);
    let other = RecoveryCode::generate(&random);
    assert_eq!(RootSecret::unwrap_with_code(&wrapped, &other).unwrap_err(), UnwrapFault::Open);
    assert_eq!(RootSecret::unwrap_with_code(b"something else", &code()).unwrap_err(), UnwrapFault::NotOne);
    let mut later = wrapped.clone();
    later[10] = 2;
    assert_eq!(RootSecret::unwrap_with_code(&later, &code()).unwrap_err(), UnwrapFault::Version(2));
    for at in 12..wrapped.len() {
        let mut changed = wrapped.clone();
        changed[at] ^= 1;
        assert_eq!(RootSecret::unwrap_with_code(&changed, &code()).unwrap_err(), UnwrapFault::Open);
    }
}

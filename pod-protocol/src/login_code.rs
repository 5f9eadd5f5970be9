//! The code that a login's last page shows, and that the person types into the wallet that they mean (`docs/protocol/login-code.md`).

use std::fmt;

use pod_crypto::{Random, Zeroizing, equal, random_array, sha256};

use crate::ids::Principal;

/// Digits that nobody can guess: with five tries one guess in twenty million is right.
const RANDOM_DIGITS: usize = 8;
/// How many codes there are.
const CODES: u64 = 100_000_000;
/// Digits that say whose the code is: of another organisation's codes one in ten thousand passes for one's own.
const CHECK_DIGITS: usize = 4;
const CHECKS: u64 = 10_000;
/// Digits in all.
const DIGITS: usize = RANDOM_DIGITS + CHECK_DIGITS;
/// Digits that are read aloud together.
const GROUP: usize = 4;
/// So that the hash is of nothing else.
const DOMAIN: &[u8] = b"aitta login code 1";

/// A code of twelve digits, for one login at one organisation and for one wallet's key log there.
pub struct LoginCode(Zeroizing<String>);

/// Without the digits.
impl fmt::Debug for LoginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginCode")
    }
}

impl LoginCode {
    /// Makes a new one. Of 2^64 numbers each code gets as many as every other, but for one in 10^11.
    #[must_use]
    pub fn generate(random: &dyn Random, organisation: &Principal, log: &Principal) -> Self {
        let number = u64::from_be_bytes(random_array::<8>(random)) % CODES;
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        digits.push_str(&Zeroizing::new(format!("{number:0RANDOM_DIGITS$}")));
        let check = check_of(&digits, organisation, log);
        digits.push_str(&check);
        Self(digits)
    }

    /// What somebody typed: twelve digits, with spaces and hyphens as people write them; none when it is anything else.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        for character in text.chars() {
            match character {
                '0'..='9' if digits.len() < DIGITS => digits.push(character),
                ' ' | '\u{a0}' | '-' | '\t' | '\r' | '\n' => {}
                _ => return None,
            }
        }
        (digits.len() == DIGITS).then_some(Self(digits))
    }

    /// Whether it is a code of this organisation, for this key log. Another's must not leave the wallet: whoever got it could bind
    /// their own keys there.
    #[must_use]
    pub fn is_of(&self, organisation: &Principal, log: &Principal) -> bool {
        let (random, check) = self.0.split_at(RANDOM_DIGITS);
        check_of(random, organisation, log) == check
    }

    /// Whether both are the same, in a time that tells nothing of where they differ.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        equal(self.0.as_bytes(), other.0.as_bytes())
    }

    /// As people read it aloud: `1234 5678 9012`.
    #[must_use]
    pub fn grouped(&self) -> String {
        let digits: Vec<char> = self.0.chars().collect();
        digits.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
}

fn check_of(random: &str, organisation: &Principal, log: &Principal) -> String {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[DOMAIN, organisation.as_bytes(), log.as_bytes(), random.as_bytes()]);
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % CHECKS;
    format!("{number:0CHECK_DIGITS$}")
}

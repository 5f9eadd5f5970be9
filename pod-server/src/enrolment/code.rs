//! The code with which a person says that the wallet in their hand is the one that they logged in for. Pure: the randomness
//! is an argument.

use std::fmt;

use pod_crypto::{Random, Zeroizing, equal, random_array};

/// Digits of a code, shown in two groups: with [`super::pending::MAX_TRIES`] guesses one in twenty million is right.
const DIGITS: usize = 8;
/// How many codes there are.
const CODES: u64 = 100_000_000;

/// A code of eight digits, for one login.
pub(super) struct Code(Zeroizing<String>);

/// Without the digits.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

impl Code {
    /// Makes a new one. Of 2^64 numbers each code gets as many as every other, but for one in 10^11.
    pub(super) fn generate(random: &dyn Random) -> Self {
        let number = u64::from_be_bytes(random_array::<8>(random)) % CODES;
        Self(Zeroizing::new(format!("{number:0DIGITS$}")))
    }

    /// What somebody typed: eight digits, with spaces and hyphens as people write them; none when it is anything else.
    pub(super) fn typed(text: &str) -> Option<Self> {
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

    /// Whether both are the same, in a time that tells nothing of where they differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        equal(self.0.as_bytes(), other.0.as_bytes())
    }

    /// As people read it aloud: `1234 5678`.
    pub(super) fn grouped(&self) -> String {
        let (first, second) = self.0.split_at(DIGITS / 2);
        format!("{first} {second}")
    }
}

#[cfg(test)]
mod tests {
    use pod_crypto::SeededRandom;

    use super::Code;

    #[test]
    fn it_is_typed_as_people_write_it() {
        let code = Code::generate(&SeededRandom::new([1; 32]));
        let shown = code.grouped();
        assert_eq!(shown.len(), 9);
        for typed in [shown.clone(), shown.replace(' ', ""), shown.replace(' ', "-"), format!(" {shown}\n")] {
            assert!(code.is(&Code::typed(&typed).unwrap()), "{typed}");
        }
    }

    #[test]
    fn leading_noughts_are_kept_and_other_things_are_no_code() {
        assert_eq!(Code::typed("0000 0001").unwrap().grouped(), "0000 0001");
        for text in ["", "1234 567", "1234 56789", "1234 567x", "１２３４５６７８"] {
            assert!(Code::typed(text).is_none(), "{text}");
        }
    }

    #[test]
    fn no_two_logins_have_the_same() {
        let random = SeededRandom::new([1; 32]);
        assert!(!Code::generate(&random).is(&Code::generate(&random)));
    }
}

//! The printed recovery code: 160 random bits on two lines of three groups of six characters.
//!
//! The alphabet is Crockford's base 32 (no I, L, O, U). The last two characters of a line are a Reed-Solomon check over
//! GF(32), of distance 3: one mistyped character in a line is found, and named with what stands there on the paper.
//! The code is random, not chosen, so a key is derived from it by HKDF alone: nobody searches 160 bits.

use std::fmt;

use pod_crypto::{Random, Zeroizing};

/// Random bits of a code, in bytes.
const ENTROPY_BYTES: usize = 20;
/// Lines of a code.
const LINES: usize = 2;
/// Bytes of entropy on a line.
const LINE_BYTES: usize = ENTROPY_BYTES / LINES;
/// Characters of entropy on a line, 5 bits each.
const DATA_CHARACTERS: usize = 16;
/// Characters on a line, with the two of the check.
const LINE_CHARACTERS: usize = DATA_CHARACTERS + 2;
/// Characters in a group: what people read at once.
const GROUP_CHARACTERS: usize = 6;
/// Crockford's alphabet.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Most characters that are looked at, separators included: a pasted file is not a code.
const MAX_TYPED_CHARACTERS: usize = 200;

/// Why something typed is not a recovery code. Groups and characters are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// Too few or too many characters.
    #[error("a recovery code has 36 characters, 6 groups of 6; {found} were typed")]
    Length {
        /// How many were typed, without spaces and dashes.
        found: usize,
    },
    /// A character that no code has.
    #[error(
        "character {place} of group {group} is `{found}`, which no recovery code has (the letter U and signs are not used)"
    )]
    Character {
        /// The group.
        group: usize,
        /// The place in the group.
        place: usize,
        /// What was typed.
        found: char,
    },
    /// One character of the line is wrong.
    #[error(
        "character {place} of group {group} is probably mistyped: `{found}` was typed, `{expected}` would fit; compare it with the paper"
    )]
    Mistyped {
        /// The group.
        group: usize,
        /// The place in the group.
        place: usize,
        /// What was typed.
        found: char,
        /// What would make the line right.
        expected: char,
    },
    /// More than one character of the line is wrong.
    #[error("more than one character is mistyped in groups {first_group} to {last_group}: compare them with the paper")]
    Line {
        /// The line's first group.
        first_group: usize,
        /// The line's last group.
        last_group: usize,
    },
}

/// A recovery code. It cannot be printed by accident: [`RecoveryCode::to_paper`] is the one way.
pub struct RecoveryCode(Zeroizing<[u8; ENTROPY_BYTES]>);

impl RecoveryCode {
    /// A new code.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut entropy = Zeroizing::new([0; ENTROPY_BYTES]);
        random.fill(&mut *entropy);
        Self(entropy)
    }

    /// The random bits, for the key that is derived from them.
    pub(crate) fn entropy(&self) -> &[u8; ENTROPY_BYTES] {
        &self.0
    }

    /// The two lines to print.
    #[must_use]
    pub fn to_paper(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LINES * (LINE_CHARACTERS + 3)));
        for (number, bytes) in self.0.chunks(LINE_BYTES).enumerate() {
            if number > 0 {
                text.push('\n');
            }
            for (place, symbol) in with_check(symbols(bytes)).into_iter().enumerate() {
                if place > 0 && place % GROUP_CHARACTERS == 0 {
                    text.push('-');
                }
                text.push(character(symbol));
            }
        }
        text
    }

    /// Reads what somebody typed from the paper. Spaces, line ends and dashes do not matter, nor does the case; I and L
    /// count as 1, O as 0.
    ///
    /// # Errors
    /// [`CodeFault`], which names the mistyped character when there is one in a line.
    pub fn parse(typed: &str) -> Result<Self, CodeFault> {
        let found = |character: &char| !character.is_whitespace() && *character != '-';
        let count = typed.chars().filter(found).count();
        if count > MAX_TYPED_CHARACTERS {
            return Err(CodeFault::Length { found: count });
        }
        let characters: Zeroizing<Vec<char>> = Zeroizing::new(typed.chars().filter(found).collect());
        let mut read = Zeroizing::new(Vec::with_capacity(characters.len()));
        for (at, character) in characters.iter().enumerate() {
            let (group, place) = (at / GROUP_CHARACTERS + 1, at % GROUP_CHARACTERS + 1);
            let symbol = symbol(*character).ok_or(CodeFault::Character { group, place, found: *character })?;
            read.push(symbol);
        }
        if read.len() != LINES * LINE_CHARACTERS {
            return Err(CodeFault::Length { found: read.len() });
        }
        let mut entropy = Zeroizing::new([0; ENTROPY_BYTES]);
        let lines = read.chunks(LINE_CHARACTERS).zip(entropy.chunks_mut(LINE_BYTES));
        for (number, (line, bytes)) in lines.enumerate() {
            check_line(number, line)?;
            let mut bits =
                line.iter().take(DATA_CHARACTERS).fold(0_u128, |bits, symbol| bits << 5 | u128::from(*symbol));
            for byte in bytes.iter_mut().rev() {
                *byte = (bits & 0xff) as u8;
                bits >>= 8;
            }
        }
        Ok(Self(entropy))
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryCode").finish_non_exhaustive()
    }
}

fn symbols(bytes: &[u8]) -> [u8; DATA_CHARACTERS] {
    let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut out = [0; DATA_CHARACTERS];
    for (place, symbol) in out.iter_mut().rev().enumerate() {
        *symbol = (bits >> (5 * place) & 31) as u8;
    }
    out
}

fn character(symbol: u8) -> char {
    ALPHABET.get(usize::from(symbol)).map_or('?', |byte| char::from(*byte))
}

fn symbol(character: char) -> Option<u8> {
    let character = match character.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    ALPHABET.iter().position(|byte| char::from(*byte) == character).and_then(|at| u8::try_from(at).ok())
}

/// Multiplication in GF(32), x^5 + x^2 + 1.
fn multiply(left: u8, right: u8) -> u8 {
    let (mut left, mut right, mut product) = (left, right, 0);
    for _ in 0..5 {
        if right & 1 == 1 {
            product ^= left;
        }
        right >>= 1;
        left <<= 1;
        if left & 0x20 != 0 {
            left ^= 0x25;
        }
    }
    product
}

/// x to the power of `exponent`; x generates the 31 elements other than 0, so all places of a line differ.
fn weight(exponent: usize) -> u8 {
    (0..exponent).fold(1, |power, _| multiply(power, 2))
}

fn inverse(element: u8) -> u8 {
    // The group has 31 elements, so the 30th power is the inverse.
    (0..30).fold(1, |power, _| multiply(power, element))
}

/// The two sums that are 0 on a right line: plain, and weighted by place.
fn sums(line: &[u8]) -> (u8, u8) {
    line.iter().enumerate().fold((0, 0), |(plain, weighted), (place, symbol)| {
        (plain ^ symbol, weighted ^ multiply(*symbol, weight(place)))
    })
}

fn with_check(data: [u8; DATA_CHARACTERS]) -> Vec<u8> {
    let (plain, weighted) = sums(&data);
    let (first, second) = (weight(DATA_CHARACTERS), weight(DATA_CHARACTERS + 1));
    // first + second = plain, first*w16 + second*w17 = weighted.
    let second_check = multiply(weighted ^ multiply(plain, first), inverse(first ^ second));
    let mut line = data.to_vec();
    line.extend([plain ^ second_check, second_check]);
    line
}

fn check_line(number: usize, line: &[u8]) -> Result<(), CodeFault> {
    let (plain, weighted) = sums(line);
    if plain == 0 && weighted == 0 {
        return Ok(());
    }
    let groups = LINE_CHARACTERS / GROUP_CHARACTERS;
    let first_group = number * groups + 1;
    let wrong = line.iter().enumerate().find(|(place, _)| plain != 0 && multiply(plain, weight(*place)) == weighted);
    Err(match wrong {
        Some((place, symbol)) => CodeFault::Mistyped {
            group: first_group + place / GROUP_CHARACTERS,
            place: place % GROUP_CHARACTERS + 1,
            found: character(*symbol),
            expected: character(symbol ^ plain),
        },
        None => CodeFault::Line { first_group, last_group: first_group + groups - 1 },
    })
}

//! The Finnish personal identity code (henkilötunnus): `DDMMYYCNNNX`.
//!
//! `C` is the century sign. Since 1 January 2023 (Government Decree 128/2010) there are several for a
//! century: `+` for the 1800s; `-` and `U` to `Y` for the 1900s; `A` to `F` for the 2000s. `X` is a check character:
//! the nine digits modulo 31. The whole code with its century sign names the person; codes that differ in the sign
//! alone are different people.

use std::fmt;

use jiff::civil::Date;
use pod_crypto::Zeroize;

/// The check character for each remainder of the nine digits modulo 31.
const CHECK_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// Length of a code in characters, all of them ASCII.
const CODE_CHARS: usize = 11;

/// Individual numbers begin here; 900 to 999 are temporary or, as in our sample registers, nobody's.
const LOWEST_INDIVIDUAL_NUMBER: u32 = 2;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A valid national identity code, in capitals.
///
/// There is no `Display`, and `Debug` leaves the code out: it may go into an HMAC that finds a pod, through
/// [`expose`](Self::expose), and nowhere else. Its characters are overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityCode {
    characters: [u8; CODE_CHARS],
    born: Date,
}

/// Why a text is not a national identity code. No variant and no sentence repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Nothing, or white space only.
    #[error("identity code is empty")]
    Empty,
    /// Not eleven characters, or a letter where a digit must be.
    #[error("identity code is not of the form DDMMYYCNNNX")]
    Form,
    /// The seventh character is none of `+ - U V W X Y A B C D E F`.
    #[error("identity code's century sign is unknown")]
    CenturySign,
    /// A month beyond December, or month 0.
    #[error("identity code names month {0}")]
    Month(u32),
    /// A day that the month, in that year, does not have.
    #[error("identity code names {day} {month}")]
    Day {
        /// The day, 0 to 99.
        day: u32,
        /// The month's English name.
        month: &'static str,
    },
    /// Individual numbers 000 and 001 are not given.
    #[error("identity code's individual number is below 002")]
    IndividualNumber,
    /// The last character is not the one that the nine digits ask for.
    #[error("identity code's check character is wrong")]
    CheckCharacter,
}

impl IdentityCode {
    /// Reads a code: white space around it is dropped, small letters become capitals.
    ///
    /// # Errors
    /// Each variant of [`IdentityError`] says what is wrong, in the order of its characters: a date that does not
    /// exist is named before a check character that does not fit.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(IdentityError::Empty);
        }
        let mut characters: [u8; CODE_CHARS] = text.as_bytes().try_into().map_err(|_| IdentityError::Form)?;
        characters.make_ascii_uppercase();
        let [d1, d2, m1, m2, y1, y2, sign, n1, n2, n3, check] = characters;

        let day = number(&[d1, d2])?;
        let month = number(&[m1, m2])?;
        let year_in_century = number(&[y1, y2])?;
        let individual = number(&[n1, n2, n3])?;
        let century = century_of(sign).ok_or(IdentityError::CenturySign)?;
        let born = birth_date(century + year_in_century, month, day)?;
        if individual < LOWEST_INDIVIDUAL_NUMBER {
            return Err(IdentityError::IndividualNumber);
        }
        let nine_digits = number(&[d1, d2, m1, m2, y1, y2, n1, n2, n3])?;
        if CHECK_CHARACTERS.get((nine_digits % 31) as usize) != Some(&check) {
            return Err(IdentityError::CheckCharacter);
        }
        Ok(Self { characters, born })
    }

    /// The date of birth that the code names.
    #[must_use]
    pub fn birth_date(&self) -> Date {
        self.born
    }

    /// The eleven ASCII characters, in capitals: for the HMAC that finds a pod, and for nothing that is kept.
    #[must_use]
    pub fn expose(&self) -> &[u8; CODE_CHARS] {
        &self.characters
    }
}

impl fmt::Debug for IdentityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityCode(…)")
    }
}

impl Drop for IdentityCode {
    fn drop(&mut self) {
        self.characters.zeroize();
    }
}

/// Whether a valid identity code stands anywhere in `text`, not being part of a longer word.
///
/// The importer refuses such a field: a code in an e-mail address or in a remark would be stored in clear.
#[must_use]
pub fn contains_identity_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(CODE_CHARS).enumerate().any(|(at, window)| {
        let free_before = at == 0 || !bytes.get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
        let free_after = !bytes.get(at + CODE_CHARS).is_some_and(u8::is_ascii_alphanumeric);
        free_before
            && free_after
            && window.first().is_some_and(u8::is_ascii_digit)
            && window.last().is_some_and(u8::is_ascii_alphanumeric)
            && std::str::from_utf8(window).is_ok_and(|candidate| IdentityCode::parse(candidate).is_ok())
    })
}

/// The first year of the century that a sign stands for.
fn century_of(sign: u8) -> Option<u32> {
    match sign {
        b'+' => Some(1800),
        b'-' | b'U'..=b'Y' => Some(1900),
        b'A'..=b'F' => Some(2000),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Result<u32, IdentityError> {
    digits.iter().try_fold(0, |sum, digit| match digit {
        b'0'..=b'9' => Ok(sum * 10 + u32::from(digit - b'0')),
        _ => Err(IdentityError::Form),
    })
}

fn birth_date(year: u32, month: u32, day: u32) -> Result<Date, IdentityError> {
    let name = month.checked_sub(1).and_then(|index| MONTHS.get(index as usize)).ok_or(IdentityError::Month(month))?;
    let unknown = IdentityError::Day { day, month: name };
    let year = i16::try_from(year).map_err(|_| unknown)?;
    let month = i8::try_from(month).map_err(|_| unknown)?;
    let day = i8::try_from(day).map_err(|_| unknown)?;
    Date::new(year, month, day).map_err(|_| unknown)
}

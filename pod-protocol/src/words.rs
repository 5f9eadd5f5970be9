//! Words for people, in the three languages that the wallet speaks.

use std::fmt;

use crate::codec::{Cbor, text};
use crate::lists::tuple;
use crate::refusal::ClaimFault;

/// Longest text in one language, in bytes: two or three sentences, which fit a telephone's screen without scrolling.
pub const MAX_WORDS_BYTES: usize = 600;

/// Why a text is not shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsFault {
    /// Nothing to read in one of the languages: no letter and no digit.
    #[error("a text has no letter and no digit in Finnish, Swedish or English: write all three")]
    Empty,
    /// Longer than [`MAX_WORDS_BYTES`].
    #[error("a text is longer than {MAX_WORDS_BYTES} bytes")]
    TooLong,
    /// A control character, or one that shows nothing and changes how its neighbours are shown.
    #[error(
        "a text has a control, invisible or direction-changing character, which could make it read as another text"
    )]
    Hidden,
}

/// The same words in Finnish, Swedish and English. None is empty, none longer than [`MAX_WORDS_BYTES`], and none has
/// a character that makes people read something else than what is signed.
///
/// On the wire an array `[fi, sv, en]`, in JSON an object with these names.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Words {
    fi: Box<str>,
    sv: Box<str>,
    en: Box<str>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    fi: String,
    sv: String,
    en: String,
}

impl TryFrom<Unchecked> for Words {
    type Error = WordsFault;

    fn try_from(unchecked: Unchecked) -> Result<Self, WordsFault> {
        Self::new(&unchecked.fi, &unchecked.sv, &unchecked.en)
    }
}

impl Words {
    /// Takes the three texts.
    ///
    /// # Errors
    /// [`WordsFault`].
    pub fn new(fi: &str, sv: &str, en: &str) -> Result<Self, WordsFault> {
        [fi, sv, en].into_iter().try_for_each(check)?;
        Ok(Self { fi: fi.into(), sv: sv.into(), en: en.into() })
    }

    /// In Finnish.
    #[must_use]
    pub fn fi(&self) -> &str {
        &self.fi
    }

    /// In Swedish.
    #[must_use]
    pub fn sv(&self) -> &str {
        &self.sv
    }

    /// In English.
    #[must_use]
    pub fn en(&self) -> &str {
        &self.en
    }

    /// In the language with this code (`fi`, `sv`), in English for any other.
    #[must_use]
    pub fn in_language(&self, code: &str) -> &str {
        match code {
            "fi" => &self.fi,
            "sv" => &self.sv,
            _ => &self.en,
        }
    }

    /// As `[fi, sv, en]`.
    #[must_use]
    pub fn to_cbor(&self) -> Cbor {
        Cbor::Array([&self.fi, &self.sv, &self.en].map(|text| Cbor::Text(text.to_string())).to_vec())
    }

    /// Reads `[fi, sv, en]`.
    ///
    /// # Errors
    /// [`ClaimFault::WrongType`], [`ClaimFault::Empty`], [`ClaimFault::OutOfRange`] for a text that is too long or has
    /// a hidden character.
    pub fn from_claim(claim: i64, item: Cbor) -> Result<Self, ClaimFault> {
        let [fi, sv, en] = tuple(claim, item)?;
        Self::new(&text(claim, fi)?, &text(claim, sv)?, &text(claim, en)?).map_err(|fault| match fault {
            WordsFault::Empty => ClaimFault::Empty { claim },
            WordsFault::TooLong | WordsFault::Hidden => ClaimFault::OutOfRange { claim },
        })
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} / {:?} / {:?}", self.fi, self.sv, self.en)
    }
}

fn check(text: &str) -> Result<(), WordsFault> {
    if text.len() > MAX_WORDS_BYTES {
        return Err(WordsFault::TooLong);
    }
    if text.chars().any(is_hidden) {
        return Err(WordsFault::Hidden);
    }
    if text.chars().any(char::is_alphanumeric) { Ok(()) } else { Err(WordsFault::Empty) }
}

/// Whether people would not see this character, or see others differently because of it: text that has one is not shown as
/// it is. Joiners (U+200C, U+200D) and variation selectors are among them, which the wallet's languages do not need.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Default_Ignorable_Code_Point of Unicode 17: no width, direction (UAX #9), joiners, fillers, selectors, tags.
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{2028}' | '\u{2029}' // separators of lines and paragraphs
            | '\u{fff9}'..='\u{fffb}' // annotations
            | '\u{2800}') // the Braille pattern without a dot
}

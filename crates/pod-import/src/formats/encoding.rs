//! Bytes to letters. Nothing is guessed or replaced: a byte without a meaning refuses its row.

use encoding_rs::WINDOWS_1252;

/// How the bytes of a file are letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte-order mark.
    Utf8,
    /// UTF-8 that may begin with a byte-order mark.
    Utf8WithMark,
    /// Windows-1252, of which ISO 8859-1's letters are a part.
    Windows1252,
}

impl Encoding {
    /// Decodes one cell or line.
    pub(super) fn decode(self, bytes: Vec<u8>) -> Result<String, &'static str> {
        match self {
            Self::Utf8 | Self::Utf8WithMark => String::from_utf8(bytes).map_err(|_| "holds bytes that are not UTF-8"),
            Self::Windows1252 => {
                // The five bytes that the code page leaves open become control characters in the web's table of it;
                // no person's name holds one.
                if bytes.iter().any(|byte| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D)) {
                    return Err("holds bytes that are no letters in Windows-1252");
                }
                Ok(WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned())
            }
        }
    }
}

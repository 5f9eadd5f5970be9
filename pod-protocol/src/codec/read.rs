//! The reader: builds the item in bytes that the scanner accepted. Nothing is built of bytes that it refuses, so a count in
//! them is a count of items that are there.

use super::Cbor;
use super::scan::{
    CborFault, Cursor, MAJOR_ARRAY, MAJOR_BYTES, MAJOR_MAP, MAJOR_NEGATIVE, MAJOR_TAG, MAJOR_TEXT, MAJOR_UNSIGNED,
};

/// Reads the one item in `bytes`, which [`scan`](super::scan()) accepted.
///
/// # Errors
/// None for such bytes: a [`CborFault`] would be a defect of one of the two.
pub(super) fn read(bytes: &[u8]) -> Result<Cbor, CborFault> {
    item(&mut Cursor::new(bytes))
}

fn item(cursor: &mut Cursor<'_>) -> Result<Cbor, CborFault> {
    let (major, argument) = cursor.head()?;
    let length = || usize::try_from(argument).map_err(|_| CborFault::Truncated);
    let integer = || i64::try_from(argument).map_err(|_| CborFault::IntegerRange);
    Ok(match major {
        MAJOR_UNSIGNED => Cbor::from(integer()?),
        MAJOR_NEGATIVE => Cbor::from(-1 - integer()?),
        MAJOR_BYTES => Cbor::Bytes(cursor.take(argument)?.to_vec()),
        MAJOR_TEXT => {
            let text = std::str::from_utf8(cursor.take(argument)?).map_err(|_| CborFault::NotUtf8)?;
            Cbor::Text(text.to_owned())
        }
        MAJOR_ARRAY => {
            let mut items = Vec::with_capacity(length()?);
            for _ in 0..argument {
                items.push(item(cursor)?);
            }
            Cbor::Array(items)
        }
        MAJOR_MAP => {
            let mut entries = Vec::with_capacity(length()?);
            for _ in 0..argument {
                entries.push((item(cursor)?, item(cursor)?));
            }
            Cbor::Map(entries)
        }
        MAJOR_TAG => return Err(CborFault::Tag),
        _ => match argument {
            20 => Cbor::Bool(false),
            21 => Cbor::Bool(true),
            _ => Cbor::Null,
        },
    })
}

//! The encoder: shortest forms, definite lengths, keys sorted bytewise by their encodings.

use std::cmp::Ordering;

use super::Cbor;
use super::scan::{MAJOR_ARRAY, MAJOR_BYTES, MAJOR_MAP, MAJOR_NEGATIVE, MAJOR_TEXT, MAJOR_UNSIGNED};

/// Encodes `item` deterministically (RFC 8949 §4.2.1).
///
/// The caller builds items from typed values, so floats and tags never occur; they are written as null
/// and would be refused by the reader's own typed decoding.
#[must_use]
pub fn encode(item: &Cbor) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(&mut out, item);
    out
}

/// Writes an initial byte and its argument, in the shortest form.
pub(crate) fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let wide = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | wide[7]),
        24..=0xff => out.extend_from_slice(&[major | 24, wide[7]]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&wide[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&wide[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&wide);
        }
    }
}

/// Writes an integer.
pub(crate) fn write_integer(out: &mut Vec<u8>, value: i128) {
    match u64::try_from(value) {
        Ok(unsigned) => write_head(out, MAJOR_UNSIGNED, unsigned),
        Err(_) => write_head(out, MAJOR_NEGATIVE, u64::try_from(-1 - value).unwrap_or(u64::MAX)),
    }
}

/// How many bytes [`write_head`] writes before an argument: 1 to 9.
pub(crate) const fn head_len(argument: u64) -> usize {
    match argument {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

/// Writes a byte string.
pub(crate) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_head(out, MAJOR_BYTES, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Writes a text.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    write_head(out, MAJOR_TEXT, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Writes false, true or null.
pub(crate) fn write_simple(out: &mut Vec<u8>, value: Option<bool>) {
    out.push(match value {
        Some(false) => 0xf4,
        Some(true) => 0xf5,
        None => 0xf6,
    });
}

/// The order of two texts as map keys: a shorter one has a smaller head.
pub(crate) fn text_order(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn write(out: &mut Vec<u8>, item: &Cbor) {
    match item {
        Cbor::Integer(integer) => write_integer(out, i128::from(*integer)),
        Cbor::Bytes(bytes) => write_bytes(out, bytes),
        Cbor::Text(text) => write_text(out, text),
        Cbor::Array(items) => {
            write_head(out, MAJOR_ARRAY, items.len() as u64);
            items.iter().for_each(|item| write(out, item));
        }
        Cbor::Map(entries) => write_map(out, entries),
        Cbor::Bool(value) => write_simple(out, Some(*value)),
        _ => write_simple(out, None),
    }
}

fn write_map(out: &mut Vec<u8>, entries: &[(Cbor, Cbor)]) {
    write_head(out, MAJOR_MAP, entries.len() as u64);
    let mut sorted: Vec<&(Cbor, Cbor)> = entries.iter().collect();
    sorted.sort_by(|(left, _), (right, _)| key_order(left, right));
    for (key, value) in sorted {
        write(out, key);
        write(out, value);
    }
}

/// The order of two keys: that of their encodings, which is only written out where it cannot be told from the values.
fn key_order(left: &Cbor, right: &Cbor) -> Ordering {
    match (left, right) {
        (Cbor::Integer(left), Cbor::Integer(right)) => {
            // Those from 0 up come first, the others after them from -1 down: the head holds -1 - n.
            let rank = |value: i128| if value < 0 { (true, -1 - value) } else { (false, value) };
            rank(i128::from(*left)).cmp(&rank(i128::from(*right)))
        }
        (Cbor::Text(left), Cbor::Text(right)) => text_order(left, right),
        _ => encode(left).cmp(&encode(right)),
    }
}

//! The encoder: shortest forms, definite lengths, keys sorted bytewise by their encodings.

use super::Cbor;

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

fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
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

fn write(out: &mut Vec<u8>, item: &Cbor) {
    match item {
        Cbor::Integer(integer) => {
            let value = i128::from(*integer);
            match u64::try_from(value) {
                Ok(unsigned) => head(out, 0, unsigned),
                Err(_) => head(out, 1, u64::try_from(-1 - value).unwrap_or(u64::MAX)),
            }
        }
        Cbor::Bytes(bytes) => {
            head(out, 2, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
        Cbor::Text(text) => {
            head(out, 3, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        Cbor::Array(items) => {
            head(out, 4, items.len() as u64);
            items.iter().for_each(|item| write(out, item));
        }
        Cbor::Map(entries) => write_map(out, entries),
        Cbor::Bool(false) => out.push(0xf4),
        Cbor::Bool(true) => out.push(0xf5),
        _ => out.push(0xf6),
    }
}

fn write_map(out: &mut Vec<u8>, entries: &[(Cbor, Cbor)]) {
    head(out, 5, entries.len() as u64);
    let mut sorted: Vec<(Vec<u8>, &Cbor)> = entries.iter().map(|(key, value)| (encode(key), value)).collect();
    sorted.sort_by(|(left, _), (right, _)| left.cmp(right));
    for (key, value) in sorted {
        out.extend_from_slice(&key);
        write(out, value);
    }
}

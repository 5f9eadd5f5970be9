//! Padding before sealing, so that the length of what is sealed does not say what it is: a byte `0x80`, then zeros
//! (ISO/IEC 7816-4), up to a whole number of steps.

/// Fills up to the next multiple of `step` bytes; at least one byte is added.
pub(crate) fn pad(plain: &mut Vec<u8>, step: usize) {
    plain.push(0x80);
    plain.resize(plain.len().next_multiple_of(step), 0);
}

/// What stood before the padding.
pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    match padded.split_at_checked(end)? {
        (plain, [0x80, ..]) => Some(plain),
        _ => None,
    }
}

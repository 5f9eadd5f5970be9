//! Hex, and a source of randomness that gives what a vector prescribes.

use std::sync::Mutex;

use pod_crypto::Random;

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd number of hex digits: {text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn unhex_array<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives the bytes it was made with, in order; asking for more than is left fails the test.
pub(crate) struct Scripted(Mutex<Vec<u8>>);

impl Scripted {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Mutex::new(bytes.to_vec()))
    }
}

impl Random for Scripted {
    fn fill(&self, out: &mut [u8]) {
        let mut left = self.0.lock().unwrap();
        assert!(left.len() >= out.len(), "the script has too few bytes");
        out.copy_from_slice(&left[..out.len()]);
        left.drain(..out.len());
    }
}

/// Every way to change one byte of `bytes`, drop its last one, or add one.
pub(crate) fn tampered(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..bytes.len())
        .map(|at| {
            let mut changed = bytes.to_vec();
            changed[at] ^= 0x01;
            changed
        })
        .collect();
    all.push(bytes[..bytes.len() - 1].to_vec());
    all.push([bytes, &[0]].concat());
    all
}

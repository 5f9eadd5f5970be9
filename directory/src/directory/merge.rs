//! Two sorted lists as one.

use std::iter::Peekable;

/// The items of both, in order of their keys, each list being in that order already.
pub(super) fn merged<K: Ord, V>(
    one: impl Iterator<Item = (K, V)>,
    other: impl Iterator<Item = (K, V)>,
) -> impl Iterator<Item = (K, V)> {
    Merged { one: one.peekable(), other: other.peekable() }
}

struct Merged<A: Iterator, B: Iterator> {
    one: Peekable<A>,
    other: Peekable<B>,
}

impl<K: Ord, V, A: Iterator<Item = (K, V)>, B: Iterator<Item = (K, V)>> Iterator for Merged<A, B> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        match (self.one.peek(), self.other.peek()) {
            (Some((one, _)), Some((other, _))) if other < one => self.other.next(),
            (Some(_), _) => self.one.next(),
            (None, _) => self.other.next(),
        }
    }
}

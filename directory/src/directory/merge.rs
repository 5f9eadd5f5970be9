//! Two sorted lists as one.

use std::cmp::Ordering;
use std::iter::Peekable;

/// The items of both, in order of their keys, each list being in that order already. Of two with one key, that of `over`.
pub(super) fn overlaid<K: Ord, V>(
    under: impl Iterator<Item = (K, V)>,
    over: impl Iterator<Item = (K, V)>,
) -> impl Iterator<Item = (K, V)> {
    Overlaid { under: under.peekable(), over: over.peekable() }
}

struct Overlaid<A: Iterator, B: Iterator> {
    under: Peekable<A>,
    over: Peekable<B>,
}

impl<K: Ord, V, A: Iterator<Item = (K, V)>, B: Iterator<Item = (K, V)>> Iterator for Overlaid<A, B> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        let (Some((under, _)), Some((over, _))) = (self.under.peek(), self.over.peek()) else {
            return self.under.next().or_else(|| self.over.next());
        };
        match under.cmp(over) {
            Ordering::Less => self.under.next(),
            Ordering::Equal => {
                self.under.next();
                self.over.next()
            }
            Ordering::Greater => self.over.next(),
        }
    }
}

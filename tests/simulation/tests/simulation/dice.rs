//! Everything random of a run comes from its seed: one stream for each part, so that one part's throws move no other's.

use pod_crypto::{SeededRandom, random_array, sha256};

pub struct Dice(SeededRandom);

/// 32 bytes that belong to a seed and a name.
pub fn derived(seed: u64, name: &str) -> [u8; 32] {
    sha256(&[&seed.to_be_bytes(), name.as_bytes()])
}

impl Dice {
    pub fn new(seed: u64, name: &str) -> Self {
        Self(SeededRandom::new(derived(seed, name)))
    }

    fn next(&self) -> u64 {
        u64::from_be_bytes(random_array(&self.0))
    }

    /// From 0 to `end`, without it.
    pub fn below(&self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    pub fn percent(&self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub fn one<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    /// Each with an even chance, and one at least.
    pub fn some<T: Clone>(&self, of: &[T]) -> Vec<T> {
        let mut some: Vec<T> = of.iter().filter(|_| self.percent(50)).cloned().collect();
        if some.is_empty() {
            some.push(self.one(of).clone());
        }
        some
    }
}
